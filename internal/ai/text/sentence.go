package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxSentenceWords = 120

// split cuts the words from first on, which end before the byte end, into
// sentences.
func (d *Doc) split(first, end int) {
	from := first
	for i := first; i < len(d.Words); i++ {
		last := i+1 == len(d.Words)
		next := end
		if !last {
			next = d.Words[i+1].Start
		}
		if !last && i-from < maxSentenceWords && !d.ends(i, from, next) {
			continue
		}
		d.addSentence(from, i+1)
		from = i + 1
	}

}

func (d *Doc) addSentence(first, last int) {
	for first < last && isBullet(d.Words[first].Lower) {
		first++
	}
	if first == last {
		return
	}
	s := Sentence{First: first, Last: last}
	s.Start, s.End = d.WordSpan(first, last)
	for i := last - 1; i >= first && i > last-4 && d.Words[i].Kind == Mark; i-- {
		s.Question = s.Question || d.Words[i].Lower == "?"
	}
	s.Greeting = len(d.Sentences) < 2 && last-first <= 7 && Greets(d.Words[first].Lower) && (d.Words[last-1].Kind == Mark && !s.Question || last-first <= 3)
	d.Sentences = append(d.Sentences, s)
}

// ends reports whether a sentence ends after word i, before the byte next.
func (d *Doc) ends(i, from, next int) bool {
	w := d.Words[i]
	gap := d.Text[w.End:next]
	switch breaks := strings.Count(gap, "\n"); {
	case breaks > 1 && blankLine(gap):
		return true
	case breaks > 0 && d.endsLine(i, from):
		return true
	}
	if w.Kind != Mark || gap == "" && w.Lower != "?" && w.Lower != "!" && w.Lower != "…" {
		return false
	}
	switch w.Lower {
	case "?", "!", "…":
		n := d.Words[i+1]
		return n.Kind != Mark || n.Lower == "¿" || n.Lower == "¡" || n.Lower == "(" || n.Lower == "\""
	case ".":
		return !d.abbreviates(i, from)
	}
	return false
}

// endsLine reports whether the line break after word i ends a sentence: short
// lines followed by a capital do, wrapped lines do not.
func (d *Doc) endsLine(i, from int) bool {
	next := d.Words[i+1]
	if isBullet(next.Lower) && next.Kind == Mark || d.Words[i].Lower == ":" {
		return true
	}
	if next.Kind == Number && i+2 < len(d.Words) && (d.Words[i+2].Lower == "." || d.Words[i+2].Lower == ")") && d.Words[i+2].End-next.Start < 4 {
		return true
	}
	if Greets(d.Words[from].Lower) && i-from < 7 && d.Words[i].Lower == "," {
		return true
	}
	lineStart := strings.LastIndexByte(d.Text[max(0, d.Words[i].End-200):d.Words[i].End], '\n') + 1 + max(0, d.Words[i].End-200)
	short := d.Words[i].End-lineStart < 50
	return short && next.Title && d.Words[i].Lower != "," && d.Words[i].Kind != Number
}

// abbreviates reports whether the full stop at i belongs to the word before.
func (d *Doc) abbreviates(i, from int) bool {
	if i == from || d.Words[i-1].End != d.Words[i].Start {
		return false
	}
	prev, next := d.Words[i-1], d.Words[i+1]
	if prev.Kind == Number {
		return months[next.Lower] > 0
	}
	if utf8.RuneCountInString(prev.Lower) == 1 && prev.Lower != "i" {
		return true
	}
	switch prev.Lower {
	case "mr", "mrs", "ms", "dr", "prof", "st", "vs", "e.g", "i.e", "approx", "ca", "bzw", "nr", "sr", "sra", "z.b", "fig", "jan", "feb", "aug", "sept", "oct", "nov", "dec", "u.s":
		return true
	case "inc", "ltd", "co", "corp", "no", "etc", "am", "pm":
		return !next.Title
	}
	r, _ := utf8.DecodeRuneInString(d.Text[next.Start:])
	return unicode.IsLower(r) && prev.Lower == "etc"
}

func blankLine(gap string) bool {
	first := strings.IndexByte(gap, '\n')
	second := strings.IndexByte(gap[first+1:], '\n')
	return strings.Trim(gap[first+1:first+1+second], " \t\r\u00a0") == ""
}

func isBullet(s string) bool {
	switch s {
	case "-", "*", "•", "–", "—", "·", "◦":
		return true
	}
	return false
}

// Greets reports whether a lower-case word opens a salutation.
func Greets(s string) bool {
	switch s {
	case "hi", "hello", "hey", "dear", "good", "hallo", "liebe", "lieber", "sehr", "guten", "hola", "estimado", "estimada", "buenos", "buenas", "bonjour", "salut", "cher", "chère", "morning", "greetings":
		return true
	}
	return false
}
