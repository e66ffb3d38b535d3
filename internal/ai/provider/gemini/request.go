package gemini

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

// body is a request, as it is on the wire.
type body struct {
	Contents []content  `json:"contents"`
	System   *content   `json:"systemInstruction,omitempty"`
	Tools    []tools    `json:"tools,omitempty"`
	Config   generation `json:"generationConfig"`
	Store    *bool      `json:"store,omitempty"`
}

type content struct {
	Role  string `json:"role,omitempty"`
	Parts []part `json:"parts"`
}

type part struct {
	Text      string    `json:"text,omitempty"`
	Thought   bool      `json:"thought,omitempty"`
	Signature string    `json:"thoughtSignature,omitempty"`
	Call      *call     `json:"functionCall,omitempty"`
	Response  *response `json:"functionResponse,omitempty"`
}

type call struct {
	ID   string          `json:"id,omitempty"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args,omitempty"`
}

type response struct {
	ID   string            `json:"id,omitempty"`
	Name string            `json:"name"`
	Said map[string]string `json:"response"`
}

type tools struct {
	Functions []function `json:"functionDeclarations"`
}

type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"parametersJsonSchema"`
}

type generation struct {
	MaxTokens   int             `json:"maxOutputTokens"`
	Temperature *float64        `json:"temperature,omitempty"`
	MIME        string          `json:"responseMimeType,omitempty"`
	Schema      json.RawMessage `json:"responseJsonSchema,omitempty"`
	Thinking    *thinking       `json:"thinkingConfig,omitempty"`
}

type thinking struct {
	Level string `json:"thinkingLevel"`
	Show  bool   `json:"includeThoughts,omitempty"`
}

// What would be answered with status 400, and is not sent.
var (
	errModel   = errors.New("no model is named")
	errNothing = errors.New("nothing is asked")
	errPrefill = errors.New("the last word is the model's own")
	errSchema  = errors.New("no schema")
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
func (p *Provider) request(c ai.Call) (*body, error) {
	if c.Model == "" || strings.ContainsAny(c.Model, "/?#:%") {
		return nil, errModel
	}
	var err error
	b := &body{Config: generation{MaxTokens: limit(c), Temperature: c.Params.Temperature}}
	if b.Contents, err = conversation(c); err != nil {
		return nil, err
	}
	if c.System != "" {
		b.System = &content{Parts: []part{{Text: c.System}}}
	}
	if c.Params.ZeroRetention {
		b.Store = new(bool)
	}
	dialect := shape.Gemini
	if c.Mends(ai.LowerSchema) {
		dialect = shape.Plain
	}
	if b.Tools, err = declared(c.Tools, dialect); err != nil {
		return nil, err
	}
	if c.Schema != nil {
		b.Config.MIME = "application/json"
		if b.Config.Schema, err = shape.Lower(c.Schema.Text, dialect, c.Schema.Name); err != nil {
			return nil, errSchema // its cause may repeat what it read
		}
	}
	var m *catalog.Model
	if p.known != nil {
		m, _ = p.known.Model(Name, c.Model)
	}
	if m != nil && m.FixedSampling {
		b.Config.Temperature = nil
	}
	b.Config.Thinking, err = think(cmp.Or(c.Effort, c.Params.Effort), m)
	return b, err
}

// think asks for as much thinking as effort says; "" leaves it to the model. A
// model of which it is not known that it can do without thinks little. That it
// shows what it thinks is a sign that it goes on.
func think(effort ai.Effort, m *catalog.Model) (*thinking, error) {
	if m != nil && m.Thinking == catalog.None {
		return nil, nil
	}
	switch effort {
	case "":
		return nil, nil
	case ai.NoThinking:
		if m != nil && !m.NoMinimalThinking {
			return &thinking{Level: "MINIMAL"}, nil
		}
		return &thinking{Level: "LOW", Show: true}, nil
	case ai.LowEffort:
		return &thinking{Level: "LOW", Show: true}, nil
	case ai.MidEffort:
		return &thinking{Level: "MEDIUM", Show: true}, nil
	case ai.HighEffort:
		return &thinking{Level: "HIGH", Show: true}, nil
	}
	return nil, errEffort
}

func declared(all []ai.Tool, d shape.Dialect) ([]tools, error) {
	var out []function
	for _, t := range all {
		schema, err := shape.Lower(t.Schema, d, t.Name)
		if err != nil {
			return nil, fmt.Errorf("%w of tool %s", errSchema, t.Name)
		}
		out = append(out, function{t.Name, t.Description, schema})
	}
	if out == nil {
		return nil, nil
	}
	return []tools{{out}}, nil
}
