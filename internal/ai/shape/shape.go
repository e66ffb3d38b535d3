// Package shape brings schemas and answers into each other's form: a schema
// into what a provider can enforce, and what a model wrote into the JSON that
// the schema means.
package shape

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Dialect is what a provider understands of JSON Schema.
type Dialect string

// The dialects, after the interfaces that speak them. Plain is the least: it
// says what there is and no more.
const (
	Anthropic Dialect = "anthropic" // output_config.format
	Gemini    Dialect = "gemini"    // responseJsonSchema
	OpenAI    Dialect = "openai"    // response_format, strict
	Plain     Dialect = "plain"
)

var keywords = map[Dialect][]string{
	Anthropic: {"title", "description", "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "allOf",
		"$ref", "$defs", "format", "minItems"},
	Gemini: {"title", "description", "type", "properties", "required", "additionalProperties", "items", "prefixItems", "enum", "anyOf", "oneOf",
		"$ref", "$defs", "format", "minItems", "maxItems", "minimum", "maximum"},
	OpenAI: {"title", "description", "type", "properties", "required", "additionalProperties", "items", "enum", "anyOf",
		"$ref", "$defs", "format", "pattern", "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
	Plain: {"title", "description", "type", "properties", "required", "items", "enum", "anyOf"},
}

var formats = []string{"date-time", "date", "time", "email", "uri", "uuid"}

// Lower returns the schema in the words of a dialect. What the dialect cannot
// say is left out: the answer is checked against the whole schema all the same.
// Properties that are readOnly are ours to set, and left out, too. The title
// names the schema.
func Lower(text json.RawMessage, d Dialect, title string) (json.RawMessage, error) {
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("lower schema %s: %w", title, err)
	}
	out := lowering{d, keywords[d]}.schema(root)
	out["title"] = title
	return json.Marshal(out)
}

type lowering struct {
	dialect Dialect
	keep    []string
}

func (l lowering) schema(s map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range translate(s, l.keep) {
		switch {
		case !slices.Contains(l.keep, key):
		case key == "properties":
			out[key] = l.each(asked(value))
		case key == "required":
			out[key] = without(value, readOnly(s["properties"]))
		case key == "$defs":
			out[key] = l.each(value)
		case key == "items" || key == "additionalProperties":
			out[key] = l.one(value)
		case key == "anyOf" || key == "oneOf" || key == "allOf" || key == "prefixItems":
			out[key] = l.list(value)
		case key == "format" && !slices.Contains(formats, fmt.Sprint(value)):
		case key == "minItems" && l.dialect == Anthropic && value != 0.0 && value != 1.0:
		default:
			out[key] = value
		}
	}
	if _, object := out["properties"]; object && (l.dialect == Anthropic || l.dialect == OpenAI) {
		out["additionalProperties"] = false
	}
	if l.dialect == OpenAI {
		strict(out)
	}
	return out
}

// translate says with the words of a dialect what it has other words for.
func translate(s map[string]any, keep []string) map[string]any {
	out := map[string]any{}
	for k, v := range s {
		switch {
		case slices.Contains(keep, k):
			out[k] = v
		case k == "const":
			out["enum"] = []any{v}
		case k == "oneOf":
			out["anyOf"] = v
		case k == "$ref":
			out["type"] = "object" // a dialect without references cannot say more
		}
	}
	return out
}

// readOnly names the properties that a model is not asked for.
func readOnly(properties any) (names []any) {
	m, _ := properties.(map[string]any)
	for name, p := range m {
		if s, ok := p.(map[string]any); ok && s["readOnly"] == true {
			names = append(names, name)
		}
	}
	return names
}

// asked are the other properties.
func asked(properties any) any {
	m, ok := properties.(map[string]any)
	if !ok {
		return properties
	}
	m = maps.Clone(m)
	for _, name := range readOnly(m) {
		delete(m, name.(string))
	}
	return m
}

func without(list any, names []any) any {
	all, ok := list.([]any)
	if !ok {
		return list
	}
	return slices.DeleteFunc(slices.Clone(all), func(v any) bool {
		return slices.ContainsFunc(names, func(n any) bool { return n == v })
	})
}

