package lane

import (
	"context"
	"slices"
	"time"

	"rapport/internal/platform/pg"
)

// keep renews what is in hand, interrupts what was cancelled or lost, and frees
// what processes that died have left, until stop is closed.
func (l *Lanes) keep(ctx context.Context, stop <-chan struct{}) {
	ctx = context.WithoutCancel(ctx)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			if err := l.Beat(ctx); err != nil {
				l.Logger.WarnContext(ctx, "the leases of runs cannot be renewed", "error", err)
				l.drop(func(h *inHand) bool { return time.Since(h.renewed) > term-beat })
			}
		}
	}
}

// Beat is what Run does at each beat.
func (l *Lanes) Beat(ctx context.Context) error {
	mine := l.leases()
	var held []string
	var cancelled []string
	err := l.db.Global(ctx, func(tx *pg.Tx) error {
		pg.LaterColumn(tx, &held, `
			UPDATE agent_lanes SET until = now() + make_interval(secs => $2) WHERE lease = ANY ($1::uuid[]) RETURNING lease::text`, mine, term.Seconds())
		pg.LaterColumn(tx, &cancelled, `SELECT run_id::text FROM agent_lanes WHERE lease = ANY ($1::uuid[]) AND cancelled`, mine)
		tx.Queue(free + ` WHERE lease IS NOT NULL AND until < now()`)
		return nil
	})
	if err != nil {
		return err
	}
	l.interrupt(cancelled)
	l.settle(mine, held)
	return nil
}

const free = `UPDATE agent_lanes SET lease = NULL, holder = NULL, until = NULL, woken = false, turn = (SELECT last_value FROM agent_turn)`

// takeBack frees what a dead process had in hand, when no other but this one
// works the database.
func (l *Lanes) takeBack(ctx context.Context) {
	err := l.db.Global(pg.OnWorker(ctx), func(tx *pg.Tx) error {
		tx.Queue(free + ` WHERE lease IS NOT NULL`)
		return nil
	})
	if err != nil {
		l.Logger.WarnContext(ctx, "runs wait until the leases of a dead process lapse", "error", err)
	}
}

func (l *Lanes) leases() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]string, 0, len(l.inHand))
	for lease := range l.inHand {
		out = append(out, lease)
	}
	return out
}

// settle notes which of the leases asked for are still ours. One that is not
// there any more was left just now, or is another's: its context ends.
func (l *Lanes) settle(asked, held []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, lease := range asked {
		h := l.inHand[lease]
		switch {
		case h == nil:
		case slices.Contains(held, lease):
			h.renewed = time.Now()
		default:
			h.cancel(ErrLost)
		}
	}
}

// interrupt ends the contexts of runs that were cancelled.
func (l *Lanes) interrupt(runs []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.inHand {
		if slices.Contains(runs, h.run) {
			h.cancel(ErrCancelled)
		}
	}
}

func (l *Lanes) drop(which func(*inHand) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.inHand {
		if which(h) {
			h.cancel(ErrLost)
		}
	}
}
