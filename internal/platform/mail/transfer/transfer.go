// Package transfer undoes the transfer encodings of mail as a stream. Damage is
// counted and passed over, never an error: every decodable byte comes out.
package transfer

import (
	"io"
	"strings"
)

// Decoder reads the decoded bytes of a part.
type Decoder interface {
	io.Reader
	// Damage counts the bytes so far that the encoding does not allow.
	Damage() int
}

// New returns the decoder for a Content-Transfer-Encoding; known is false for a
// name that is none, whose bytes then pass unchanged.
func New(encoding string, r io.Reader) (d Decoder, known bool) {
	encoding, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(encoding)), ";")
	switch strings.Trim(encoding, `"' `) {
	case "base64":
		return &base64Reader{source: source{r: r}}, true
	case "quoted-printable":
		return &quotedReader{source: source{r: r}}, true
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "none":
		return identity{r}, true
	}
	return identity{r}, false
}

type identity struct{ io.Reader }

func (identity) Damage() int { return 0 }

// source hands out the bytes of r one at a time.
type source struct {
	r        io.Reader
	buf      [4096]byte
	pos, end int
	err      error
	damage   int
}

// next returns the next byte; ok is false at the end or at an error.
func (s *source) next() (c byte, ok bool) {
	if s.pos == s.end && !s.fill() {
		return 0, false
	}
	c = s.buf[s.pos]
	s.pos++
	return c, true
}

// back returns the byte that next gave last.
func (s *source) back() { s.pos-- }

func (s *source) fill() bool {
	for s.err == nil {
		s.pos, s.end = 0, 0
		s.end, s.err = s.r.Read(s.buf[:])
		if s.end > 0 {
			return true
		}
	}
	return false
}

// Damage counts what was passed over.
func (s *source) Damage() int { return s.damage }

// base64Reader ignores everything outside the alphabet and goes on after
// padding, because broken programs join encoded pieces.
type base64Reader struct {
	source
	bits  uint32
	count int // characters of the group in bits
	out   [3]byte
	have  int // bytes in out that did not fit
}

func (b *base64Reader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if b.have > 0 {
			k := copy(p[n:], b.out[:b.have])
			copy(b.out[:], b.out[k:b.have])
			b.have -= k
			n += k
			continue
		}
		c, ok := b.next()
		if !ok {
			b.flush()
			if b.have > 0 {
				continue
			}
			if n > 0 {
				return n, nil
			}
			return 0, b.err
		}
		b.take(c)
	}
	return n, nil
}

// take adds one character to the group.
func (b *base64Reader) take(c byte) {
	v := sixBits(c)
	if v < 0 {
		switch c {
		case '=':
			b.flush()
		case '\r', '\n', ' ', '\t':
		default:
			b.damage++
		}
		return
	}
	b.bits = b.bits<<6 | uint32(v)
	if b.count++; b.count == 4 {
		b.out = [3]byte{byte(b.bits >> 16), byte(b.bits >> 8), byte(b.bits)}
		b.have, b.count, b.bits = 3, 0, 0
	}
}

// flush decodes a group that is not full.
func (b *base64Reader) flush() {
	switch b.count {
	case 1:
		b.damage++
	case 2:
		b.out[0], b.have = byte(b.bits>>4), 1
	case 3:
		b.out[0], b.out[1], b.have = byte(b.bits>>10), byte(b.bits>>2), 2
	}
	b.count, b.bits = 0, 0
}

func sixBits(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+', c == '-':
		return 62
	case c == '/', c == '_':
		return 63
	}
	return -1
}

// quotedReader keeps a broken "=XX" as it is and removes space at line ends.
type quotedReader struct {
	source
	out    []byte // decoded and not yet read
	at     int
	spaces []byte // not yet known to end the line
}

func (q *quotedReader) Read(p []byte) (n int, err error) {
	for q.at == len(q.out) {
		q.out, q.at = q.out[:0], 0
		for len(q.out) < 2048 {
			c, ok := q.next()
			if !ok {
				if len(q.out) == 0 {
					return 0, q.err
				}
				break
			}
			q.take(c)
		}
	}
	n = copy(p, q.out[q.at:])
	q.at += n
	return n, nil
}

func (q *quotedReader) take(c byte) {
	switch {
	case c == ' ' || c == '\t':
		if len(q.spaces) < 1000 {
			q.spaces = append(q.spaces, c)
		}
		return
	case c == '\n' || c == '\r':
		q.spaces = q.spaces[:0]
	default:
		q.out = append(q.out, q.spaces...)
		q.spaces = q.spaces[:0]
	}
	if c == '=' {
		q.escape()
		return
	}
	q.out = append(q.out, c)
}

// escape decodes what follows "=": two digits or the end of the line.
func (q *quotedReader) escape() {
	a, ok := q.next()
	if !ok {
		return
	}
	if a == ' ' || a == '\t' || a == '\r' || a == '\n' {
		q.softBreak(a)
		return
	}
	if a == '=' {
		q.damage++
		q.out = append(q.out, '=')
		q.back()
		return
	}
	b, ok := q.next()
	if !ok {
		q.damage++
		q.out = append(q.out, '=', a)
		return
	}
	hi, lo := hex(a), hex(b)
	if hi < 0 || lo < 0 {
		q.damage++
		q.out = append(q.out, '=', a)
		q.back()
		return
	}
	q.out = append(q.out, byte(hi<<4|lo))
}

// softBreak removes a line end after "=", with the space that transports add.
func (q *quotedReader) softBreak(c byte) {
	for c == ' ' || c == '\t' || c == '\r' {
		next, ok := q.next()
		if !ok {
			return
		}
		c = next
	}
	if c != '\n' {
		q.damage++
		q.back()
	}
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
