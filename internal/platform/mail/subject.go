package mail

import (
	"strings"
	"unicode/utf8"
)

// NormalSubject reduces a subject to what its whole thread shares: reply and
// forward marks and list tags are removed, case and space folded. It is "" when
// nothing else is left; such subjects must not thread by subject.
func NormalSubject(subject string) string {
	s := strings.ToLower(strings.Join(strings.Fields(subject), " "))
	for {
		rest := trimMark(s)
		if rest == s {
			return s
		}
		s = rest
	}
}

// trimMark removes one mark from either end.
func trimMark(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "[") {
		if i := strings.IndexByte(s, ']'); i > 0 && i < 60 {
			return strings.TrimSpace(s[i+1:])
		}
	}
	if rest, ok := trimReply(s); ok {
		return rest
	}
	for _, tail := range []string{"(fwd)", "(fw)", "(re)"} {
		if strings.HasSuffix(s, tail) {
			return strings.TrimSpace(strings.TrimSuffix(s, tail))
		}
	}
	return s
}

// trimReply removes "re:", "aw[2]:", "fwd(3):" and their relatives.
func trimReply(s string) (string, bool) {
	i := strings.IndexAny(s, ":：[(^")
	if i <= 0 || i > 20 {
		return s, false
	}
	if !replyMark(strings.TrimSpace(s[:i])) {
		return s, false
	}
	rest := s[i:]
	if rest[0] == '[' || rest[0] == '(' || rest[0] == '^' {
		rest = strings.TrimLeft(rest, "[(^0123456789)] ")
	}
	c, size := utf8.DecodeRuneInString(rest)
	if c != ':' && c != '：' {
		return s, false
	}
	return strings.TrimSpace(rest[size:]), true
}

// replyMark knows the marks of common mail programs in their languages.
func replyMark(mark string) bool {
	switch mark {
	case "re", "fw", "fwd", "aw", "wg", "sv", "vs", "vb", "antw", "antwort", "odp", "pd", "ref", "rif", "r", "i",
		"res", "enc", "rv", "tr", "rép", "ynt", "ilt", "bls", "vl", "vá", "továbbítás", "doorst", "na", "fs", "vidarebefordrat",
		"отв", "ответ", "пересл", "回复", "回覆", "答复", "转发", "轉寄", "返信", "転送", "回信":
		return true
	}
	return false
}
