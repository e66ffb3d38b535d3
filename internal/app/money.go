package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"rapport/internal/crm/notification"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// keepBooks keeps the books of what models cost until ctx ends.
func (a *App) keepBooks(ctx context.Context) error {
	m := a.parts.models
	var failed [2]error
	var all sync.WaitGroup
	all.Go(func() { failed[0] = m.ledger.Run(ctx) })
	all.Go(func() { failed[1] = m.purse.Run(ctx) })
	all.Go(func() { m.shareClosures(ctx, a.log) })
	all.Wait()
	return errors.Join(failed[:]...)
}

// shareClosures learns every half minute which providers other processes found
// closed for long.
func (m *models) shareClosures(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for {
		if err := m.lanes.Refresh(ctx); err != nil && ctx.Err() == nil {
			log.Warn("Which AI providers are closed could not be read.", "error", err)
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
func (a *App) tellBudget(ctx context.Context, band string) {
	title, body := "Most of the AI budget is spent", "Raise it on the page AI, or see there what costs so much."
	switch band {
	case "soft":
		title, body = "95 % of the AI budget is spent", "Only cheap models are asked until the next period, unless it is raised on the page AI."
	case "hard":
		title, body = "The AI budget is spent", "Rules answer what they can until the next period, unless it is raised on the page AI."
	}
	told := actor.With(context.WithoutCancel(ctx), actor.Actor{Kind: actor.System, Name: "Rapport", Role: actor.Owner, WorkspaceID: actor.Workspace(ctx)})
	err := a.DB.Write(told, func(tx *pg.Tx) error {
		return notification.Admins(told, tx, notification.New{Kind: notification.AIBudget, Title: title, Body: body, Link: "ai/budget"})
	})
	if err != nil {
		a.log.ErrorContext(ctx, "Nobody was told that the AI budget runs out.", "band", band, "error", err)
	}
}

// chargeTheDead books what processes that are gone had reserved for models:
// what has expired, or all of it.
func (a *App) chargeTheDead(ctx context.Context, all bool) error {
	return a.eachWorkspace(ctx, func(ctx context.Context) error {
		_, err := a.parts.models.purse.Sweep(ctx, all)
		return err
	})
}
