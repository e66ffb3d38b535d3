package transfer

import "strings"

// Unflow joins the lines that format=flowed text (RFC 3676) has broken. With
// delSp the space at a soft break was added by the sender and goes.
func Unflow(text string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(text))
	open, openDepth := false, 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		depth := len(line) - len(strings.TrimLeft(line, ">"))
		rest := strings.TrimPrefix(line[depth:], " ")
		if open && depth != openDepth {
			out.WriteByte('\n')
			open = false
		}
		if !open && depth > 0 {
			out.WriteString(line[:depth] + " ")
		}
		soft := strings.HasSuffix(rest, " ") && rest != "-- "
		if open && rest == "-- " {
			out.WriteByte('\n')
		}
		if soft && delSp {
			rest = rest[:len(rest)-1]
		}
		out.WriteString(rest)
		if open, openDepth = soft, depth; !soft {
			out.WriteByte('\n')
		}
	}
	if open {
		out.WriteByte('\n')
	}
	return out.String()
}
