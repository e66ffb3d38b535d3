// Package control lets people see and steer the agents of a workspace and what
// they do: start runs, end them, try them again, take them back.
package control

import (
	"context"
	"encoding/json"
	"time"

	"rapport/internal/agents/approval/policies"
	"rapport/internal/agents/flow"
	"rapport/internal/agents/policy"
	"rapport/internal/ai"
	"rapport/internal/api/op"
	"rapport/internal/crm/change"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Service offers agents and their runs.
type Service struct {
	db      *pg.DB
	engine  *flow.Engine
	changes *change.Service
	now     func() time.Time
}

// New returns the service over an engine and what can take changes back.
func New(db *pg.DB, e *flow.Engine, changes *change.Service, now func() time.Time) *Service {
	return &Service{db: db, engine: e, changes: changes, now: now}
}

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const agents, runs = "/v1/workspaces/{workspace}/agents", "/v1/workspaces/{workspace}/runs/{id}"
	run := map[string]string{"id": "program_run"}
	return []op.Operation{
		op.New(op.Meta{Name: "agent.list", Method: "GET", Cached: op.Cached{Never: "What models cost changes without a line in the log."}, Path: agents, Scope: "agent:read",
			Summary: "List the agents: what they are for, what they may do, and how they fare"}, s.list),
		op.New(op.Meta{Name: "agent.update", Method: "PATCH", Path: agents + "/{code}", Scope: "agent:write",
			Summary: "Switch an agent on or off, and say what it may do without asking",
			Example: example{"code": "contact", "body": example{"enabled": true, "autonomy": "ask"}}}, s.update),
		op.New(op.Meta{Name: "run.start", Method: "POST", Path: agents + "/{code}/runs", Scope: "run:write", Status: 202, AI: true,
			Summary: "Have an agent begin a run", Doc: "The run is durable: it goes on without the caller. Follow it with run.get.",
			Example: example{"code": "contact", "body": example{"title": "Look at Ana", "input": example{"task": "assess", "contact_id": "{contact}"}}}}, s.start),
		op.New(op.Meta{Name: "run.cancel", Method: "POST", Path: runs + "/cancel", Scope: "run:write", Status: 202, Entities: run,
			Summary: "End a run with all that it started", Doc: "What it has done stays: run.undo takes that back."}, s.cancel),
		op.New(op.Meta{Name: "run.retry", Method: "POST", Path: runs + "/retry", Scope: "run:write", Status: 202, Entities: run,
			Summary: "Have a run go on that failed, died or was paused", Doc: "Steps that have a result are not taken again, and not paid again."}, s.retry),
		op.New(op.Meta{Name: "run.undo", Method: "POST", Path: runs + "/undo", Scope: "change:write", Entities: run,
			Summary: "Take back all that a run and its children changed", Doc: "Newest first, up to 500 changes a call. Fields that somebody has changed since are left and listed as conflicts."}, s.undo),
	}
}

// Card is an agent as people see it.
type Card struct {
	Name       string       `json:"name"`
	Version    string       `json:"version"`
	Purpose    string       `json:"purpose"`
	Operations []string     `json:"operations" doc:"All that it can act with."`
	Acts       []policy.Act `json:"acts" doc:"What the rules know of those of them that change anything."`
	Questions  []Question   `json:"questions" doc:"What it asks of models."`
	Caps       flow.Caps    `json:"caps" doc:"What one run may spend."`
	Setting
	Health Health  `json:"health"`
	Spent  ai.Nano `json:"spent_nano" doc:"What its runs have cost since midnight UTC."`
	// SpentMonth helps to see whether a day is out of the ordinary.
	SpentMonth ai.Nano `json:"spent_month_nano" doc:"What its runs have cost in the last 30 days."`
}

// Question is one kind of question to a model.
type Question struct {
	Name  string   `json:"name"`
	Class ai.Class `json:"class"`
}

// Setting is what a workspace lets an agent do.
type Setting struct {
	Enabled      bool            `json:"enabled"`
	Autonomy     policy.Autonomy `json:"autonomy" enum:"ask,low,medium" doc:"Up to which band of risk it acts without asking."`
	DailyActions int             `json:"daily_actions" doc:"How many actions it may propose a day."`
	DailyNano    ai.Nano         `json:"daily_nano" doc:"What its runs may cost a day; 0 for no limit of its own."`
}

// Health is how the runs of the last 30 days went.
type Health struct {
	Runs        int      `json:"runs"`
	Open        int      `json:"open" doc:"Runs that are not over."`
	Failed      int      `json:"failed"`
	SuccessRate *float64 `json:"success_rate" doc:"Of the runs that are over; null if there is none."`
	State       string   `json:"state" enum:"healthy,warning,critical"`
}

// judge follows the bands of success: 95 and 80 of a hundred.
func (h *Health) judge(done int) {
	h.State = "healthy"
	over := done + h.Failed
	if over == 0 {
		return
	}
	rate := float64(done) / float64(over)
	h.SuccessRate = &rate
	switch {
	case rate < 0.80:
		h.State = "critical"
	case rate < 0.95:
		h.State = "warning"
	}
}

type tally struct {
	Agent                    string
	Runs, Open, Done, Failed int
	Today, Month             int64
}

