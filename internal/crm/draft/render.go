package draft

import (
	"regexp"

	"rapport/internal/platform/mail/clean"
	"rapport/internal/platform/markdown"
)

// kept are the addresses of pictures that the cleaning puts aside, for readers
// who ask for them. Nobody is to ask for those of our own mail.
var kept = regexp.MustCompile(` data-(?:blocked-src|cid|tracker)="[^"]*"`)

// Render returns the text of a mail and its HTML, "" for none, of what was
// written: html itself, from which the text is made; or text in the format
// markdown, or plain. The HTML runs nothing and loads nothing, so that nobody is
// followed by it.
func Render(text, html, format string) (string, string) {
	switch {
	case html != "":
		html = kept.ReplaceAllString(clean.HTML(html, clean.Options{}), "")
		return clean.Text(html, maxText), html
	case format == "markdown":
		return text, kept.ReplaceAllString(markdown.HTML(text), "")
	}
	return text, ""
}
