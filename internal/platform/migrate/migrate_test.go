package migrate_test

import (
	"context"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/migrate"
	"rapport/internal/platform/pg/pgtest"
	"rapport/migrations"
)

const contacts = `CREATE TABLE contacts (workspace_id uuid NOT NULL, id uuid NOT NULL, name text, PRIMARY KEY (workspace_id, id));
SELECT rapport_tenant('contacts');`

func TestUpRunsEachStepOnce(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.Empty(t))
	files := history(t, contacts)
	r, err := migrate.Up(t.Context(), conn, files, quiet)
	if err != nil || len(r.Applied) != 2 {
		t.Fatalf("Up = %+v, %v, want 2 steps", r, err)
	}
	r, err = migrate.Up(t.Context(), conn, files, quiet)
	if err != nil || len(r.Applied) != 0 {
		t.Errorf("second Up = %+v, %v, want nothing to do", r, err)
	}
	if got := ask[string](t, conn, "SELECT tableowner FROM pg_tables WHERE tablename = 'contacts'"); got != "rapport_owner" {
		t.Errorf("contacts belongs to %s, want rapport_owner", got)
	}
}

func TestProcessesTakeTurns(t *testing.T) {
	t.Parallel()
	url, files := pgtest.Empty(t), history(t, contacts)
	var wg sync.WaitGroup
	for range 4 {
		conn := open(t, url)
		wg.Go(func() {
			if _, err := migrate.Up(t.Context(), conn, files, quiet); err != nil {
				t.Errorf("Up: %v", err)
			}
		})
	}
	wg.Wait()
	if got := ask[int](t, open(t, url), "SELECT count(*) FROM rapport_migrations"); got != 2 {
		t.Errorf("%d steps recorded, want 2", got)
	}
}

func TestDatabasesOfOneClusterShareTheRoles(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 4 {
		conn := open(t, pgtest.Empty(t))
		wg.Go(func() {
			if _, err := migrate.Up(t.Context(), conn, migrations.Files, quiet); err != nil {
				t.Errorf("Up: %v", err)
			}
		})
	}
	wg.Wait()
}

func TestLoginRoleNeedsNoSuperuser(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	root := open(t, url)
	database := root.Config().Database
	exec(t, root, "CREATE ROLE "+database+" LOGIN CREATEROLE PASSWORD 'secret'; ALTER DATABASE "+database+" OWNER TO "+database)
	t.Cleanup(func() {
		exec(t, root, "DROP OWNED BY "+database+" CASCADE; REASSIGN OWNED BY "+database+" TO CURRENT_USER; DROP ROLE "+database)
	})
	c := root.Config().Copy()
	c.User, c.Password = database, "secret"
	conn, err := pgx.ConnectConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	// On 16 and later, who did not make the roles needs leave to grant them.
	exec(t, root, "DO $$ BEGIN GRANT rapport_owner, rapport_app TO "+database+" WITH ADMIN OPTION; EXCEPTION WHEN undefined_object THEN NULL; END $$")
	if _, err := migrate.Up(t.Context(), conn, history(t, contacts), quiet); err != nil {
		t.Errorf("Up as a plain login role: %v", err)
	}
}

func TestChangedFileIsRefusedByName(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.Empty(t))
	mustUp(t, conn, history(t, contacts))
	_, err := migrate.Up(t.Context(), conn, history(t, contacts+"\n-- later thought"), quiet)
	if err == nil || !strings.Contains(err.Error(), "0002_step.sql") {
		t.Errorf("Up = %v, want an error that names 0002_step.sql", err)
	}
}

func TestNumbersHaveNeitherGapNorTwin(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.Empty(t))
	for name, extra := range map[string]string{"gap": "0003_step.sql", "twin": "0001_step.sql", "name": "0002 step.sql"} {
		files := history(t)
		files[extra] = &fstest.MapFile{Data: []byte("SELECT 1")}
		if _, err := migrate.Up(t.Context(), conn, files, quiet); err == nil || !strings.Contains(err.Error(), ".sql") {
			t.Errorf("%s: Up = %v, want an error that names the file", name, err)
		}
	}
}

func TestFailedStepLeavesNothingAndNamesTheLine(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.Empty(t))
	_, err := migrate.Up(t.Context(), conn, history(t, "CREATE TABLE half (n int);\n\nSELECT nonsense;"), quiet)
	if err == nil || !strings.Contains(err.Error(), "0002_step.sql line 3") {
		t.Errorf("Up = %v, want 0002_step.sql line 3", err)
	}
	if ask[bool](t, conn, "SELECT to_regclass('half') IS NOT NULL") {
		t.Error("the failed step left its table")
	}
	if got := ask[string](t, conn, "SELECT current_user || current_setting('row_security')"); got != conn.Config().User+"on" {
		t.Errorf("the session is left as %s", got)
	}
}

func TestContractStepWaitsForConsent(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.Empty(t))
	mustUp(t, conn, history(t, contacts))
	files := history(t, contacts, "-- rapport: contract\nALTER TABLE contacts DROP COLUMN name", "CREATE TABLE later (n int)")
	r := mustUp(t, conn, files)
	if !slices.Equal(r.Held, []string{"0003_step.sql"}) || len(r.Applied) != 1 {
		t.Errorf("Up = %+v, want 0003 held and 0004 applied", r)
	}
	consent := quiet
	consent.Contract = true
	r, err := migrate.Up(t.Context(), conn, files, consent)
	if err != nil || len(r.Applied) != 1 || r.Applied[0].Version != 3 {
		t.Errorf("Up with consent = %+v, %v, want 0003 applied", r, err)
	}
}

