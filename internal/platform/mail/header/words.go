package header

import (
	"encoding/base64"
	"strings"
	"unicode"

	"rapport/internal/platform/mail/charset"
)

// Decode decodes the encoded words of a value and mends the bytes that were
// sent without encoding. Words that cannot be decoded stay as they are.
func Decode(value string) string {
	if !strings.Contains(value, "=?") {
		return plainBytes(value)
	}
	var out strings.Builder
	var run pending
	for value != "" {
		start := strings.Index(value, "=?")
		if start < 0 {
			break
		}
		w, n := parseWord(value[start:])
		if n == 0 {
			run.flush(&out)
			out.WriteString(plainText(value[:start+2]))
			value = value[start+2:]
			continue
		}
		if gap := value[:start]; !run.open || strings.TrimSpace(gap) != "" {
			run.flush(&out)
			out.WriteString(plainText(gap))
		}
		run.add(w, &out)
		value = value[start+n:]
	}
	run.flush(&out)
	out.WriteString(plainText(value))
	return Plain(out.String())
}

// Plain removes line breaks and control characters and folds runs of space.
func Plain(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] > ' ' && s[i] < 0x7f || s[i] == ' ' && i > 0 && s[i-1] != ' '
	}
	if clean && !strings.HasSuffix(s, " ") {
		return s
	}
	s = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.IsControl(c), c == 0xfeff, c == 0x2028, c == 0x2029:
			return ' '
		}
		return c
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// plainBytes is Plain for a value that may not be UTF-8.
func plainBytes(s string) string { return Plain(plainText(s)) }

func plainText(s string) string {
	out, _ := charset.Decode("", []byte(s))
	return out
}

// word is one encoded word, its bytes decoded but not yet characters.
type word struct {
	charset string
	bytes   []byte
}

// pending joins neighbouring words of one character set, because senders cut
// words in the middle of a character.
type pending struct {
	word
	open bool
}

func (p *pending) add(w word, out *strings.Builder) {
	if p.open && strings.EqualFold(p.charset, w.charset) {
		p.bytes = append(p.bytes, w.bytes...)
		return
	}
	p.flush(out)
	p.word, p.open = w, true
}

func (p *pending) flush(out *strings.Builder) {
	if p.open {
		s, _ := charset.Decode(p.charset, p.bytes)
		out.WriteString(s)
	}
	p.open = false
}

// maxWord bounds an encoded word: the standard's 75 bytes are often exceeded,
// but an unfinished one must not be looked for through a megabyte again and
// again.
const maxWord = 8 << 10

// parseWord reads the encoded word at the beginning of s and returns how many
// bytes it takes, 0 when there is none.
func parseWord(s string) (word, int) {
	rest := s[2:]
	q1 := strings.IndexByte(rest, '?')
	if q1 <= 0 || q1 > 60 || len(rest) < q1+3 || rest[q1+2] != '?' {
		return word{}, 0
	}
	set, _, _ := strings.Cut(rest[:q1], "*")
	if strings.ContainsAny(set, " \t<>@,\"") {
		return word{}, 0
	}
	text := rest[q1+3:]
	end := strings.Index(text[:min(len(text), maxWord)], "?=")
	if end < 0 {
		return word{}, 0
	}
	n := 2 + q1 + 3 + end + 2
	switch rest[q1+1] {
	case 'b', 'B':
		return word{set, looseBase64(text[:end])}, n
	case 'q', 'Q':
		return word{set, looseQ(text[:end])}, n
	}
	return word{}, 0
}

// looseBase64 decodes what it can.
func looseBase64(s string) []byte {
	s = strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' {
			return c
		}
		return -1
	}, s)
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	out, _ := base64.RawStdEncoding.DecodeString(s) // the alphabet is certain; stray last bits do not matter
	return out
}

// looseQ decodes the Q encoding and keeps a broken "=XX" as it is.
func looseQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && i+2 < len(s) && hex(s[i+1]) >= 0 && hex(s[i+2]) >= 0:
			out = append(out, byte(hex(s[i+1])<<4|hex(s[i+2])))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return out
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
