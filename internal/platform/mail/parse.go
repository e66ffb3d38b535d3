package mail

import (
	"io"
	"time"
)

// Parser reads messages. The zero Sink drops attachment bodies; the zero Now
// judges no date as lying in the future.
type Parser struct {
	Sink Sink
	Now  time.Time
}

// Parse reads a message with the present time. It fails only when r or sink
// fails, or when there is not one byte to show.
func Parse(r io.Reader, sink Sink) (*Message, error) {
	return Parser{Sink: sink, Now: time.Now()}.Parse(r)
}

// Parse reads one message from r to its end.
func (p Parser) Parse(r io.Reader) (*Message, error) {
	return nil, nil
}
