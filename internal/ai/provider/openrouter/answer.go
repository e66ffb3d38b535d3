package openrouter

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"regexp"
	"strings"

	"rapport/internal/ai"
	"rapport/internal/ai/fault"
	"rapport/internal/ai/provider/pieces"
	"rapport/internal/ai/wire"
)

// message is an answer, as far as it came.
type message struct {
	id, model string
	finish    string
	refusal   bool
	text      pieces.Text
	thought   int // bytes
	calls     []*call
	details   []detail
	usage     *usage
	streaming bool
	started   bool   // something of the answer came
	done      bool   // it was said to be whole
	wrong     []byte // it holds an error
	err       error  // it cannot be read
}

type call struct {
	id, name string
	input    pieces.Text
}

// follow reads a stream, and reports whether anybody still listens.
func (m *message) follow(events iter.Seq2[[]byte, error], seen *wire.Capture, yield func(ai.Event, error) bool) bool {
	for data, err := range events {
		if m.err = err; err != nil {
			break
		}
		if bytes.HasPrefix(data, []byte("[DONE]")) {
			m.done = true
			break
		}
		before, had := m.length(), m.text.Len()
		if err := m.take(data); err != nil || m.err != nil || m.wrong != nil {
			m.err = cmp.Or(m.err, err)
			break
		}
		if m.length() == before {
			continue
		}
		seen.Progress()
		if !yield(ai.Event{Text: m.text.Since(had)}, nil) {
			return false
		}
	}
	return true
}

// take adds a part of the answer, or all of it.
func (m *message) take(text []byte) error {
	var x chunk
	if err := json.Unmarshal(text, &x); err != nil {
		return err
	}
	if x.failed() {
		m.wrong = bytes.Clone(text)
		return nil
	}
	m.id, m.model = cmp.Or(m.id, x.ID), cmp.Or(m.model, x.Model)
	if x.Usage != nil {
		m.usage = x.Usage
	}
	for _, c := range x.Choices {
		if c.Index != 0 { // only one was asked for
			continue
		}
		m.started = true
		m.finish = cmp.Or(c.Finish, m.finish)
		m.add(c.Message)
		m.add(c.Delta)
	}
	return nil
}

func (m *message) add(d *delta) {
	if d == nil {
		return
	}
	m.text.Add(string(d.Content))
	m.refusal = m.refusal || d.Refusal != ""
	m.thought += len(cmp.Or(d.Reasoning, d.Thought))
	for _, raw := range d.Details {
		var piece detail
		if json.Unmarshal(raw, &piece) == nil && piece != nil {
			m.details = append(m.details, piece)
		}
	}
	for i, c := range d.Calls {
		if c.Index != nil {
			i = *c.Index
		}
		m.use(i, c)
	}
}

// mostCalls bound what a model can use in one answer.
const mostCalls = 128

// use adds to the i-th use of a tool. A beginning that comes twice is one.
func (m *message) use(i int, c callDelta) {
	if i < 0 || i >= mostCalls || i > len(m.calls) {
		m.err = errOrder
		return
	}
	if i < len(m.calls) && c.ID != "" && m.calls[i].id != c.ID && m.streaming {
		i = len(m.calls) // servers that do not count
	}
	if i == len(m.calls) {
		m.calls = append(m.calls, &call{})
	}
	x := m.calls[i]
	x.id, x.name = cmp.Or(x.id, c.ID), cmp.Or(x.name, c.Function.Name)
	x.input.Add(string(c.Function.Arguments))
}

var errOrder = errors.New("the parts of the answer are out of order")

// fault returns what is wrong with an answer, as far as it came, or nil.
func (m *message) fault(ctx context.Context, p *Provider, seen *wire.Capture, c ai.Call) *ai.Fault {
	e := seen.Evidence(ctx, p.name, m.err)
	e.Mended, e.Started, e.Stop = c.Mended, m.started, m.finish
	e.Streaming = m.streaming
	e.Finished = m.done && m.finish != "" || p.name == Compatible && m.finish != ""
	if m.err == nil && (e.Finished || m.wrong != nil) {
		e.Ended = fault.Running // it is here, whoever still waits
	}
	e.Body = m.wrong
	if m.refusal {
		e.Stop = "refusal"
	}
	switch {
	case m.wrong != nil || m.err != nil:
	case !m.streaming && m.finish == "":
		e.Empty = true
	case e.Finished && passes(e.Stop):
		f := m.content(e)
		if f != nil && m.text.Len()+len(m.calls) > 0 {
			f.Billed, f.Usage = ai.BilledYes, m.used(seen, c)
		}
		return f
	case !e.Finished:
		e.Stop = ""
	}
	f := fault.Classify(e)
	f.RequestID = cmp.Or(f.RequestID, m.name())
	if f.Billed != ai.BilledNo && (m.started || m.usage != nil) {
		f.Usage = m.used(seen, c)
		f.Usage.Estimated = f.Usage.Estimated || !e.Finished
	}
	return f
}

// passes reports whether a model that stopped for this reason has answered. One
// that is not known yet is believed to.
func passes(stop string) bool {
	switch stop {
	case "refusal", "content_filter", "length", "error":
		return false
	}
	return true
}

// content returns what is wrong with an answer that is whole: it is empty, or
// what it says of tools cannot be read.
func (m *message) content(e fault.Evidence) *ai.Fault {
	for _, c := range m.calls {
		if !json.Valid(c.arguments()) {
			return &ai.Fault{Kind: ai.BadOutput, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Status: e.Status, Detail: "tool_input",
				RequestID: m.name(), Err: ai.ErrBadOutput}
		}
	}
	if strings.TrimSpace(m.words()) == "" && len(m.calls) == 0 {
		e.Empty, e.Stop = true, ""
		return fault.Classify(e)
	}
	return nil
}

// answer is what was said.
func (m *message) answer(p *Provider, seen *wire.Capture, c ai.Call) ai.Answer {
	return ai.Answer{
		Text: m.words(), Calls: m.uses(), State: m.state(p.name, cmp.Or(c.Model, p.model)), Model: m.model, Version: m.model,
		RequestID: cmp.Or(seen.Header("X-Generation-Id"), m.name()), Usage: m.used(seen, c),
	}
}

func (m *message) words() string { return m.text.String() }

var named = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)

// name is the answer's own, if it is one.
func (m *message) name() string {
	if named.MatchString(m.id) {
		return m.id
	}
	return ""
}

// uses are the tools that the model wants used, each once.
func (m *message) uses() []ai.ToolCall {
	var out []ai.ToolCall
	seen := map[string]bool{}
	for _, c := range m.calls {
		if c.id != "" && seen[c.id] {
			continue
		}
		seen[c.id] = true
		out = append(out, ai.ToolCall{ID: c.id, Name: c.name, Input: c.arguments()})
	}
	return out
}

// arguments are what a tool is called with; without any, an empty object.
func (c *call) arguments() json.RawMessage {
	text := c.input.Valid(json.Valid)
	if strings.TrimSpace(text) == "" {
		return json.RawMessage("{}")
	}
	return json.RawMessage(text)
}

// state is what the model must be shown again: its thinking, as it came. Without
// thinking there is none.
func (m *message) state(provider, model string) *ai.State {
	if len(m.details) == 0 {
		return nil
	}
	raw, err := json.Marshal(joined(m.details))
	if err != nil {
		return nil
	}
	return &ai.State{Provider: provider, Model: model, Raw: raw}
}

// length is how many bytes came of the answer.
func (m *message) length() int {
	n := m.text.Len() + m.thought
	for _, c := range m.calls {
		n += c.input.Len() + len(c.name)
	}
	return n
}
