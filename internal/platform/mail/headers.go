package mail

import (
	"bytes"
	"strings"

	"rapport/internal/platform/mail/header"
)

const maxHeader = 1 << 20 // bytes of one header block that are kept

// headers reads a header block up to the empty line after it.
type headers struct {
	in      *lines
	block   header.Block
	name    string
	value   []byte
	size    int
	skip    bool // the field does not fit
	broken  int  // lines that are no fields
	cut     bool // fields were left out
	ended   bool // a boundary or the end came before the empty line
	bodyNow bool // the body began without an empty line
}

func readHeaders(in *lines) *headers {
	h := &headers{in: in}
	for h.line() {
	}
	h.flush()
	return h
}

// line reads one line and reports whether the block goes on.
func (h *headers) line() bool {
	line, bol := h.in.next()
	switch {
	case line == nil:
		h.in.hit, h.ended = outside, true
		return false
	case bol && h.in.boundary(line):
		h.ended = true
		return false
	case !bol:
		h.grow(line)
		return true
	}
	text := bytes.TrimRight(line, "\r\n")
	if len(text) == 0 {
		return len(h.block) == 0 && h.name == "" && len(h.in.stack) == 0 && h.fieldFollows()
	}
	if text[0] == ' ' || text[0] == '\t' {
		if h.name != "" || h.skip {
			h.grow(line)
			return true
		}
		return h.oddLine(line)
	}
	if name, value, ok := header.ParseLine(string(text)); ok {
		h.flush()
		h.begin(name, value)
		return true
	}
	return h.oddLine(line)
}

// oddLine decides what a line is that is no field: the separator of a mailbox,
// dirt between two fields, or the beginning of a body.
func (h *headers) oddLine(line []byte) bool {
	first := len(h.block) == 0 && h.name == ""
	if first && (bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))) {
		return true
	}
	kept := bytes.Clone(line)
	if h.fieldFollows() {
		h.broken++
		return true
	}
	h.in.unread(kept)
	h.bodyNow = true
	return false
}

// fieldFollows looks one line ahead.
func (h *headers) fieldFollows() bool {
	next, bol := h.in.next()
	if next == nil {
		return false
	}
	name, _, ok := header.ParseLine(string(bytes.TrimRight(next, "\r\n")))
	h.in.unread(next)
	return bol && ok && !strings.Contains(name, "/")
}

func (h *headers) begin(name, value string) {
	h.size += len(name) + len(value)
	if h.skip = h.size > maxHeader; h.skip {
		h.cut = true
		return
	}
	h.name = name
	h.value = append(h.value[:0], value...)
}

// grow adds a continuation line.
func (h *headers) grow(line []byte) {
	h.size += len(line)
	if h.size > maxHeader {
		h.cut = true
		return
	}
	if !h.skip {
		h.value = append(h.value, ' ')
		h.value = append(h.value, bytes.Trim(line, " \t\r\n")...)
	}
}

func (h *headers) flush() {
	if h.name != "" {
		h.block = append(h.block, header.Field{Name: h.name, Value: string(bytes.TrimSpace(h.value))})
	}
	h.name = ""
}
