package failure

import (
	"embed"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// files hold words.txt: the words of which the program's own messages are made,
// and those of the libraries below it, one a line. A test keeps them.
//
//go:embed words.txt
var files embed.FS

// known are the words that may stay of a message.
var known = sync.OnceValue(func() map[string]bool {
	b, err := files.ReadFile("words.txt")
	if err != nil {
		panic(err) // it is part of the binary
	}
	out := map[string]bool{}
	for w := range strings.FieldsSeq(string(b)) {
		out[w] = true
	}
	return out
})

var (
	// spans are what messages quote or point at: others' words.
	spans = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?|“[^”]*”?|„[^“”]*[“”]?|‘[^’]*’?|«[^»]*»?|` + "`[^`]*`?" + `|\b[a-z][a-z0-9+.-]*://\S+|[^\s/]*(?:/[^\s/]+){2,}/?|(?:^|\s)/\S+|\S+@\S+|<[^>]*>`)
	// named is a span that holds a name of the schema and nothing else.
	named  = regexp.MustCompile(`^"([a-z]+(?:_[a-z]+)+)"$`)
	token  = regexp.MustCompile(`\bSQLSTATE [0-9A-Z]{5}\b|[\pL\pM\pN_]+|[^\pL\pM\pN_]+`)
	letter = regexp.MustCompile(`^[A-Za-z_]+$`)
	gaps   = regexp.MustCompile(`…(?:[^\pL…]*…)+`)
)

// Ours is what is ours of a message: words that the program knows. Quotations,
// names, numbers, addresses and ids are left out, with a mark in their place,
// so that messages which differ in those alone are the same.
func Ours(message string) string {
	message = strings.ToValidUTF8(message[:min(len(message), 4<<10)], "")
	message = spans.ReplaceAllStringFunc(message, func(s string) string {
		if m := named.FindStringSubmatch(s); m != nil && known()[m[1]] {
			return m[1]
		}
		return "…"
	})
	var b strings.Builder
	for _, t := range token.FindAllString(message, -1) {
		switch {
		case strings.HasPrefix(t, "SQLSTATE "), letter.MatchString(t) && known()[strings.ToLower(t)]:
			b.WriteString(t)
		case strings.IndexFunc(t, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }) >= 0:
			b.WriteString("…")
		default:
			b.WriteString(strings.Map(pointed, t))
		}
	}
	return strings.TrimSpace(strings.Join(strings.Fields(gaps.ReplaceAllString(b.String(), "…")), " "))
}

// pointed keeps the marks that sentences are made of.
func pointed(r rune) rune {
	if strings.ContainsRune(" :,.();-…'", r) {
		return r
	}
	return ' '
}
