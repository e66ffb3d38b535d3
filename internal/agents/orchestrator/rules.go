package orchestrator

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rapport/internal/agents/orchestrator/goal"
	"rapport/internal/ai/guard"
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
		t, ok := goal.Find(c.Name)
		if !ok || !t.Speaks(q.Goal) {
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
func fill(q asked, c card, t goal.Template) ([]value, string) {
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

// Brain answers what a prompt asks as a good model would, for the simulation:
// as rules do, and where they know no template with a plan of its own for the
// first contact. It takes the title of the schema and the prompt, and reports
// false for what is not its business.
func Brain(title, user string) (json.RawMessage, bool) {
	if task, _, _ := strings.Cut(title, "/"); strings.ReplaceAll(task, "_", ".") != Question {
		return nil, false
	}
	sections := guard.Sections(user)
	var q asked
	var contacts []known
	for label, into := range map[string]any{"templates": &q.Templates, "agents": &q.Agents, "given": &q.Arguments, "contacts": &contacts} {
		_ = json.Unmarshal([]byte(sections[label]), into) // what is not there stays empty
	}
	for _, k := range contacts {
		q.People = append(q.People, goal.Person{ID: k.ID, ThreadID: k.ThreadID, Score: k.Score, Waits: k.Waits})
	}
	_, q.Goal, _ = strings.Cut(user, theGoal)
	out := byWords(q)
	if out.Template == "" && out.Reason == needsModel {
		out = firstContact(q)
	}
	return mustJSON(out), true
}

// firstContact is the plan of a model that is played: a look at a contact, and
// a letter where there is somebody who writes.
func firstContact(q asked) answer {
	out := answer{Arguments: []value{}, Steps: []drafted{}}
	has := func(name string) bool {
		return slices.ContainsFunc(q.Agents, func(c card) bool { return c.Name == name })
	}
	if len(q.People) == 0 || !has(goal.Contact) {
		out.Reason = "It is not clear whom this is about."
		return out
	}
	out.Title = "A look and a letter"
	out.Steps = append(out.Steps, drafted{ID: "look", Agent: goal.Contact, Title: "Assess the contact", From: []value{}, Needs: []string{},
		Input: []value{{"task", "assess"}, {"contact_id", q.People[0].ID}}})
	if has(goal.Content) {
		out.Steps = append(out.Steps, drafted{ID: "write", Agent: goal.Content, Title: "Draft a letter", From: []value{}, Needs: []string{"look"},
			Input: []value{{"kind", "followup"}, {"contact_id", q.People[0].ID}}})
	}
	return out
}
