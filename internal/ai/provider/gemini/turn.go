package gemini

import (
	"cmp"
	"encoding/json"
	"strings"

	"rapport/internal/ai"
)

// conversation is what was said before, what is asked now, and, for a repair,
// what was answered and is wrong with it.
func conversation(c ai.Call) ([]content, error) {
	d := dialogue{names: map[string]string{}}
	for _, t := range c.Turns {
		if err := d.turn(c, t); err != nil {
			return nil, err
		}
	}
	d.say("user", c.User)
	if len(c.Violations) > 0 {
		d.say("model", c.Previous)
		d.say("user", amend(c.Violations))
	}
	switch n := len(d.all); {
	case n == 0:
		return nil, errNothing
	case d.all[n-1].Role == "model":
		return nil, errPrefill
	}
	return d.all, nil
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

// dialogue is contents of which no two in a row have the same role.
type dialogue struct {
	all []content
	// names are those of the tools that were used, by the ids of their uses.
	names map[string]string
	// restated says that the last use of tools is told in words, because its
	// signature is not there or not wanted. What came of it is then told, too.
	restated bool
}

func (d *dialogue) add(role string, parts ...part) {
	if len(parts) == 0 {
		return
	}
	if n := len(d.all); n > 0 && d.all[n-1].Role == role {
		d.all[n-1].Parts = append(d.all[n-1].Parts, parts...)
		return
	}
	d.all = append(d.all, content{Role: role, Parts: parts})
}

func (d *dialogue) say(role, text string) {
	if strings.TrimSpace(text) != "" {
		d.add(role, part{Text: text})
	}
}

func (d *dialogue) turn(c ai.Call, t ai.Turn) error {
	if !t.Assistant {
		for _, r := range t.Results {
			d.result(r)
		}
		d.say("user", t.Text)
		return nil
	}
	for _, call := range t.Calls {
		d.names[call.ID] = call.Name
	}
	if own(c, t) {
		var parts []part
		if json.Unmarshal(t.State.Raw, &parts) != nil {
			return errState
		}
		d.add("model", parts...)
		d.restated = false
		return nil
	}
	d.restated = true // a use without a signature is refused
	d.say("model", t.Text)
	for _, call := range t.Calls {
		input := "{}"
		if json.Valid(call.Input) {
			input = string(call.Input)
		}
		d.say("model", "Use of the tool "+call.Name+": "+input)
	}
	return nil
}

func (d *dialogue) result(r ai.ToolResult) {
	name := d.names[r.ID]
	if d.restated || name == "" {
		d.say("user", "Result of a tool: "+r.Text)
		return
	}
	word := "output"
	if r.Error {
		word = "error"
	}
	x := &response{Name: name, Said: map[string]string{word: cmp.Or(r.Text, "(nothing)")}}
	if !strings.HasPrefix(r.ID, unnamed) {
		x.ID = r.ID
	}
	d.add("user", part{Response: x})
}

// unnamed begins the ids of uses that the model gave none.
const unnamed = "unnamed-"

// own reports whether t can be shown to the model as it was: it said so itself,
// or is asked with the signature of whoever of its kind did. Without tools it
// cannot be shown that it used some.
func own(c ai.Call, t ai.Turn) bool {
	s := t.State
	return s != nil && s.Provider == Name && (s.Model == c.Model || c.Mends(ai.EchoSignature)) && !c.Mends(ai.StripState) && (len(c.Tools) > 0 || len(t.Calls) == 0)
}
