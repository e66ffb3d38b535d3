package router

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"rapport/internal/ai"
)

// judge returns what of an answer may be used, or the fault that it is.
func (c *call) judge(o *option, a ai.Answer) (json.RawMessage, *ai.Fault) {
	if len(a.Calls) > 0 && len(c.r.Tools) > 0 {
		return nil, nil
	}
	out := a.Output
	if out == nil {
		out = c.read(a.Text)
	}
	if len(out) == 0 {
		return nil, &ai.Fault{Kind: ai.Transient, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Billed: ai.BilledMaybe, Detail: "empty", Err: errors.New("the answer is empty")}
	}
	out, foreign := c.unmark(out)
	if foreign {
		return nil, bad(o, []ai.Violation{{Pointer: "/nonce", Rule: "is an answer to another request"}})
	}
	if v := c.r.Schema.Check(out); len(v) > 0 {
		return nil, bad(o, v)
	}
	if c.r.Verify == nil {
		return out, nil
	}
	verified, err := c.r.Verify(out)
	if err != nil {
		return nil, bad(o, []ai.Violation{{Pointer: "/", Rule: clip(err.Error())}})
	}
	return verified, nil
}

func bad(o *option, v []ai.Violation) *ai.Fault {
	return &ai.Fault{Kind: ai.BadOutput, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Billed: ai.BilledYes, Repair: ai.FixOutput,
		Err: &ai.Refused{Engine: o.Provider, Violations: v}}
}

// read makes JSON of what a model wrote: the value that it holds where there is
// a schema, else the words.
func (c *call) read(text string) json.RawMessage {
	if c.r.Schema != nil {
		return extract(text)
	}
	if text == "" {
		return nil
	}
	b, err := json.Marshal(text)
	if err != nil {
		return nil
	}
	return b
}

// extract finds the first JSON object or list in text, which may stand in prose
// or a fence. Without one it returns text as it is.
func extract(text string) json.RawMessage {
	text = strings.TrimSpace(text)
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	rest := text
	for range 20 {
		i := strings.IndexAny(rest, "{[")
		if i < 0 {
			break
		}
		var value json.RawMessage
		if json.NewDecoder(strings.NewReader(rest[i:])).Decode(&value) == nil {
			return value
		}
		rest = rest[i+1:]
	}
	return json.RawMessage(text)
}

// unmark removes the nonce that an answer repeats, and reports whether it is
// that of another request.
func (c *call) unmark(out json.RawMessage) (rest json.RawMessage, foreign bool) {
	if !bytes.Contains(out, []byte(`"nonce"`)) || c.r.Schema == nil || bytes.Contains(c.r.Schema.Text, []byte(`"nonce"`)) {
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
	return rest, nonce != c.nonce
}

// clip bounds what is told of an error.
func clip(s string) string {
	const most = 300
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
