package header

import (
	"strings"
)

// Address is a mailbox with its decoded display name. Address is empty when
// the field held only a name.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Addresses reads a list of mailboxes, in groups or not, and returns the first
// max of them with the number of the rest.
func Addresses(value string, max int) (list []Address, rest int) {
	l := lister{s: value}
	carried := ""
	for {
		item, ok := l.next()
		if !ok {
			break
		}
		item = carried + item
		if carried = ""; halfName(item) && l.angleFollows() {
			carried = item + ", "
			continue
		}
		a := parseAddress(item)
		if a == (Address{}) {
			continue
		}
		if len(list) >= max {
			rest++
			continue
		}
		list = append(list, a)
	}
	return list, rest
}

// First reads a field that should hold one mailbox.
func First(value string) Address {
	list, _ := Addresses(value, 1)
	if len(list) == 0 {
		return Address{}
	}
	return list[0]
}

// halfName recognises the "Doe" of an unquoted "Doe, Ann <ann@example.com>".
func halfName(item string) bool {
	item = strings.TrimSpace(item)
	if item == "" || len(item) > 60 || strings.ContainsAny(item, `@<>"`) {
		return false
	}
	return item[0] >= 'A' && item[0] <= 'Z' || item[0] >= 0x80
}

// lister cuts a list at its commas.
type lister struct {
	s                         string
	noQuote, noParen, noAngle bool // there is no closing one in the rest
}

// next returns the next item; ok is false at the end.
func (l *lister) next() (item string, ok bool) {
	if l.s == "" {
		return "", false
	}
	start := 0
	for i := 0; i < len(l.s); i++ {
		switch c := l.s[i]; c {
		case ',', ';':
			item = l.s[start:i]
			l.s = l.s[i+1:]
			return item, true
		case ':':
			if !strings.Contains(l.s[start:i], "@") && !strings.EqualFold(strings.TrimSpace(l.s[start:i]), "mailto") {
				start = i + 1 // the name of a group
			}
		default:
			i += l.span(i)
		}
	}
	item = l.s[start:]
	l.s = ""
	return item, true
}

// span returns how many further bytes belong to the quoted string, comment,
// angle address or encoded word at i.
func (l *lister) span(i int) int {
	rest, n := l.s[i:], -1
	switch rest[0] {
	case '"':
		if !l.noQuote {
			n = closingQuote(rest)
			l.noQuote = n < 0
		}
	case '(':
		if !l.noParen {
			n = closingParen(rest)
			l.noParen = n < 0
		}
	case '<':
		if !l.noAngle {
			n = strings.IndexByte(rest, '>')
			l.noAngle = n < 0
		}
	case '=':
		if len(rest) > 2 && rest[1] == '?' {
			_, n = parseWord(rest[:min(len(rest), 1000)])
			n--
		}
	}
	return max(n, 0)
}

// angleFollows reports whether the next item has a name and an angle address.
func (l *lister) angleFollows() bool {
	ahead := l.s[:min(len(l.s), 300)]
	if i := strings.IndexAny(ahead, ",;@"); i >= 0 && ahead[i] != '@' {
		return false
	}
	open := strings.IndexByte(ahead, '<')
	at := strings.IndexByte(ahead, '@')
	return open > 0 && at > open && strings.TrimSpace(ahead[:open]) != ""
}

func closingParen(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// parseAddress reads one mailbox in any of the styles of the last fifty years.
func parseAddress(item string) Address {
	item = strings.Trim(item, " \t\r\n")
	if open := strings.LastIndexByte(item, '<'); open >= 0 {
		inner, after, _ := strings.Cut(item[open+1:], ">")
		name, comment := stripComments(item[:open])
		if strings.TrimSpace(name) == "" {
			_, more := stripComments(after)
			name = comment + more
		}
		return Address{Name: phrase(name), Address: spec(inner)}
	}
	bare, comment := stripComments(item)
	bare = strings.TrimSpace(bare)
	if local, domain, ok := strings.Cut(bare, " at "); ok && !strings.ContainsAny(bare, "@\"") &&
		!strings.Contains(local, " ") && !strings.Contains(domain, " ") && strings.Contains(domain, ".") {
		return Address{Name: phrase(comment), Address: spec(local + "@" + domain)}
	}
	return splitBare(bare, comment)
}

// splitBare reads `ann@example.com`, `"Ann" ann@example.com`, `root`, `Ann Doe`.
func splitBare(bare, comment string) Address {
	words := strings.Fields(bare)
	if len(words) == 1 {
		return Address{Name: phrase(comment), Address: spec(strings.Trim(bare, `"'`))}
	}
	for i, w := range words {
		if strings.Contains(w, "@") {
			name := strings.Join(words[:i], " ") + " " + strings.Join(words[i+1:], " ")
			if strings.TrimSpace(name) == "" {
				name = comment
			}
			return Address{Name: phrase(name), Address: spec(w)}
		}
	}
	return Address{Name: phrase(bare + " " + comment)}
}

// stripComments separates the text from what stands in parentheses outside
// quotes.
func stripComments(s string) (text, comments string) {
	if strings.IndexByte(s, '(') < 0 {
		return s, ""
	}
	var t, c strings.Builder
	l := lister{s: s}
	for i := 0; i < len(s); i++ {
		n := 0
		switch s[i] {
		case '"', '(':
			n = l.span(i)
		}
		if n > 0 && s[i] == '(' {
			c.WriteString(s[i+1:i+n] + " ")
			i += n
			continue
		}
		t.WriteString(s[i : i+n+1])
		i += n
	}
	return t.String(), strings.TrimSpace(c.String())
}

// phrase makes a display name: unquoted, decoded, on one line.
func phrase(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 4000 {
		s = s[:4000]
	}
	if strings.IndexByte(s, '"') >= 0 {
		s = strings.NewReplacer(`\"`, `"`, `\\`, `\`, `"`, "").Replace(s)
	}
	s = Decode(s)
	if len(s) > 1 && s[0] == '\'' && s[len(s)-1] == '\'' {
		s = s[1 : len(s)-1]
	}
	return truncate(Plain(strings.Trim(s, `" `)), 500)
}

// spec makes an address of what stands in the angle brackets: without route,
// "mailto:", space and control characters. A longer one than any mail server
// takes is not an address.
func spec(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "@") {
		if _, after, ok := strings.Cut(s, ":"); ok {
			s = after
		}
	}
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if len(s) > 1000 {
		return ""
	}
	s = strings.ReplaceAll(Decode(s), " ", "")
	if len(s) > 500 {
		return ""
	}
	return s
}

// truncate cuts s to n code points.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
