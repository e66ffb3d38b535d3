package mail

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapport/internal/platform/mail/clean"
)

// assemble makes the shown text of the groups that were read.
func (w *walk) assemble() {
	var texts, documents []string
	anyHTML, total := false, 0
	for _, g := range w.groups {
		source := strings.Join(g.html, "\n<hr>\n")
		plain := tidy(strings.Join(g.plain, "\n\n"))
		if plain == "" && source != "" {
			plain = tidy(clean.Text(source, MaxText))
		}
		if plain != "" {
			texts = append(texts, plain)
		}
		switch {
		case total > 2*MaxHTML:
			w.problem("The HTML is too long to show in full.")
		case source != "":
			anyHTML = true
			documents = append(documents, clean.HTML(source, clean.Options{}))
		case plain != "":
			documents = append(documents, "<pre>"+html.EscapeString(plain)+"</pre>")
		}
		if n := len(documents); n > 0 {
			total += len(documents[n-1])
		}
	}
	w.m.Text = w.limitText(strings.Join(texts, "\n\n"))
	if anyHTML {
		w.m.HTML = strings.Join(documents, "\n<hr>\n")
	}
}

func (w *walk) limitText(s string) string {
	if len(s) <= MaxText {
		return s
	}
	cut := MaxText
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	w.problem("The text is longer than 1 MB; the rest is only in the original.")
	return s[:cut]
}

// tidy unifies line ends, removes control characters and the empty lines
// around the text.
func tidy(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\r", "\n")
	}
	s = strings.Map(func(c rune) rune {
		if c == '\n' || c == '\t' {
			return c
		}
		if unicode.IsControl(c) || c == 0xfeff {
			return -1
		}
		return c
	}, s)
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	for {
		line, rest, found := strings.Cut(s, "\n")
		if !found || strings.TrimSpace(line) != "" {
			return s
		}
		s = rest
	}
}
