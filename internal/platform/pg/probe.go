package pg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// What answers at the other end.
const (
	direct        = "direct"
	poolerNamed   = "pooler"
	poolerUnnamed = "pooler without named statements"
)

// probe finds out, by behaviour and never by version, what is at the other
// end. Two connections with the same backend mean a transaction pooler; if one
// statement name prepared on both collides there, the pooler does not keep
// names apart and statements must go unnamed.
func probe(ctx context.Context, cfg *pgx.ConnConfig) (string, pgx.QueryExecMode, error) {
	a, err := pgconn.ConnectConfig(ctx, cfg.Config.Copy())
	if err != nil {
		return "", 0, err
	}
	defer a.Close(ctx)
	b, err := pgconn.ConnectConfig(ctx, cfg.Config.Copy())
	if err != nil {
		return "", 0, err
	}
	defer b.Close(ctx)
	pidA, err := backend(ctx, a)
	if err != nil {
		return "", 0, err
	}
	pidB, err := backend(ctx, b)
	if err != nil {
		return "", 0, err
	}
	if pidA != pidB {
		return direct, pgx.QueryExecModeCacheStatement, nil
	}
	named, err := keepsNames(ctx, a, b)
	if err != nil {
		return "", 0, err
	}
	if named {
		return poolerNamed, pgx.QueryExecModeCacheStatement, nil
	}
	return poolerUnnamed, pgx.QueryExecModeCacheDescribe, nil
}

func backend(ctx context.Context, c *pgconn.PgConn) (string, error) {
	res, err := c.Exec(ctx, "SELECT pg_backend_pid()").ReadAll()
	if err != nil {
		return "", fmt.Errorf("ask for the backend: %w", err)
	}
	return string(res[0].Rows[0][0]), nil
}

func keepsNames(ctx context.Context, a, b *pgconn.PgConn) (bool, error) {
	const name = "rapport_probe"
	if _, err := a.Prepare(ctx, name, "SELECT 1", nil); err != nil {
		return false, fmt.Errorf("prepare a statement: %w", err)
	}
	_, err := b.Prepare(ctx, name, "SELECT 1", nil)
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code == "42P05" {
		return false, a.Deallocate(ctx, name)
	}
	if err != nil {
		return false, fmt.Errorf("prepare a statement twice: %w", err)
	}
	return true, errors.Join(a.Deallocate(ctx, name), b.Deallocate(ctx, name))
}
