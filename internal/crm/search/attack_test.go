package search_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rapport/internal/crm/search"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
)

// secret is a word that only somebody else's workspace has.
const secret = "zanzibar"

// beside makes a second workspace with the secret, and mail in both.
func beside(t *testing.T) (own, other *desk) {
	t.Helper()
	own, other = newDesk(t), newDesk(t)
	own.receive(letter("Ana <ana@x.example>", "Roof", "06-10", "The tiles."))
	other.receive(letter("Spy <spy@y.example>", "Plans", "06-10", "We meet in "+secret+"."))
	other.meet("Wilhelm " + secret + " <w@zanzibar.example>")
	return own, other
}

func TestAnotherWorkspaceIsNeverFound(t *testing.T) {
	t.Parallel()
	own, other := beside(t)
	if got := other.titles(secret); got != "Plans, Wilhelm zanzibar, Zanzibar" {
		t.Fatalf("the owner of the secret finds %q", got)
	}
	for _, q := range []string{secret, "from:" + secret, "company:" + secret, "to:" + secret, "zanzibra", "subject:plans", "in:contacts " + secret, "-roof " + secret, "is:unread " + secret, "has:attachment"} {
		if got := own.titles(q); got != "" {
			t.Errorf("%s finds %q of another workspace", q, got)
		}
	}
}

// None of these may fail, or find what does not have the words.
func TestStrangeInputFindsNothing(t *testing.T) {
	t.Parallel()
	own, _ := beside(t)
	for _, q := range []string{
		"%", "_", "%%%", "____", `\`, `%\`, "%zanzibar\\", "'", "''", `'; DROP TABLE messages; --`, "& | !", "!zanzibar", "(((", ")", "zanzibar:*", "':*", "*", "a:*", "<->", "<2>",
		"zanzibar & !!", "f:=spy@y.example", "'f:=spy@y.example'", "s:plans", "has:attachment'", `"`, `"""`, "\u0002\u0003", "\x00", "\xff\xfe", strings.Repeat("(", 900), strings.Repeat("zanzibar ", 100), strings.Repeat("%", 500) + secret,
		`from:"` + "'" + `"`, `from:\`, `from:'\'`, "company:%", "company:_____", `to:"\'"`, "after:0001-01-01 zanzibar", "after:9999-12-31", "before:0001-01-01", "🙂", "ﷺ", "e\u0301\u0301\u0301", strings.Repeat("é", 490),
	} {
		if got := own.titles(q); got != "" && got != "Ana, Roof, X" && got != "Ana, X" && got != "Ana, Roof" && got != "Roof" {
			t.Errorf("%.40q finds %q", q, got)
		}
	}
	if got := own.titles(strings.Repeat("roof ", 40_000)); got != "Roof" {
		t.Errorf("200 kB of roofs find %q, want Roof", got)
	}
}

// as runs SQL as somebody who has broken into the application's role, in a
// workspace or in none.
func (d *desk) as(workspace string, statements ...string) error {
	conn, err := pgx.Connect(d.ctx, d.db.Session().Config().ConnString())
	if err != nil {
		d.Fatal(err)
	}
	defer conn.Close(d.ctx)
	tx, err := conn.Begin(d.ctx)
	if err != nil {
		d.Fatal(err)
	}
	defer func() { _ = tx.Rollback(d.ctx) }()
	if _, err := tx.Exec(d.ctx, pg.Bind, workspace, "10000"); err != nil {
		d.Fatal(err)
	}
	for _, sql := range statements {
		tag, err := tx.Exec(d.ctx, sql)
		if err != nil {
			return err
		}
		if tag.Select() && tag.RowsAffected() > 0 {
			return fmt.Errorf("%s: %d rows", sql, tag.RowsAffected())
		}
	}
	return nil
}

// asked is a question as nobody's parser would write it.
func asked(mail, titles, loose string) string {
	person := map[string]string{"role": "f", "own": "'x'", "titles": titles, "loose": loose, "typos": ""}
	b, _ := json.Marshal(map[string]any{"mail": mail, "titles": titles, "loose": loose, "records": mail, "states": []string{}, "people": []any{person}, "companies": []any{}})
	return "$ask$" + string(b) + "$ask$::jsonb"
}

