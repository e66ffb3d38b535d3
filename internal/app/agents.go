package app

import (
	"context"
	"encoding/json"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/approval/lesson"
	"rapport/internal/agents/approval/policies"
	"rapport/internal/agents/approval/preview"
	"rapport/internal/agents/contact/assessment"
	"rapport/internal/agents/contact/standing"
	writing "rapport/internal/agents/content"
	"rapport/internal/agents/control"
	"rapport/internal/agents/email/answering"
	"rapport/internal/agents/email/prompt"
	"rapport/internal/agents/eval"
	"rapport/internal/agents/flow"
	"rapport/internal/agents/memory"
	"rapport/internal/agents/orchestrator"
	"rapport/internal/agents/schedule"
	"rapport/internal/api/httpapi"
	"rapport/internal/platform/problem"
)

// buildAgents builds what runs agents, what stands between them and operations,
// and every agent there is.
func (a *App) buildAgents(p *parts, now func() time.Time) {
	p.inside, p.allowed, p.memories = &late{}, policies.New(a.DB), memory.New(a.DB, now)
	records := map[string]preview.Current{"contact": p.contacts, "company": p.companies, "thread": p.threads, "note": p.notes, "task": p.tasks, "activity": p.activity}
	p.approvals = approval.New(approval.Parts{DB: a.DB, Log: a.log, Now: now, Caller: p.inside, Check: p.inside.Check, Versions: preview.Versions(), Previews: preview.All(records, now),
		Prove: p.accounts.ProveAgain, Learn: lesson.Keep(p.memories)})
	p.flow = flow.New(flow.Parts{DB: a.DB, Queue: a.Queue, Gateway: p.engines.Gateway, Gate: p.approvals, Caller: p.inside, Now: now, Log: a.log})
	p.approvals.Wake = p.flow.Wake
	p.control = control.New(a.DB, p.flow, p.changes, now)
	p.assess = assessment.New(a.DB, a.Queue, p.flow, now)
	p.flow.Register(p.assess.Agent())
	p.standing = standing.New(a.DB, p.assess)
	p.replies = answering.New(a.DB, p.flow, p.outbox, prompt.TriageDefinition(), prompt.IntelligenceDefinition())
	p.cases = eval.New(p.engines.Gateway)
	p.writer = writing.New(a.DB, p.flow)
	p.flow.Register(p.writer.Agent())
	p.goals = orchestrator.New(a.DB, p.flow)
	p.flow.Register(p.goals.Agent())
	p.schedules = schedule.New(a.DB, a.Queue, p.flow, now)
	p.schedules.Missed = a.metrics.Missed
}

// late is a way to operations that is known once everything is built; nothing
// can be called before.
type late struct{ *httpapi.API }

// Call calls an operation.
func (l *late) Call(ctx context.Context, operation string, args json.RawMessage) (json.RawMessage, error) {
	if l.API == nil {
		return nil, errEarly
	}
	return l.API.Call(ctx, operation, args)
}

// Check says what an operation does not take of arguments.
func (l *late) Check(operation string, args json.RawMessage) error {
	if l.API == nil {
		return errEarly
	}
	return l.API.Check(operation, args)
}

var errEarly = problem.New(problem.Unavailable, "unavailable", "Nothing can be carried out yet. Try again in a moment.")
