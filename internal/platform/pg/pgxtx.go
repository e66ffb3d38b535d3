package pg

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rapport/internal/platform/trace"
)

// Pgx returns the transaction as pgx sees it, for a library that inserts
// through it: the job queue. What was queued goes first. The library must
// neither commit nor roll back.
func (tx *Tx) Pgx() (pgx.Tx, error) {
	if !tx.begun && len(tx.queued) == 0 {
		tx.Queue("SELECT 1")
	}
	return begun{tx: tx}, tx.Flush()
}

// begun is the part of pgx.Tx that such a library uses; the rest is nil and
// would panic, which a test would show.
type begun struct {
	pgx.Tx
	tx *Tx
}

// lent counts and traces a round trip of the library; what it returns is called
// when the server has begun to answer.
func (tx *Tx) lent(sql string) func() {
	tx.trips++
	tx.within(tx.bound())
	s := tx.span.Call("db write", trace.SQL(sql), trace.Int("db.trip", tx.trips))
	return func() { s.End() }
}

func (b begun) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	defer b.tx.lent(sql)()
	return b.tx.conn.Exec(context.WithoutCancel(ctx), sql, args...)
}

func (b begun) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	defer b.tx.lent(sql)()
	return b.tx.conn.Query(context.WithoutCancel(ctx), sql, args...)
}

func (b begun) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	defer b.tx.lent(sql)()
	return b.tx.conn.QueryRow(context.WithoutCancel(ctx), sql, args...)
}

func (b begun) Conn() *pgx.Conn { return b.tx.conn.Conn() }
