package note

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Wishes are how people want letters to be written; what nobody said is empty.
type Wishes struct {
	Tone     string // professional, friendly or brief
	Language string // en or de
	SignOff  string
}

// wishes are what preferences and lessons say in the words that rules know.
// The first that fits is taken.
var wishes = struct{ tone, language []wish }{
	tone: []wish{
		{"professional", regexp.MustCompile(`(?i)\b(?:too casual|too familiar|too friendly|zu locker|zu vertraulich)\b`)},
		{"brief", regexp.MustCompile(`(?i)\b(?:short|shorter|brief|concise|too long|to the point|kürzer|knapp|zu lang)\b`)},
		{"friendly", regexp.MustCompile(`(?i)\b(?:informal|informally|casual|friendly|friendlier|warmer|too stiff|too formal|first[- ]name terms|locker|herzlich|zu steif)\b`)},
		{"professional", regexp.MustCompile(`(?i)\b(?:formal|formally|professional|sachlich|förmlich|per Sie)\b`)},
	},
	language: []wish{
		{"de", regexp.MustCompile(`(?i)\b(?:in German|German please|prefers German|auf Deutsch|in deutscher Sprache)\b`)},
		{"en", regexp.MustCompile(`(?i)\b(?:in English|English please|prefers English|auf Englisch|in englischer Sprache)\b`)},
	},
}

type wish struct {
	value string
	words *regexp.Regexp
}

var (
	signOff = regexp.MustCompile(`(?i)\b(?:sign(?:s|ed)?(?: letters| mails| it)?(?: off)? with|close(?: letters| mails)? with|end(?: letters| mails)? with|unterschreib\w* mit|Grußformel(?: ist)?)\s*:?\s*["“„']([^"“”„']+)["”“']`)
	denied  = regexp.MustCompile(`(?i)\b(?:not|no|never|don't|doesn't|nicht|kein|keine|nie)\b`)
	unfit   = regexp.MustCompile(`[0-9@:/<>\[\]{}|]|\.\w`)
)

// WishesOf reads what the weightiest preferences and lessons say. What an agent
// noted decides nothing, and neither does a sentence with a negation.
func WishesOf(notes []Note) (w Wishes) {
	for _, n := range notes {
		if n.Source == "agent" || n.Kind != "preference" && n.Kind != "lesson" {
			continue
		}
		first(&w.Tone, wishes.tone, n.Body)
		first(&w.Language, wishes.language, n.Body)
		if m := signOff.FindStringSubmatch(n.Body); m != nil && w.SignOff == "" && !unfit.MatchString(m[1]) && utf8.RuneCountInString(m[1]) <= 40 {
			w.SignOff = strings.TrimSpace(m[1])
		}
	}
	return w
}

func first(into *string, from []wish, body string) {
	if *into != "" || denied.MatchString(body) {
		return
	}
	for _, x := range from {
		if x.words.MatchString(body) {
			*into = x.value
			return
		}
	}
}
