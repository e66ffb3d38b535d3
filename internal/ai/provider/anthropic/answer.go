package anthropic

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	sdk "github.com/anthropics/anthropic-sdk-go"

	"rapport/internal/ai"
	"rapport/internal/ai/fault"
	"rapport/internal/ai/wire"
)

// message is an answer, as far as it came.
type message struct {
	id, model string
	stop      string
	category  string // of a refusal
	blocks    []*block
	usage     sdk.Usage
	counted   bool // the provider said what was used
	streaming bool
	started   bool
	finished  bool
	raw       string // of an answer in one piece
	strange   bool   // it is no message
	err       error
}

type block struct {
	kind      string
	text      strings.Builder // or thinking, or the data of what is hidden
	signature string
	id, name  string
	input     strings.Builder
	closed    bool
	pairs     pairs
}

// whole reads an answer in one piece.
func whole(m *sdk.Message) *message {
	got := &message{finished: true, started: true}
	if m == nil {
		return got
	}
	_, wrong := m.JSON.ExtraFields["error"]
	got.strange = wrong || m.Type != "message"
	got.id, got.model, got.stop, got.category = m.ID, string(m.Model), string(m.StopReason), string(m.StopDetails.Category)
	got.usage, got.counted, got.raw = m.Usage, m.JSON.Usage.Valid(), m.RawJSON()
	for _, c := range m.Content {
		b := &block{kind: c.Type, id: c.ID, name: c.Name, signature: c.Signature, closed: true}
		b.text.WriteString(c.Text + c.Thinking + c.Data)
		b.input.Write(c.Input)
		got.blocks = append(got.blocks, b)
	}
	return got
}

// broken is the fault of a stream that did not come to its end.
func (m *message) broken(ctx context.Context, seen *wire.Capture, c ai.Call, err error) *ai.Fault {
	e := seen.Evidence(ctx, Name, err)
	e.Mended, e.Started = c.Mended, m.started
	e.Streaming = e.Streaming || m.streaming
	if told, ok := errors.AsType[*sdk.Error](err); ok {
		e.Err, e.Body = nil, json.RawMessage(told.RawJSON())
	}
	f := fault.Classify(e)
	if m.started && f.Billed != ai.BilledNo {
		f.Usage = m.used(seen, c)
		f.Usage.Estimated = true
	}
	return f
}

// fault returns what is wrong with an answer that came, or nil.
func (m *message) fault(ctx context.Context, seen *wire.Capture, c ai.Call) *ai.Fault {
	e := seen.Evidence(ctx, Name, nil)
	e.Ended = fault.Running // it is here, whoever still waits
	e.Mended, e.Started, e.Finished, e.Stop = c.Mended, m.started, m.finished, m.stop
	if m.strange || !m.finished && len(m.blocks) == 0 && !m.started {
		if m.raw != "" {
			e.Body = []byte(m.raw)
		}
		e.Started, e.Empty, e.Streaming = false, true, e.Streaming && !m.strange
		return fault.Classify(e)
	}
	e.Body = nil
	if m.finished && m.stop != "" && passes(m.stop) {
		f := m.content(e)
		if f != nil {
			f.Billed, f.Usage = ai.BilledYes, m.used(seen, c)
		}
		return f
	}
	if m.finished && m.stop == "" {
		e.Finished, e.Empty = !m.streaming, true
	}
	f := fault.Classify(e)
	if m.category != "" && f.Kind == ai.PolicyRefused {
		f.Detail += ":" + m.category
	}
	f.Usage = m.used(seen, c)
	if m.finished && !f.Usage.Estimated {
		f.Billed = ai.BilledYes
	}
	f.Usage.Estimated = f.Usage.Estimated || !m.finished
	return f
}

// passes reports whether a model that stopped for this reason has answered. One
// that is not known yet is believed to.
func passes(stop string) bool {
	switch stop {
	case "refusal", "max_tokens", "model_context_window_exceeded", "pause_turn":
		return false
	}
	return true
}

// content returns what is wrong with an answer that is whole: it is empty, or
// what it says of tools cannot be read.
func (m *message) content(e fault.Evidence) *ai.Fault {
	text, calls := m.text(), m.calls()
	for _, c := range calls {
		if !json.Valid(c.Input) {
			return &ai.Fault{Kind: ai.BadOutput, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Status: e.Status, Detail: "tool_input", RequestID: e.Header.Get("Request-Id"), Err: ai.ErrBadOutput}
		}
	}
	if strings.TrimSpace(text) == "" && len(calls) == 0 {
		e.Empty, e.Stop = true, ""
		return fault.Classify(e)
	}
	return nil
}

// answer is what was said.
func (m *message) answer(seen *wire.Capture, c ai.Call) ai.Answer {
	return ai.Answer{
		Text: m.text(), Calls: m.calls(), State: m.state(c.Model), Model: m.model, Version: m.model,
		RequestID: seen.Header("Request-Id"), Usage: m.used(seen, c),
	}
}

func (m *message) text() string {
	var b strings.Builder
	for _, x := range m.blocks {
		if x.kind == "text" {
			b.WriteString(x.text.String())
		}
	}
	return b.String()
}

// calls are the tools that the model wants used, each once.
func (m *message) calls() []ai.ToolCall {
	var out []ai.ToolCall
	seen := map[string]bool{}
	for _, b := range m.blocks {
		if b.kind != "tool_use" || seen[b.id] {
			continue
		}
		seen[b.id] = true
		out = append(out, ai.ToolCall{ID: b.id, Name: b.name, Input: b.arguments()})
	}
	return out
}

// arguments are what a tool is called with; without any, an empty object.
func (b *block) arguments() json.RawMessage {
	if b.input.Len() == 0 {
		return json.RawMessage("{}")
	}
	return json.RawMessage(b.input.String())
}

// state is what the model must be shown again: its thinking, in its place among
// what it said. Without thinking there is none.
func (m *message) state(model string) *ai.State {
	var out []any
	thought := false
	ids := map[string]bool{}
	for _, b := range m.blocks {
		switch b.kind {
		case "thinking":
			thought = true
			out = append(out, map[string]string{"type": "thinking", "thinking": b.text.String(), "signature": b.signature})
		case "redacted_thinking":
			thought = true
			out = append(out, map[string]string{"type": "redacted_thinking", "data": b.text.String()})
		case "text":
			if b.text.Len() > 0 {
				out = append(out, map[string]string{"type": "text", "text": b.text.String()})
			}
		case "tool_use":
			if !ids[b.id] {
				out = append(out, map[string]any{"type": "tool_use", "id": b.id, "name": b.name, "input": b.arguments()})
			}
			ids[b.id] = true
		}
	}
	if !thought {
		return nil
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	return &ai.State{Provider: Name, Model: model, Raw: raw}
}
