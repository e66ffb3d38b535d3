// Package eval measures agents against labelled cases of our own invention.
// Half of the cases may be read to tune the rules; the figures of the other
// half are the ones to believe.
package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"rapport/internal/agents"
)

// Half says what a case may be used for.
type Half string

// The halves. Nobody tunes anything on cases that are Reported.
const (
	Tuned    Half = "tuned"
	Reported Half = "reported"
)

// Case is one subject with what a careful reader says about it.
type Case struct {
	ID    string
	Half  Half
	Agent agents.Definition // with Verify
	Work  agents.Work
	// judge compares a verified answer with the labels.
	judge func(m *marks, answer json.RawMessage) error
}

// Suite is the cases of one agent: all of one question, or of all its questions.
type Suite struct {
	Agent string
	Cases []Case
}

// Suites returns all cases, by agent.
func Suites() ([]Suite, error) {
	triage, intelligence, err := mail()
	if err != nil {
		return nil, err
	}
	drafts, err := replies()
	if err != nil {
		return nil, err
	}
	judged, err := contacts()
	if err != nil {
		return nil, err
	}
	written, err := contents()
	return []Suite{triage, intelligence, drafts, judged, written}, err
}

// Ask has an engine answer a case. The answer is verified.
type Ask func(ctx context.Context, c Case) (json.RawMessage, error)

// Rules asks the rules among tasks, which are named as agents are.
func Rules(tasks map[string]func(context.Context, json.RawMessage) (json.RawMessage, error)) Ask {
	return func(ctx context.Context, c Case) (json.RawMessage, error) {
		task, ok := tasks[c.Agent.Name]
		if !ok {
			return nil, fmt.Errorf("there are no rules for %s", c.Agent.Name)
		}
		out, err := task(ctx, c.Work.Input)
		if err != nil {
			return nil, err
		}
		return c.Agent.Verify(c.Work, out)
	}
}

// Run asks about all cases of one half, at most flight at once, and returns how
// well they were answered. A case without an answer counts as if nothing had
// been found in it.
func Run(ctx context.Context, s Suite, half Half, ask Ask, flight int) (Result, error) {
	var cases []Case
	for _, c := range s.Cases {
		if c.Half == half {
			cases = append(cases, c)
		}
	}
	answers, errs := make([]json.RawMessage, len(cases)), make([]error, len(cases))
	var all sync.WaitGroup
	free := make(chan struct{}, max(flight, 1))
	for i, c := range cases {
		free <- struct{}{}
		all.Go(func() {
			answers[i], errs[i] = ask(ctx, c)
			<-free
		})
	}
	all.Wait()
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	m := newMarks()
	r := Result{Agent: s.Agent, Half: half, Cases: len(cases)}
	for i, c := range cases {
		m.id = c.ID
		if errs[i] != nil {
			r.Failed++
			r.Errors = append(r.Errors, fmt.Sprintf("%s: %v", c.ID, errs[i]))
		}
		if err := c.judge(m, answers[i]); err != nil {
			return r, fmt.Errorf("judge %s: %w", c.ID, err)
		}
	}
	r.Fields, r.MacroF1, r.Notes = m.fields(), m.macro(), m.notes
	return r, nil
}
