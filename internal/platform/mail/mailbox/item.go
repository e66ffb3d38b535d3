package mailbox

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// maxInMemory is the size in bytes up to which a message is kept in memory; a
// larger one goes to a temporary file that is deleted at once.
const maxInMemory = 4 << 20

// Item is one message. It may be used after the next call of Next, and read
// more than once; Close it when done.
type Item struct {
	Ordinal int    // from 1
	Offset  int64  // where it begins in the uncompressed file, 0 in directories
	Size    int64  // bytes
	Ref     string // for people: "message 12" or the name of the file
	Refused string // why it cannot be read, "" when it can

	memory []byte
	disk   *os.File
}

// Reader returns the raw message from its beginning. That of a refused item is
// empty.
func (i *Item) Reader() io.Reader {
	if i.disk != nil {
		return io.NewSectionReader(i.disk, 0, i.Size)
	}
	return bytes.NewReader(i.memory)
}

// Close frees the space of a large message.
func (i *Item) Close() error {
	i.memory = nil
	if i.disk == nil {
		return nil
	}
	disk := i.disk
	i.disk = nil
	return disk.Close()
}

// add appends to the message, unless it is refused already.
func (i *Item) add(b []byte) error {
	i.Size += int64(len(b))
	if i.Refused != "" {
		return nil
	}
	if i.Size > MaxMessage {
		i.Refused = fmt.Sprintf("The message is larger than %d MB.", MaxMessage>>20)
		return i.Close()
	}
	if i.disk == nil && i.Size <= maxInMemory {
		i.memory = append(i.memory, b...)
		return nil
	}
	if i.disk == nil {
		if err := i.spill(); err != nil {
			return err
		}
	}
	_, err := i.disk.Write(b)
	return err
}

// spill moves the message from memory to a file without a name.
func (i *Item) spill() error {
	f, err := os.CreateTemp("", "rapport-mail-*")
	if err != nil {
		return fmt.Errorf("keep a large message: %w", err)
	}
	i.disk = f
	if err := os.Remove(f.Name()); err != nil {
		return fmt.Errorf("keep a large message: %w", err)
	}
	_, err = f.Write(i.memory)
	i.memory = nil
	return err
}
