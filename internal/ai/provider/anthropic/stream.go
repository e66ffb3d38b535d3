package anthropic

import (
	"errors"
	"strings"

	sdk "github.com/anthropics/anthropic-sdk-go"
)

var (
	errOrder   = errors.New("the events of the stream are out of order")
	errAnother = errors.New("the stream holds two messages")
)

// take adds an event of a stream. It returns what is new of the text, and
// whether the answer came further. Events that come again change nothing.
func (m *message) take(e sdk.MessageStreamEventUnion) (text string, progress bool) {
	m.streaming = true
	switch e.Type {
	case "message_start":
		return "", m.start(e.Message)
	case "content_block_start":
		return m.open(e)
	case "content_block_delta":
		return m.grow(e)
	case "content_block_stop":
		return m.close(m.at(e.Index))
	case "message_delta":
		m.stop, m.category = string(e.Delta.StopReason), string(e.Delta.StopDetails.Category)
		m.count(e.Usage)
		return "", true
	case "message_stop":
		m.finished = m.started
		for _, b := range m.blocks {
			rest, _ := m.close(b)
			text += rest
		}
	}
	return text, text != ""
}

func (m *message) start(first sdk.Message) bool {
	if m.started {
		if first.ID != m.id {
			m.err = errAnother
		}
		return false
	}
	m.started, m.id, m.model = true, first.ID, string(first.Model)
	m.usage, m.counted = first.Usage, first.JSON.Usage.Valid()
	return true
}

func (m *message) open(e sdk.MessageStreamEventUnion) (string, bool) {
	switch c := e.ContentBlock; {
	case e.Index >= 0 && e.Index < int64(len(m.blocks)):
		return "", false
	case e.Index != int64(len(m.blocks)) || !m.started:
		m.err = errOrder
		return "", false
	default:
		b := &block{kind: c.Type, id: c.ID, name: c.Name, signature: c.Signature}
		b.text.WriteString(c.Text + c.Thinking + c.Data)
		m.blocks = append(m.blocks, b)
		if c.Type == "text" {
			return c.Text, true
		}
		return "", true
	}
}

func (m *message) grow(e sdk.MessageStreamEventUnion) (string, bool) {
	b := m.at(e.Index)
	if b == nil {
		m.err = errOrder
		return "", false
	}
	d := e.Delta
	if b.closed || d.Text == "" && d.PartialJSON == "" && d.Thinking == "" && d.Signature == "" {
		return "", false
	}
	pieces, ok := b.pairs.add(piece{d.Type, d.Text + d.PartialJSON + d.Thinking + d.Signature})
	if !ok {
		m.err = errOrder
	}
	return b.append(pieces), true
}

func (m *message) close(b *block) (string, bool) {
	if b == nil || b.closed {
		return "", false
	}
	b.closed = true
	pieces, ok := b.pairs.end()
	if !ok {
		m.err = errOrder
	}
	text := b.append(pieces)
	return text, text != ""
}

// append adds pieces to b, and returns what is text of them.
func (b *block) append(pieces []piece) string {
	var text strings.Builder
	for _, p := range pieces {
		switch p.kind {
		case "text_delta":
			b.text.WriteString(p.text)
			text.WriteString(p.text)
		case "input_json_delta":
			b.input.WriteString(p.text)
		case "thinking_delta":
			b.text.WriteString(p.text)
		case "signature_delta":
			b.signature += p.text
		}
	}
	return text.String()
}

func (m *message) at(index int64) *block {
	if index < 0 || index >= int64(len(m.blocks)) {
		return nil
	}
	return m.blocks[index]
}
