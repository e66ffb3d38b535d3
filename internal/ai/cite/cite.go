// Package cite finds what an answer quotes in the text that it quotes from.
package cite

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"rapport/internal/ai/guard"
	"rapport/internal/ai/text"
)

// Longest is how many code points a quote has at most.
const Longest = 600

// Source is a text that is quoted from. Offsets into it count code points.
type Source struct {
	source string
	index  *text.Index
	even   string // source as quotes are compared, once it is needed
	at     []int  // where each byte of even, and its end, stands in source
}

// Of returns the source for a text.
func Of(source string) *Source {
	return &Source{source: source, index: text.NewIndex(source)}
}

// Find makes quote exact, and start and end its place. Models cannot count, and
// change blanks and quotation marks: where the quote does not stand at its
// place, its first occurrence is taken. It reports false if there is none.
func (p *Source) Find(quote *string, start, end *int) bool {
	if p.hold(*quote, *start, *end) {
		return true
	}
	from, to := p.search(*quote)
	if from < 0 {
		return false
	}
	s, e := p.index.Rune(from), p.index.Rune(to)
	if e-s > Longest {
		return false
	}
	*quote, *start, *end = p.source[from:to], s, e
	return true
}

func (p *Source) hold(quote string, start, end int) bool {
	if quote == "" || start < 0 || end <= start || utf8.RuneCountInString(quote) != end-start || end-start > Longest {
		return false
	}
	from := p.index.Byte(start)
	return from >= 0 && from+len(quote) <= len(p.source) && p.source[from:from+len(quote)] == quote
}

// search returns the bytes of the first occurrence of a quote, or -1.
func (p *Source) search(quote string) (from, to int) {
	quote = strings.TrimSpace(strings.ToValidUTF8(quote, ""))
	if quote == "" {
		return -1, 0
	}
	if at := strings.Index(p.source, quote); at >= 0 {
		return at, at + len(quote)
	}
	wanted, _ := even(quote)
	if wanted = strings.TrimSpace(wanted); wanted == "" {
		return -1, 0
	}
	if p.at == nil {
		p.even, p.at = even(p.source)
	}
	at := strings.Index(p.even, wanted)
	if at < 0 {
		return -1, 0
	}
	from = p.at[at]
	last := at + len(wanted) - 1
	for !utf8.RuneStart(p.even[last]) {
		last--
	}
	_, size := utf8.DecodeRuneInString(p.source[p.at[last]:])
	return from, p.at[last] + size
}

// Mentions reports whether an address stands in the source.
func (p *Source) Mentions(address string) bool {
	return strings.Contains(strings.ToLower(p.source), strings.ToLower(address))
}

// even is a text without what models change in a quote: blanks are single, what
// cannot be seen is gone, and quotation marks and dashes are the plain ones.
func even(s string) (string, []int) {
	var b strings.Builder
	at := make([]int, 0, len(s)+1)
	blank := false
	for i, r := range s {
		if unicode.IsSpace(r) {
			if !blank {
				b.WriteByte(' ')
				at = append(at, i)
			}
			blank = true
			continue
		}
		if r != utf8.RuneError && guard.Invisible(r) {
			continue
		}
		blank = false
		before := b.Len()
		b.WriteRune(plainMark(r))
		for range b.Len() - before {
			at = append(at, i)
		}
	}
	return b.String(), append(at, len(s))
}

func plainMark(r rune) rune {
	switch r {
	case '“', '”', '„', '‟', '«', '»', '″':
		return '"'
	case '‘', '’', '‚', '‛', '′', '`', '´':
		return '\''
	case '‐', '‑', '‒', '–', '—', '−':
		return '-'
	}
	return r
}
