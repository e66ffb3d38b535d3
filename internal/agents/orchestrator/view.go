package orchestrator

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"rapport/internal/agents/orchestrator/plan"
	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Detail is a goal with its plan as it stands.
type Detail struct {
	Goal
	ParentID  *string         `json:"parent_id" doc:"The goal of which this is a step."`
	Arguments json.RawMessage `json:"arguments"`
	Free      bool            `json:"free" db:"-" doc:"It was planned from words."`
	Engine    string          `json:"engine" db:"-" doc:"What planned it: rules, or the name of a provider."`
	Risk      int             `json:"risk" db:"-" minimum:"0" maximum:"100"`
	Notes     []string        `json:"notes" db:"-" doc:"What the plan leaves out and why."`
	Plan      []PlanStep      `json:"plan" db:"-"`
	Approvals []Asked         `json:"approvals" db:"-" doc:"What waits for a person, of the goal and its steps."`
	Result    json.RawMessage `json:"result" doc:"What came of it, when it is over."`
}

// PlanStep is a step of a plan with what became of it so far.
type PlanStep struct {
	ID         string          `json:"id"`
	Agent      string          `json:"agent"`
	Title      string          `json:"title"`
	Needs      []string        `json:"needs"`
	Level      int             `json:"level" doc:"How many steps come before it, one after the other."`
	State      string          `json:"state" enum:"planned,queued,running,waiting,paused,done,failed,cancelled,dead,skipped"`
	RunID      *string         `json:"run_id"`
	Summary    string          `json:"summary"`
	Error      string          `json:"error"`
	Output     json.RawMessage `json:"output" doc:"What it found or made, by reference."`
	Approvals  int             `json:"approvals" doc:"How many of its actions wait for a person."`
	CostNano   int64           `json:"cost_nano"`
	StartedAt  *time.Time      `json:"started_at"`
	FinishedAt *time.Time      `json:"finished_at"`
}

// Asked is something that waits for a person.
type Asked struct {
	ID    string `json:"id"`
	RunID string `json:"run_id"`
	Title string `json:"title"`
	Plan  bool   `json:"plan" doc:"It is the plan itself."`
}

// taken is a step of the run as it is stored.
type taken struct {
	Key, State, Error string
	Output            json.RawMessage
	ChildID           *string
	StartedAt         time.Time
	FinishedAt        *time.Time
}

// child is a run that a step started, or one below it.
type child struct {
	ID, State, Error string
	ParentID         *string
	Output           json.RawMessage
	CostNano         int64
	StartedAt        time.Time
	FinishedAt       *time.Time
}

func (s *Service) get(ctx context.Context, in *op.ByID) (*op.Body[Detail], error) {
	var found []Detail
	var steps []taken
	var children []child
	var open []Asked
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		pg.Later(tx, &found, `
			SELECT x.id::text, x.title, x.goal, x.state, x.summary, x.error, x.person::text, x.steps, x.begun, x.ended, x.cost_nano, x.started_at, x.finished_at,
				r.parent_id::text, coalesce(r.input -> 'arguments', '{}') AS arguments, coalesce(r.output, 'null') AS result
			FROM (`+goals+` AND r.id = $2::uuid) x JOIN agent_runs r ON r.workspace_id = x.workspace_id AND r.id = x.id`, tx.Workspace(), in.ID)
		pg.Later(tx, &steps, `
			SELECT key, state, error, output, child_id::text, started_at, finished_at
			FROM agent_steps WHERE workspace_id = $1 AND run_id = $2::uuid ORDER BY seq`, tx.Workspace(), in.ID)
		pg.Later(tx, &children, below+`
			SELECT r.id::text, r.state, r.error, r.parent_id::text, coalesce(r.output, 'null') AS output, r.cost_nano, r.started_at, r.finished_at
			FROM agent_runs r JOIN below b ON b.id = r.id WHERE r.workspace_id = $1 AND r.id <> $2::uuid`, tx.Workspace(), in.ID)
		pg.Later(tx, &open, below+`
			SELECT a.id::text, a.run_id::text, a.title, a.operation = 'goal.confirm' AND a.run_id = $2::uuid AS plan
			FROM approvals a JOIN below b ON b.id = a.run_id WHERE a.workspace_id = $1 AND a.state = 'pending'
			ORDER BY a.created_at`, tx.Workspace(), in.ID)
		return tx.Flush()
	})
	if err == nil && len(found) == 0 {
		err = problem.Missing("goal")
	}
	if err != nil {
		return nil, err
	}
	d := found[0]
	d.Plan, d.Notes, d.Approvals = []PlanStep{}, []string{}, open
	if open == nil {
		d.Approvals = []Asked{}
	}
	err = d.fill(steps, children)
	return &op.Body[Detail]{Body: d}, err
}

