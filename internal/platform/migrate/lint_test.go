package migrate

import (
	"strings"
	"testing"
	"testing/fstest"
)

const contacts = `CREATE TABLE contacts (
	workspace_id uuid NOT NULL,
	id uuid NOT NULL,
	PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('contacts');
`

func TestLintFindsWhatBreaksTheRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql, want string
		line      int
	}{
		"tenant table without policies": {"CREATE TABLE deals (workspace_id uuid NOT NULL);", "rapport_tenant('deals')", 1},
		"call for another table":        {"CREATE TABLE deals (workspace_id uuid);\nSELECT rapport_tenant('contacts');", "rapport_tenant('deals')", 1},
		"call in a comment":             {"CREATE TABLE deals (workspace_id uuid);\n-- SELECT rapport_tenant('deals');", "rapport_tenant('deals')", 1},
		"numeric column":                {"CREATE TABLE rates (\n\tid int,\n\tamount numeric(10, 2)\n);", "leakproof", 3},
		"numeric column added":          {"ALTER TABLE rates ADD COLUMN amount numeric;", "leakproof", 1},
		"enum":                          {"CREATE TYPE mood AS ENUM ('good', 'bad');", "enum", 1},
		"key across tenants":            {"CREATE TABLE notes (\n\tcontact_id uuid REFERENCES contacts (id)\n);", "cross tenants", 2},
		"composite key without tenant":  {"CREATE TABLE notes (c uuid, FOREIGN KEY (c) REFERENCES contacts (id));", "cross tenants", 1},
		"set null nulls the tenant":     {"CREATE TABLE notes (c uuid, FOREIGN KEY (workspace_id, c) REFERENCES contacts ON DELETE SET NULL);", "name the column", 1},
		"definer without path":          {"CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1; $$;", "search_path", 1},
		"index that blocks":             {"CREATE INDEX i ON contacts (id);", "CONCURRENTLY", 1},
		"contract in disguise":          {"\n\nALTER TABLE contacts DROP COLUMN id;", "contract", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := lint(t, contacts, c.sql)
			if len(found) != 1 || found[0].Line != c.line || !strings.Contains(found[0].Message, c.want) {
				t.Errorf("Lint = %v, want one finding in line %d that says %q", found, c.line, c.want)
			}
		})
	}
}

func TestLintAcceptsTheHouseStyle(t *testing.T) {
	t.Parallel()
	found := lint(t, contacts, `
		CREATE TABLE deals (
			workspace_id uuid NOT NULL,
			id uuid NOT NULL,
			note text DEFAULT 'numeric; enum',
			contact_id uuid,
			PRIMARY KEY (workspace_id, id),
			FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts ON DELETE SET NULL (contact_id)
		);
		CREATE INDEX deals_contact ON deals (workspace_id, contact_id);
		SELECT rapport_tenant('public.deals');
		CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $f$ SELECT 1; $f$;`,
		"-- rapport: contract\nALTER TABLE deals DROP COLUMN note;",
		"-- rapport: no-transaction\nCREATE INDEX CONCURRENTLY i ON deals (workspace_id, note);")
	if len(found) != 0 {
		t.Errorf("Lint = %v, want nothing", found)
	}
}

func TestSplitKnowsQuotesAndComments(t *testing.T) {
	t.Parallel()
	list := split("SELECT 'a;''b;'; -- c;\n/* d; */ DO $x$ BEGIN; $y$ END; $x$;\n;SELECT $1")
	want := []string{"SELECT 'a;''b;'", "DO $x$ BEGIN; $y$ END; $x$", "SELECT $1"}
	for i := range max(len(list), len(want)) {
		if i >= len(list) || i >= len(want) || list[i].text != want[i] {
			t.Fatalf("split = %+v, want %q", list, want)
		}
	}
	if got := list[1].line; got != 2 {
		t.Errorf("the second statement is in line %d, want 2", got)
	}
}

func lint(t *testing.T, scripts ...string) []Finding {
	t.Helper()
	found, err := Lint(numbered(scripts...))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// numbered are migrations 0001, 0002 and so on.
func numbered(scripts ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for i, sql := range scripts {
		files["000"+string(rune('1'+i))+"_step.sql"] = &fstest.MapFile{Data: []byte(sql)}
	}
	return files
}
