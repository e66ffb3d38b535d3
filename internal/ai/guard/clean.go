package guard

import (
	"strings"
)

// Clean removes what a reader cannot see: control and zero-width characters,
// marks of direction, tags, selectors of variation, fillers, and what is left
// of HTML that was not to be shown. Lines end with a line feed.
func Clean(text string) string {
	if strings.ContainsRune(text, '\r') {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return unhide(strings.Map(seen, text))
}

// seen maps what cannot be seen to nothing.
func seen(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r == 0x85 || r == 0x2028 || r == 0x2029:
		return '\n'
	case r < 0x20, r >= 0x7f && r < 0xa0, invisible(r):
		return -1
	}
	return r
}

// ranges are the code points without a shape, or whose shape is that of
// nothing, from first to last.
var ranges = [...][2]rune{
	{0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, // soft hyphen, joiner, marks, fillers, selectors
	{0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164}, // zero width, direction, operators, filler
	{0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xfffd, 0xffff}, // selectors, byte order, annotations, what is no text
	{0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}, // formats of shorthand and music, tags and more selectors
}

func invisible(r rune) bool {
	if r < 0xad {
		return false
	}
	for _, of := range ranges {
		if r <= of[1] {
			return r >= of[0]
		}
	}
	return false
}

// Invisible reports whether Clean drops a character wherever it stands.
func Invisible(r rune) bool { return seen(r) < 0 }

// rounds is how often what hides within what is hidden is looked for, before
// no mark-up at all is left.
const rounds = 8

// unhide takes out what mark-up would not show.
func unhide(text string) string {
	for range rounds {
		if strings.IndexByte(text, '<') < 0 {
			return text
		}
		less := withoutHidden(text)
		if less == text {
			return text
		}
		text = less
	}
	return strings.ReplaceAll(text, "<", "")
}

// withoutHidden is one round of it.
func withoutHidden(text string) string {
	var b strings.Builder
	for {
		at := strings.IndexByte(text, '<')
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:at])
		text = text[at:]
		n := hidden(text)
		if n == 0 {
			b.WriteByte('<')
			n = 1
		}
		text = text[n:]
	}
}

// hidden is the length of what is not shown at the beginning of text, where a
// mark begins; 0 if it is shown.
func hidden(text string) int {
	if strings.HasPrefix(text, "<!--") {
		if end := strings.Index(text[4:min(len(text), farthest)], "-->"); end >= 0 {
			return 4 + end + 3
		}
		return paragraph(text)
	}
	if len(text) > 1 && text[1] == '!' || len(text) > 1 && text[1] == '?' {
		if end := strings.IndexByte(text, '>'); end > 0 && end < longestTag {
			return end + 1
		}
		return 0
	}
	end := strings.IndexByte(text[:min(len(text), longestTag)], '>')
	if end < 0 {
		return 0
	}
	name := tagName(text[1:end])
	if name == "" || !neverShown(name) && !styledAway(text[1+len(name):end]) {
		return 0
	}
	if void(name) || text[end-1] == '/' {
		return end + 1
	}
	return end + 1 + upToClose(text[end+1:], name)
}

// How far the end of a tag, and of an element, is looked for.
const (
	longestTag = 2000
	farthest   = 16 << 10
)

func tagName(tag string) string {
	n := 0
	for n < len(tag) && (tag[n] >= 'a' && tag[n] <= 'z' || tag[n] >= 'A' && tag[n] <= 'Z' || n > 0 && tag[n] >= '0' && tag[n] <= '9') {
		n++
	}
	if n < len(tag) && !strings.ContainsRune(" \t\n/", rune(tag[n])) {
		return "" // an address, such as <ann@a.example>
	}
	return tag[:n]
}

func neverShown(name string) bool {
	switch strings.ToLower(name) {
	case "style", "script", "template", "noscript", "head", "title", "meta", "link", "object", "iframe", "svg", "math", "textarea":
		return true
	}
	return false
}

func void(name string) bool {
	switch strings.ToLower(name) {
	case "meta", "link", "img", "input", "br", "hr", "base", "embed", "source", "track", "wbr", "col", "area", "param":
		return true
	}
	return false
}

// styledAway reports whether attributes say that an element is not to be seen.
func styledAway(attributes string) bool {
	if attributes == "" {
		return false
	}
	a := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\n', '"', '\'':
			return -1
		}
		return r
	}, strings.ToLower(attributes))
	for _, sign := range []string{"display:none", "visibility:hidden", "font-size:0", "font-size:1px", "opacity:0;", "max-height:0", "mso-hide:all",
		"height:0;", "width:0;", "color:transparent", "color:#fff;", "color:#ffffff", "color:white", "text-indent:-", "left:-9", "aria-hidden=true", "type=hidden"} {
		if strings.Contains(a, sign) {
			return true
		}
	}
	for _, word := range strings.FieldsFunc(strings.ToLower(attributes), func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '/' }) {
		if word == "hidden" || strings.HasPrefix(word, "hidden=") {
			return true
		}
	}
	return strings.HasSuffix(a, "opacity:0") || strings.HasSuffix(a, "color:#fff")
}

// upToClose is how far an element of that name goes, with its end tag. One that
// does not end goes to the end of its paragraph.
func upToClose(text, name string) int {
	depth := 1
	for at := 0; ; {
		next := strings.IndexByte(text[at:], '<')
		if next < 0 || at > farthest {
			return paragraph(text)
		}
		at += next + 1
		rest := text[at:]
		closes := strings.HasPrefix(rest, "/")
		rest = strings.TrimPrefix(rest, "/")
		if len(rest) < len(name) || !strings.EqualFold(rest[:len(name)], name) || len(rest) > len(name) && isWord(rest[len(name)]) {
			continue
		}
		if !closes {
			depth++
			continue
		}
		if depth--; depth == 0 {
			if end := strings.IndexByte(rest, '>'); end >= 0 {
				return len(text) - len(rest) + end + 1
			}
			return len(text)
		}
	}
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// paragraph is the length of the first paragraph.
func paragraph(text string) int {
	if end := strings.Index(text, "\n\n"); end >= 0 {
		return end
	}
	return len(text)
}