func TestNewDatabaseRunsContractSteps(t *testing.T) {
	t.Parallel()
	r := mustUp(t, open(t, pgtest.Empty(t)), history(t, contacts, "-- rapport: contract\nALTER TABLE contacts DROP COLUMN name"))
	if len(r.Applied) != 3 {
		t.Errorf("Up = %+v, want 3 steps", r)
	}
}

func TestStepWithoutTransaction(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.Empty(t))
	mustUp(t, conn, history(t, contacts, "-- rapport: no-transaction\n"+
		"DROP INDEX CONCURRENTLY IF EXISTS by_name;\nCREATE INDEX CONCURRENTLY by_name ON contacts (workspace_id, name);"))
	if !ask[bool](t, conn, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_name'::regclass") {
		t.Error("the index is not valid")
	}
	if got := ask[string](t, conn, "SELECT current_user || current_setting('row_security')"); got != conn.Config().User+"on" {
		t.Errorf("the session is left as %s", got)
	}
}

func TestStepWaitsForALockByTryingAgain(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	conn, reader := open(t, url), open(t, url)
	mustUp(t, conn, history(t, contacts))
	exec(t, reader, "BEGIN; LOCK TABLE contacts IN ACCESS SHARE MODE")
	waits := make(chan struct{})
	o := migrate.Options{Log: slog.New(onLog{waits})}
	done := make(chan error, 1)
	go func() {
		_, err := migrate.Up(context.WithoutCancel(t.Context()), conn, history(t, contacts, "ALTER TABLE contacts ADD COLUMN age int"), o)
		done <- err
	}()
	<-waits
	exec(t, reader, "COMMIT")
	if err := <-done; err != nil {
		t.Errorf("Up: %v", err)
	}
}

func TestLockOfAnotherProcessIsWaitedForWithADeadline(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	exec(t, open(t, url), "SELECT pg_advisory_lock(7277678001)")
	o := quiet
	o.Wait = time.Millisecond
	_, err := migrate.Up(t.Context(), open(t, url), migrations.Files, o)
	if err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("Up = %v, want an error about another process", err)
	}
}

func TestFilteredStatementFailsLoudly(t *testing.T) {
	t.Parallel()
	_, err := migrate.Up(t.Context(), open(t, pgtest.Empty(t)), history(t, contacts, "UPDATE contacts SET name = ''"), quiet)
	if err == nil || !strings.Contains(err.Error(), "42501") {
		t.Errorf("Up = %v, want 42501", err)
	}
}

func TestStatusTellsPendingAppliedAndChanged(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.Empty(t))
	before, err := migrate.Status(t.Context(), conn, history(t))
	if err != nil || len(before) != 1 || !before[0].AppliedAt.IsZero() {
		t.Errorf("Status of an empty database = %+v, %v, want one pending step", before, err)
	}
	mustUp(t, conn, history(t, contacts))
	after, err := migrate.Status(t.Context(), conn, history(t, contacts+"\n", "SELECT 1"))
	if err != nil || len(after) != 3 {
		t.Fatalf("Status = %+v, %v, want 3 steps", after, err)
	}
	if after[0].AppliedAt.IsZero() || after[0].Changed || !after[1].Changed || !after[2].AppliedAt.IsZero() {
		t.Errorf("Status = %+v, want applied, changed, pending", after)
	}
}

func TestOlderReleaseAcceptsANewerDatabase(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.Empty(t))
	mustUp(t, conn, history(t, contacts))
	if _, err := migrate.Up(t.Context(), conn, history(t), quiet); err != nil {
		t.Errorf("Up of the older release: %v", err)
	}
}

var quiet = migrate.Options{Log: slog.New(slog.DiscardHandler)}

// onLog closes a channel at the first record.
type onLog struct{ c chan struct{} }

func (h onLog) Enabled(context.Context, slog.Level) bool { return true }
func (h onLog) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h onLog) WithGroup(string) slog.Handler            { return h }
func (h onLog) Handle(context.Context, slog.Record) error {
	select {
	case <-h.c:
	default:
		close(h.c)
	}
	return nil
}

// history is the real first migration and the given ones after it.
func history(t *testing.T, scripts ...string) fstest.MapFS {
	t.Helper()
	first, err := fs.ReadFile(migrations.Files, "0001_roles.sql")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"0001_roles.sql": {Data: first}}
	for i, sql := range scripts {
		files["000"+string(rune('2'+i))+"_step.sql"] = &fstest.MapFile{Data: []byte(sql)}
	}
	return files
}

func mustUp(t *testing.T, conn *pgx.Conn, files fs.FS) migrate.Report {
	t.Helper()
	r, err := migrate.Up(t.Context(), conn, files, quiet)
	if err != nil {
		t.Fatalf("Up: %v", err)
	}
	return r
}

func open(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.PgConn().Exec(context.WithoutCancel(t.Context()), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func ask[T any](t *testing.T, conn *pgx.Conn, sql string) (v T) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}
