package statements_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/ops/statements"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// Whatever PostgreSQL left in a statement, no value is shown.
func TestNoValueIsShown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT name\n\tFROM contacts WHERE id = $1 AND name = 'Ana ''Fjord''' LIMIT 50": "SELECT name FROM contacts WHERE id = $1 AND name = ? LIMIT ?",
		`SELECT "a 1", E'x\'y', $tag$ana$tag$ FROM t1`:                                   `SELECT "a 1", ?, ?`,
		"INSERT INTO t VALUES (4711, 1.5e3) -- Ana":                                      "INSERT INTO t VALUES (?, ?)",
		"SELECT 'never closed":                                                           "SELECT ?",
		"SELECT /* Ana */ 1":                                                             "SELECT ?",
	} {
		if got := statements.Bare(text); got != want {
			t.Errorf("Bare(%q) = %q, want %q", text, got, want)
		}
	}
}

// Where the extension is not there, or was made and not loaded, the answer says
// how to have it; else it shows statements. Both servers are to be had: see
// RAPPORT_TEST_DATABASE_URL.
func TestTheAnswerShowsStatementsOrSaysHowToHaveThem(t *testing.T) {
	t.Parallel()
	quiet := slog.New(slog.DiscardHandler)
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	var loaded bool
	if err := db.Session().QueryRow(t.Context(), `SELECT current_setting('shared_preload_libraries') LIKE '%pg_stat_statements%'`).Scan(&loaded); err != nil {
		t.Fatal(err)
	}
	api := httpapi.New(statements.New(db).Ops(), op.Door{}, quiet)
	for _, made := range []bool{false, true} {
		if made {
			if _, err := db.Session().Exec(t.Context(), `CREATE EXTENSION pg_stat_statements`); err != nil {
				t.Fatal(err)
			}
		}
		answer, err := api.Call(actor.With(t.Context(), actor.Actor{Kind: actor.System, Operator: true}), "statement.list", json.RawMessage(`{"sort": "mean"}`))
		if err != nil {
			t.Fatalf("with the extension made, %t: %v", made, err)
		}
		var got statements.Statements
		if made && loaded {
			if err := json.Unmarshal(answer, &got); err != nil || !got.Available || len(got.Data) == 0 || strings.Contains(string(answer), "pg_stat_statements'") {
				t.Errorf("%s, %v; want statements without values", answer, err)
			}
			continue
		}
		if err := json.Unmarshal(answer, &got); err != nil || got.Available || !strings.Contains(got.How, "shared_preload_libraries") || got.Data == nil {
			t.Errorf("with the extension made, %t: %s; want it to say how", made, answer)
		}
	}
}
