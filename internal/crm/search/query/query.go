// Package query reads what people type into a search box, and cuts texts into
// the words that are compared with it.
package query

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Query is what was typed, understood. All of it must hold for what is found.
type Query struct {
	Words   []string `json:"words"`
	Phrases []string `json:"phrases"`
	Without []string `json:"without" doc:"Words and phrases that must not occur."`
	From    []string `json:"from"`
	To      []string `json:"to"`
	Company []string `json:"company"`
	Subject []string `json:"subject"`
	Is      []string `json:"is"`
	Has     []string `json:"has"`
	In      []string `json:"in"`
	After   string   `json:"after" doc:"The first day, or empty."`
	Before  string   `json:"before" doc:"The day after the last, or empty."`
	// Unfinished says that the last of Words may be typed on.
	Unfinished bool `json:"-"`
	// Notes say what was not understood, for the person who typed it.
	Notes []string `json:"-"`
}

const (
	maxBytes = 1000 // of what was typed
	maxTerms = 32
)

// The values of is:, has: and in:.
var (
	states = []string{"unread", "open", "waiting", "snoozed", "done", "bulk"}
	things = []string{"attachment"}
	places = []string{"contacts", "companies", "mail", "tasks", "notes"}
)

// Parse reads any text. What is no operator is a word, so that nothing is an
// error.
func Parse(text string) Query {
	q := Query{Words: []string{}, Phrases: []string{}, Without: []string{}, From: []string{}, To: []string{}, Company: []string{},
		Subject: []string{}, Is: []string{}, Has: []string{}, In: []string{}}
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", " "), " ")
	if len(text) > maxBytes {
		text = shorten(text, maxBytes)
		q.note("Only the first %d characters were searched for.", utf8.RuneCountInString(text))
	}
	s := scanner{rest: text}
	for n := 0; s.next(); n++ {
		if n == maxTerms {
			q.note("Only the first %d words were searched for.", maxTerms)
			return q
		}
		q.add(s.term)
	}
	q.Unfinished = len(q.Words) > 0 && s.term.plain() && !s.spaced
	return q
}

func (q *Query) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(q.Notes, n) {
		q.Notes = append(q.Notes, n)
	}
}

// Empty reports whether there is nothing to look for.
func (q *Query) Empty() bool {
	return len(q.Words)+len(q.Phrases)+len(q.From)+len(q.To)+len(q.Company)+len(q.Subject)+len(q.Is)+len(q.Has) == 0 && q.After == "" && q.Before == ""
}

func (q *Query) add(t term) {
	switch {
	case t.name != "" && !t.minus && t.value == "" && q.operator(t.name) != nil:
		q.note("%s: needs a value behind it, without a space between.", t.name)
	case t.name != "" && !t.minus && q.operator(t.name) != nil:
		q.operator(t.name)(t.value)
	case t.name != "":
		q.plain(t)
	case t.minus:
		q.leaveOut(t.value)
	case t.quoted:
		if has(t.value) {
			q.Phrases = append(q.Phrases, t.value)
		}
	case t.value == "OR" || t.value == "AND" || t.value == "NOT":
		q.note("%s is no operator: all words must occur.", t.value)
	case has(t.value):
		q.Words = append(q.Words, t.value)
	}
}

func has(value string) bool { return len(Words(value)) > 0 }

func (q *Query) leaveOut(value string) {
	if has(value) {
		q.Without = append(q.Without, value)
	}
}

// plain takes what looks like an operator for words. Addresses of pages are
// meant so; with anything else the person is told.
func (q *Query) plain(t term) {
	word := t.name + ":" + t.value
	if t.value != "" && !strings.HasPrefix(t.value, "//") {
		what := "no operator"
		if q.operator(t.name) != nil {
			what = "nothing that can be left out"
		}
		q.note("%s: is %s; it was searched for as words.", t.name, what)
	}
	if t.minus && q.operator(t.name) == nil {
		q.leaveOut(word)
		return
	}
	if has(word) {
		q.Words = append(q.Words, word)
	}
}