func TestTheTablesAreOutOfReach(t *testing.T) {
	t.Parallel()
	own, other := beside(t)
	ws, theirs := own.workspace(), other.workspace()
	kinds := "ARRAY['contact', 'company', 'thread', 'task']"
	for name, sql := range map[string]string{
		"documents": `SELECT * FROM search.documents`, "mail": `SELECT * FROM search.mail`, "the old table": `SELECT * FROM search.search_documents`,
		"inner functions":  `SELECT search.records('` + theirs + `', 'contact', '{}', NULL, NULL, NULL, 0)`,
		"inner letters":    `SELECT search.letters('` + theirs + `', '{"states":[]}', 'zanzibar', NULL, NULL, NULL)`,
		"inner people":     `SELECT search.people('` + theirs + `', '{}')`,
		"inner companies":  `SELECT search.companies('` + theirs + `', '{}')`,
		"a temporary one":  `CREATE TEMP TABLE documents (workspace_id uuid)`,
		"a schema to hide": `CREATE SCHEMA hide`,
		"a message of theirs": `SELECT search.put_mail(ARRAY(SELECT id FROM messages LIMIT 1) || ARRAY['` + id.New() + `']::uuid[],
			ARRAY['` + id.New() + `', '` + id.New() + `']::uuid[], ARRAY[now(), now()], ARRAY['', ''], ARRAY['', ''])`,
	} {
		if err := own.as(ws, sql); err == nil {
			t.Errorf("%s: %s is allowed", name, sql)
		}
	}
	for name, sql := range map[string]string{
		"without a workspace": `SELECT * FROM search.look(` + asked("'zanzibar'", "'n:zanzibar'", secret) + `, ` + kinds + `, 10)`,
	} {
		if err := own.as("", sql); err != nil {
			t.Errorf("%s: %v, want nothing", name, err)
		}
	}
	for _, sql := range []string{
		`SELECT * FROM search.look(` + asked("'zanzibar'", "'n:zanzibar'", secret) + `, ` + kinds + `, 10)`,
		`SELECT * FROM search.look(` + asked("'zanz':*", "'n:z':*", "zanzi%") + `, ` + kinds + `, -1)`,
		`SELECT * FROM search.look(` + asked("!'roof'", "", "%") + `, ARRAY['thread'], 2000000000)`,
		`SELECT * FROM search.look(NULL, ` + kinds + `, 10)`, `SELECT * FROM search.look('{}', ` + kinds + `, 10) f WHERE f.title ~ 'anzibar'`,
	} {
		if err := own.as(ws, `SET LOCAL enable_indexscan = off`, `SET LOCAL enable_bitmapscan = off`, sql); err != nil && !strings.Contains(err.Error(), "P0001") && !strings.Contains(err.Error(), "22023") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// What breaks breaks alike, whatever others have: an error is no oracle.
func TestAnErrorTellsNothingOfOthers(t *testing.T) {
	t.Parallel()
	own, _ := beside(t)
	for _, broken := range []string{`'a' &`, `(`, `'`, `zanzibar\`, `%\`} {
		with := own.as(own.workspace(), `SET LOCAL enable_indexscan = off`, `SELECT * FROM search.look(`+asked("'zanzibar' & "+broken, "", "")+`, ARRAY['thread'], 10)`)
		without := own.as(own.workspace(), `SET LOCAL enable_indexscan = off`, `SELECT * FROM search.look(`+asked("'nowhere00' & "+broken, "", "")+`, ARRAY['thread'], 10)`)
		if (with == nil) != (without == nil) {
			t.Errorf("%q: %v beside %v", broken, with, without)
		}
	}
	loose := func(word string) error {
		return own.as(own.workspace(), `SELECT * FROM search.look(`+asked("", "", word)+`, ARRAY['contact'], 10)`)
	}
	for _, pattern := range []string{"%zanzibar\\\\", "_anzibar", "%", "("} {
		if err := loose(pattern); err != nil && !strings.Contains(err.Error(), "rows") {
			t.Errorf("%q: %v, want no error", pattern, err)
		}
	}
}

func TestWordsCannotBeWrittenForOthers(t *testing.T) {
	t.Parallel()
	own, other := beside(t)
	if err := own.as("", `SELECT search.put_records('contact', ARRAY['`+id.New()+`']::uuid[], ARRAY['x'], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[now()], ARRAY[''], ARRAY[NULL]::uuid[])`); err == nil {
		t.Error("words can be written without a workspace")
	}
	if err := own.as("", `SELECT search.take_records('contact', ARRAY['`+id.New()+`']::uuid[])`); err == nil {
		t.Error("words can be removed without a workspace")
	}
	var theirs string
	other.write(func(tx *pg.Tx) (err error) {
		theirs, err = pg.Value[string](tx, `SELECT id::text FROM contacts WHERE workspace_id = $1 AND name_key LIKE '%zanzibar'`, tx.Workspace())
		return err
	})
	own.write(func(tx *pg.Tx) error {
		search.Remove(tx, "contact", theirs)
		search.MoveMail(tx, []string{theirs}, []string{id.New()})
		search.Put(tx, "contact", search.Document{ID: theirs, Title: "Mine"})
		return nil
	})
	if got := other.titles(secret, "contact"); got != "Wilhelm zanzibar" {
		t.Errorf("after an attempt to remove it, the owner finds %q", got)
	}
}

func (d *desk) workspace() string {
	var ws string
	d.write(func(tx *pg.Tx) error {
		ws = tx.Workspace()
		return nil
	})
	return ws
}
