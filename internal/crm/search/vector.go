package search

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapport/internal/crm/search/query"
)

// How many words of a text are found, at most.
const (
	maxHead   = 100  // of a subject, a title, a file name
	maxBody   = 4000 // of what somebody wrote
	maxNames  = 500  // that stand beyond that, or in quotes
	maxPeople = 50   // recipients
	maxPlaces = 100  // of one word
	maxPlace  = 16000
	gap       = 4 // words between texts, so that no phrase reaches across
)

// vector is a text search vector in the making, in the form that PostgreSQL
// reads. Cutting texts into words here makes that the same for texts and
// queries, and independent of the server's locale.
type vector struct {
	places map[string][]string
	at     int
}

func newVector() *vector { return &vector{places: map[string][]string{}} }

// add adds up to n words of a text and returns what is left of it.
func (v *vector) add(text string, weight byte, n int) (rest string) {
	v.at += gap
	for t := range query.Tokens(text) {
		if n--; n < 0 || v.at > maxPlace {
			return text[t.Start:]
		}
		v.at++
		v.put(t.Text, strconv.Itoa(v.at)+string(weight))
	}
	return ""
}

func (v *vector) put(word, place string) {
	if p := v.places[word]; len(p) < maxPlaces {
		v.places[word] = append(p, place)
	}
}

// names adds what may be a name, a number or an address, up to n words.
func (v *vector) names(text string, n int) {
	v.at += gap
	for field := range strings.FieldsSeq(text) {
		kept := false
		for t := range query.Tokens(field) {
			if !nameLike(field, t) {
				continue
			}
			if n--; n < 0 {
				return
			}
			v.at++
			v.put(t.Text, strconv.Itoa(v.at)+"D")
			kept = true
		}
		if !kept {
			v.at++ // names stay neighbours only if nothing stood between
		}
		if v.at > maxPlace {
			return
		}
	}
}

func nameLike(field string, t query.Token) bool {
	first, _ := utf8.DecodeRuneInString(field[t.Start:])
	return unicode.IsUpper(first) || strings.ContainsAny(t.Text, "0123456789") || strings.Contains(field, "@")
}

// people adds the words of names and addresses.
func (v *vector) people(all []Party) {
	for _, p := range all[:min(len(all), maxPeople)] {
		v.add(p.Name, 'B', maxHead)
		v.add(p.Address, 'B', maxHead)
	}
}

// parties marks who wrote or received something.
func (v *vector) parties(mark string, all []Party) {
	for _, p := range all[:min(len(all), maxPeople)] {
		for _, word := range query.Words(p.Name + " " + p.Address) {
			v.mark(mark + word)
		}
		if p.Key != "" {
			v.mark(mark + "=" + p.Key)
		}
	}
}

// mark adds what is not a word but a fact.
func (v *vector) mark(m string) {
	if v.places[m] == nil && len(m) < 1000 {
		v.places[m] = []string{}
	}
}

func (v *vector) String() string {
	words := make([]string, 0, len(v.places))
	for word := range v.places {
		words = append(words, word)
	}
	slices.Sort(words)
	var b strings.Builder
	for _, word := range words {
		b.WriteString(quote(word))
		if places := v.places[word]; len(places) > 0 {
			b.WriteString(":" + strings.Join(places, ","))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// quote writes a lexeme so that nothing in it means anything to PostgreSQL.
func quote(lexeme string) string {
	return "'" + escaper.Replace(lexeme) + "'"
}

var escaper = strings.NewReplacer(`'`, `''`, `\`, `\\`, "\x00", "")
