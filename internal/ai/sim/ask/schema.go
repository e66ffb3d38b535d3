package ask

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// visit calls f with every schema within a document, from the outside, until f
// says something.
func visit(schema json.RawMessage, f func(s map[string]any) string) string {
	var v any
	if json.Unmarshal(schema, &v) != nil {
		return "is not a JSON schema"
	}
	return visitValue(v, f, 0)
}

func visitValue(v any, f func(s map[string]any) string, depth int) string {
	s, ok := v.(map[string]any)
	if !ok || depth > 64 {
		return ""
	}
	if said := f(s); said != "" {
		return said
	}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		var inner []any
		switch key {
		case "properties", "$defs", "definitions", "patternProperties":
			named, _ := s[key].(map[string]any)
			for _, name := range slices.Sorted(maps.Keys(named)) {
				inner = append(inner, named[name])
			}
		case "items", "additionalProperties", "not", "contains", "if", "then", "else":
			inner = append(inner, s[key])
		case "anyOf", "oneOf", "allOf", "prefixItems":
			list, _ := s[key].([]any)
			inner = list
		}
		for _, x := range inner {
			if said := visitValue(x, f, depth+1); said != "" {
				return said
			}
		}
	}
	return ""
}

func isObject(s map[string]any) bool {
	if t, ok := s["type"].([]any); ok {
		return slices.Contains(t, any("object"))
	}
	return s["type"] == "object"
}

// anthropicKeyword says what Anthropic does not accept in a schema of output.
func anthropicKeyword(schema json.RawMessage) string {
	refused := []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems", "uniqueItems",
		"contains", "minProperties", "maxProperties", "patternProperties", "propertyNames", "not", "if", "then", "else", "dependentRequired", "oneOf"}
	return visit(schema, func(s map[string]any) string {
		var bad []string
		for _, k := range refused {
			if _, ok := s[k]; ok {
				bad = append(bad, k)
			}
		}
		if n, ok := s["minItems"].(float64); ok && n > 1 {
			bad = append(bad, "minItems")
		}
		switch {
		case len(bad) > 0:
			return fmt.Sprintf("For '%v' type, properties %s are not supported", s["type"], strings.Join(bad, ", "))
		case isObject(s) && s["additionalProperties"] != false:
			return "For 'object' type, 'additionalProperties' must be explicitly set to false"
		}
		return ""
	})
}

// geminiKeyword is a keyword that Gemini does not know.
func geminiKeyword(schema json.RawMessage) string {
	accepted := []string{"$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems", "minItems", "maxItems",
		"minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required", "propertyOrdering", "nullable", "default"}
	return visit(schema, func(s map[string]any) string {
		for _, k := range slices.Sorted(maps.Keys(s)) {
			if !slices.Contains(accepted, k) {
				return k
			}
		}
		return ""
	})
}

// strictKeyword says what OpenAI does not accept in a strict schema.
func strictKeyword(schema json.RawMessage) string {
	refused := []string{"allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else", "patternProperties", "uniqueItems", "minLength", "maxLength", "contains", "propertyNames", "minProperties", "maxProperties", "oneOf"}
	return visit(schema, func(s map[string]any) string {
		for _, k := range refused {
			if _, ok := s[k]; ok {
				return fmt.Sprintf("In context=(), '%s' is not permitted.", k)
			}
		}
		if !isObject(s) {
			return ""
		}
		if s["additionalProperties"] != false {
			return "In context=(), 'additionalProperties' is required to be supplied and to be false."
		}
		required, _ := s["required"].([]any)
		properties, _ := s["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			if !slices.Contains(required, any(name)) {
				return fmt.Sprintf("In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing '%s'.", name)
			}
		}
		return ""
	})
}
