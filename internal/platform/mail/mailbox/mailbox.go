// Package mailbox reads the messages of a file or directory one after the
// other, whatever its format, in flat memory.
package mailbox

import (
	"io"

	"rapport/internal/platform/problem"
)

// MaxMessage is the size in bytes above which a message is refused.
const MaxMessage = 150 << 20

// What cannot be read at all. Compare with errors.Is.
var (
	ErrEmpty     = problem.New(problem.Invalid, "mailbox_empty", "The file is empty.")
	ErrNoMail    = problem.New(problem.Invalid, "mailbox_unknown", "This is not a mailbox: expected mbox, mbox.gz, .eml, a directory of .eml files or a Maildir.")
	ErrTruncated = problem.New(problem.Invalid, "mailbox_truncated", "The file ends before its last message does.")
)

// Truncated ends a mailbox whose last part is missing or damaged. All complete
// messages before it have been delivered. errors.Is(err, ErrTruncated) holds.
type Truncated struct {
	Messages int // complete ones, before the damage
	Cause    error
}

// Error says how many messages were read.
func (e *Truncated) Error() string { return "" }

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

// Item is one message. Its reader may be used after the next call of Next, and
// more than once; Close it when done.
type Item struct {
	Ordinal int    // from 1
	Offset  int64  // where it begins in the uncompressed file, 0 in directories
	Size    int64  // bytes
	Ref     string // for people: "message 12" or the name of the file
	Refused string // why it cannot be read, "" when it can
}

// Reader returns the raw message from its beginning.
func (i *Item) Reader() io.Reader { return nil }

// Close releases what a large message occupies on disk.
func (i *Item) Close() error { return nil }

// Reader goes through a mailbox. It is not safe for concurrent use.
type Reader struct {
	Format  Format
	Gzipped bool
}

// Open opens a file or directory.
func Open(path string) (*Reader, error) { return nil, nil }

// New reads a mailbox from r. name is used to tell formats apart and may be
// empty; size is that of r in bytes, -1 when unknown.
func New(r io.Reader, name string, size int64) (*Reader, error) { return nil, nil }

// Next returns the next message, io.EOF after the last, *Truncated when the
// file breaks off.
func (r *Reader) Next() (*Item, error) { return nil, io.EOF }

// Skip passes over n messages without keeping them; those count in Ordinal.
func (r *Reader) Skip(n int) error { return nil }

// Progress returns how much of the underlying file (compressed if it is) has
// been consumed, of how many bytes; total is -1 when unknown.
func (r *Reader) Progress() (done, total int64) { return 0, 0 }

// Close closes what Open opened.
func (r *Reader) Close() error { return nil }