// below are a run and those that it started, and those that they started.
const below = `
	WITH RECURSIVE below AS (
		SELECT id FROM agent_runs WHERE workspace_id = $1 AND id = $2::uuid
		UNION ALL
		SELECT c.id FROM agent_runs c JOIN below b ON c.parent_id = b.id WHERE c.workspace_id = $1
	)`

// fill lays what has happened over the plan.
func (d *Detail) fill(steps []taken, children []child) error {
	byKey := map[string]taken{}
	for _, s := range steps {
		byKey[s.Key] = s
	}
	p, ok := byKey[planKey]
	if !ok || p.State != "done" {
		return nil
	}
	var m Made
	if err := unmarshal(p.Output, &m); err != nil {
		return err
	}
	d.Free, d.Engine, d.Risk, d.Notes = m.Free, m.Engine, m.Risk, nonNil(m.Notes)
	level := m.Level()
	said := map[string]Outcome{}
	var result Result
	_ = json.Unmarshal(d.Result, &result) // null until it is over
	for _, o := range result.Steps {
		said[o.ID] = o
	}
	over := d.FinishedAt != nil
	for _, s := range m.Steps {
		x := PlanStep{ID: s.ID, Agent: s.Agent, Title: s.Title, Needs: nonNil(s.Needs), Level: level[s.ID], State: "planned", Output: json.RawMessage("null")}
		if t, ok := byKey[stepPrefix+s.ID]; ok {
			x.take(t, s.Agent)
			x.follow(t.ChildID, children, d.Approvals)
		}
		if o, ok := said[s.ID]; ok && x.RunID == nil {
			x.State, x.Summary, x.Error = o.State, o.Summary, o.Error
		}
		if over && x.State == "planned" {
			x.State = stepSkipped
		}
		d.Plan = append(d.Plan, x)
	}
	return nil
}

// take is what the conductor itself knows of a step.
func (x *PlanStep) take(t taken, agent string) {
	x.StartedAt, x.FinishedAt = &t.StartedAt, t.FinishedAt
	x.State, x.Error = "running", plainly(t.Error)
	switch {
	case t.State == "failed":
		x.State = stepFailed
	case t.State == "done" && agent == plan.Reading:
		x.State = stepDone
	}
}

// follow is what the run of a step says, and those below it cost and ask.
func (x *PlanStep) follow(run *string, children []child, open []Asked) {
	if run == nil {
		return
	}
	x.RunID = run
	family := map[string]bool{*run: true}
	for range 2 { // as deep as runs go
		for _, c := range children {
			if c.ParentID != nil && family[*c.ParentID] {
				family[c.ID] = true
			}
		}
	}
	for _, c := range children {
		if family[c.ID] {
			x.CostNano += c.CostNano
		}
		if c.ID != *run {
			continue
		}
		var said struct{ Summary string }
		_ = json.Unmarshal(c.Output, &said) // a result without one has no summary
		x.State, x.Error, x.Output, x.Summary = c.State, plainly(c.Error), c.Output, plan.Clip(said.Summary, 300)
		x.StartedAt, x.FinishedAt = &c.StartedAt, c.FinishedAt
	}
	for _, a := range open {
		if family[a.RunID] {
			x.Approvals++
		}
	}
}

// plainly is an error as people read it: without the code of a problem.
func plainly(text string) string {
	if code, detail, ok := strings.Cut(text, ": "); ok && !strings.ContainsFunc(code, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		return detail
	}
	return text
}
