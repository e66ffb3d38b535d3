package attempt

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"rapport/internal/ai"
	"rapport/internal/ai/shape"
)

// Judge returns what of an engine's answer may be used, or the fault that it
// is.
func Judge(c *ai.Call, engine string, a ai.Answer) (json.RawMessage, *ai.Fault) {
	if len(a.Calls) > 0 && len(c.Tools) > 0 {
		return nil, nil
	}
	out, ok := a.Output, a.Output != nil
	if !ok {
		out, ok = read(c, a.Text)
	}
	if !ok && a.Text != "" {
		return nil, bad(engine, []ai.Violation{{Pointer: "/", Rule: "is not JSON"}})
	}
	if len(out) == 0 {
		return nil, &ai.Fault{Kind: ai.Transient, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Billed: ai.BilledMaybe, Detail: "empty", Err: errors.New("the answer is empty")}
	}
	out, foreign := unmark(c, out)
	if foreign {
		return nil, bad(engine, []ai.Violation{{Pointer: "/nonce", Rule: "is an answer to another request"}})
	}
	if v := c.Schema.Check(out); len(v) > 0 {
		return nil, bad(engine, v)
	}
	out = c.Prompt.Restore(out) // what cites is judged by the text itself
	if c.Verify == nil {
		return out, nil
	}
	verified, err := c.Verify(out)
	if err != nil {
		return nil, bad(engine, []ai.Violation{{Pointer: "/", Rule: clip(err.Error())}})
	}
	return verified, nil
}

func bad(engine string, v []ai.Violation) *ai.Fault {
	return &ai.Fault{Kind: ai.BadOutput, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Billed: ai.BilledYes, Repair: ai.FixOutput,
		Err: &ai.Refused{Engine: engine, Violations: v}}
}

// read makes JSON of what a model wrote: the value that it holds where there is
// a schema, else the words.
func read(c *ai.Call, text string) (json.RawMessage, bool) {
	if c.Schema == nil {
		b, err := json.Marshal(text)
		return b, err == nil && text != ""
	}
	out, err := shape.Extract(text)
	if err != nil {
		return nil, false
	}
	if !bytes.Contains(out, []byte("null")) {
		return out, true
	}
	if raised, err := shape.Raise(out, c.Schema.Text); err == nil {
		return raised, true
	}
	return out, true
}

// unmark removes the nonce that an answer repeats, and reports whether it is
// that of another request.
func unmark(c *ai.Call, out json.RawMessage) (rest json.RawMessage, foreign bool) {
	if c.Nonce == "" || c.Schema == nil || !bytes.Contains(out, []byte(`"nonce"`)) || bytes.Contains(c.Schema.Text, []byte(`"nonce"`)) {
		return out, false
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(out, &fields) != nil {
		return out, false
	}
	var nonce string
	if mark, ok := fields["nonce"]; !ok || json.Unmarshal(mark, &nonce) != nil {
		return out, false
	}
	delete(fields, "nonce")
	rest, err := json.Marshal(fields)
	if err != nil {
		return out, false
	}
	return rest, nonce != c.Nonce
}

// clip bounds what is told of an error.
func clip(s string) string {
	const most = 300
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
