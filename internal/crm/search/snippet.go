package search

import (
	"slices"
	"strings"
	"unicode/utf8"

	"rapport/internal/crm/search/query"
)

// Begin and End stand around what matched in a snippet. They are no
// characters that a text can hold: such are taken out of it.
const (
	Begin = "\u0002"
	End   = "\u0003"
)

const (
	snippetRunes = 160
	leadRunes    = 40 // before the first hit
)

// marker marks what a query asks for.
type marker struct {
	whole  map[string]bool
	starts []string
}

func newMarker(q query.Query) marker {
	m := marker{whole: map[string]bool{}}
	for _, text := range slices.Concat(q.Words, q.Phrases, q.Subject, q.From, q.To, q.Company) {
		for _, w := range query.Words(text) {
			m.whole[w] = true
		}
	}
	for i, w := range q.Words {
		if all := query.Words(w); length(w) >= 5 || q.Unfinished && i == len(q.Words)-1 {
			m.starts = append(m.starts, all[len(all)-1])
		}
	}
	return m
}

func (m marker) hits(word string) bool {
	return m.whole[word] || slices.ContainsFunc(m.starts, func(s string) bool { return strings.HasPrefix(word, s) })
}

// snippet is the part of a text with the most of what was asked for, on one
// line. ok says that something is marked in it.
func (m marker) snippet(text string) (line string, ok bool) {
	text = plain(text)
	var hits []query.Token
	for t := range query.Tokens(text) {
		if m.hits(t.Text) {
			hits = append(hits, t)
		}
	}
	from := 0
	if len(hits) > 0 {
		from = begin(text, hits)
	}
	to := forward(text, from, snippetRunes)
	var b strings.Builder
	if from > 0 {
		b.WriteString("… ")
	}
	at := from
	for _, h := range hits {
		if h.Start < from || h.End > to {
			continue
		}
		b.WriteString(text[at:h.Start] + Begin + text[h.Start:h.End] + End)
		at = h.End
	}
	b.WriteString(text[at:to])
	if to < len(text) {
		b.WriteString(" …")
	}
	return b.String(), len(hits) > 0
}

// plain is a text on one line, without the marks.
func plain(text string) string {
	text = strings.NewReplacer(Begin, "", End, "").Replace(text)
	return strings.Join(strings.Fields(text), " ")
}

// begin is where the part begins that has the most different words: a little
// before its first hit, between words.
func begin(text string, hits []query.Token) int {
	best, most := hits[0], 0
	for i, h := range hits {
		different := map[string]bool{}
		for _, other := range hits[i:] {
			if other.End > h.Start+snippetRunes-leadRunes {
				break
			}
			different[other.Text] = true
		}
		if len(different) > most {
			best, most = h, len(different)
		}
	}
	at := best.Start
	for n := 0; at > 0 && n < leadRunes; n++ {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	if at == 0 {
		return 0
	}
	if space := strings.IndexByte(text[at:best.Start], ' '); space >= 0 {
		return at + space + 1
	}
	return best.Start
}

// forward is the place some characters on, between words if possible.
func forward(text string, from, runes int) int {
	at := from
	for n := 0; at < len(text) && n < runes; n++ {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	if at == len(text) {
		return at
	}
	if space := strings.LastIndexByte(text[from:at], ' '); space > runes/2 {
		return from + space
	}
	return at
}
