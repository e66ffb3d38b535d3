package app

import (
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/approval/policies"
	"rapport/internal/agents/approval/preview"
)

// buildApprovals builds what stands between agents and operations.
func (a *App) buildApprovals(p *parts, now func() time.Time) {
	p.inside, p.allowed = &approval.Late{}, policies.New(a.DB)
	records := map[string]preview.Current{"contact": p.contacts, "company": p.companies, "thread": p.threads, "note": p.notes, "task": p.tasks, "activity": p.activity}
	p.approvals = approval.New(approval.Parts{DB: a.DB, Log: a.log, Now: now, Caller: p.inside,
		Versions: preview.Versions(), Previews: preview.All(records, now), Prove: p.accounts.ProveAgain})
}
