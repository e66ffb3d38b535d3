// Package mailbox reads the messages of a file or directory one after the
// other, whatever its format, in flat memory.
package mailbox

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"rapport/internal/platform/mail/header"
	"rapport/internal/platform/problem"
)

// MaxMessage is the size in bytes above which a message is refused.
const MaxMessage = 150 << 20

// What cannot be read at all. Compare with errors.Is.
var (
	ErrEmpty  = problem.New(problem.Invalid, "mailbox_empty", "The file is empty.")
	ErrNoMail = problem.New(problem.Invalid, "mailbox_unknown",
		"This is not a mailbox: expected mbox, mbox.gz, .eml, a directory of .eml files or a Maildir.")
	ErrTruncated = problem.New(problem.Invalid, "mailbox_truncated", "The file ends before its last message does.")
)

// Truncated ends a mailbox whose last part is missing or damaged. All complete
// messages before it have been delivered. errors.Is(err, ErrTruncated) holds.
type Truncated struct {
	Messages int // complete ones, before the damage
	Cause    error
}

// Error says how many messages were read.
func (e *Truncated) Error() string {
	return fmt.Sprintf("The compressed file is cut off or damaged: %d complete messages were read, the rest is missing.", e.Messages)
}

// Unwrap returns ErrTruncated with the cause.
func (e *Truncated) Unwrap() error { return ErrTruncated.Because(e.Cause) }

// Format names what a mailbox was recognised as.
type Format string

// The formats.
const (
	MBox      Format = "mbox"
	EML       Format = "eml"
	Directory Format = "directory"
	Maildir   Format = "maildir"
)

// Reader goes through a mailbox. It is not safe for concurrent use.
type Reader struct {
	Format  Format
	Gzipped bool

	src    source
	file   io.Closer // what Open opened
	raw    *counter  // the underlying bytes of a single file
	total  int64
	ended  error
	passed int // messages delivered or skipped
}

// source is a format: one file or a directory of files.
type source interface {
	// next reads a message, or passes over it when keep is false.
	next(keep bool) (*Item, error)
}

// Open opens a file or directory.
func Open(path string) (*Reader, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open mailbox: %w", err)
	}
	if info.IsDir() {
		return openDirectory(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open mailbox: %w", err)
	}
	r, err := New(f, path, info.Size())
	if err != nil {
		f.Close()
		return nil, err
	}
	r.file = f
	return r, nil
}

// New reads a mailbox from r. name helps to tell formats apart and may be
// empty; size is that of r in bytes, -1 when unknown.
func New(r io.Reader, name string, size int64) (*Reader, error) {
	m := &Reader{raw: &counter{r: r}, total: size}
	br := bufio.NewReaderSize(m.raw, 64<<10)
	magic, err := br.Peek(2)
	if err != nil && len(magic) == 0 {
		if err == io.EOF {
			return nil, ErrEmpty
		}
		return nil, fmt.Errorf("read mailbox: %w", err)
	}
	if bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, &Truncated{Cause: err}
		}
		m.Gzipped = true
		name = strings.TrimSuffix(name, ".gz")
		br = bufio.NewReaderSize(z, 64<<10)
	}
	if m.Format, err = detect(br, name); err != nil {
		return nil, err
	}
	if m.Format == MBox {
		m.src = &mbox{br: br}
	} else {
		m.src = &single{r: br, name: name}
	}
	return m, nil
}

// detect looks at the beginning of the contents; the name decides only what
// they leave open.
func detect(br *bufio.Reader, name string) (Format, error) {
	head, err := br.Peek(4096)
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), "\r\n \t")
	line, _, _ := bytes.Cut(text, []byte("\n"))
	_, _, field := header.ParseLine(string(bytes.TrimRight(line, "\r")))
	switch {
	case len(head) == 0 && err == io.EOF:
		return "", ErrEmpty
	case len(head) == 0:
		return "", &Truncated{Cause: err}
	case len(text) == 0 && len(head) < 4096:
		return "", ErrEmpty
	case bytes.HasPrefix(text, []byte("From ")):
		return MBox, nil
	case field:
		return EML, nil
	case strings.HasSuffix(strings.ToLower(name), ".eml") && !bytes.Contains(head, []byte{0}):
		return EML, nil
	}
	return "", ErrNoMail
}

// Next returns the next message, io.EOF after the last, *Truncated when the
// file breaks off. After an error it returns the same error.
func (r *Reader) Next() (*Item, error) { return r.advance(true) }

// Skip passes over n messages without keeping them; they count in Ordinal. It
// returns io.EOF when there are fewer.
func (r *Reader) Skip(n int) error {
	for range n {
		if _, err := r.advance(false); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) advance(keep bool) (*Item, error) {
	if r.ended != nil {
		return nil, r.ended
	}
	item, err := r.src.next(keep)
	if err != nil {
		r.ended = err
		if damaged(err) && r.Gzipped {
			r.ended = &Truncated{Messages: r.passed, Cause: err}
		}
		return nil, r.ended
	}
	r.passed++
	item.Ordinal = r.passed
	if item.Ref == "" {
		item.Ref = fmt.Sprintf("message %d", item.Ordinal)
	}
	return item, nil
}

// damaged tells a broken archive from a broken disk.
func damaged(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.As(err, &corrupt)
}

// Progress returns how much of the underlying file (compressed if it is) has
// been consumed, of how many bytes; total is -1 when unknown.
func (r *Reader) Progress() (done, total int64) {
	if d, ok := r.src.(*directory); ok {
		return d.done, d.total
	}
	return r.raw.n, r.total
}

// Close closes what Open opened.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// counter counts the bytes that were read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
