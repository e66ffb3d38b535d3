// Package content is what a simulated model says: an instance of the schema
// that it was given, words about what it was shown, or what somebody who knows
// the task says in its place.
package content

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Question is what a simulated model was asked, as it arrived on the wire.
type Question struct {
	Provider string
	Model    string
	// Name is the name or title of the schema, "" where there is none.
	Name   string
	System string
	User   string
	Schema json.RawMessage
	// Quotes are the passages that the prompt marks as written by others, and
	// Nonce is the mark.
	Quotes []Quote
	Nonce  string
}

// Quote is a passage of foreign text in a prompt.
type Quote struct {
	Label string
	Text  string
}

// Brain answers the questions that it knows; it reports false for others. It
// must be safe for concurrent use.
type Brain func(q Question) (json.RawMessage, bool)

var quotation = regexp.MustCompile(`<data-([0-9A-Za-z_-]+) label=("(?:[^"\\]|\\.)*")>\n`)

// Quotes finds the quoted passages of a prompt and the mark around them.
func Quotes(prompt string) (nonce string, quotes []Quote) {
	for {
		m := quotation.FindStringSubmatchIndex(prompt)
		if m == nil {
			return nonce, quotes
		}
		nonce = prompt[m[2]:m[3]]
		label, err := strconv.Unquote(prompt[m[4]:m[5]])
		if err != nil {
			label = ""
		}
		text, rest, _ := strings.Cut(prompt[m[1]:], "\n</data-"+nonce+">")
		quotes = append(quotes, Quote{Label: label, Text: text})
		prompt = rest
	}
}

// Source is the longest quoted passage, or the words of the user where nothing
// is quoted: what a model would look at.
func (q Question) Source() string {
	best := ""
	for _, c := range q.Quotes {
		if len(c.Text) > len(best) {
			best = c.Text
		}
	}
	if best == "" {
		return q.User
	}
	return best
}

// Tokens is how many tokens a text has to a simulated tokenizer: one for four
// bytes of it.
func Tokens(text string) int64 { return int64(len(text)+3) / 4 }

// Prose says something about a text: its own first sentences, between words
// that show where they are from.
func Prose(source string, r *rand.Rand) string {
	said := sentences(source)
	if len(said) == 0 {
		return "This is a simulated answer. There is nothing to say about an empty question."
	}
	var b strings.Builder
	b.WriteString("This is a simulated answer. ")
	from := r.IntN(len(said))
	for i := range min(3, len(said)) {
		b.WriteString(said[(from+i)%len(said)])
		b.WriteString(". ")
	}
	b.WriteString("That is what it is about.")
	return b.String()
}

// sentences are the parts of a text that can be quoted: on one line, of 4 to
// 200 bytes.
func sentences(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		for _, s := range strings.FieldsFunc(line, func(r rune) bool { return r == '.' || r == '!' || r == '?' || r == '\n' || r == '\r' }) {
			s = strings.TrimSpace(s)
			for len(s) > 200 {
				s = s[:len(s)/2]
			}
			s = strings.TrimSpace(strings.ToValidUTF8(s, ""))
			if len(s) >= 4 && strings.Contains(text, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// place is where a quote stands in a text, in code points.
func place(text, quote string) (start, end int) {
	start = utf8.RuneCountInString(text[:max(strings.Index(text, quote), 0)])
	return start, start + utf8.RuneCountInString(quote)
}
