// Package lane decides which run of an agent is worked next, and by whom. The
// runs are a queue that is fair to workspaces: each takes its turn, however
// many runs one of them has, and only so many of one are in hand at a time.
package lane

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
)

// Options bound what is in hand; zero fields have a default.
type Options struct {
	Workers      int // runs of this process; 16
	PerWorkspace int // runs of one workspace, in all processes; 4
	PerAgent     int // runs of one agent in a workspace; 3
	// Sole says that no other process works this database, so that runs which a
	// dead one had in hand can be taken at once.
	Sole bool
	// Over says whether a workspace, in which a run failed, is no more; nil: never.
	Over   func(ctx context.Context, workspace string) bool
	Now    func() time.Time
	Logger *slog.Logger
}

func (o *Options) complete() {
	if o.Workers == 0 {
		o.Workers = 16
	}
	if o.PerWorkspace == 0 {
		o.PerWorkspace = 4
	}
	if o.PerAgent == 0 {
		o.PerAgent = 3
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
}

// Lanes are the queue of all runs.
type Lanes struct {
	Options
	db     *pg.DB
	holder string
	poke   chan struct{}
	mu     sync.Mutex
	inHand map[string]*inHand // by lease
}

// New returns the lanes of db.
func New(db *pg.DB, o Options) *Lanes {
	o.complete()
	return &Lanes{Options: o, db: db, holder: id.New(), poke: make(chan struct{}, 1), inHand: map[string]*inHand{}}
}

// Entry is a run that wants to be worked.
type Entry struct {
	RunID    string
	Agent    string
	Priority int       // 0 goes first in its workspace
	Due      time.Time // not before
}

// turn is the one behind the last that a workspace has, and not before the one
// that is being served.
const turn = `greatest((SELECT last_value FROM agent_turn),
	(SELECT max(o.turn) + 1 FROM agent_lanes o WHERE o.workspace = $1 AND o.priority = $2 AND o.turn IS NOT NULL AND o.lease IS NULL))`

// Put queues a run within tx. One that is in hand just now comes again when it
// has been left.
func (l *Lanes) Put(tx *pg.Tx, e Entry) {
	tx.Queue(`
		INSERT INTO agent_lanes AS l (workspace, priority, run_id, agent, due_at, turn)
		VALUES ($1, $2, $3, $4, $5::timestamptz, CASE WHEN $5 <= $6::timestamptz THEN `+turn+` END)
		ON CONFLICT (run_id) DO UPDATE SET woken = l.lease IS NOT NULL, due_at = least(l.due_at, excluded.due_at),
			turn = CASE WHEN l.lease IS NULL THEN coalesce(l.turn, excluded.turn) END`,
		tx.Workspace(), e.Priority, e.RunID, e.Agent, e.Due, l.Now())
	tx.AfterCommit(func(context.Context) { l.nudge() })
}

// Claim is a run in hand. Lease tells it from an earlier claim of the same.
type Claim struct {
	Workspace string
	RunID     string
	Lease     string
	Cancelled bool
}

// Leave ends a claim within the transaction that ends or parks the run. A run
// that was put meanwhile stays and is worked again.
func (l *Lanes) Leave(tx *pg.Tx, c Claim) {
	tx.Queue(`DELETE FROM agent_lanes WHERE run_id = $1 AND lease = $2 AND NOT woken`, c.RunID, c.Lease)
	l.release(tx, c, l.Now())
}

// Later ends a claim within tx; the run comes again at a time.
func (l *Lanes) Later(tx *pg.Tx, c Claim, at time.Time) { l.release(tx, c, at) }

// release lets another take the run. When it is due the next claim gives it a
// turn.
func (l *Lanes) release(tx *pg.Tx, c Claim, at time.Time) {
	tx.Queue(`
		UPDATE agent_lanes SET lease = NULL, holder = NULL, until = NULL, woken = false, turn = NULL, due_at = CASE WHEN woken THEN $4::timestamptz ELSE $3 END
		WHERE run_id = $1 AND lease = $2`, c.RunID, c.Lease, at, l.Now())
	tx.AfterCommit(func(context.Context) { l.nudge() })
}

// Cancel interrupts runs that are in hand, once tx has been committed, wherever
// they are worked, and has those worked at once that wait for a time.
func (l *Lanes) Cancel(tx *pg.Tx, runs []string) {
	tx.Queue(`UPDATE agent_lanes SET cancelled = true, due_at = least(due_at, $2) WHERE run_id = ANY ($1::uuid[])`, runs, l.Now())
	tx.AfterCommit(func(context.Context) {
		l.interrupt(runs)
		l.nudge()
	})
}

func (l *Lanes) nudge() {
	select {
	case l.poke <- struct{}{}:
	default:
	}
}
