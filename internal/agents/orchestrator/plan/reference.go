package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"rapport/internal/ai"
)

// Reference reads "$step.field".
func Reference(text string) (step, field string, ok bool) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return "", "", false
	}
	step, field, ok = strings.Cut(rest, ".")
	return step, field, ok && stepID.MatchString(step) && stepID.MatchString(field)
}

// Fill is the input of a step with what it takes from the results of others,
// by the ids of their steps.
func (s Step) Fill(results map[string]json.RawMessage) (map[string]any, error) {
	out := maps.Clone(s.Input)
	if out == nil {
		out = map[string]any{}
	}
	for name, reference := range s.From {
		step, field, _ := Reference(reference)
		var result map[string]any
		_ = json.Unmarshal(results[step], &result) // what is no object has no fields
		v, ok := result[field]
		if !ok || v == nil {
			return nil, fmt.Errorf("the step %s gave no %s, which is needed here", step, field)
		}
		out[name] = v
	}
	return out, nil
}

// Field is what a place of an agent's input takes.
type Field struct {
	Type     string `json:"type,omitempty"`
	Format   string `json:"format,omitempty"`
	Enum     []any  `json:"enum,omitempty"`
	Const    any    `json:"const,omitempty"`
	Doc      string `json:"description,omitempty"`
	Required bool   `json:"-"`
}

// Fields are the places of an input by name, as far as its schema is that of a
// plain object.
func Fields(s *ai.Schema) map[string]Field {
	var object struct {
		Properties map[string]Field `json:"properties"`
		Required   []string         `json:"required"`
	}
	if s == nil || json.Unmarshal(s.Text, &object) != nil {
		return nil
	}
	for _, name := range object.Required {
		f := object.Properties[name]
		f.Required = true
		object.Properties[name] = f
	}
	return object.Properties
}

// sample is a value of the kind that may be taken from a result; nil where
// free words could come in.
func (f Field) sample() any {
	switch {
	case len(f.Enum) > 0:
		return f.Enum[0]
	case f.Format == "uuid":
		return "00000000-0000-7000-8000-000000000000"
	case f.Type == "boolean":
		return false
	}
	return nil
}
