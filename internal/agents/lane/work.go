package lane

import (
	"context"
	"errors"
	"sync"
	"time"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/run"
	"rapport/internal/platform/telemetry"
)

const (
	// term is how long a lease lasts without renewal.
	term = 30 * time.Second
	// beat is how often leases are renewed and cancelled runs noticed.
	beat = 2 * time.Second
	// look is how often runs are looked for that nobody told of.
	look = 500 * time.Millisecond
	// absence is how long a run waits that was given back unfinished.
	absence = 2 * time.Second
	// patience is how long a stop waits for runs in hand before it interrupts
	// them.
	patience = 3 * time.Second
)

// ErrCancelled is the cause of the end of a run's context when somebody
// cancelled the run, ErrLost when another process has it.
var (
	ErrCancelled = errors.New("lane: the run was cancelled")
	ErrLost      = errors.New("lane: the lease was lost")
)

type inHand struct {
	run     string
	cancel  context.CancelCauseFunc
	renewed time.Time
}

// Work is done with each run. It returns nil when it has left the claim; else
// the run is given back and comes again.
type Work func(ctx context.Context, c Claim) error

// Run has runs worked until ctx ends. Those in hand may then finish for a short
// while; the rest is interrupted and given back.
func (l *Lanes) Run(ctx context.Context, work Work) error {
	if l.Sole {
		l.takeBack(ctx)
	}
	hands, interrupt := context.WithCancel(context.WithoutCancel(ctx))
	defer interrupt()
	var workers, beats sync.WaitGroup
	stop := make(chan struct{})
	beats.Go(func() { l.keep(pg.OnWorker(hands), stop) })
	l.dispatch(ctx, func(c Claim) {
		workers.Go(func() { l.hand(hands, c, work) })
	})
	idle := make(chan struct{})
	go func() { workers.Wait(); close(idle) }()
	wait(idle, patience)
	interrupt()
	<-idle
	close(stop)
	beats.Wait()
	return nil
}

// dispatch takes runs as long as there are free hands, until ctx ends.
func (l *Lanes) dispatch(ctx context.Context, begin func(Claim)) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		case <-l.poke:
		}
		next := look
		for ctx.Err() == nil && l.free() {
			c, due, err := l.take(pg.OnWorker(ctx))
			if err != nil {
				l.Logger.WarnContext(ctx, "runs of agents wait for the database", "error", err)
				next = absence
				break
			}
			if c == nil {
				next = min(look, max(due, time.Millisecond))
				break
			}
			begin(*c)
		}
		pause.Reset(next)
	}
}

func (l *Lanes) free() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.inHand) < l.Workers
}

type taken struct {
	Workspace, RunID string
	Cancelled        bool
	Served           *int64
}

