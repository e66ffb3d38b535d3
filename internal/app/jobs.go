package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/agents/memory"
	"rapport/internal/ai/console/answers"
	"rapport/internal/crm/account"
	"rapport/internal/crm/bulk"
	"rapport/internal/crm/contact"
	"rapport/internal/crm/draft"
	"rapport/internal/crm/event"
	"rapport/internal/crm/identity"
	"rapport/internal/crm/message"
	"rapport/internal/crm/notification"
	"rapport/internal/crm/search"
	"rapport/internal/ops/failures"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

// jobs says who works what. Every subscriber of Rapport is on this page.
func (a *App) jobs() {
	queue.Handle(a.Queue, func(ctx context.Context, _ sweep) error { return a.sweep(ctx) })
	a.Queue.Every(time.Hour, sweep{})
	queue.Handle(a.Queue, func(ctx context.Context, _ sweepMoney) error { return a.sweepMoney(ctx) })
	a.Queue.Every(2*time.Minute, sweepMoney{})
	a.parts.accounts.Handle(a.Queue)
	a.parts.invites.Handle(a.Queue)
	a.parts.letters.Handle(a.Queue)
	a.parts.outbox.Handle(a.Queue)
	a.parts.imports.Handle(a.Queue)
	a.parts.threads.Handle(a.Queue)
	a.parts.tasks.Handle(a.Queue)
	a.parts.bulk.Handle(a.Queue)
	queue.Handle(a.Queue, func(ctx context.Context, j message.Arrived) error {
		return errors.Join(a.parts.mail.Arrived(ctx, j.IDs), a.parts.assess.Arrived(ctx, j.IDs))
	})
	a.parts.mail.Work()
	a.parts.flow.Work()
	a.parts.assess.Work()
	a.parts.schedules.Work(a.eachWorkspace)
	queue.Handle(a.Queue, func(ctx context.Context, j contact.Renamed) error { return a.parts.contacts.Renamed(ctx, j) })
	queue.Handle(a.Queue, func(ctx context.Context, j search.Rebuild) error { return a.parts.rebuilds.Work(ctx, j) })
	a.parts.leads.Work()
	queue.Handle(a.Queue, func(ctx context.Context, _ notification.Digest) error { return a.parts.notices.Send(ctx) })
	a.Queue.Every(notification.Every, notification.Digest{})
	a.parts.demo.Work()
}

// sweep removes what is kept for a while only.
type sweep struct{}

func (sweep) Kind() string { return "sweep" }

func (sweep) In() string { return "" }

func (a *App) sweep(ctx context.Context) error {
	var failed []error
	for _, prune := range []func(*pg.Tx) error{event.PruneFeed, account.Sweep, a.parts.letters.Sweep, answers.SweepClosures, failures.Sweep, a.parts.alerts.Sweep} {
		if err := a.DB.Global(ctx, prune); err != nil {
			failed = append(failed, err)
		}
	}
	failed = append(failed, a.eachWorkspace(ctx, func(ctx context.Context) error {
		if err := a.parts.rebuilds.Refresh(ctx); err != nil {
			return err
		}
		if message.SweepDue(actor.Workspace(ctx), time.Now()) {
			if _, err := a.parts.messages.Sweep(ctx); err != nil {
				return err
			}
		}
		if err := errors.Join(a.parts.mailboxes.Purge(ctx), a.parts.approvals.Sweep(ctx)); err != nil {
			return err
		}
		if err := a.parts.keys.Sweep(ctx); err != nil {
			return err
		}
		return a.DB.Write(ctx, func(tx *pg.Tx) error {
			draft.Sweep(tx)
			answers.Sweep(tx)
			bulk.Sweep(tx)
			memory.Sweep(tx)
			return errors.Join(a.parts.outbox.Sweep(ctx, tx), notification.Sweep(tx))
		})
	}))
	return errors.Join(append(failed, a.parts.keys.SweepOutside(ctx))...)
}

// sweepMoney charges what processes that are gone had reserved for models.
type sweepMoney struct{}

func (sweepMoney) Kind() string { return "sweep_ai_budget" }

func (sweepMoney) In() string { return "" }

func (a *App) sweepMoney(ctx context.Context) error {
	return a.eachWorkspace(ctx, func(ctx context.Context) error { return a.parts.engines.Charge(ctx, false) })
}

// gone reports whether a workspace was erased.
func (a *App) gone(ctx context.Context, workspace string) (bool, error) {
	return identity.Gone(ctx, a.DB, workspace)
}

// eachWorkspace does f in every workspace, one after the other. One in which it
// fails, such as one that is being erased, keeps it from no other.
func (a *App) eachWorkspace(ctx context.Context, f func(context.Context) error) error {
	ids, err := identity.Workspaces(ctx, a.DB)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range ids {
		if ctx.Err() != nil {
			return errors.Join(append(failed, ctx.Err())...)
		}
		if err := f(actor.InWorkspace(ctx, id)); err != nil {
			failed = append(failed, fmt.Errorf("in workspace %s: %w", id, err))
		}
	}
	return errors.Join(failed...)
}
