package openrouter

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/shape"
)

// body is a request, as it is on the wire. What stands below Routing only
// OpenRouter knows.
type body struct {
	Model       string         `json:"model"`
	Messages    []said         `json:"messages"`
	MaxTokens   int            `json:"max_tokens"`
	Temperature *float64       `json:"temperature,omitempty"`
	Format      *format        `json:"response_format,omitempty"`
	Tools       []tool         `json:"tools,omitempty"`
	Stream      bool           `json:"stream,omitempty"`
	Options     *streamOptions `json:"stream_options,omitempty"`

	Routing   *routing   `json:"provider,omitempty"`
	Reasoning *reasoning `json:"reasoning,omitempty"`
	CacheKey  string     `json:"prompt_cache_key,omitempty"`
	Session   string     `json:"session_id,omitempty"`
}

type said struct {
	Role    string            `json:"role"`
	Content any               `json:"content"` // a string, parts, or null
	Calls   []use             `json:"tool_calls,omitempty"`
	CallID  string            `json:"tool_call_id,omitempty"`
	Details []json.RawMessage `json:"reasoning_details,omitempty"`
}

type part struct {
	Type  string        `json:"type"`
	Text  string        `json:"text"`
	Cache *cacheControl `json:"cache_control,omitempty"`
}

type cacheControl struct {
	Type string `json:"type"`
	TTL  string `json:"ttl,omitempty"`
}

type use struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	Function function `json:"function"`
}

type function struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

type tool struct {
	Type     string `json:"type"`
	Function struct {
		Name        string          `json:"name"`
		Description string          `json:"description,omitempty"`
		Parameters  json.RawMessage `json:"parameters"`
	} `json:"function"`
}

type format struct {
	Type   string `json:"type"`
	Schema struct {
		Name   string          `json:"name"`
		Strict bool            `json:"strict"`
		Schema json.RawMessage `json:"schema"`
	} `json:"json_schema"`
}

type streamOptions struct {
	Usage bool `json:"include_usage"`
}

// routing is to whom OpenRouter may give the question.
type routing struct {
	Collection string `json:"data_collection"`
	Zero       bool   `json:"zdr,omitempty"`
	Require    bool   `json:"require_parameters,omitempty"`
}

type reasoning struct {
	Effort ai.Effort `json:"effort"`
}

// What would be answered with status 400, and is not sent.
var (
	errModel   = errors.New("no model is named")
	errNothing = errors.New("nothing is asked")
	errPrefill = errors.New("the last word is the model's own")
	errSchema  = errors.New("no schema")
	errCache   = errors.New(`the system prompt is kept for "5m" or "1h"`)
	errEffort  = errors.New("no such effort")
	errState   = errors.New("the state of a turn is not readable")
)

// usualTokens bound an answer of which nothing is said.
const usualTokens = 4096

// limit is how many tokens the answer of c may have. The smaller bound counts,
// unless a cut answer is asked for again.
func limit(c ai.Call) int {
	asked, given := c.MaxTokens, c.Params.MaxTokens
	switch {
	case asked <= 0 || given <= 0:
		return cmp.Or(max(asked, given), usualTokens)
	case c.Mends(ai.RaiseMax):
		return max(asked, given)
	}
	return min(asked, given)
}

// request puts c in the words of the API.
func (p *Provider) request(c ai.Call, stream bool) (*body, error) {
	c.Model = cmp.Or(c.Model, p.model)
	b := &body{Model: c.Model, MaxTokens: limit(c), Temperature: c.Params.Temperature, Stream: stream}
	if c.Model == "" {
		return nil, errModel
	}
	var err error
	if b.Messages, err = p.conversation(c); err != nil {
		return nil, err
	}
	if b.Tools, err = tools(c.Tools); err != nil {
		return nil, err
	}
	if b.Format, err = formatted(c); err != nil {
		return nil, err
	}
	if p.name == Compatible {
		if stream {
			b.Options = &streamOptions{Usage: true}
		}
		return b, nil
	}
	b.Routing = &routing{Collection: "deny", Zero: c.Params.ZeroRetention, Require: c.Schema != nil}
	b.CacheKey, b.Session = c.Prompt.Name(), c.RunID
	model, ok := p.lookup(c.Model)
	if ok && model.FixedSampling {
		b.Temperature = nil
	}
	b.Reasoning, err = think(cmp.Or(c.Effort, c.Params.Effort), model, ok)
	return b, err
}

func (p *Provider) lookup(model string) (*catalog.Model, bool) {
	if p.known == nil {
		return nil, false
	}
	return p.known.Model(p.name, model)
}

// think asks for as much thinking as effort says; "" leaves it to the model. A
// model that cannot think is not asked to: nobody would offer it then.
func think(effort ai.Effort, m *catalog.Model, known bool) (*reasoning, error) {
	switch effort {
	case "":
		return nil, nil
	case ai.NoThinking, ai.LowEffort, ai.MidEffort, ai.HighEffort:
	default:
		return nil, errEffort
	}
	switch {
	case known && m.Thinking == catalog.None:
		return nil, nil
	case known && effort == ai.NoThinking && (m.Thinking == catalog.Always || m.NoMinimalThinking):
		effort = ai.LowEffort
	}
	return &reasoning{Effort: effort}, nil
}

// formatted holds the model to the schema of c. In its plainest form a schema is
// no promise, because no endpoint would have to give one.
func formatted(c ai.Call) (*format, error) {
	if c.Schema == nil {
		return nil, nil
	}
	dialect, plain := shape.OpenAI, c.Mends(ai.LowerSchema)
	if plain {
		dialect = shape.Plain
	}
	schema, err := shape.Lower(c.Schema.Text, dialect, c.Schema.Name)
	if err != nil {
		return nil, errSchema // its cause may repeat what it read
	}
	f := &format{Type: "json_schema"}
	f.Schema.Name, f.Schema.Strict, f.Schema.Schema = clean(c.Schema.Name), !plain, schema
	return f, nil
}

func tools(all []ai.Tool) ([]tool, error) {
	var out []tool
	for _, t := range all {
		x := tool{Type: "function"}
		x.Function.Name, x.Function.Description, x.Function.Parameters = t.Name, t.Description, t.Schema
		if len(t.Schema) == 0 || !json.Valid(t.Schema) {
			return nil, fmt.Errorf("%w of tool %s", errSchema, t.Name)
		}
		out = append(out, x)
	}
	return out, nil
}

// clean makes a name of at most 64 letters, digits, underscores and hyphens.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
	return cmp.Or(name[:min(len(name), 64)], "answer")
}
