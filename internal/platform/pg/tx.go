package pg

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/metric"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/trace"
)

// Bind is the first statement of every transaction: it gives up the login's
// rights for those of rapport_app and names the workspace, both only until the
// transaction ends. It travels in one batch with the first query.
const Bind = `SELECT set_config('role', 'rapport_app', true), set_config('app.workspace_id', $1, true), set_config('statement_timeout', $2, true)`

// Tx is one transaction in one workspace. Queries that are queued travel with
// the next one that is run; what is queued last travels with COMMIT. A Tx is
// for one goroutine.
type Tx struct {
	ctx       context.Context
	asked     context.Context // of who asked, with its deadline
	conn      *pgxpool.Conn
	workspace string
	timeout   string
	queued    []*pgx.QueuedQuery
	write     bool
	begun     bool
	trips     int
	timer     *metric.Timer
	id        string
	after     []func(context.Context)
	announced bool
	changes   []Change
	span      *trace.Span   // of who asked
	waited    time.Duration // for the connection
	rows      int           // of the round trip under way
}

type txKey struct{}

// ErrNoWorkspace is a bug: somebody reached for tenant data without an actor.
var ErrNoWorkspace = errors.New("pg: the context names no workspace")

// Read runs f. Each flush is a transaction of its own and one round trip, with
// a snapshot of its own; inside a Write it is part of that transaction.
func (db *DB) Read(ctx context.Context, f func(*Tx) error) error {
	return db.in(ctx, false, f)
}

// Write runs f in one transaction: BEGIN travels with the first query, COMMIT
// with what is queued last. An error of f, or a panic, rolls everything back.
// Inside another Write it joins that transaction.
func (db *DB) Write(ctx context.Context, f func(*Tx) error) error {
	return db.in(ctx, true, f)
}

// Global runs f in a transaction that is bound to no workspace: tenant tables
// are empty in it. It is for the named functions that serve identity, and for
// platform tables. Inside another such transaction it joins that one.
func (db *DB) Global(ctx context.Context, f func(*Tx) error) error {
	if outer, ok := ctx.Value(txKey{}).(*Tx); ok && outer != nil && outer.workspace == "" {
		return outer.join(f)
	}
	return db.run(context.WithValue(ctx, txKey{}, nil), "", true, f)
}

func (db *DB) in(ctx context.Context, write bool, f func(*Tx) error) error {
	workspace := actor.Workspace(ctx)
	if workspace == "" {
		return ErrNoWorkspace
	}
	if outer, ok := ctx.Value(txKey{}).(*Tx); ok && outer != nil {
		if outer.workspace != workspace {
			return fmt.Errorf("pg: a transaction of workspace %s cannot act in %s", outer.workspace, workspace)
		}
		return outer.join(f)
	}
	return db.run(ctx, workspace, write, f)
}

// join runs f as a part of tx; what f queued has happened when it returns.
func (tx *Tx) join(f func(*Tx) error) error {
	if err := f(tx); err != nil {
		return err
	}
	return tx.Flush()
}

// Joins reports whether Read and Write would be part of a transaction that is
// under way in ctx, and see what it has not committed.
func Joins(ctx context.Context) bool {
	outer, ok := ctx.Value(txKey{}).(*Tx)
	return ok && outer != nil
}

// Within returns a context in which Read and Write join tx.
func Within(ctx context.Context, tx *Tx) context.Context {
	return context.WithValue(ctx, txKey{}, tx)
}

func (db *DB) run(ctx context.Context, workspace string, write bool, f func(*Tx) error) error {
	l := db.lane(ctx)
	span := trace.From(ctx)
	conn, waited, err := l.get(ctx)
	if err != nil {
		unserved(span, l, waited, err)
		return err
	}
	// A client that goes away must not break the server connection: the
	// statement timeout bounds the work, deadlines bound a dead network.
	tx := &Tx{ctx: context.WithoutCancel(ctx), asked: ctx, conn: conn, workspace: workspace, write: write, timer: l.trips, span: span, waited: waited, timeout: strconv.FormatInt(l.timeout.Milliseconds(), 10)}
	done := false
	defer func() {
		if !done {
			tx.rollback()
		}
		tx.within(0)
		if doubt := !done && conn.Conn().IsClosed(); done || doubt {
			db.news.tell(tx, doubt)
		}
		conn.Release()
		if done {
			if tx.announced {
				db.news.announce()
			}
			for _, f := range tx.after {
				f(ctx)
			}
		}
	}()
	if err := f(tx); err != nil {
		return tx.fault(err)
	}
	if err := tx.finish(); err != nil {
		return tx.fault(err)
	}
	done = true
	return nil
}

// fault is what the caller learns of err. A connection that broke under the
// transaction is nobody's fault here, whatever the network called it.
func (tx *Tx) fault(err error) error {
	err = classify(err)
	if _, known := errors.AsType[*problem.Error](err); !known && tx.conn.Conn().IsClosed() {
		return errLost.Because(err)
	}
	return err
}

// Context is for work inside the transaction: Read and Write join it.
func (tx *Tx) Context() context.Context { return Within(tx.ctx, tx) }

