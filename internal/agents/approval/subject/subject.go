// Package subject says what an action is about by its arguments, whatever those
// who want it say: the record, and the people.
package subject

import (
	"encoding/json"
	"errors"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/platform/id"
	"rapport/internal/platform/problem"
)

// pages are the entities whose pages show what is asked for about them.
var pages = map[string]bool{"contact": true, "company": true, "thread": true, "task": true}

// Of is the record that a call of o with args is about; empty where they name
// none that has a page.
func Of(o op.Operation, args json.RawMessage) (entity, recordID string) {
	var all map[string]any
	_ = json.Unmarshal(args, &all) // what is no object names nothing
	about := func(entity, key string) bool {
		value, _ := all[key].(string)
		return pages[entity] && id.Valid(value)
	}
	said, _ := all["entity"].(string)
	if about(said, "entity_id") {
		return said, all["entity_id"].(string)
	}
	noun, _, _ := strings.Cut(o.Name, ".")
	if declared := o.Entities["id"]; declared != "" {
		noun = declared
	}
	if about(noun, "id") {
		return noun, all["id"].(string)
	}
	for _, entity := range []string{"thread", "contact", "company", "task"} {
		if about(entity, entity+"_id") {
			return entity, all[entity+"_id"].(string)
		}
	}
	return "", ""
}

// IDs are all ids in arguments, whatever they are called.
func IDs(args json.RawMessage) []string {
	var out []string
	for _, s := range Texts(args) {
		if id.Valid(s) {
			out = append(out, s)
		}
	}
	return out
}

// Texts are all strings in arguments.
func Texts(args json.RawMessage) []string {
	var v any
	_ = json.Unmarshal(args, &v) // what is no JSON has none
	var out []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(v)
	return out
}

// Within puts what is wrong with a value below the pointer to it.
func Within(pointer string, err error) error {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return err
	}
	c := *p
	c.Fields = nil
	for _, f := range p.Fields {
		f.Pointer = pointer + f.Pointer
		c.Fields = append(c.Fields, f)
	}
	return &c
}

// InWords is a problem with each of its fields.
func InWords(p *problem.Error) string {
	if len(p.Fields) == 0 {
		return p.Detail
	}
	var all []string
	for _, f := range p.Fields {
		all = append(all, strings.TrimPrefix(f.Pointer, "/")+": "+f.Message)
	}
	return strings.Join(all, " ")
}
