package migrate

import (
	"regexp"
	"strings"
)

// statement is one of a file's statements. masked is the text in lower case
// with comments and quoted text blanked, byte for byte.
type statement struct {
	text   string
	masked string
	line   int
}

// split cuts a script at its semicolons. It knows comments, strings and dollar
// quotes, but not the bodies of BEGIN ATOMIC functions.
func split(sql string) []statement {
	var list []statement
	masked := mask(sql)
	for start := 0; start < len(sql); {
		end := len(sql)
		if i := strings.IndexByte(masked[start:], ';'); i >= 0 {
			end = start + i
		}
		if body := strings.TrimSpace(masked[start:end]); body != "" {
			lead := strings.Index(masked[start:end], body[:1])
			list = append(list, statement{
				text:   sql[start+lead : end],
				masked: strings.ToLower(masked[start+lead : end]),
				line:   1 + strings.Count(sql[:start+lead], "\n"),
			})
		}
		start = end + 1
	}
	return list
}

// quoted matches what hides semicolons from the server.
var quoted = regexp.MustCompile(`--[^\n]*|(?s:/\*.*?\*/)|'(?:[^']|'')*'|\$\w*\$`)

// mask blanks comments and quoted text, keeping each byte's place and line.
func mask(sql string) string {
	out := []byte(sql)
	for at := 0; at < len(sql); {
		m := quoted.FindStringIndex(sql[at:])
		if m == nil {
			break
		}
		from, to := at+m[0], at+m[1]
		if tag := sql[from:to]; tag[0] == '$' {
			if end := strings.Index(sql[to:], tag); end >= 0 {
				to += end + len(tag)
			}
		}
		for i := from; i < to; i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
		at = to
	}
	return string(out)
}
