package orchestrator

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rapport/internal/agents/flow"
	"rapport/internal/agents/orchestrator/goal"
	"rapport/internal/agents/orchestrator/plan"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// The states of a step in a result.
const (
	stepDone    = "done"
	stepFailed  = "failed"
	stepSkipped = "skipped" // a step that it needs failed
)

// Result is what came of a goal.
type Result struct {
	Summary string    `json:"summary"`
	Steps   []Outcome `json:"steps"`
	Notes   []string  `json:"notes,omitempty"`
	*goal.Reading
}

// Outcome is what came of one step.
type Outcome struct {
	ID      string `json:"id"`
	Agent   string `json:"agent"`
	Title   string `json:"title"`
	State   string `json:"state"`
	RunID   string `json:"run_id,omitempty"`
	Summary string `json:"summary,omitempty"`
	Error   string `json:"error,omitempty"`
}

// board is how far a plan is, in memory: each time that the program is played
// it fills anew from the steps of the run.
type board struct {
	made     Made
	outcomes map[string]*Outcome // of the steps that have begun or never will
	results  map[string]json.RawMessage
	page     *goal.Reading
}

func newBoard(m Made) *board {
	return &board{made: m, outcomes: map[string]*Outcome{}, results: map[string]json.RawMessage{}}
}

// running are the keys of the children that have not ended.
func (b *board) running() []string {
	var out []string
	for _, s := range b.made.Steps {
		if o := b.outcomes[s.ID]; o != nil && o.State == "" {
			out = append(out, stepPrefix+s.ID)
		}
	}
	return out
}

// ready are the steps that can begin. Those that never can are marked.
func (b *board) ready() []plan.Step {
	var out []plan.Step
	for range b.made.Steps { // skipping goes down the plan step by step
		for _, s := range b.made.Steps {
			if b.outcomes[s.ID] != nil {
				continue
			}
			for _, need := range s.Needs {
				if o := b.outcomes[need]; o != nil && o.State != "" && o.State != stepDone {
					b.outcomes[s.ID] = b.outcome(s, stepSkipped)
					b.outcomes[s.ID].Error = "It needs the step “" + o.Title + "”."
					break
				}
			}
		}
	}
	for _, s := range b.made.Steps {
		waits := slices.ContainsFunc(s.Needs, func(id string) bool { return b.outcomes[id] == nil || b.outcomes[id].State != stepDone })
		if b.outcomes[s.ID] == nil && !waits {
			out = append(out, s)
		}
	}
	return out
}

func (b *board) outcome(s plan.Step, state string) *Outcome {
	return &Outcome{ID: s.ID, Agent: s.Agent, Title: s.Title, State: state}
}

func (b *board) step(id string) plan.Step {
	return b.made.Steps[slices.IndexFunc(b.made.Steps, func(s plan.Step) bool { return s.ID == id })]
}

func (b *board) start(id, run string) {
	b.outcomes[id] = b.outcome(b.step(id), "")
	b.outcomes[id].RunID = run
}

func (b *board) fail(id, why string) {
	b.outcomes[id] = b.outcome(b.step(id), stepFailed)
	b.outcomes[id].Error = plan.Clip(plainly(why), 300)
}

func (b *board) end(id string, c flow.ChildResult) {
	o := b.outcomes[id]
	if o == nil || o.State != "" {
		return
	}
	o.State = stepFailed
	o.Error = plan.Clip(plainly(c.Error), 300)
	if c.State == "cancelled" {
		o.State = c.State
	}
	if c.State == string(stepDone) {
		var said struct{ Summary string }
		_ = json.Unmarshal(c.Output, &said) // a result without one has no summary
		o.State, o.Error, o.Summary = stepDone, "", plan.Clip(said.Summary, 300)
		b.results[id] = c.Output
	}
}

func (b *board) read(id string, page goal.Reading) {
	b.outcomes[id] = b.outcome(b.step(id), stepDone)
	b.outcomes[id].Summary = page.Report.Summary()
	b.page = &page
}

// report is the result of the goal. A goal of which nothing could be done has
// failed.
func (b *board) report() (any, error) {
	out := Result{Steps: []Outcome{}, Notes: b.made.Notes}
	done := 0
	for _, s := range b.made.Steps {
		o := b.outcomes[s.ID]
		if o.State == stepDone {
			done++
		}
		out.Steps = append(out.Steps, *o)
	}
	switch {
	case len(out.Steps) == 0:
		out.Summary = "There is nothing to do."
		if len(out.Notes) > 0 {
			out.Summary = out.Notes[0]
		}
	case done == 0:
		i := slices.IndexFunc(out.Steps, func(o Outcome) bool { return o.State != stepSkipped })
		return nil, problem.New(problem.Conflict, "goal_failed", fmt.Sprintf("None of the %d steps could be done. %s: %s", len(out.Steps), out.Steps[i].Title, out.Steps[i].Error))
	case len(out.Steps) == 1:
		out.Summary = out.Steps[0].Summary
	case done < len(out.Steps):
		out.Summary = fmt.Sprintf("%d of %d steps were done.", done, len(out.Steps))
	default:
		out.Summary = fmt.Sprintf("All %d steps were done.", done)
	}
	out.Reading = b.page
	return out, nil
}

// read computes the report of a step.
func (s *Service) read(r *flow.Run, x plan.Step) (goal.Reading, error) {
	who, _ := actor.From(r.Context())
	return flow.Load(r, stepPrefix+x.ID, func(ctx context.Context) (out goal.Reading, err error) {
		err = s.db.Read(ctx, func(tx *pg.Tx) (err error) { out, err = goal.Count(tx, x.Input, r.Now(), who.TimeZone); return err })
		return out, err
	})
}
