package header

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rapport/internal/platform/mail/charset"
)

// Media is a value with parameters: that of Content-Type or
// Content-Disposition.
type Media struct {
	Type   string // lower case, such as "text/plain" or "attachment"
	Params map[string]string
}

// ParseMedia reads a value with its parameters, continued and encoded ones
// (RFC 2231) and encoded words included. Parameters of no value are left out,
// of two with one name the first counts.
func ParseMedia(value string) Media {
	kind, rest, _ := strings.Cut(value, ";")
	kind = strings.ToLower(Plain(plainText(kind)))
	if before, _, found := strings.Cut(kind, " "); found {
		kind = before
	}
	m := Media{Type: strings.Trim(kind, `"'`), Params: map[string]string{}}
	var pieces []piece
	for n := 0; rest != "" && n < 200; n++ {
		var p string
		p, rest = cutParam(rest)
		name, v, ok := strings.Cut(p, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name == "" {
			continue
		}
		if base, mark, split := strings.Cut(name, "*"); split {
			pieces = append(pieces, newPiece(base, mark, unquote(v)))
		} else if _, taken := m.Params[name]; !taken {
			m.Params[name] = Decode(unquote(v))
		}
	}
	joinPieces(m.Params, pieces)
	return m
}

// cutParam cuts at the next semicolon outside quotes. A quote without an end
// is an ordinary character.
func cutParam(s string) (param, rest string) {
	l := lister{s: s}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ';':
			return s[:i], s[i+1:]
		case '"':
			i += l.span(i)
		}
	}
	return s, ""
}

// closingQuote returns the index of the quote that ends the one s begins with,
// -1 when there is none.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// unquote removes quotes and the backslashes inside them. Single backslashes
// stay: they are directories of senders who did not know better.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '"' {
		return strings.Trim(s, `"`)
	}
	if end := closingQuote(s); end > 0 {
		s = s[:end]
	}
	s = s[1:]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s)
}

// piece is one part of a parameter that is continued or encoded.
type piece struct {
	name, value string
	order       int
	encoded     bool
}

func newPiece(name, mark, value string) piece {
	p := piece{name: name, value: value, encoded: strings.HasSuffix(mark, "*") || mark == ""}
	p.order, _ = strconv.Atoi(strings.TrimSuffix(mark, "*")) // "" is the only piece: 0
	return p
}

// joinPieces puts the pieces of each parameter together; they win over a plain
// parameter of the same name, which is there for old readers.
func joinPieces(params map[string]string, pieces []piece) {
	slices.SortStableFunc(pieces, func(a, b piece) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return a.order - b.order
	})
	for len(pieces) > 0 {
		n := 1
		for n < len(pieces) && pieces[n].name == pieces[0].name {
			n++
		}
		params[pieces[0].name] = joinPiece(pieces[:n])
		pieces = pieces[n:]
	}
}

func joinPiece(pieces []piece) string {
	set := ""
	var raw strings.Builder
	for i, p := range pieces {
		if !p.encoded {
			raw.WriteString(p.value)
			continue
		}
		v := p.value
		if parts := strings.SplitN(v, "'", 3); i == 0 && len(parts) == 3 {
			set, v = parts[0], parts[2]
		}
		if plain, err := url.PathUnescape(v); err == nil {
			v = plain
		}
		raw.WriteString(v)
	}
	s, _ := charset.Decode(set, []byte(raw.String()))
	return Plain(s)
}
