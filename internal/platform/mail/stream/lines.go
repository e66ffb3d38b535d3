// Package stream reads the bytes of a message in one pass, however deep its
// parts are nested: header blocks, and bodies that end at a boundary.
package stream

import (
	"bufio"
	"bytes"
	"io"
)

// Outside is the level of what ends when the input does; the end of the input
// ends every level.
const Outside = -1

// Lines reads a message line by line and knows the boundaries of all multiparts
// that are open, so that an inner part that was never closed ends where its
// outer one goes on.
type Lines struct {
	br     *bufio.Reader
	bol    bool // at the beginning of a line
	size   int64
	err    error // other than io.EOF
	ended  bool
	pushed [][]byte // lines to be read again, the next one last
	stack  []string // open boundaries with their "--", outermost first

	hit     int
	closing bool
}

// New reads a message from r.
func New(r io.Reader) *Lines {
	return &Lines{br: bufio.NewReaderSize(r, 16<<10), bol: true, hit: Outside}
}

// Open makes boundary known and returns its level.
func (l *Lines) Open(boundary string) (level int) {
	l.stack = append(l.stack, "--"+boundary)
	return len(l.stack) - 1
}

// Close forgets the boundary of level and those inside it.
func (l *Lines) Close(level int) { l.stack = l.stack[:level] }

// Hit returns the level of the boundary that ended the last body or header,
// Outside when the input ended, and whether it was the last one of its level.
func (l *Lines) Hit() (level int, closing bool) { return l.hit, l.closing }

// Err returns why the source failed, nil when it ended well.
func (l *Lines) Err() error { return l.err }

// Size counts the bytes that were read.
func (l *Lines) Size() int64 { return l.size }

// Stop ends the input here.
func (l *Lines) Stop() { l.ended, l.pushed = true, nil }

// Peek shows up to n of the following bytes.
func (l *Lines) Peek(n int) []byte {
	var ahead []byte
	for i := len(l.pushed) - 1; i >= 0; i-- {
		ahead = append(ahead, l.pushed[i]...)
	}
	more, _ := l.br.Peek(n) // a failing source is met again by the next read
	return append(ahead, more...)
}

// next returns the next line with its end, or a piece of a very long one. It is
// valid until the following call; nil means the end.
func (l *Lines) next() (line []byte, bol bool) {
	if n := len(l.pushed); n > 0 {
		line, l.pushed = l.pushed[n-1], l.pushed[:n-1]
		return line, true
	}
	if l.ended {
		return nil, false
	}
	line, err := l.br.ReadSlice('\n')
	l.size += int64(len(line))
	bol, l.bol = l.bol, err == nil
	if err != nil && err != bufio.ErrBufferFull {
		l.ended = true
		if err != io.EOF {
			l.err = err
		}
		if len(line) == 0 {
			return nil, false
		}
	}
	return line, bol
}

// boundary reports whether line is a boundary of an open multipart and
// remembers which. The innermost wins when senders use one twice.
func (l *Lines) boundary(line []byte) bool {
	if len(l.stack) == 0 || len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return false
	}
	line = bytes.TrimRight(line, " \t\r\n")
	for i := len(l.stack) - 1; i >= 0; i-- {
		rest, ok := bytes.CutPrefix(line, []byte(l.stack[i]))
		if !ok || len(rest) != 0 && string(rest) != "--" {
			continue
		}
		l.hit, l.closing = i, len(rest) != 0
		return true
	}
	return false
}

// unread puts a line back, before those put back earlier.
func (l *Lines) unread(line []byte) {
	l.pushed = append(l.pushed, bytes.Clone(line))
}

// Body returns the bytes up to the next boundary.
func (l *Lines) Body() *Body { return &Body{l: l} }

// Body is what stands between a header and the next boundary, without the line
// end that belongs to that.
type Body struct {
	l           *Lines
	rest, after []byte // what is left of the held line end, and of the line
	held        []byte // a line end that belongs to a boundary if one follows
	ends        [2][2]byte
	turn        int
	done        bool
}

// Read implements io.Reader.
func (b *Body) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(b.rest) == 0 {
			b.rest, b.after = b.after, nil
		}
		if len(b.rest) == 0 {
			if b.done {
				break
			}
			b.advance()
			continue
		}
		k := copy(p[n:], b.rest)
		b.rest = b.rest[k:]
		n += k
	}
	if n > 0 || len(p) == 0 {
		return n, nil
	}
	if b.l.err != nil {
		return 0, b.l.err
	}
	return 0, io.EOF
}

// advance fetches the next line; a held line end has proved to belong to the
// text unless that line is a boundary.
func (b *Body) advance() {
	line, bol := b.l.next()
	switch {
	case line == nil:
		b.done, b.rest, b.held, b.l.hit = true, b.held, nil, Outside
	case bol && b.l.boundary(line):
		b.done, b.held = true, nil
	case len(b.l.stack) == 0:
		b.rest = line
	default:
		text := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		b.rest, b.after = b.held, text
		b.turn ^= 1
		b.held = b.ends[b.turn][:copy(b.ends[b.turn][:], line[len(text):])]
	}
}

// Drain passes over the rest of the body.
func (b *Body) Drain() {
	for !b.done {
		b.advance()
	}
	b.rest, b.after = nil, nil
}