func (l lowering) one(v any) any {
	if s, ok := v.(map[string]any); ok {
		return l.schema(s)
	}
	return v
}

func (l lowering) each(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := make(map[string]any, len(m))
	for k, s := range m {
		out[k] = l.one(s)
	}
	return out
}

func (l lowering) list(v any) any {
	all, ok := v.([]any)
	if !ok {
		return v
	}
	out := make([]any, len(all))
	for i, s := range all {
		out[i] = l.one(s)
	}
	return out
}

// strict makes every property required, as OpenAI's strict mode wants it: one
// that may be missing may be null instead.
func strict(s map[string]any) {
	properties, ok := s["properties"].(map[string]any)
	if !ok {
		return
	}
	before, _ := s["required"].([]any)
	var required []any
	for name, p := range properties {
		required = append(required, name)
		if q, ok := p.(map[string]any); ok && !slices.Contains(before, any(name)) {
			properties[name] = nullable(q)
		}
	}
	slices.SortFunc(required, func(a, b any) int { return cmp.Compare(a.(string), b.(string)) })
	s["required"] = required
}

func nullable(s map[string]any) map[string]any {
	switch t := s["type"].(type) {
	case string:
		s["type"] = []any{t, "null"}
	case []any:
		if !slices.Contains(t, any("null")) {
			s["type"] = append(slices.Clone(t), "null")
		}
	default:
		return map[string]any{"anyOf": []any{s, map[string]any{"type": "null"}}}
	}
	if values, ok := s["enum"].([]any); ok && !slices.Contains(values, nil) {
		s["enum"] = append(slices.Clone(values), nil)
	}
	return s
}

// Raise takes out the nulls that only stand for what is missing, so that the
// answer in a lowered schema is one in the whole schema.
func Raise(output, schema json.RawMessage) (json.RawMessage, error) {
	if !json.Valid(output) {
		return nil, ErrNoJSON
	}
	var value any
	var s map[string]any
	exact := json.NewDecoder(bytes.NewReader(output))
	exact.UseNumber()
	if err := errors.Join(exact.Decode(&value), json.Unmarshal(schema, &s)); err != nil {
		return nil, err
	}
	if !prune(value, s, s, 0) {
		return output, nil
	}
	return json.Marshal(value)
}

// deepest bounds how far an answer is followed into a schema that may turn in
// circles.
const deepest = 64

// prune removes null properties that the schema does not let be null, and
// reports whether there were any.
func prune(value any, s, root map[string]any, depth int) bool {
	s = resolve(s, root)
	if s == nil || depth > deepest {
		return false
	}
	changed := false
	switch v := value.(type) {
	case map[string]any:
		properties, _ := s["properties"].(map[string]any)
		for name, inner := range v {
			p, ok := properties[name].(map[string]any)
			if !ok {
				continue
			}
			if inner == nil && !allowsNull(resolve(p, root)) {
				delete(v, name)
				changed = true
				continue
			}
			changed = prune(inner, p, root, depth+1) || changed
		}
	case []any:
		items, _ := s["items"].(map[string]any)
		for _, inner := range v {
			changed = prune(inner, items, root, depth+1) || changed
		}
	}
	return changed
}

func allowsNull(s map[string]any) bool {
	switch t := s["type"].(type) {
	case string:
		return t == "null"
	case []any:
		return slices.Contains(t, any("null"))
	}
	if v, ok := s["const"]; ok {
		return v == nil
	}
	if v, ok := s["enum"].([]any); ok {
		return slices.Contains(v, nil)
	}
	for _, word := range []string{"anyOf", "oneOf"} {
		if v, ok := s[word].([]any); ok {
			return slices.ContainsFunc(v, func(a any) bool { q, ok := a.(map[string]any); return !ok || allowsNull(q) })
		}
	}
	return true
}

// resolve follows a reference within the schema.
func resolve(s, root map[string]any) map[string]any {
	for range deepest {
		ref, ok := s["$ref"].(string)
		if !ok {
			return s
		}
		const defs = "#/$defs/"
		if len(ref) <= len(defs) || ref[:len(defs)] != defs {
			return nil
		}
		all, _ := root["$defs"].(map[string]any)
		s, _ = all[ref[len(defs):]].(map[string]any)
	}
	return nil
}
