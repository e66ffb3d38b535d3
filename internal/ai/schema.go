package ai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Schema is what an answer must satisfy, compiled once.
type Schema struct {
	Name    string
	Version string
	// Text is the schema as JSON, for a provider that can enforce it.
	Text     json.RawMessage
	compiled *jsonschema.Schema
}

// Compile reads a JSON schema. References to other documents are refused.
func Compile(name, version string, text []byte) (*Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read schema %s: %w", name, err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	c.AssertFormat()
	url := "rapport:" + name + "/" + version
	if err := c.AddResource(url, doc); err != nil {
		return nil, fmt.Errorf("add schema %s: %w", name, err)
	}
	compiled, err := c.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("compile schema %s: %w", name, err)
	}
	return &Schema{Name: name, Version: version, Text: text, compiled: compiled}, nil
}

// MustCompile is Compile for a schema that is part of the program.
func MustCompile(name, version string, text []byte) *Schema {
	s, err := Compile(name, version, text)
	if err != nil {
		panic(err)
	}
	return s
}

// Violation is one thing that is wrong with an answer. It does not repeat the
// value.
type Violation struct {
	Pointer string `json:"pointer"`
	Rule    string `json:"rule"`
}

// String gives pointer and rule.
func (v Violation) String() string { return v.Pointer + ": " + v.Rule }

const maxViolations = 20

// Check lists what is wrong with output, at most 20 things; none means that it
// may be used.
func (s *Schema) Check(output json.RawMessage) []Violation {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(output))
	if err != nil {
		return []Violation{{Pointer: "/", Rule: "is not JSON"}}
	}
	if s == nil {
		return nil
	}
	err = s.compiled.Validate(value)
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []Violation{{Pointer: "/", Rule: err.Error()}}
	}
	return leaves(nil, invalid)
}

// leaves collects the violations that have no finer cause.
func leaves(out []Violation, e *jsonschema.ValidationError) []Violation {
	if len(out) == maxViolations {
		return out
	}
	if len(e.Causes) == 0 {
		rule := strings.Join(e.ErrorKind.KeywordPath(), "/")
		if rule == "required" || rule == "additionalProperties" {
			rule = e.ErrorKind.LocalizedString(message.NewPrinter(language.English)) // names of keys, no values
		}
		return append(out, Violation{Pointer: "/" + strings.Join(e.InstanceLocation, "/"), Rule: rule})
	}
	for _, c := range e.Causes {
		out = leaves(out, c)
	}
	return out
}

type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	return nil, fmt.Errorf("a schema may not refer to %s", url)
}
