// Package pooler finds out whether a transaction pooler stands before PostgreSQL.
package pooler

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// What answers at the other end.
const (
	Direct  = "direct"
	Named   = "pooler"
	Unnamed = "pooler without named statements"
)

// Probe finds out, by behaviour and never by version, what is at the other
// end, in a way that other clients of a busy pooler cannot disturb.
func Probe(ctx context.Context, cfg *pgx.ConnConfig) (string, pgx.QueryExecMode, error) {
	c, err := pgconn.ConnectConfig(ctx, cfg.Config.Copy())
	if err != nil {
		return "", 0, err
	}
	defer c.Close(ctx)
	pid, err := ask(ctx, c, "SELECT pg_backend_pid()")
	if err != nil {
		return "", 0, err
	}
	if pid == strconv.FormatUint(uint64(c.PID()), 10) {
		return Direct, pgx.QueryExecModeCacheStatement, nil
	}
	named, err := keepsNames(ctx, c)
	if err != nil {
		return "", 0, err
	}
	if named {
		return Named, pgx.QueryExecModeCacheStatement, nil
	}
	return Unnamed, pgx.QueryExecModeCacheDescribe, nil
}

// keepsNames reports whether the pooler gives statements names of its own, so
// that those of its clients do not collide. The transaction holds on to one
// server connection, on which the name is then looked for.
func keepsNames(ctx context.Context, c *pgconn.PgConn) (bool, error) {
	name := "rapport_probe_" + strings.ToLower(rand.Text()[:12])
	if _, err := ask(ctx, c, "BEGIN"); err != nil {
		return false, err
	}
	if _, err := c.Prepare(ctx, name, "SELECT 1", nil); err != nil {
		return false, fmt.Errorf("prepare a statement: %w", err)
	}
	known, err := ask(ctx, c, "SELECT count(*) FROM pg_prepared_statements WHERE name = '"+name+"'")
	err = errors.Join(err, c.Deallocate(ctx, name))
	_, end := ask(ctx, c, "COMMIT")
	return known == "0", errors.Join(err, end)
}

// ask runs a query and returns its first value, "" if it has none.
func ask(ctx context.Context, c *pgconn.PgConn, sql string) (string, error) {
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", fmt.Errorf("find out what answers: %w", err)
	}
	if len(results) == 0 || len(results[0].Rows) == 0 {
		return "", nil
	}
	return string(results[0].Rows[0][0]), nil
}
