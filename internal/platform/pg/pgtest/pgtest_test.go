package pgtest

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestURLIsMigratedAndPrivate(t *testing.T) {
	t.Parallel()
	a, b := URL(t), URL(t)
	run(t, a, "CREATE TABLE mine (n int)")
	if got := count(t, a, "pg_tables WHERE tablename IN ('mine', 'rapport_migrations')"); got != 2 {
		t.Errorf("the first database has %d of 2 tables", got)
	}
	if got := count(t, b, "pg_tables WHERE tablename = 'mine'"); got != 0 {
		t.Errorf("the second database sees the first one's table")
	}
}

func TestURLIsDroppedWithItsTest(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("user", func(t *testing.T) { name = databaseOf(URL(t)) })
	if got := count(t, Shared(t), "pg_database WHERE datname = '"+name+"'"); got != 0 {
		t.Errorf("%s outlives its test", name)
	}
}

func TestSharedIsOneDatabase(t *testing.T) {
	t.Parallel()
	if a, b := Shared(t), Shared(t); a != b {
		t.Errorf("Shared returns %s and %s, want one", databaseOf(a), databaseOf(b))
	}
}

func TestEmptyHasNoTables(t *testing.T) {
	t.Parallel()
	if got := count(t, Empty(t), "pg_tables WHERE schemaname = 'public'"); got != 0 {
		t.Errorf("an empty database has %d tables", got)
	}
}

func TestClonesForbidTemporaryTables(t *testing.T) {
	t.Parallel()
	var may bool
	query(t, URL(t), "SELECT has_database_privilege('rapport_app', current_database(), 'TEMPORARY')", &may)
	if may {
		t.Error("rapport_app may make temporary tables in a clone")
	}
}

func run(t *testing.T, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func query(t *testing.T, dsn, sql string, dst any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), sql).Scan(dst); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, dsn, from string) (n int) {
	t.Helper()
	query(t, dsn, "SELECT count(*) FROM "+from, &n)
	return n
}
