package openrouter

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// chunk is a part of an answer on the wire, or all of it.
type chunk struct {
	ID      string          `json:"id"`
	Model   string          `json:"model"`
	Choices []choice        `json:"choices"`
	Usage   *usage          `json:"usage"`
	Error   json.RawMessage `json:"error"`
	Object  string          `json:"object"`
}

type choice struct {
	Index   int             `json:"index"`
	Message *delta          `json:"message"`
	Delta   *delta          `json:"delta"`
	Finish  string          `json:"finish_reason"`
	Error   json.RawMessage `json:"error"`
}

type delta struct {
	Content   words             `json:"content"`
	Refusal   string            `json:"refusal"`
	Reasoning string            `json:"reasoning"`
	Thought   string            `json:"reasoning_content"` // of servers that name it so
	Details   []json.RawMessage `json:"reasoning_details"`
	Calls     []callDelta       `json:"tool_calls"`
}

type callDelta struct {
	Index    *int   `json:"index"`
	ID       string `json:"id"`
	Function struct {
		Name      string    `json:"name"`
		Arguments arguments `json:"arguments"`
	} `json:"function"`
}

// failed reports whether there is an error in place of an answer.
func (c chunk) failed() bool {
	bad := present(c.Error) || c.Object == "error"
	for _, x := range c.Choices {
		bad = bad || present(x.Error)
	}
	return bad
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// words are a text, or parts of which those of text count.
type words string

// UnmarshalJSON reads a string, null, or parts.
func (w *words) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '[' {
		return json.Unmarshal(b, (*string)(w))
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	for _, p := range parts {
		*w += words(p.Text)
	}
	return nil
}

// arguments are JSON in a string, or, of some servers, without one.
type arguments string

// UnmarshalJSON reads a string, null, or an object.
func (a *arguments) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return json.Unmarshal(b, (*string)(a))
	}
	*a = arguments(b)
	return nil
}

// count is a number of tokens that may be nonsense.
type count int64

// UnmarshalJSON reads any number; what is none counts as -1, which nobody
// believes.
func (c *count) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	f, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > math.MaxInt64/2 {
		f = -1
	}
	*c = count(f)
	return nil
}

// dollars is a sum that may be nonsense.
type dollars float64

// UnmarshalJSON reads any number; what is no sensible sum counts as none.
func (d *dollars) UnmarshalJSON(b []byte) error {
	const most = 1000
	f, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err != nil || !(f >= 0 && f <= most) {
		f = 0
	}
	*d = dollars(f)
	return nil
}

// detail is a piece of thinking, of which the model wants to see every field
// again.
type detail map[string]any

// joined puts the pieces of thinking together. In a stream each comes in parts
// that belong together if their index and type are the same.
func joined(parts []detail) []detail {
	var out []detail
	texts := map[string]*strings.Builder{}
	for _, d := range parts {
		if len(out) == 0 || !d.continues(out[len(out)-1]) {
			out = append(out, maps.Clone(d))
			texts = map[string]*strings.Builder{}
		}
		last := out[len(out)-1]
		for name, v := range d {
			text, ok := v.(string)
			switch {
			case v == nil && last[name] != nil:
			case ok && slices.Contains(growing, name):
				if texts[name] == nil {
					texts[name] = &strings.Builder{}
				}
				texts[name].WriteString(text)
				last[name] = texts[name]
			default:
				last[name] = v
			}
		}
	}
	for _, d := range out {
		for name, v := range d {
			if text, ok := v.(*strings.Builder); ok {
				d[name] = text.String()
			}
		}
	}
	return out
}

// growing are the fields that come in parts; of others the last word counts.
var growing = []string{"text", "summary", "data"}

func (d detail) continues(last detail) bool {
	at, counted := d["index"].(float64)
	before, _ := last["index"].(float64)
	kind, _ := d["type"].(string)
	of, _ := last["type"].(string)
	return counted && at == before && kind == of
}
