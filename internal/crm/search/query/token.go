package query

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Token is a word of a text as it is compared: in lower case, without accents.
type Token struct {
	Text       string
	Start, End int // bytes of the text
}

// maxToken is where longer runs of letters are cut, in bytes.
const maxToken = 64

// Tokens walks through the words of a text: runs of letters and digits. In
// scripts that do not separate words each character is one.
func Tokens(text string) iter.Seq[Token] {
	return func(yield func(Token) bool) {
		for at := 0; at < len(text); {
			start, end := next(text, at)
			if start < 0 {
				return
			}
			at = end
			if word := Fold(text[start:end]); word != "" && !yield(Token{cut(word), start, end}) {
				return
			}
		}
	}
}

// next is the run of letters and digits at or after a place, or -1.
func next(text string, at int) (start, end int) {
	start = -1
	for i, r := range text[at:] {
		i += at
		size := utf8.RuneLen(r)
		if size < 0 || r == utf8.RuneError {
			size = 1
		}
		switch {
		case !letter(r):
			if start >= 0 {
				return start, i
			}
		case alone(r):
			if start >= 0 {
				return start, i
			}
			return i, i + size
		case start < 0:
			start = i
		}
	}
	return start, len(text)
}

func letter(r rune) bool {
	if r < utf8.RuneSelf {
		return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
}

// alone reports whether a character is a word by itself.
func alone(r rune) bool {
	return r > 0x2E7F && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

// Fold makes what people take for the same word the same: case and accents go.
func Fold(word string) string {
	if ascii(word) {
		return strings.ToLower(word)
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(word) {
		r = unicode.ToLower(r)
		switch plain, ok := spelled(r); {
		case ok:
			b.WriteString(plain)
		case letter(r) && !unicode.Is(unicode.Mn, r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// spelled is how letters that no accent was taken from are written without
// them.
func spelled(r rune) (string, bool) {
	switch r {
	case 'ß':
		return "ss", true
	case 'ø':
		return "o", true
	case 'ł':
		return "l", true
	case 'đ', 'ð':
		return "d", true
	case 'æ':
		return "ae", true
	case 'œ':
		return "oe", true
	case 'ı':
		return "i", true
	case 'þ':
		return "th", true
	}
	return "", false
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func cut(word string) string {
	if len(word) <= maxToken {
		return word
	}
	end := maxToken
	for !utf8.RuneStart(word[end]) {
		end--
	}
	return word[:end]
}

// Words are the tokens of a text, without their places.
func Words(text string) []string {
	var out []string
	for t := range Tokens(text) {
		out = append(out, t.Text)
	}
	return out
}
