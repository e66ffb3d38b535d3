package openrouter

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"rapport/internal/ai"
)

// conversation is the system prompt, what was said before, what is asked now,
// and, for a repair, what was answered and is wrong with it.
func (p *Provider) conversation(c ai.Call) ([]said, error) {
	var out []said
	if c.System != "" {
		content, err := p.system(c)
		if err != nil {
			return nil, err
		}
		out = append(out, said{Role: "system", Content: content})
	}
	for i, t := range c.Turns {
		more, err := p.turn(c, t, i)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	if strings.TrimSpace(c.User) != "" {
		out = append(out, said{Role: "user", Content: c.User})
	}
	if len(c.Violations) > 0 {
		if strings.TrimSpace(c.Previous) != "" {
			out = append(out, said{Role: "assistant", Content: c.Previous})
		}
		out = append(out, said{Role: "user", Content: amend(c.Violations)})
	}
	switch {
	case len(out) == 0 || out[len(out)-1].Role == "system":
		return nil, errNothing
	case out[len(out)-1].Role == "assistant":
		return nil, errPrefill
	}
	return out, nil
}

// system is the system prompt. Only Claude is to be told to keep it; others do
// so by themselves.
func (p *Provider) system(c ai.Call) (any, error) {
	switch c.Params.Cache {
	case "":
		return c.System, nil
	case "5m", "1h":
	default:
		return nil, errCache
	}
	if p.name != Name || !strings.HasPrefix(c.Model, "anthropic/") {
		return c.System, nil
	}
	return []part{{Type: "text", Text: c.System, Cache: &cacheControl{Type: "ephemeral", TTL: c.Params.Cache}}}, nil
}

// amend asks for a better answer. It holds no words but our own and the names
// of fields.
func amend(violations []ai.Violation) string {
	var b strings.Builder
	b.WriteString("Your answer does not satisfy the schema. Answer again, in full, with these corrected:")
	for _, v := range violations {
		b.WriteString("\n- " + v.String())
	}
	return b.String()
}

// turn is what one side said. Without tools, the use of some is restated.
func (p *Provider) turn(c ai.Call, t ai.Turn, at int) ([]said, error) {
	if t.Assistant {
		return p.own(c, t, at)
	}
	var out []said
	text := t.Text
	for i, r := range t.Results {
		if len(c.Tools) == 0 {
			text = "Result of a tool: " + r.Text + "\n\n" + text
			continue
		}
		said := said{Role: "tool", CallID: name(r.ID, at-1, i), Content: cmp.Or(r.Text, "(nothing)")}
		if r.Error {
			said.Content = "Error: " + r.Text
		}
		out = append(out, said)
	}
	if strings.TrimSpace(text) != "" {
		out = append(out, said{Role: "user", Content: text})
	}
	return out, nil
}

// own is what a model said. It is shown its own thinking as it came; that of
// another means nothing to it.
func (p *Provider) own(c ai.Call, t ai.Turn, at int) ([]said, error) {
	m, text := said{Role: "assistant"}, t.Text
	for i, call := range t.Calls {
		input := call.Input
		if len(input) == 0 || !json.Valid(input) {
			input = json.RawMessage("{}")
		}
		if len(c.Tools) == 0 {
			text += "\n\nUse of the tool " + call.Name + ": " + string(input)
			continue
		}
		m.Calls = append(m.Calls, use{ID: name(call.ID, at, i), Type: "function", Function: function{call.Name, string(input)}})
	}
	if strings.TrimSpace(text) != "" {
		m.Content = text
	}
	if s := t.State; s != nil && s.Provider == p.name && s.Model == c.Model && !c.Mends(ai.StripState) && (len(c.Tools) > 0 || len(t.Calls) == 0) {
		if json.Unmarshal(s.Raw, &m.Details) != nil {
			return nil, errState
		}
	}
	if m.Content == nil && m.Calls == nil {
		return nil, nil
	}
	return []said{m}, nil
}

// name is the id of a call; one that has none is named after its place.
func name(id string, turn, i int) string {
	return cmp.Or(id, fmt.Sprintf("call_%d_%d", turn, i))
}
