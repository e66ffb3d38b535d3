package event

import (
	"context"
	"log/slog"
	"time"

	"rapport/internal/platform/pg"
)

// Change is a line of the feed: a record changed. EntityID may be All.
type Change struct {
	Seq       int64
	Line      string // as pg.Change has it; "" for none
	Workspace string
	Entity    string
	EntityID  string
	Kind      Kind
	Fields    []string
	XID       uint64 // of the transaction that made it
}

// Batch is what came after a place in the feed. Changes to one record are in
// the order in which they were made.
type Batch struct {
	Cursor  Cursor // where the next one begins
	Changes []Change
	// Lost says that there was more than is told here: whoever shows something
	// shall ask again for all of it.
	Lost bool
}

// Reader follows the feed for one process, by the difference between two
// snapshots: each commit is seen exactly once, at the first look after it,
// however long others take. Its place is kept in memory.
type Reader struct {
	db     *pg.DB
	log    *slog.Logger
	tell   func(Batch)
	every  time.Duration
	now    func() time.Time
	cursor Cursor
	away   bool
	looked func(Look)
}

// Look is one that succeeded: when it began, which all commits before are told
// of by now, and the snapshot of the server that it saw.
type Look struct {
	Began            time.Time
	Server, Snapshot string
}

const (
	lookEvery  = 400 * time.Millisecond // without news
	lookAtMost = 15 * time.Millisecond  // with news all the time
	mostAtOnce = 5_000                  // changes; beyond it nobody is told each
)

// NewReader returns a reader that calls tell with each batch that holds
// something, one at a time. tell must not block.
func NewReader(db *pg.DB, log *slog.Logger, tell func(Batch)) *Reader {
	return &Reader{db: db, log: log, tell: tell, every: lookEvery, now: time.Now, looked: func(Look) {}}
}

// Looked has f hear of each look that succeeded, after what it found was told.
func (r *Reader) Looked(f func(Look)) { r.looked = f }

// Run reads until ctx ends. A database that is away is waited for; what
// happened meanwhile is told when it is back.
func (r *Reader) Run(ctx context.Context) error {
	poll, rest := time.NewTimer(0), time.NewTimer(0)
	defer poll.Stop()
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-poll.C:
		case <-r.db.News().Heard():
		}
		rest.Reset(lookAtMost)
		r.note(ctx, r.look(ctx))
		select {
		case <-ctx.Done():
			return nil
		case <-rest.C:
		}
		poll.Reset(r.every)
	}
}

// note logs when the database goes away and comes back, not each look between.
func (r *Reader) note(ctx context.Context, err error) {
	switch {
	case err != nil && ctx.Err() == nil && !r.away:
		r.log.WarnContext(ctx, "live updates wait for the database", "error", err)
	case err == nil && r.away:
		r.log.InfoContext(ctx, "live updates go on")
	}
	r.away = err != nil
}

// look reads once and tells what it found.
func (r *Reader) look(ctx context.Context) error {
	var rows []line
	from, began := r.cursor, time.Now()
	lost := from.over(r.now())
	if lost {
		from = Cursor{snapshot: nothingKnown}
	}
	err := r.db.Global(pg.OnWatch(ctx), func(tx *pg.Tx) error {
		pg.Later(tx, &rows, readFeed, from.snapshot, lost, mostAtOnce+1, "")
		return nil
	})
	if err != nil {
		return err
	}
	b := batchOf(rows, r.now(), mostAtOnce)
	b.Lost = b.Lost || lost
	r.cursor = b.Cursor
	if b.Lost || len(b.Changes) > 0 {
		r.tell(b)
	}
	r.looked(Look{Began: began, Server: rows[0].Server, Snapshot: rows[0].Place})
	return nil
}

// nothingKnown stands for a snapshot where there is none to compare with.
const nothingKnown = "1:1:"

// line is a row of readFeed: the place, and a change unless Seq is 0.
type line struct {
	Place  string
	Server string
	Astray bool
	Change
}

// readFeed returns the present snapshot with all that the one before could not
// see. Both come from one statement, so that they are of the same moment. A
// snapshot that is ahead of the server's belongs to another server.
const readFeed = `
	WITH s AS MATERIALIZED (SELECT pg_current_snapshot() AS place)
	SELECT s.place::text, current_database() || ' since ' || extract(epoch FROM pg_postmaster_start_time()) AS server, pg_snapshot_xmax(s.place) < pg_snapshot_xmax($1::text::pg_snapshot) AS astray,
		coalesce(f.seq, 0) AS seq, coalesce(f.event_id::text, '') AS line, coalesce(f.workspace::text, '') AS workspace, coalesce(f.entity, '') AS entity,
		coalesce(f.entity_id::text, '') AS entity_id, coalesce(f.kind, '') AS kind, coalesce(f.fields, '{}') AS fields,
		coalesce(f.xid::text::bigint, 0) AS xid
	FROM s
	LEFT JOIN LATERAL (
		SELECT seq, event_id, workspace, entity, entity_id, kind, fields, xid
		FROM feed
		WHERE NOT $2 AND xid >= pg_snapshot_xmin($1::text::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
			AND ($4 = '' OR workspace = nullif($4, '')::uuid)
		ORDER BY seq
		LIMIT $3
	) f ON true
	ORDER BY f.seq`

func batchOf(rows []line, now time.Time, most int) Batch {
	b := Batch{Cursor: Cursor{at: now, snapshot: rows[0].Place}, Lost: rows[0].Astray || len(rows) > most}
	if b.Lost || rows[0].Seq == 0 {
		return b
	}
	for _, row := range rows {
		b.Changes = append(b.Changes, row.Change)
	}
	return b
}

// Since reads what changed in the workspace of tx after a place that a reader
// had told; beyond most changes, or longer ago than the feed is kept, it is
// lost.
func Since(tx *pg.Tx, c Cursor, now time.Time, most int) (Batch, error) {
	if c.over(now) {
		return Batch{Lost: true}, nil
	}
	rows, err := pg.All[line](tx, readFeed, c.snapshot, false, most+1, tx.Workspace())
	if err != nil {
		return Batch{}, err
	}
	return batchOf(rows, now, most), nil
}

// PruneFeed removes what every consumer has long read.
func PruneFeed(tx *pg.Tx) error {
	_, err := tx.Exec(`DELETE FROM feed WHERE at < now() - $1::interval`, kept)
	return err
}
