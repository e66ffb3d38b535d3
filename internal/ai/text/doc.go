// Package text reads plain mail text without a model: words, sentences, cues,
// dates, money, names and topics. Everything is a pure function of its input,
// linear in its length, and every finding can be cited as a span of the text.
package text

import (
	"strings"
	"unicode/utf8"
)

// MaxOwn is how many bytes of an author's own text are read; the rest is left.
const MaxOwn = 16 << 10

// Span is a half-open range of code points.
type Span struct{ Start, End int }

// Kind says what a word is made of.
type Kind uint8

// The kinds of words.
const (
	Letters Kind = iota
	Number
	Address // an email address or a URL
	Mark    // punctuation or a symbol
)

// Word is a token of the own text. Start and End are bytes of Doc.Text.
type Word struct {
	Start, End int
	Lower      string
	Kind       Kind
	Title      bool // begins with a capital letter
}

// Sentence is a range of words, and of bytes of Doc.Text.
type Sentence struct {
	Start, End  int
	First, Last int // words, half-open
	Question    bool
	Greeting    bool
}

// Doc is a text whose own part is split into words and sentences. Signature is
// the closing block in bytes, empty when there is none.
type Doc struct {
	Text      string
	Words     []Word
	Sentences []Sentence
	Signature [2]int
	Lang      string // en, de, es or fr
	index     *Index
	sentence  []int32
}

// Parse reads the author's own part of text.
func Parse(text string) *Doc {
	own, sig := segment(text)
	return parse(text, own, sig)
}

// ParseAll reads the whole of text as the author's own, as for a subject.
func ParseAll(text string) *Doc {
	return Part(text, 0, len(text))
}

// Part reads the bytes from start to end of text as the author's own.
func Part(text string, start, end int) *Doc {
	return parse(text, [][2]int{{start, end}}, [2]int{})
}

func parse(text string, own [][2]int, sig [2]int) *Doc {
	d := &Doc{Text: text, Signature: sig, index: NewIndex(text)}
	d.Words = make([]Word, 0, min(len(text), MaxOwn)/5+8)
	left := MaxOwn
	for _, s := range own {
		if left <= 0 {
			break
		}
		end := s[1]
		if end-s[0] > left {
			end = Boundary(text, s[0]+left)
		}
		left -= end - s[0]
		first := len(d.Words)
		d.Words = appendWords(d.Words, text, s[0], end)
		d.split(first, end)
	}
	d.sentence = make([]int32, len(d.Words))
	for i, s := range d.Sentences {
		for w := s.First; w < s.Last; w++ {
			d.sentence[w] = int32(i)
		}
	}
	d.Lang = language(d.Words)
	return d
}

// SentenceOf returns the index of the sentence that holds a word.
func (d *Doc) SentenceOf(word int) int { return int(d.sentence[word]) }

// Span converts bytes to code points. It costs at most one block.
func (d *Doc) Span(start, end int) Span {
	return Span{d.index.Rune(start), d.index.Rune(end)}
}

// WordSpan returns the bytes from the first word up to, without, the last.
func (d *Doc) WordSpan(first, last int) (start, end int) {
	return d.Words[first].Start, d.Words[last-1].End
}

// Raw returns the text of a word as written.
func (d *Doc) Raw(word int) string {
	return d.Text[d.Words[word].Start:d.Words[word].End]
}

// Trim narrows a byte range so that it neither begins nor ends with space.
func (d *Doc) Trim(start, end int) (int, int) {
	s := d.Text[start:end]
	start += len(s) - len(strings.TrimLeft(s, " \t\r\n\u00a0"))
	return start, max(start, end-(len(s)-len(strings.TrimRight(s, " \t\r\n\u00a0"))))
}

// Boundary moves at back to the start of a code point of s.
func Boundary(s string, at int) int {
	for at < len(s) && at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	return at
}

// OneLine joins the words of s by single spaces and cuts it at a word's end so
// that it has at most limit code points.
func OneLine(s string, limit int) string {
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "")
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	r := []rune(s)[:limit]
	for i := len(r) - 1; i > limit*2/3; i-- {
		if r[i] == ' ' {
			return string(r[:i])
		}
	}
	return string(r)
}
