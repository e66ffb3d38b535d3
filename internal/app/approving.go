package app

import (
	"context"
	"encoding/json"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/approval/policies"
	"rapport/internal/agents/approval/preview"
	"rapport/internal/api/httpapi"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/problem"
)

// inside calls operations from inside. There are none to call before all of
// Rapport is built.
type inside struct{ api *httpapi.API }

var errEarly = problem.New(problem.Unavailable, "unavailable", "Rapport is still starting. Try again in a moment.")

func (i *inside) Call(ctx context.Context, operation string, args json.RawMessage) (json.RawMessage, error) {
	if i.api == nil {
		return nil, errEarly
	}
	return i.api.Call(ctx, operation, args)
}

// buildApprovals builds what stands between agents and operations.
func (a *App) buildApprovals(p *parts, now func() time.Time) {
	p.inside, p.allowed = &inside{}, policies.New(a.DB)
	records := map[string]preview.Current{"contact": p.contacts, "company": p.companies, "thread": p.threads, "note": p.notes, "task": p.tasks, "activity": p.activity}
	p.approvals = approval.New(approval.Parts{DB: a.DB, Log: a.log, Now: now, Caller: p.inside,
		Versions: preview.Versions(), Previews: preview.All(records, now), Prove: p.accounts.ProveAgain})
}

// sweepApprovals ends what nobody decided, and tells of what waits for long.
type sweepApprovals struct{}

func (sweepApprovals) Kind() string { return "sweep_approvals" }

func (sweepApprovals) In() string { return "" }

func (a *App) sweepApprovals(ctx context.Context) error {
	return a.eachWorkspace(ctx, func(ctx context.Context) error {
		who, _ := actor.From(ctx)
		who.Name = "Rapport"
		return a.parts.approvals.Sweep(actor.With(ctx, who))
	})
}
