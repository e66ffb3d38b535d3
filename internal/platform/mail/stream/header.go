package stream

import (
	"bytes"
	"strings"

	"rapport/internal/platform/mail/header"
)

// MaxHeader bounds the bytes of one header block that are kept.
const MaxHeader = 1 << 20

// Header is a header block and what was odd about it.
type Header struct {
	Block   header.Block
	Broken  int  // lines that are no fields and were left out
	Cut     bool // fields were left out because of MaxHeader
	Ended   bool // a boundary or the end came before the empty line: there is no body
	NoBlank bool // the body began without an empty line

	in    *Lines
	name  string
	value []byte
	size  int
	skip  bool // the field does not fit
}

// ReadHeader reads a header block up to the empty line after it.
func ReadHeader(in *Lines) *Header {
	h := &Header{in: in}
	for h.line() {
	}
	h.flush()
	return h
}

// line reads one line and reports whether the block goes on.
func (h *Header) line() bool {
	line, bol := h.in.next()
	switch {
	case line == nil:
		h.in.hit, h.Ended = Outside, true
		return false
	case bol && h.in.boundary(line):
		h.Ended = true
		return false
	case !bol:
		h.extend(line)
		return true
	}
	text := bytes.TrimRight(line, "\r\n")
	if len(text) == 0 {
		return len(h.Block) == 0 && h.name == "" && len(h.in.stack) == 0 && h.fieldFollows()
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
func (h *Header) oddLine(line []byte) bool {
	first := len(h.Block) == 0 && h.name == ""
	if first && (bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))) {
		return true
	}
	kept := bytes.Clone(line)
	if h.fieldFollows() {
		h.Broken++
		return true
	}
	h.in.unread(kept)
	h.NoBlank = true
	return false
}

// fieldFollows looks one line ahead.
func (h *Header) fieldFollows() bool {
	next, bol := h.in.next()
	if next == nil {
		return false
	}
	name, _, ok := header.ParseLine(string(bytes.TrimRight(next, "\r\n")))
	h.in.unread(next)
	return bol && ok && !strings.Contains(name, "/")
}

func (h *Header) begin(name, value string) {
	h.size += len(name) + len(value)
	if h.skip = h.size > MaxHeader; h.skip {
		h.Cut = true
		return
	}
	h.name = name
	h.value = append(h.value[:0], value...)
}

// grow adds a continuation line.
func (h *Header) grow(line []byte) {
	h.size += len(line)
	if h.size > MaxHeader {
		h.Cut = true
		return
	}
	if !h.skip {
		h.value = append(h.value, ' ')
		h.value = append(h.value, bytes.Trim(line, " \t\r\n")...)
	}
}

// extend adds a further piece of a very long line.
func (h *Header) extend(piece []byte) {
	h.size += len(piece)
	if h.size > MaxHeader {
		h.Cut = true
		return
	}
	if !h.skip {
		h.value = append(h.value, bytes.TrimRight(piece, "\r\n")...)
	}
}

func (h *Header) flush() {
	if h.name != "" {
		h.Block = append(h.Block, header.Field{Name: h.name, Value: string(bytes.TrimSpace(h.value))})
	}
	h.name = ""
}
