package migrate_test

import (
	"strings"
	"testing"

	"rapport/internal/platform/migrate"
	"rapport/internal/platform/pg/pgtest"
)

const (
	here  = "00000000-0000-7000-8000-00000000000a"
	there = "00000000-0000-7000-8000-00000000000b"
)

func TestTenantTableHasExactlyThreePolicies(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.Empty(t))
	mustUp(t, conn, history(t, contacts, "SELECT rapport_tenant('contacts')")) // twice is once
	got := ask[string](t, conn, `
		SELECT string_agg(format('%s %s %s %s using %s check %s', polname, polcmd, polpermissive, polroles::regrole[],
			pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)), E'\n' ORDER BY polname)
		FROM pg_policy WHERE polrelid = 'contacts'::regclass`)
	own := "(workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS \"nullif\"))"
	want := "app * t {rapport_app} using true check true\n" +
		"owner * t {rapport_owner} using true check true\n" +
		"tenant * f {rapport_app} using " + own + " check " + own
	if got != want {
		t.Errorf("policies:\n%s\nwant:\n%s", got, want)
	}
	if !ask[bool](t, conn, "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'contacts'::regclass") {
		t.Error("row security is not forced")
	}
	if got := ask[string](t, conn, "SELECT string_agg(privilege_type, ' ' ORDER BY privilege_type) FROM information_schema.role_table_grants WHERE grantee = 'rapport_app' AND table_name = 'contacts'"); got != "DELETE INSERT SELECT UPDATE" {
		t.Errorf("rapport_app may %s, want DELETE INSERT SELECT UPDATE", got)
	}
}

func TestApplicationSeesItsWorkspaceOnly(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.Empty(t))
	mustUp(t, conn, history(t, contacts))
	exec(t, conn, "SET ROLE rapport_app")
	for _, w := range []string{here, there} {
		exec(t, conn, "SET app.workspace_id = '"+w+"'; INSERT INTO contacts VALUES ('"+w+"', '"+here+"')")
	}
	for setting, want := range map[string]int{here: 1, there: 1, "": 0} {
		exec(t, conn, "SET app.workspace_id = '"+setting+"'")
		if got := ask[int](t, conn, "SELECT count(*) FROM contacts"); got != want {
			t.Errorf("workspace %q sees %d rows, want %d", setting, got, want)
		}
	}
	exec(t, conn, "SET app.workspace_id = '"+here+"'")
	for _, sql := range []string{
		"INSERT INTO contacts VALUES ('" + there + "', '" + there + "')",
		"UPDATE contacts SET workspace_id = '" + there + "'",
		"TRUNCATE contacts",
		"CREATE TABLE mine (n int)",
		"CREATE TEMPORARY TABLE mine (n int)",
		"SELECT rapport_tenant('contacts')",
		"ALTER TABLE contacts DISABLE ROW LEVEL SECURITY",
	} {
		if _, err := conn.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v, want 42501", sql, err)
		}
	}
	exec(t, conn, "SET ROLE rapport_owner")
	if got := ask[int](t, conn, "SELECT count(*) FROM contacts"); got != 2 {
		t.Errorf("the owner sees %d rows, want 2", got)
	}
}

func TestTenantTableNeedsItsWorkspaceInEachKey(t *testing.T) {
	t.Parallel()
	conn := open(t, pgtest.Empty(t))
	for name, table := range map[string]string{
		"no column":       "(id uuid PRIMARY KEY)",
		"may be null":     "(workspace_id uuid, id uuid)",
		"wrong type":      "(workspace_id text NOT NULL, id uuid)",
		"key without it":  "(workspace_id uuid NOT NULL, id uuid PRIMARY KEY)",
		"unique elsewise": "(workspace_id uuid NOT NULL, email text UNIQUE)",
	} {
		_, err := migrate.Up(t.Context(), conn, history(t, "CREATE TABLE bad "+table+"; SELECT rapport_tenant('bad')"), quiet)
		if err == nil || !strings.Contains(err.Error(), "workspace_id") {
			t.Errorf("%s: Up = %v, want a refusal", name, err)
		}
	}
}