// take claims the run whose turn it is; if there is none, due is how long until
// one that waits for a time.
func (l *Lanes) take(ctx context.Context) (*Claim, time.Duration, error) {
	lease := id.New()
	var got []taken
	var first []*time.Time
	err := l.db.Global(ctx, func(tx *pg.Tx) error {
		tx.Queue(ripen, l.Now())
		pg.Later(tx, &got, next, lease, l.holder, term.Seconds(), l.PerWorkspace, l.PerAgent)
		pg.LaterColumn(tx, &first, `SELECT min(due_at) FROM agent_lanes WHERE turn IS NULL AND lease IS NULL`)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	if len(got) > 0 {
		c := Claim{Workspace: got[0].Workspace, RunID: got[0].RunID, Lease: lease, Cancelled: got[0].Cancelled}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.inHand[lease] = &inHand{run: c.RunID, cancel: func(error) {}, renewed: time.Now()}
		return &c, 0, nil
	}
	if len(first) == 0 || first[0] == nil {
		return nil, look, nil
	}
	return nil, first[0].Sub(l.Now()), nil
}

// ripen gives their turns to runs that have become due.
const ripen = `
	UPDATE agent_lanes l SET turn = d.n + greatest((SELECT last_value FROM agent_turn) - 1,
		(SELECT max(o.turn) FROM agent_lanes o WHERE o.workspace = d.workspace AND o.priority = d.priority AND o.turn IS NOT NULL AND o.lease IS NULL))
	FROM (
		SELECT w.*, row_number() OVER (PARTITION BY workspace, priority ORDER BY due_at, run_id) AS n FROM (
			SELECT workspace, run_id, priority, due_at FROM agent_lanes WHERE turn IS NULL AND lease IS NULL AND due_at <= $1 ORDER BY due_at LIMIT 1000) w
	) d
	WHERE l.run_id = d.run_id AND l.turn IS NULL AND l.lease IS NULL`

// next leases the run whose turn it is. Two processes that ask at once may
// exceed the bounds by one each; the bounds are for fairness.
const next = `
	WITH held AS MATERIALIZED (SELECT workspace, agent FROM agent_lanes WHERE lease IS NOT NULL),
	full_up AS MATERIALIZED (SELECT workspace FROM held GROUP BY workspace HAVING count(*) >= $4),
	crowded AS MATERIALIZED (SELECT workspace, agent FROM held GROUP BY workspace, agent HAVING count(*) >= $5),
	next AS (
		SELECT run_id FROM agent_lanes
		WHERE turn IS NOT NULL AND lease IS NULL AND workspace NOT IN (SELECT workspace FROM full_up)
			AND (workspace, agent) NOT IN (SELECT workspace, agent FROM crowded)
		ORDER BY turn, priority, run_id LIMIT 1 FOR UPDATE SKIP LOCKED
	)
	UPDATE agent_lanes l SET lease = $1, holder = $2, until = now() + make_interval(secs => $3), woken = false
	FROM next WHERE l.run_id = next.run_id
	RETURNING l.workspace::text, l.run_id::text, l.cancelled,
		CASE WHEN l.turn > (SELECT last_value FROM agent_turn) THEN setval('agent_turn', l.turn) END AS served`

// hand works one run.
func (l *Lanes) hand(ctx context.Context, c Claim, work Work) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.mu.Lock()
	l.inHand[c.Lease].cancel = cancel
	l.mu.Unlock()
	ctx = telemetry.WithRequest(telemetry.WithOperation(pg.OnWorker(ctx), "run"), "run-"+c.RunID)
	ctx = actor.With(ctx, actor.Actor{Kind: actor.System, Name: "Rapport", Role: actor.Owner, WorkspaceID: c.Workspace})
	if err := run.Guard(ctx, l.Logger, "agents", func(ctx context.Context) error { return work(ctx, c) }); err != nil {
		l.giveBack(context.WithoutCancel(ctx), c, err)
	}
	l.mu.Lock()
	delete(l.inHand, c.Lease)
	l.mu.Unlock()
	l.nudge()
}

// giveBack returns a run that was not finished; one whose workspace is no more
// is over.
func (l *Lanes) giveBack(ctx context.Context, c Claim, why error) {
	over := l.Over != nil && l.Over(ctx, c.Workspace)
	if over {
		l.Logger.InfoContext(ctx, "a run ends with its workspace", "run", c.RunID)
	} else {
		l.Logger.WarnContext(ctx, "a run is given back", "run", c.RunID, "error", why)
	}
	err := l.db.Global(ctx, func(tx *pg.Tx) error {
		if over {
			tx.Queue(`DELETE FROM agent_lanes WHERE run_id = $1`, c.RunID)
			return nil
		}
		l.release(tx, c, l.Now().Add(absence))
		return nil
	})
	if err != nil {
		l.Logger.WarnContext(ctx, "the lease of a run lapses", "run", c.RunID, "error", err)
	}
}

func wait(c <-chan struct{}, most time.Duration) {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-c:
	case <-t.C:
	}
}
