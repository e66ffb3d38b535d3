package queue

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// SchemaVersion changes whenever Migrate would leave another schema.
const SchemaVersion = "river-0.51.1"

// grants are exactly what inserting and working need: the application adds
// jobs in its transactions, the login role works them.
const grants = `
	DO $$ BEGIN
		GRANT USAGE ON SCHEMA river TO rapport_app;
		GRANT USAGE ON SEQUENCE river.river_job_id_seq TO rapport_app;
		GRANT SELECT, INSERT, UPDATE (kind) ON river.river_job TO rapport_app;
		EXECUTE format('GRANT USAGE ON SCHEMA river TO %I', session_user);
		EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA river TO %I', session_user);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA river TO %I', session_user);
	END $$`

// Migrate brings the queue's tables up to date, owned by rapport_owner, one
// process at a time. url leads to a session, not to a transaction pooler.
func Migrate(ctx context.Context, url string) error {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("read the address to migrate the queue: %w", err)
	}
	cfg.MaxConns = 3
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `SET ROLE rapport_owner`)
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect to migrate the queue: %w", err)
	}
	defer pool.Close()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to migrate the queue: %w", err)
	}
	defer conn.Release()
	// Two processes that start at once take turns; the lock ends with the pool.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(7203004)`); err != nil {
		return fmt.Errorf("wait for another migration of the queue: %w", err)
	}
	if _, err := pool.Exec(ctx, `DO $$ BEGIN IF to_regnamespace('river') IS NULL THEN CREATE SCHEMA river; END IF; END $$`); err != nil {
		return fmt.Errorf("make the schema of the queue: %w", err)
	}
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: Schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("open the queue's migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the queue: %w", err)
	}
	if _, err := pool.Exec(ctx, grants); err != nil {
		return fmt.Errorf("grant the queue: %w", err)
	}
	return nil
}
