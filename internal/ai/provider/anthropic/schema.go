package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// Lower puts a schema into what the API accepts, or into its plainest form. It
// keeps the order of properties, in which the model writes them. What it drops
// is checked after the answer.
type Lower func(schema json.RawMessage, plain bool) (json.RawMessage, error)

var errObject = errors.New("a schema is an object")

// lowered is the Lower for those who have no better one.
func lowered(schema json.RawMessage, plain bool) (json.RawMessage, error) {
	schema = bytes.TrimSpace(schema)
	if len(schema) == 0 || schema[0] != '{' || !json.Valid(schema) {
		return nil, errObject
	}
	return down(schema, plain), nil
}

// down lowers one schema, and those inside of it.
func down(schema json.RawMessage, plain bool) json.RawMessage {
	var out fields
	object, open := false, false
	for _, f := range members(schema) {
		switch f.name {
		case "type", "required", "enum", "$ref":
			object = object || f.name == "type" && string(f.value) == `"object"`
		case "properties", "$defs":
			object = object || f.name == "properties"
			f.value = each(f.value, plain)
		case "items":
			f.value = inner(f.value, plain)
		case "additionalProperties":
			if len(f.value) == 0 || f.value[0] != '{' {
				continue // closed below
			}
			open, f.value = true, inner(f.value, plain)
		case "anyOf", "allOf":
			f.value = list(f.value, plain)
		case "oneOf":
			f.name, f.value = "anyOf", list(f.value, plain)
		case "const", "description":
		case "title", "pattern":
			if plain {
				continue
			}
		case "format":
			if plain || !slices.Contains(formats, string(f.value)) {
				continue
			}
		case "minItems":
			if v := string(f.value); plain || v != "0" && v != "1" {
				continue
			}
		default:
			continue
		}
		out = append(out, f)
	}
	if object && !open {
		out = append(out, field{"additionalProperties", json.RawMessage("false")})
	}
	return out.json()
}

var formats = []string{`"date-time"`, `"time"`, `"date"`, `"duration"`, `"email"`, `"hostname"`, `"uri"`, `"ipv4"`, `"ipv6"`, `"uuid"`}

func inner(v json.RawMessage, plain bool) json.RawMessage {
	if len(v) == 0 || v[0] != '{' {
		return v // true and false are schemas as well
	}
	return down(v, plain)
}

func each(v json.RawMessage, plain bool) json.RawMessage {
	out := members(v)
	for i := range out {
		out[i].value = inner(out[i].value, plain)
	}
	return out.json()
}

func list(v json.RawMessage, plain bool) json.RawMessage {
	var all []json.RawMessage
	if json.Unmarshal(v, &all) != nil {
		return v
	}
	for i := range all {
		all[i] = inner(all[i], plain)
	}
	out, err := json.Marshal(all)
	if err != nil {
		return v
	}
	return out
}

type field struct {
	name  string
	value json.RawMessage
}

// fields are the members of an object in their order.
type fields []field

// members reads an object that is known to be valid.
func members(object json.RawMessage) fields {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var out fields
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return out
		}
		text, _ := name.(string) // the name of a member is one
		out = append(out, field{text, bytes.TrimSpace(value)})
	}
	return out
}

func (f fields) json() json.RawMessage {
	out := []byte{'{'}
	for i, m := range f {
		if i > 0 {
			out = append(out, ',')
		}
		name, _ := json.Marshal(m.name) // a string can be
		out = append(append(append(out, name...), ':'), m.value...)
	}
	return append(out, '}')
}