// Workspace is where the transaction is bound to.
func (tx *Tx) Workspace() string { return tx.workspace }

// ID names the transaction: all that it does is one batch, unless the actor
// names a larger one.
func (tx *Tx) ID() string {
	if tx.id == "" {
		tx.id = id.New()
	}
	return tx.id
}

// Trips counts the round trips so far.
func (tx *Tx) Trips() int { return tx.trips }

// AfterCommit runs f once the transaction has been committed.
func (tx *Tx) AfterCommit(f func(context.Context)) { tx.after = append(tx.after, f) }

// Queue adds a statement that nobody waits for; its error surfaces with the
// next flush, COMMIT at the latest.
func (tx *Tx) Queue(sql string, args ...any) *pgx.QueuedQuery {
	q := &pgx.QueuedQuery{SQL: sql, Arguments: args}
	tx.queued = append(tx.queued, q)
	return q
}

// Flush sends what is queued, in one round trip.
func (tx *Tx) Flush() error {
	if len(tx.queued) == 0 {
		return nil
	}
	return tx.send(false)
}

func (tx *Tx) send(commit bool) error {
	if err := tx.late(); err != nil {
		return err
	}
	b := &pgx.Batch{}
	opening := !tx.begun
	if opening {
		if tx.write {
			b.Queue("BEGIN")
		}
		b.Queue(Bind, tx.workspace, tx.timeout)
	}
	b.QueuedQueries = append(b.QueuedQueries, tx.queued...)
	if commit && tx.write {
		b.Queue("COMMIT").Exec(committed)
	}
	tx.rows = 0
	span := tx.noted(commit)
	tx.queued = nil
	tx.begun = tx.begun || tx.write
	tx.trips++
	tx.within(tx.bound())
	start := time.Now()
	err := tx.conn.SendBatch(tx.ctx, b).Close()
	tx.timer.Took(time.Since(start))
	span.Fail(err)
	span.End(trace.Int("db.rows", tx.rows))
	return err
}

// noted is the span of a round trip with what is queued.
func (tx *Tx) noted(commit bool) trace.Span {
	name := "db read"
	if tx.write {
		name = "db write"
	}
	attrs := append(make([]trace.Attr, 0, 8), trace.Int("db.trip", tx.trips+1), trace.Int("db.batch", len(tx.queued)), trace.Bool("db.commit", commit && tx.write))
	if tx.trips == 0 {
		attrs = append(attrs, trace.Int("db.pool_wait_us", tx.waited.Microseconds()))
	}
	for _, q := range tx.queued[:min(len(tx.queued), 3)] {
		attrs = append(attrs, trace.SQL(q.SQL))
	}
	return tx.span.Call(name, attrs...)
}

// unserved notes that there was no connection to be had.
func unserved(span *trace.Span, l *lane, waited time.Duration, err error) {
	s := span.Child("db connection", trace.Word("db.pool", l.name), trace.Int("db.pool_wait_us", waited.Microseconds()))
	s.Fail(err)
	s.End()
}

// late says that nobody waits for more of this transaction: its deadline has
// passed. What runs is left to run; nothing new is begun, COMMIT included. One
// who just left may still want what they asked for.
func (tx *Tx) late() error {
	if err := tx.asked.Err(); errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("pg: given up after %d round trips: %w", tx.trips, err)
	}
	return nil
}

// within lets the network take so long and no longer; 0 ends that. A deadline
// on the connection is cheaper than one in the context, which pgx watches with
// a goroutine for each batch. After it the connection is replaced.
func (tx *Tx) within(d time.Duration) {
	var until time.Time
	if d > 0 {
		until = time.Now().Add(d)
	}
	_ = tx.conn.Conn().PgConn().Conn().SetDeadline(until) // a closed connection says so when it is used
}

// errRolledBack says that f went on after a statement had failed: the server
// answers COMMIT with ROLLBACK then, and no error.
var errRolledBack = errors.New("pg: nothing was committed: an error of an earlier statement was passed over")

func committed(tag pgconn.CommandTag) error {
	if tag.String() != "COMMIT" {
		return errRolledBack
	}
	return nil
}

// bound is the statement timeout with a margin for the network.
func (tx *Tx) bound() time.Duration {
	ms, _ := strconv.Atoi(tx.timeout) // written by run
	return 2*time.Duration(ms)*time.Millisecond + 5*time.Second
}

func (tx *Tx) finish() error {
	if !tx.begun {
		if len(tx.queued) == 0 {
			return nil
		}
		return tx.send(true)
	}
	return tx.send(true)
}

// rollback ends a transaction that failed. A connection that cannot be reset
// is closed by pgx and replaced by the pool.
func (tx *Tx) rollback() {
	if tx.conn.Conn().PgConn().TxStatus() == 'I' {
		return
	}
	tx.within(5 * time.Second)
	if _, err := tx.conn.Exec(tx.ctx, "ROLLBACK"); err != nil {
		_ = tx.conn.Conn().Close(tx.ctx) // the pool replaces it; nothing was committed
	}
}
