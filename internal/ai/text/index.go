package text

import "unicode/utf8"

const blockSize = 64

// Index converts between bytes and code points of a text, an invalid byte
// counting as one code point. A conversion looks at one block of text, so that
// many of them stay linear.
type Index struct {
	text   string
	blocks []block // nil for ASCII
	runes  int
}

// A block remembers a code point that begins at or before a multiple of
// blockSize bytes, and how many come before it.
type block struct{ at, count int }

// NewIndex reads text once.
func NewIndex(text string) *Index {
	x := &Index{text: text, runes: len(text)}
	ascii := true
	for i := 0; i < len(text) && ascii; i++ {
		ascii = text[i] < utf8.RuneSelf
	}
	if ascii {
		return x
	}
	x.blocks = make([]block, 0, len(text)/blockSize+1)
	last, count := block{}, 0
	for i := range text {
		for len(x.blocks)*blockSize < i {
			x.blocks = append(x.blocks, last)
		}
		last = block{at: i, count: count}
		count++
	}
	for len(x.blocks)*blockSize <= len(text) {
		x.blocks = append(x.blocks, last)
	}
	x.runes = count
	return x
}

// Rune returns how many code points come before a byte, which must begin one
// or end the text.
func (x *Index) Rune(at int) int {
	if x.blocks == nil {
		return at
	}
	b := x.blocks[at/blockSize]
	return b.count + utf8.RuneCountInString(x.text[b.at:at])
}

// Byte returns where code point n begins, or -1 when there are fewer.
func (x *Index) Byte(n int) int {
	if n < 0 || n > x.runes {
		return -1
	}
	if x.blocks == nil {
		return n
	}
	low, high := 0, len(x.blocks)
	for high-low > 1 {
		if mid := (low + high) / 2; x.blocks[mid].count <= n {
			low = mid
		} else {
			high = mid
		}
	}
	at := x.blocks[low].at
	for left := n - x.blocks[low].count; left > 0; left-- {
		_, size := utf8.DecodeRuneInString(x.text[at:])
		at += size
	}
	return at
}
