package search

import (
	"context"
	"fmt"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

// revision counts how words were written. Raise it when texts are cut or
// marked differently: each workspace is then written anew, while it is used.
const revision = 1

// Source writes the documents of one kind of record anew.
type Source struct {
	Kind string
	// Reindex writes the documents of up to most records behind an id, in order
	// of ids, and returns the last id and how many there were. It keeps others
	// from changing them until the transaction ends.
	Reindex func(tx *pg.Tx, after string, most int) (last string, n int, err error)
}

// Rebuilder writes all words of a workspace anew, step by step.
type Rebuilder struct {
	db      *pg.DB
	queue   *queue.Queue
	now     func() time.Time
	sources []Source
}

// NewRebuilder returns a rebuilder of these kinds, in this order.
func NewRebuilder(db *pg.DB, q *queue.Queue, now func() time.Time, sources ...Source) *Rebuilder {
	return &Rebuilder{db: db, queue: q, now: now, sources: sources}
}

// Rebuild is the job for one workspace.
type Rebuild struct {
	Workspace string `json:"workspace"`
}

// Kind names the job.
func (Rebuild) Kind() string { return "search.rebuild" }

// In is the workspace whose words are written anew.
func (r Rebuild) In() string { return r.Workspace }

// Progress is how far a rebuild is.
type Progress struct {
	State      string     `json:"state" enum:"never,running,done"`
	Kind       string     `json:"kind" doc:"The kind of record that is being written, or was last."`
	Done       int64      `json:"done" doc:"Records and messages written so far."`
	StartedAt  *time.Time `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
	Revision   int32      `json:"-"`
	After      string     `json:"-"`
}

const progressColumns = `revision, kind, after::text, done, started_at, finished_at, CASE WHEN finished_at IS NULL THEN 'running' ELSE 'done' END AS state`

// Ops lists the operations.
func (r *Rebuilder) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/search/rebuild"
	return []op.Operation{
		op.New(op.Meta{Name: "search.rebuild", Class: op.Background, Method: "POST", Path: path, Scope: "workspace:write", Status: 202,
			Summary: "Write the words that search goes by anew", Doc: "Takes minutes in a large workspace; search works meanwhile. One that runs begins again."}, r.start),
		op.New(op.Meta{Name: "search.progress", Method: "GET", Cached: op.Cached{Never: "Watched while it changes."}, Path: path, Scope: "workspace:read",
			Summary: "How far the writing of words is"}, r.progress),
	}
}

func (r *Rebuilder) start(ctx context.Context, _ *op.InWorkspace) (*op.Body[Progress], error) {
	var p Progress
	err := r.db.Write(ctx, func(tx *pg.Tx) error {
		begun, err := pg.One[Progress](tx, `
			INSERT INTO search_rebuilds AS r (workspace_id, revision, started_at) VALUES ($1, $2, $3)
			ON CONFLICT (workspace_id) DO UPDATE
			SET revision = excluded.revision, kind = '', after = '00000000-0000-0000-0000-000000000000', done = 0,
				started_at = excluded.started_at, finished_at = NULL
			RETURNING `+progressColumns, tx.Workspace(), revision, r.now())
		p = begun
		if err != nil {
			return err
		}
		return r.queue.Add(ctx, tx, Rebuild{tx.Workspace()})
	})
	return &op.Body[Progress]{Body: p}, err
}

func (r *Rebuilder) progress(ctx context.Context, _ *op.InWorkspace) (*op.Body[Progress], error) {
	var rows []Progress
	err := r.db.Read(ctx, func(tx *pg.Tx) (err error) {
		rows, err = pg.All[Progress](tx, `SELECT `+progressColumns+` FROM search_rebuilds WHERE workspace_id = $1`, tx.Workspace())
		return err
	})
	if err != nil || len(rows) == 0 {
		return &op.Body[Progress]{Body: Progress{State: "never"}}, err
	}
	return &op.Body[Progress]{Body: rows[0]}, nil
}

// Refresh begins a rebuild of the actor's workspace if its words were written
// by an older release.
func (r *Rebuilder) Refresh(ctx context.Context) error {
	return r.db.Write(ctx, func(tx *pg.Tx) error {
		n, err := tx.Exec(`
			INSERT INTO search_rebuilds AS r (workspace_id, revision, started_at) VALUES ($1, $2, $3)
			ON CONFLICT (workspace_id) DO UPDATE
			SET revision = excluded.revision, kind = '', after = '00000000-0000-0000-0000-000000000000', done = 0,
				started_at = excluded.started_at, finished_at = NULL
			WHERE r.revision < excluded.revision`, tx.Workspace(), revision, r.now())
		if err != nil || n == 0 {
			return err
		}
		return r.queue.Add(ctx, tx, Rebuild{tx.Workspace()})
	})
}

const (
	atOnce = 500              // records in one transaction
	shift  = 40 * time.Second // of one call of the job
)

// Work does a shift of a rebuild and asks for the next one. What is done is
// written down with each step, so that a process that dies loses one of them;
// two that meet take turns.
func (r *Rebuilder) Work(ctx context.Context, _ Rebuild) error {
	until := r.now().Add(shift)
	for ctx.Err() == nil {
		finished, err := r.step(ctx)
		if err != nil || finished {
			return err
		}
		if r.now().After(until) {
			return queue.Snooze(0)
		}
	}
	return ctx.Err()
}

// step writes the next records, and how far that is.
func (r *Rebuilder) step(ctx context.Context) (finished bool, err error) {
	err = r.db.Write(ctx, func(tx *pg.Tx) error {
		p, err := pg.One[Progress](tx, `SELECT `+progressColumns+` FROM search_rebuilds WHERE workspace_id = $1 FOR UPDATE`, tx.Workspace())
		if err == pg.ErrNone || err == nil && p.FinishedAt != nil {
			finished = true
			return nil
		}
		if err != nil {
			return err
		}
		at := r.source(p.Kind)
		last, n, err := r.sources[at].Reindex(tx, p.After, atOnce)
		if err != nil {
			return fmt.Errorf("rebuild the words of %s: %w", r.sources[at].Kind, err)
		}
		if n > 0 {
			event.Hint(tx, r.sources[at].Kind) // they are found by other words now
		}
		if n < atOnce {
			at, last = at+1, "00000000-0000-0000-0000-000000000000"
		}
		finished = at == len(r.sources)
		kind := r.sources[min(at, len(r.sources)-1)].Kind
		tx.Queue(`
			UPDATE search_rebuilds SET kind = $2, after = $3, done = done + $4, finished_at = CASE WHEN $5 THEN $6::timestamptz END
			WHERE workspace_id = $1`, tx.Workspace(), kind, last, n, finished, r.now())
		return nil
	})
	return finished, err
}

// source is the place of a kind; before the first it is the first.
func (r *Rebuilder) source(kind string) int {
	for i, s := range r.sources {
		if s.Kind == kind {
			return i
		}
	}
	return 0
}
