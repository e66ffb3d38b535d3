package orchestrator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"rapport/internal/agents"
	"rapport/internal/agents/approval"
	"rapport/internal/agents/flow"
	"rapport/internal/agents/orchestrator/goal"
	"rapport/internal/agents/orchestrator/plan"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// The keys of the steps of a run.
const (
	planKey    = "plan"
	confirmKey = "confirm"
	stepPrefix = "step:"
)

// program carries out a goal: plan, approval, agents, report.
func (s *Service) program(r *flow.Run) (any, error) {
	var in Input
	if err := r.Input(&in); err != nil {
		return nil, err
	}
	m, err := s.plan(r, in)
	if err != nil {
		return nil, err
	}
	if err := confirm(r, m); err != nil {
		return nil, err
	}
	return s.conduct(r, m)
}

// plan makes the plan, once.
func (s *Service) plan(r *flow.Run, in Input) (Made, error) {
	depth := r.Depth() + 1
	if t, ok := goal.Find(in.Goal); ok {
		return flow.Load(r, planKey, func(ctx context.Context) (Made, error) { return s.template(ctx, r, t, in) })
	}
	if !wordy(in.Goal) {
		return Made{}, unknownGoal()
	}
	q := asked{Goal: in.Goal, Arguments: in.Arguments, Depth: depth}
	q.Templates, q.Agents = s.cards(depth)
	var err error
	if q.People, err = flow.Load(r, "people", func(ctx context.Context) (found []goal.Person, err error) {
		err = s.db.Read(ctx, func(tx *pg.Tx) error { found, err = goal.Mentioned(tx, in.Goal, in.Arguments); return err })
		return found, err
	}); err != nil {
		return Made{}, err
	}
	a, err := r.Ask("question", s.question(), agents.Work{Entity: "run", SubjectID: r.ID(), Input: mustJSON(q), At: r.Now()})
	if err != nil {
		return Made{}, err
	}
	return flow.Load(r, planKey, func(ctx context.Context) (Made, error) { return s.freely(ctx, r, q, a) })
}

// freely makes a plan of what an engine answered.
func (s *Service) freely(ctx context.Context, r *flow.Run, q asked, a flow.Answer) (m Made, err error) {
	p, faults := propose(q, s.crew(), a.Output)
	switch {
	case len(faults) > 0:
		return m, wrong(faults)
	case p.Template != "":
		t, _ := goal.Find(p.Template)
		if m, err = s.template(ctx, r, t, Input{Goal: p.Template, Arguments: p.Arguments}); err != nil {
			return m, err
		}
	case len(p.Plan.Steps) > 0:
		m.Plan = p.Plan
	default:
		return m, problem.New(problem.Invalid, "no_plan", p.Reason)
	}
	m.Free, m.Engine, m.Tainted = true, a.Engine, len(q.People) > 0
	m.Risk = m.Plan.Risk(s.crew(), true).Score
	return m, nil
}

// confirm has a person allow a plan that was made of free words, or that could
// do harm.
func confirm(r *flow.Run, m Made) error {
	if len(m.Steps) == 0 || !m.Free && m.Risk < plan.AsksFrom {
		return nil
	}
	why := fmt.Sprintf("The risk of this plan is %d of 100, and from %d on somebody has to look at it.", m.Risk, plan.AsksFrom)
	if m.Free {
		why = "It was planned from free words; nothing of it has begun."
	}
	steps := make([]map[string]any, len(m.Steps))
	for i, x := range m.Steps {
		steps[i] = map[string]any{"id": x.ID, "agent": x.Agent, "title": x.Title, "needs": nonNil(x.Needs)}
	}
	_, err := r.Act(confirmKey, approval.Action{
		Operation: confirmOperation, Args: mustJSON(map[string]any{"id": r.ID(), "title": m.Title, "steps": steps}),
		Title: "Begin the plan: " + m.Title, Why: why, Entity: "run", ID: r.ID(), Tainted: m.Tainted, Confidence: 1, Spent: r.Spent(), Ask: true,
	})
	if blocked, ok := errors.AsType[*flow.BlockedError](err); ok {
		text := "The plan was not allowed (" + blocked.State + ")"
		if blocked.Reason != "" {
			text += ": " + blocked.Reason
		}
		return problem.New(problem.Conflict, "plan_not_allowed", text)
	}
	return err
}

// conduct starts each step as soon as what it needs is done, and reports when
// all have come to an end. It never ends before its children do.
func (s *Service) conduct(r *flow.Run, m Made) (any, error) {
	b := newBoard(m)
	for {
		ended, err := r.Ended(b.running()...)
		if err != nil {
			return nil, err
		}
		for key, c := range ended {
			b.end(strings.TrimPrefix(key, stepPrefix), c)
		}
		ready := b.ready()
		for _, x := range ready {
			if err := s.begin(r, b, x); err != nil {
				return nil, err
			}
		}
		switch {
		case len(ready) > 0:
		case len(b.running()) > 0:
			return nil, flow.ErrParked
		default:
			return b.report()
		}
	}
}

// begin starts a step. One that cannot begin has failed, and takes with it only
// those that need it.
func (s *Service) begin(r *flow.Run, b *board, x plan.Step) error {
	if x.Agent == plan.Reading {
		page, err := s.read(r, x)
		if err != nil {
			return err
		}
		b.read(x.ID, page)
		return nil
	}
	input, err := x.Fill(b.results)
	if err != nil {
		b.fail(x.ID, err.Error())
		return nil
	}
	entity, id := subject(input)
	run, err := r.Child(stepPrefix+x.ID, flow.Start{Agent: x.Agent, Title: x.Title, Entity: entity, SubjectID: id, Input: input, Priority: flow.Normal})
	if failed, ok := errors.AsType[*flow.StepError](err); ok {
		b.fail(x.ID, failed.Message)
		return nil
	}
	if err != nil {
		return err
	}
	b.start(x.ID, run)
	return nil
}

// subject is what a step is about, for the page of the record.
func subject(input map[string]any) (entity, id string) {
	for _, name := range []string{"contact", "thread"} {
		if id, _ := input[name+"_id"].(string); goal.IDs.MatchString(id) {
			return name, id
		}
	}
	return "", ""
}

func unknownGoal() error {
	p := problem.New(problem.Invalid, "unknown_goal", "There is no goal of this name. Use the name of a template, or say in a sentence what is wanted.")
	var names []string
	for _, t := range goal.Templates() {
		names = append(names, t.Name)
	}
	p.Fields = []problem.Field{{Pointer: "/goal", Code: "unknown_goal", Message: "Use one of these, or a sentence.", Allowed: names}}
	return p
}

// wordy reports whether a goal is said in words rather than by a name.
func wordy(goal string) bool { return len(strings.Fields(goal)) >= 2 }

func unmarshal(b []byte, into any) error {
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("read JSON of the orchestrator: %w", err)
	}
	return nil
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
