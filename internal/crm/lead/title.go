package lead

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A titleRule gives points, of 40, for whole words of a title.
type titleRule struct {
	phrase string
	points float64
}

// titleRules are tried in order; the first that fits decides. Exceptions stand
// before what they except.
var titleRules = []titleRule{
	{"assistant", 5}, {"assistent", 5}, {"assistentin", 5}, {"intern", 5}, {"trainee", 5}, {"student", 5}, {"praktikant", 5}, {"former", 5}, {"retired", 5},
	{"product owner", 15}, {"process owner", 15}, {"service owner", 15},
	{"managing director", 40}, {"ceo", 40}, {"chief executive", 40}, {"founder", 40}, {"co founder", 40}, {"cofounder", 40}, {"founding partner", 40},
	{"owner", 40}, {"geschäftsführer", 40}, {"geschäftsführerin", 40}, {"inhaber", 40}, {"inhaberin", 40}, {"gründer", 40}, {"gründerin", 40},
	{"vice president", 35}, {"president", 40},
	{"cto", 35}, {"cmo", 35}, {"cfo", 35}, {"coo", 35}, {"cio", 35}, {"cro", 35}, {"cpo", 35}, {"chief", 35}, {"director", 35}, {"vp", 35}, {"svp", 35}, {"evp", 35}, {"partner", 35},
	{"manager", 25}, {"head", 25}, {"leiter", 25}, {"leiterin", 25}, {"principal", 25},
	{"lead", 15}, {"senior", 15}, {"team leader", 15}, {"supervisor", 15},
}

const otherTitle = 5

// titlePoints returns the points of a title, and why.
func titlePoints(title string) (float64, string) {
	words := wordsOf(title)
	for _, r := range titleRules {
		if contains(words, strings.Fields(r.phrase)) {
			return r.points, fmt.Sprintf("the title says %q", r.phrase)
		}
	}
	return otherTitle, "the title names no rank that counts"
}

// sizePoints are out of 30.
var sizePoints = map[string]float64{"1-10": 5, "11-50": 10, "51-200": 20, "201-1000": 25, "1000+": 30}

var targetIndustries = []string{"technology", "software", "saas", "marketing", "consulting"}

// hasAny reports whether one of the words stands in s as a whole.
func hasAny(s string, words []string) bool {
	return slices.ContainsFunc(wordsOf(s), func(w string) bool { return slices.Contains(words, w) })
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// contains reports whether phrase stands in words, unbroken.
func contains(words, phrase []string) bool {
	for i := 0; i+len(phrase) <= len(words); i++ {
		if slices.Equal(words[i:i+len(phrase)], phrase) {
			return true
		}
	}
	return false
}
