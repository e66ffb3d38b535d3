package orchestrator

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// RulesVersion names the rules by which a goal in words is matched to a
// template.
const RulesVersion = "orchestrator-rules/1"

// RulesTasks are the questions that rules answer. They know templates by their
// words and make no plan of their own: where none fits they say so.
func RulesTasks() map[string]func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return map[string]func(context.Context, json.RawMessage) (json.RawMessage, error){Question: match}
}

// The reasons of rules.
const (
	needsModel = "Without a model only known goals can be planned, and these words match none of them. Choose a goal from the list, or have an admin set up a provider."
	whoIsMeant = "The goal %q fits, but it is not clear which contact is meant. Start it from the list and choose the contact."
	whatToGive = "The goal %q fits, but it takes more than the words say. Start it from the list."
)

func match(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
	var q asked
	if err := unmarshal(input, &q); err != nil {
		return nil, err
	}
	return json.Marshal(byWords(q))
}

func byWords(q asked) answer {
	out := answer{Arguments: []value{}, Steps: []drafted{}, Reason: needsModel}
	for _, c := range q.Templates {
		t, ok := find(c.Name)
		if !ok || !t.words.MatchString(q.Goal) {
			continue
		}
		args, reason := fill(q, c, t)
		if out.Reason = reason; reason == "" {
			out.Template, out.Arguments = t.Name, args
		}
		return out
	}
	return out
}

// fill finds what a template needs, or says what is missing.
func fill(q asked, c card, t Template) ([]value, string) {
	out := []value{}
	for name, v := range q.Arguments {
		if _, ok := c.Fields[name]; ok {
			text, isText := v.(string)
			if !isText {
				text = strings.TrimSpace(string(mustJSON(v)))
			}
			out = append(out, value{name, text})
		}
	}
	for _, name := range c.Needed {
		if _, ok := q.Arguments[name]; ok {
			continue
		}
		switch {
		case name == "contact_id" && len(q.People) == 1:
			out = append(out, value{name, q.People[0].ID})
		case name == "thread_id" && len(q.People) == 1 && q.People[0].ThreadID != "":
			out = append(out, value{name, q.People[0].ThreadID})
		case name == "contact_id" || name == "thread_id":
			return nil, fmt.Sprintf(whoIsMeant, t.Title)
		default:
			return nil, fmt.Sprintf(whatToGive, t.Title)
		}
	}
	return out, ""
}
