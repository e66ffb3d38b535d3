package engines

import (
	"context"
	"errors"
	"sync"
	"time"

	"rapport/internal/crm/notification"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// Run keeps the books of what models cost until ctx ends.
func (m *Engines) Run(ctx context.Context) error {
	var failed [2]error
	var all sync.WaitGroup
	all.Go(func() { failed[0] = m.ledger.Run(ctx) })
	all.Go(func() { failed[1] = m.purse.Run(ctx) })
	all.Go(func() { m.shareClosures(ctx) })
	all.Wait()
	return errors.Join(failed[:]...)
}

// shareClosures learns every half minute which providers other processes found
// closed for long.
func (m *Engines) shareClosures(ctx context.Context) {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for {
		if err := m.lanes.Refresh(ctx); err != nil && ctx.Err() == nil {
			m.parts.Log.Warn("Which AI providers are closed could not be read.", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// tellBudget tells the admins of a workspace, once a period, how much of its
// budget for models is left.
func (p Parts) tellBudget(ctx context.Context, band string) {
	title, body := "Most of the AI budget is spent", "Raise it on the page AI, or see there what costs so much."
	switch band {
	case "soft":
		title, body = "95 % of the AI budget is spent", "Only cheap models are asked until the next period, unless it is raised on the page AI."
	case "hard":
		title, body = "The AI budget is spent", "Rules answer what they can until the next period, unless it is raised on the page AI."
	}
	told := actor.With(context.WithoutCancel(ctx), actor.Actor{Kind: actor.System, Name: "Rapport", Role: actor.Owner, WorkspaceID: actor.Workspace(ctx)})
	err := p.DB.Write(told, func(tx *pg.Tx) error {
		return notification.Admins(told, tx, notification.New{Kind: notification.AIBudget, Title: title, Body: body, Link: "ai/budget"})
	})
	if err != nil {
		p.Log.ErrorContext(ctx, "Nobody was told that the AI budget runs out.", "band", band, "error", err)
	}
}

// Charge books what processes that are gone had reserved in the workspace of
// ctx: what has expired, or all of it.
func (m *Engines) Charge(ctx context.Context, all bool) error {
	_, err := m.purse.Sweep(ctx, all)
	return err
}
