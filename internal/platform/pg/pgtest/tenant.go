package pgtest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"rapport/internal/platform/id"
)

// Workspace makes an organization with one workspace, a tenant for one test,
// and returns the workspace's id.
func Workspace(t testing.TB, pool *pgxpool.Pool) string {
	t.Helper()
	org, ws := id.New(), id.New()
	_, err := pool.Exec(context.Background(), `
		WITH o AS (INSERT INTO identity.organizations (id, name) VALUES ($1, 'Test') RETURNING id)
		INSERT INTO identity.workspaces (id, organization_id, slug, name, time_zone)
		SELECT $2, o.id, 'test-' || $3, 'Test', 'Europe/Lisbon' FROM o`, org, ws, ws)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}
