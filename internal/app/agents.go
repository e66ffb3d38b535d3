package app

import (
	"context"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/approval/policies"
	"rapport/internal/agents/approval/preview"
	"rapport/internal/agents/flow"
	"rapport/internal/agents/memory"
	"rapport/internal/agents/schedule"
	"rapport/internal/platform/pg"
)

// buildAgents builds what runs agents, what stands between them and operations,
// and every agent there is.
func (a *App) buildAgents(p *parts, now func() time.Time) {
	p.memories = memory.New(a.DB, now)
	a.buildApprovals(p, now)
	p.flow = flow.New(flow.Parts{DB: a.DB, Queue: a.Queue, Gateway: p.models.gateway, Gate: p.approvals, Caller: p.inside, Now: now, Log: a.log})
	p.schedules = schedule.New(a.DB, a.Queue, p.flow, now)
}

// buildApprovals builds what stands between agents and operations.
func (a *App) buildApprovals(p *parts, now func() time.Time) {
	p.inside, p.allowed = &approval.Late{}, policies.New(a.DB)
	records := map[string]preview.Current{"contact": p.contacts, "company": p.companies, "thread": p.threads, "note": p.notes, "task": p.tasks, "activity": p.activity}
	p.approvals = approval.New(approval.Parts{DB: a.DB, Log: a.log, Now: now, Caller: p.inside,
		Versions: preview.Versions(), Previews: preview.All(records, now), Prove: p.accounts.ProveAgain,
		Wake:  func(ctx context.Context, tx *pg.Tx, run string) error { return p.flow.Wake(ctx, tx, run) },
		Learn: p.learn})
}

// learn keeps what a rejection teaches: of the record that it was about, or of
// the workspace.
func (p *parts) learn(ctx context.Context, tx *pg.Tx, l approval.Lesson) error {
	m := memory.Memory{Kind: memory.Lesson, Body: l.Title + ": rejected, because " + l.Reason, Importance: 0.8, Confidence: 1, Source: memory.ByApproval}
	if l.RunID != "" {
		m.RunID = &l.RunID
	}
	if memory.About(l.Entity) && l.ID != "" {
		m.Entity, m.EntityID = &l.Entity, &l.ID
	}
	return p.memories.Add(ctx, tx, &m)
}
