package queue

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// SchemaVersion changes whenever Migrate would leave another schema.
const SchemaVersion = "river-0.51"

// grants are exactly what inserting and working need: the application adds
// jobs in its transactions, the login role works them.
const grants = `
	GRANT USAGE ON SCHEMA river TO rapport_app;
	GRANT USAGE ON SEQUENCE river.river_job_id_seq TO rapport_app;
	GRANT SELECT, INSERT, UPDATE (kind) ON river.river_job TO rapport_app;`

// Migrate brings the queue's tables up to date, each step in a transaction of
// its own, owned by rapport_owner. It takes no lock: the caller holds the one
// of the migrations.
func Migrate(ctx context.Context, url string) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return fmt.Errorf("connect to migrate the queue: %w", err)
	}
	defer pool.Close()
	return migrate(ctx, pool)
}

func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: Schema})
	if err != nil {
		return fmt.Errorf("open the queue's migrations: %w", err)
	}
	if err := asOwner(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS river`)
		return err
	}); err != nil {
		return err
	}
	for more := true; more; {
		err := asOwner(ctx, pool, func(tx pgx.Tx) error {
			res, err := m.MigrateTx(ctx, tx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{MaxSteps: 1})
			if err != nil {
				return err
			}
			more = len(res.Versions) > 0
			return nil
		})
		if err != nil {
			return fmt.Errorf("migrate the queue: %w", err)
		}
	}
	return asOwner(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, grants+`
			DO $$ BEGIN
				EXECUTE format('GRANT USAGE ON SCHEMA river TO %I', session_user);
				EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA river TO %I', session_user);
				EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA river TO %I', session_user);
			END $$`)
		return err
	})
}

func asOwner(ctx context.Context, pool *pgxpool.Pool, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL ROLE rapport_owner`); err != nil {
			return err
		}
		return f(tx)
	})
}