// operator is what takes the value of an operator, or nil.
func (q *Query) operator(name string) func(value string) {
	into := func(to *[]string) func(string) {
		return func(value string) {
			if has(value) {
				*to = append(*to, value)
			}
		}
	}
	switch name {
	case "from":
		return into(&q.From)
	case "to":
		return into(&q.To)
	case "company":
		return into(&q.Company)
	case "subject":
		return into(&q.Subject)
	case "is":
		return q.choice("is", &q.Is, states)
	case "has":
		return q.choice("has", &q.Has, things)
	case "in":
		return q.choice("in", &q.In, places)
	case "after":
		return q.date("after", &q.After)
	case "before":
		return q.date("before", &q.Before)
	}
	return nil
}

func (q *Query) choice(name string, to *[]string, allowed []string) func(string) {
	return func(value string) {
		value = strings.ToLower(value)
		switch {
		case !slices.Contains(allowed, value):
			q.note("%s: takes %s; it was left out.", name, strings.Join(allowed, ", "))
		case !slices.Contains(*to, value):
			*to = append(*to, value)
		}
	}
}

// date reads a day, or a month or year for its first day.
func (q *Query) date(name string, to *string) func(string) {
	return func(value string) {
		for _, form := range []string{time.DateOnly, "2006-1-2", "2006-01", "2006"} {
			if day, err := time.Parse(form, value); err == nil && day.Year() > 0 {
				*to = day.Format(time.DateOnly)
				return
			}
		}
		q.note("%s: takes a date such as 2026-01-31; it was left out.", name)
	}
}

// shorten cuts text to n bytes or fewer, between characters.
func shorten(text string, n int) string {
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// term is one thing that was typed: word, "a phrase", name:value,
// name:"a value", each perhaps with a minus in front.
type term struct {
	name, value   string
	minus, quoted bool
}

// plain reports whether t is a word that may be typed on.
func (t term) plain() bool { return t.name == "" && !t.minus && !t.quoted && has(t.value) }

type scanner struct {
	rest   string
	term   term
	spaced bool // blanks follow the last term
}

func (s *scanner) next() bool {
	trimmed := strings.TrimLeftFunc(s.rest, unicode.IsSpace)
	s.spaced = len(trimmed) < len(s.rest)
	if trimmed == "" {
		s.rest = ""
		return false
	}
	s.rest, s.term = trimmed, term{}
	if after, ok := strings.CutPrefix(s.rest, "-"); ok && after != "" && !unicode.IsSpace(first(after)) {
		s.rest, s.term.minus = after, true
	}
	if n := nameLength(s.rest); n > 0 {
		s.term.name = strings.ToLower(s.rest[:n])
		s.rest = s.rest[n+1:]
	}
	s.value()
	return true
}

// value reads up to the closing quote, or else to the next blank or quote. A
// quote that nobody closes reaches to the end.
func (s *scanner) value() {
	for _, pair := range [][2]string{{`"`, `"`}, {"“", "”"}, {"„", "“"}, {"«", "»"}} {
		if inner, ok := strings.CutPrefix(s.rest, pair[0]); ok {
			s.term.value, s.rest, _ = strings.Cut(inner, pair[1])
			s.term.value, s.term.quoted = strings.TrimSpace(s.term.value), true
			return
		}
	}
	end := strings.IndexFunc(s.rest, func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '“' })
	if end < 0 {
		end = len(s.rest)
	}
	s.term.value, s.rest = s.rest[:end], s.rest[end:]
}

// nameLength is the length of the name of an operator, without its colon, or 0.
func nameLength(text string) int {
	for i := range len(text) {
		switch c := text[i] | 0x20; {
		case text[i] == ':':
			return i
		case c < 'a' || c > 'z':
			return 0
		}
	}
	return 0
}

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