func (s *Service) list(ctx context.Context, _ *op.InWorkspace) (*op.Body[op.List[Card]], error) {
	all := s.engine.Agents()
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = a.Name
	}
	var tallies []tally
	var allowed policies.Policies
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		today := s.now().UTC().Truncate(24 * time.Hour)
		pg.Later(tx, &tallies, `
			SELECT agent, count(*) AS runs, count(*) FILTER (WHERE state IN ('queued', 'running', 'waiting', 'paused')) AS open,
				count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state IN ('failed', 'dead')) AS failed,
				coalesce(sum(cost_nano) FILTER (WHERE started_at >= $3), 0)::bigint AS today, coalesce(sum(cost_nano), 0)::bigint AS month
			FROM agent_runs WHERE workspace_id = $1 AND agent = ANY ($2::text[]) AND program AND started_at > $3::timestamptz - interval '30 days'
			GROUP BY agent`, tx.Workspace(), names, today)
		allowed, err = policies.Read(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	by := map[string]tally{}
	for _, t := range tallies {
		by[t.Agent] = t
	}
	cards := make([]Card, len(all))
	for i, a := range all {
		cards[i] = card(a, allowed.Of(a.Name), by[a.Name])
	}
	return op.Listed(cards), nil
}

func card(a flow.Agent, c policy.Charter, t tally) Card {
	out := Card{Name: a.Name, Version: a.Version, Purpose: a.Purpose, Operations: append([]string{}, a.Operations...), Acts: policy.Describe(a.Operations), Questions: []Question{}, Caps: a.Caps,
		Setting: settingOf(c), Health: Health{Runs: t.Runs, Open: t.Open, Failed: t.Failed}, Spent: ai.Nano(t.Today), SpentMonth: ai.Nano(t.Month)}
	for _, q := range a.Questions {
		out.Questions = append(out.Questions, Question{Name: q.Name, Class: q.Class})
	}
	out.Health.judge(t.Done)
	return out
}

func settingOf(c policy.Charter) Setting {
	return Setting{Enabled: c.Enabled, Autonomy: c.Autonomy, DailyActions: c.DailyActions, DailyNano: c.DailyNano}
}

type updateInput struct {
	op.InWorkspace
	Code string `path:"code" doc:"Name of the agent."`
	Body struct {
		Enabled      *bool            `json:"enabled,omitempty"`
		Autonomy     *policy.Autonomy `json:"autonomy,omitempty" enum:"ask,low,medium"`
		DailyActions *int             `json:"daily_actions,omitempty" minimum:"0" maximum:"10000"`
		DailyNano    *ai.Nano         `json:"daily_nano,omitempty" minimum:"0"`
	}
}

func (s *Service) update(ctx context.Context, in *updateInput) (*op.Body[Setting], error) {
	if !s.engine.Knows(in.Code) {
		return nil, problem.Missing("agent")
	}
	var out op.Body[Setting]
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		all, err := policies.Read(tx)
		if err != nil {
			return err
		}
		c := all.Of(in.Code)
		set(&c.Enabled, in.Body.Enabled)
		set(&c.Autonomy, in.Body.Autonomy)
		set(&c.DailyActions, in.Body.DailyActions)
		set(&c.DailyNano, in.Body.DailyNano)
		out.Body = settingOf(c)
		_, err = policies.Set(ctx, tx, all, in.Code, c)
		return err
	})
	return &out, err
}

func set[T any](dst, to *T) {
	if to != nil {
		*dst = *to
	}
}

type startInput struct {
	op.InWorkspace
	Code string `path:"code" doc:"Name of the agent."`
	Body struct {
		Title string          `json:"title,omitempty" maxLength:"200"`
		Input json.RawMessage `json:"input" doc:"What the run is given, as the agent's input says."`
	}
}

// Begun names a run that goes on by itself.
type Begun struct {
	RunID string `json:"run_id"`
}

func (s *Service) start(ctx context.Context, in *startInput) (*op.Body[Begun], error) {
	var out op.Body[Begun]
	err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		var own []policy.Charter
		policies.Later(tx, &own, in.Code)
		if err := tx.Flush(); err != nil {
			return err
		}
		if len(own) > 0 && !own[0].Enabled {
			return problem.New(problem.Conflict, "agent_off", "This agent is switched off in this workspace. Somebody who rules over agents can switch it on.")
		}
		start := flow.Start{Agent: in.Code, Title: in.Body.Title, Input: in.Body.Input, Priority: flow.Interactive}
		start.Entity, start.SubjectID = subject(in.Body.Input)
		out.Body.RunID, err = s.engine.Start(ctx, tx, start)
		return err
	})
	return &out, err
}

// subject is the record that a run is about, so that its page shows the run;
// nothing where the input names none.
func subject(input json.RawMessage) (entity, recordID string) {
	var about struct {
		ContactID string `json:"contact_id"`
		ThreadID  string `json:"thread_id"`
	}
	_ = json.Unmarshal(input, &about) // the agent's own check says what is wrong
	switch {
	case id.Valid(about.ContactID):
		return "contact", about.ContactID
	case id.Valid(about.ThreadID):
		return "thread", about.ThreadID
	}
	return "", ""
}
