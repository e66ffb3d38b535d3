// Package orchestrator is the only entry for goals. It makes a plan, by a
// template or with a model, has a person allow it where it could do harm, and
// starts the agents that the plan names, each after those whose results it
// needs. Agents never start each other; only this one does.
package orchestrator

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/flow"
	"rapport/internal/agents/orchestrator/goal"
	"rapport/internal/agents/orchestrator/plan"
	"rapport/internal/ai"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Version is what runs of the orchestrator go on with.
const Version = plan.Conductor + "/1"

// Service plans and conducts goals.
type Service struct {
	db     *pg.DB
	engine *flow.Engine
}

// New returns a service over db that starts runs with engine. Its own Agent has
// to be registered there.
func New(db *pg.DB, engine *flow.Engine) *Service { return &Service{db: db, engine: engine} }

// Input is what a run of the orchestrator is given.
type Input struct {
	Goal      string         `json:"goal"`
	Arguments map[string]any `json:"arguments,omitempty"`
}

const inputSchema = `{"type": "object", "required": ["goal"], "additionalProperties": false, "properties": {
	"goal": {"type": "string", "minLength": 1, "maxLength": 2000, "description": "The name of a template, or what is wanted in words."},
	"arguments": {"type": "object", "description": "What the template takes."}}}`

// Agent is the orchestrator's entry in the registry.
func (s *Service) Agent() flow.Agent {
	return flow.Agent{
		Name: plan.Conductor, Version: Version,
		Purpose:    "Takes a goal, plans who does what, and has the other agents do it.",
		Input:      ai.MustCompile(plan.Conductor+".input", "1", []byte(inputSchema)),
		Operations: []string{confirmOperation},
		Questions:  []agents.Definition{s.question()},
		Caps:       flow.Caps{Calls: 60, Tokens: 1_000_000, Money: 5 * ai.Dollar, Steps: 3*plan.MaxSteps + 10, Wall: 2 * time.Hour},
		Program:    s.program,
	}
}

// crew are the agents that are registered.
func (s *Service) crew() plan.Crew {
	out := plan.Crew{}
	for _, a := range s.engine.Agents() {
		w := plan.Worker{Name: a.Name, Purpose: a.Purpose, Input: a.Input}
		for _, operation := range a.Operations {
			w.Outward = w.Outward || strings.HasSuffix(operation, ".send") || strings.HasPrefix(operation, "outbox.")
		}
		out[a.Name] = w
	}
	return out
}

// Made is a plan as a run keeps it.
type Made struct {
	plan.Plan
	Goal string `json:"goal"` // the name of the template, "" for a plan of its own
	// Free says that it was planned from free words, by an engine.
	Free   bool   `json:"free"`
	Engine string `json:"engine,omitempty"`
	// Tainted says that words from outside had a part in it.
	Tainted bool `json:"tainted,omitempty"`
	Risk    int  `json:"risk"`
}

// template makes the plan of a template: it looks up what the plan is about,
// checks what comes out, and says how risky it is.
func (s *Service) template(ctx context.Context, r *flow.Run, t goal.Template, in Input) (Made, error) {
	crew := s.crew()
	if missing := t.Missing(crew); len(missing) > 0 {
		return Made{}, t.Unavailable(missing)
	}
	args, err := t.Read(in.Arguments)
	if err != nil {
		return Made{}, err
	}
	var about goal.Facts
	if err := s.db.Read(ctx, func(tx *pg.Tx) (err error) { about, err = t.Look(tx, args, r.Now()); return err }); err != nil {
		return Made{}, err
	}
	m := Made{Plan: t.Plan(crew, args, about), Goal: t.Name}
	if len(m.Steps) > 0 {
		if faults := m.Check(crew, r.Depth()+1); len(faults) > 0 {
			return Made{}, wrong(faults)
		}
	}
	m.Risk = m.Plan.Risk(crew, false).Score
	return m, nil
}

// wrong says what is wrong with a plan, as a problem of whoever asked for it.
func wrong(faults []plan.Fault) error {
	p := problem.New(problem.Invalid, "bad_plan", "The plan cannot be carried out: "+faults[0].String())
	for _, f := range faults {
		p.Fields = append(p.Fields, problem.Field{Pointer: f.Pointer, Code: f.Code, Message: f.Message, Allowed: f.Allowed})
	}
	return p
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null") // what is marshalled here is made of what JSON can say
	}
	return b
}
