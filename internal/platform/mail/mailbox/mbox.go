package mailbox

import (
	"bufio"
	"bytes"
	"io"

	"rapport/internal/platform/mail/header"
)

// mbox reads the common variants alike: a message ends where an empty line is
// followed by a line that looks like a separator and that by a field. Lengths
// stated in headers are not believed. One ">" before "From " is removed.
type mbox struct {
	br      *bufio.Reader
	offset  int64
	started bool
	start   int64 // of the message whose separator has been read, -1 after the last
}

// scan is the reading of one message.
type scan struct {
	item   *Item
	keep   bool
	bol    bool
	blank  bool   // the line before is empty
	ending string // its line end, kept back until it is clear that it belongs to the message
}

func (m *mbox) next(keep bool) (*Item, error) {
	if !m.started {
		if err := m.first(); err != nil {
			return nil, err
		}
	}
	if m.start < 0 {
		return nil, io.EOF
	}
	s := scan{item: &Item{Offset: m.start}, keep: keep, bol: true}
	m.start = -1
	for {
		line, err := m.br.ReadSlice('\n')
		if s.bol && s.blank && bytes.HasPrefix(line, []byte("From ")) && dated(line) {
			line = bytes.Clone(line) // looking ahead moves the buffer
			if m.fieldFollows() {
				return m.endAt(s.item, line, err)
			}
		}
		m.offset += int64(len(line))
		if fail := s.take(line); fail != nil {
			return nil, fail
		}
		s.bol = err == nil
		if err == io.EOF {
			return s.item, nil // an empty line at the end is the mailbox's
		}
		if err != nil && err != bufio.ErrBufferFull {
			s.item.Close()
			return nil, err
		}
	}
}

// first passes over empty lines and the first separator.
func (m *mbox) first() error {
	m.started = true
	for {
		line, err := m.br.ReadSlice('\n')
		m.start = m.offset
		m.offset += int64(len(line))
		text := bytes.TrimLeft(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")), " \t\r\n")
		if bytes.HasPrefix(text, []byte("From ")) {
			return m.restOfLine(err)
		}
		if err != nil {
			m.start = -1
			return err
		}
	}
}

// restOfLine reads what a separator has beyond the buffer.
func (m *mbox) restOfLine(err error) error {
	for err == bufio.ErrBufferFull {
		var more []byte
		more, err = m.br.ReadSlice('\n')
		m.offset += int64(len(more))
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// endAt ends item before a separator, where the next one begins.
func (m *mbox) endAt(item *Item, separator []byte, err error) (*Item, error) {
	m.start = m.offset
	m.offset += int64(len(separator))
	_ = m.restOfLine(err) // item is complete; a failing source fails the next call, too
	return item, nil
}

// fieldFollows reports whether a message can begin here.
func (m *mbox) fieldFollows() bool {
	ahead, _ := m.br.Peek(1024) // a failing source is met again by the next read
	if len(ahead) == 0 {
		return true
	}
	line, _, _ := bytes.Cut(ahead, []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	if bytes.HasPrefix(line, []byte(">From ")) || len(line) == 0 {
		return true
	}
	_, _, ok := header.ParseLine(string(line))
	return ok
}

// dated looks for a time of day and a year.
func dated(line []byte) bool {
	clock, year := false, false
	for word := range bytes.FieldsSeq(line[5:min(len(line), 300)]) {
		switch {
		case len(word) >= 4 && len(word) <= 8 && digits(word[:1]) && bytes.IndexByte(word, ':') > 0 && digits(bytes.ReplaceAll(word, []byte(":"), nil)):
			clock = true
		case len(word) == 4 && digits(word) && (word[0] == '1' || word[0] == '2'):
			year = true
		}
	}
	return clock && year
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// take adds a line, or a piece of a long one, to the message.
func (s *scan) take(line []byte) error {
	if len(line) == 0 {
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	if s.bol {
		if s.blank = string(line) == "\n" || string(line) == "\r\n"; s.blank {
			s.ending = string(line)
			return nil
		}
		line = unquote(line)
	} else {
		s.blank = false
	}
	return s.add(line)
}

// flush adds the empty line that was kept back.
func (s *scan) flush() error {
	if s.ending == "" {
		return nil
	}
	ending := s.ending
	s.ending = ""
	return s.add([]byte(ending))
}

func (s *scan) add(b []byte) error {
	if !s.keep {
		return nil
	}
	return s.item.add(b)
}

// unquote undoes what writers of mailboxes do to lines that begin with "From ".
func unquote(line []byte) []byte {
	if line[0] == '>' && bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
		return line[1:]
	}
	return line
}
