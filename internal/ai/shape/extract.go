package shape

import (
	"encoding/json"
	"errors"
	"strings"
)

// ErrNoJSON says that a model wrote no JSON, or did not finish it.
var ErrNoJSON = errors.New("there is no whole JSON value in the answer")

// Extract finds the JSON in what a model wrote: all of it, or what stands
// between fences, or the first object or array that is whole. It never
// completes what is cut off.
func Extract(text string) (json.RawMessage, error) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	if json.Valid([]byte(text)) && text != "" {
		return json.RawMessage(text), nil
	}
	if inner, ok := fenced(text); ok && json.Valid([]byte(inner)) {
		return json.RawMessage(inner), nil
	}
	for at := 0; at < len(text); at++ {
		if text[at] != '{' && text[at] != '[' {
			continue
		}
		end := balanced(text[at:])
		if end == 0 {
			return nil, ErrNoJSON // what is open here never closes
		}
		if inner := text[at : at+end]; json.Valid([]byte(inner)) {
			return json.RawMessage(inner), nil
		}
		at += end - 1
	}
	return nil, ErrNoJSON
}

// fenced is what stands in the first block between lines of three backquotes.
func fenced(text string) (string, bool) {
	_, rest, ok := strings.Cut(text, "```")
	if !ok {
		return "", false
	}
	_, rest, ok = strings.Cut(rest, "\n") // the name of the language
	if !ok {
		return "", false
	}
	inner, _, ok := strings.Cut(rest, "```")
	return strings.TrimSpace(inner), ok
}

// balanced is the length of the object or array at the start of s, 0 if it
// does not end.
func balanced(s string) int {
	depth, quoted, escaped := 0, false, false
	for i := range len(s) {
		c := s[i]
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
