package app

import (
	"context"
	"encoding/json"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/flow"
	"rapport/internal/agents/memory"
	"rapport/internal/agents/orchestrator"
	"rapport/internal/agents/schedule"
	"rapport/internal/api/httpapi"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// inside lets agents and approvals call operations, which are built after them.
type inside struct{ api *httpapi.API }

// Call calls an operation through the same door as everybody.
func (i *inside) Call(ctx context.Context, operation string, args json.RawMessage) (json.RawMessage, error) {
	return i.api.Call(ctx, operation, args)
}

// buildAgents builds what runs agents, and every agent there is.
func (a *App) buildAgents(p *parts, now func() time.Time) {
	p.inside = &inside{}
	p.flow = flow.New(flow.Parts{DB: a.DB, Queue: a.Queue, Gateway: p.models.gateway, Gate: shut{}, Caller: p.inside, Now: now, Log: a.log})
	p.goals = orchestrator.New(a.DB, p.flow)
	p.flow.Register(p.goals.Agent())
	p.memories = memory.New(a.DB, now)
	p.schedules = schedule.New(a.DB, a.Queue, p.flow, now)
}

// shut is a gate that nothing passes. TODO(approval): the real one.
type shut struct{}

func (shut) Judge(context.Context, approval.Origin, approval.Action) (approval.Judgement, error) {
	return approval.Judgement{}, problem.New(problem.NotBuilt, "not_built", "Approvals are not built yet.")
}

func (shut) Open(context.Context, *pg.Tx, approval.Origin, approval.Action, approval.Judgement) (string, error) {
	return "", problem.New(problem.NotBuilt, "not_built", "Approvals are not built yet.")
}

func (shut) Outcome(*pg.Tx, string) (approval.Outcome, error) { return approval.Outcome{}, nil }
func (shut) Cancel(*pg.Tx, []string)                          {}
