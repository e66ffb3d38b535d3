package gemini

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"rapport/internal/ai"
	"rapport/internal/ai/fault"
	"rapport/internal/ai/provider/pieces"
	"rapport/internal/ai/wire"
)

// fragment is a part of an answer on the wire, or all of it.
type fragment struct {
	Candidates []candidate `json:"candidates"`
	Feedback   struct {
		Block string `json:"blockReason"`
	} `json:"promptFeedback"`
	Usage   *usage          `json:"usageMetadata"`
	Version string          `json:"modelVersion"`
	ID      string          `json:"responseId"`
	Error   json.RawMessage `json:"error"`
}

type candidate struct {
	Index   int     `json:"index"`
	Content content `json:"content"`
	Finish  string  `json:"finishReason"`
}

// message is an answer, as far as it came.
type message struct {
	id, version string
	stop        string
	text        pieces.Text
	thought     int // bytes
	parts       []*spoken
	usage       *usage
	streaming   bool
	started     bool
}

// take adds a part of the answer, or all of it.
func (m *message) take(x *fragment) {
	if x == nil {
		return
	}
	if x.ID != "" {
		m.id = x.ID
	}
	if x.Version != "" {
		m.version = x.Version
	}
	if x.Usage != nil {
		m.usage = x.Usage
	}
	if x.Feedback.Block != "" {
		m.stop = "prompt:" + x.Feedback.Block
	}
	for _, c := range x.Candidates {
		if c.Index != 0 { // only one was asked for
			continue
		}
		m.started = true
		if c.Finish != "" {
			m.stop = c.Finish
		}
		for _, p := range c.Content.Parts {
			m.add(p)
		}
	}
}

// add adds a part. What the model thought is not kept: only its signature is to
// be shown again.
func (m *message) add(p part) {
	if p.Thought {
		m.thought += len(p.Text)
		return
	}
	m.text.Add(p.Text)
	if p.Text == "" && p.Call == nil && p.Signature == "" {
		return
	}
	n := len(m.parts)
	if n == 0 || p.Call != nil || m.parts[n-1].Call != nil || m.parts[n-1].Signature != "" {
		m.parts = append(m.parts, &spoken{part: p})
		n++
	}
	m.parts[n-1].Signature = p.Signature
	m.parts[n-1].text.WriteString(p.Text)
}

// spoken is a part of which the text grows.
type spoken struct {
	part
	text strings.Builder
}

// fault returns what is wrong with an answer, as far as it came, or nil. It is
// broken by err, if that is not nil.
func (m *message) fault(ctx context.Context, seen *wire.Capture, c ai.Call, err error) *ai.Fault {
	e := seen.Evidence(ctx, Name, err)
	if body, told := told(err); told {
		e.Err = nil
		if e.Streaming || len(e.Body) == 0 {
			e.Body = body
		}
	} else if m.started || m.stop != "" {
		e.Body = nil
	}
	e.Mended, e.Started, e.Stop = c.Mended, m.started, m.stop
	e.Finished = err == nil && (m.stop != "" || !m.streaming)
	e.Empty = m.length() == 0 && len(m.parts) == 0
	if e.Finished {
		e.Ended = fault.Running // it is here, whoever still waits
	}
	if e.Finished && passes(m.stop) {
		return m.content(e, seen, c)
	}
	if !e.Finished {
		e.Stop = ""
	}
	f := fault.Classify(e)
	f.RequestID = m.name()
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
	case "", "MAX_TOKENS", "SAFETY", "PROHIBITED_CONTENT", "RECITATION", "SPII", "BLOCKLIST", "LANGUAGE", "IMAGE_SAFETY", "CONTINUATION", "OTHER",
		"FINISH_REASON_UNSPECIFIED", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL":
		return false
	}
	return !strings.HasPrefix(stop, "prompt:")
}

// content returns what is wrong with an answer that is whole: it is empty.
func (m *message) content(e fault.Evidence, seen *wire.Capture, c ai.Call) *ai.Fault {
	if strings.TrimSpace(m.text.String()) != "" || len(m.calls()) > 0 {
		return nil
	}
	e.Empty, e.Stop = true, ""
	f := fault.Classify(e)
	f.RequestID, f.Billed, f.Usage = m.name(), ai.BilledYes, m.used(seen, c)
	return f
}

// answer is what was said.
func (m *message) answer(c ai.Call, seen *wire.Capture) ai.Answer {
	return ai.Answer{Text: m.text.String(), Calls: m.calls(), State: m.state(c.Model), Model: m.version, Version: m.version, RequestID: m.name(), Usage: m.used(seen, c)}
}

var named = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)

// name is the answer's own, if it is one.
func (m *message) name() string {
	if named.MatchString(m.id) {
		return m.id
	}
	return ""
}

// calls are the tools that the model wants used, each once.
func (m *message) calls() []ai.ToolCall {
	var out []ai.ToolCall
	seen := map[string]bool{}
	for i, p := range m.parts {
		if p.Call == nil || p.Call.ID != "" && seen[p.Call.ID] {
			continue
		}
		seen[p.Call.ID] = true
		x := ai.ToolCall{ID: p.Call.ID, Name: p.Call.Name, Input: p.Call.Args}
		if x.ID == "" {
			x.ID = fmt.Sprintf("%s%s-%d", unnamed, m.name(), i)
		}
		if len(x.Input) == 0 {
			x.Input = json.RawMessage("{}")
		}
		out = append(out, x)
	}
	return out
}

// state is what the model must be shown again: what it said, with the
// signatures of its thoughts. Without signatures there is none.
func (m *message) state(model string) *ai.State {
	var out []part
	signed := false
	ids := map[string]bool{}
	for _, p := range m.parts {
		if p.Call != nil && p.Call.ID != "" && ids[p.Call.ID] {
			continue
		}
		if p.Call != nil {
			ids[p.Call.ID] = true
		}
		signed = signed || p.Signature != ""
		p.Text = p.text.String()
		out = append(out, p.part)
	}
	if !signed {
		return nil
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	return &ai.State{Provider: Name, Model: model, Raw: raw}
}

// length is how many bytes came of the answer.
func (m *message) length() int {
	n := m.text.Len() + m.thought
	for _, p := range m.parts {
		if p.Call != nil {
			n += len(p.Call.Name) + len(p.Call.Args)
		}
	}
	return n
}

// bare is the id of a model without the name of its collection.
func bare(name string) string { return strings.TrimPrefix(name, "models/") }
