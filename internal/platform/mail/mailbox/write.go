package mailbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// separator is the From line that we write: it names nobody, and its date is
// the beginning of time, since the message has its own.
const separator = "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"

var fromLine = regexp.MustCompile(`^>*From `)

// WriteMbox writes what is left of r as one mailbox in the form mboxrd, whose
// quoting can be undone. Messages that r refuses are left out with their
// number in the error, after all others are written.
func WriteMbox(w io.Writer, r *Reader) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var refused error
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return errors.Join(refused, out.Flush())
		}
		if err != nil {
			return errors.Join(err, out.Flush())
		}
		if item.Refused != "" {
			refused = errors.Join(refused, fmt.Errorf("message %d: %s", item.Ordinal, item.Refused))
			continue
		}
		err = writeMessage(out, item.Reader())
		if err := errors.Join(err, item.Close()); err != nil {
			return err
		}
	}
}

func writeMessage(out *bufio.Writer, r io.Reader) error {
	_, _ = out.WriteString(separator) // a bufio.Writer keeps its first error for Flush
	in := bufio.NewReaderSize(r, 64<<10)
	whole := true // whether a line begins here
	for {
		part, err := in.ReadSlice('\n')
		if whole && fromLine.Match(part) {
			_ = out.WriteByte('>')
		}
		if _, e := out.Write(part); e != nil {
			return e
		}
		whole = len(part) > 0 && part[len(part)-1] == '\n'
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
	if !whole {
		_ = out.WriteByte('\n')
	}
	return out.WriteByte('\n')
}
