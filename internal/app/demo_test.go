package app_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rapport/internal/app"
	"rapport/internal/app/config"
	"rapport/internal/app/demo"
	"rapport/internal/platform/pg/pgtest"
)

// serveDemo runs Rapport with the demo, calls do once it has started, and ends.
func serveDemo(t *testing.T, env map[string]string, do func(url string)) {
	t.Helper()
	c, err := config.Load(env)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), c, slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	started, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- a.Serve(ctx, func(url string) { started <- url })
		close(ended)
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	}()
	select {
	case url := <-started:
		do(url)
	case err := <-ended:
		t.Fatalf("the server ended with %v", err)
	}
}

// askLocally calls the API as the machine itself.
func askLocally(t *testing.T, dir, method, url string, want int, out any) {
	t.Helper()
	key, err := app.LocalKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != want {
		t.Fatalf("%s %s = %s, want %d", method, url, res.Status, want)
	}
	if out == nil {
		return
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		t.Fatal(err)
	}
}

// asked returns the first page of a list.
func asked[T any](t *testing.T, dir, url string) []T {
	t.Helper()
	var list struct{ Data []T }
	askLocally(t, dir, "GET", url, http.StatusOK, &list)
	return list.Data
}

// only returns the one record of a list.
func only[T any](t *testing.T, dir, url string) T {
	t.Helper()
	all := asked[T](t, dir, url)
	if len(all) != 1 {
		t.Fatalf("%s lists %d, want 1", url, len(all))
	}
	return all[0]
}

// listed returns the first page of a list in the demo.
func listed[T any](t *testing.T, dir, url, noun string) []T {
	t.Helper()
	return asked[T](t, dir, url+"/v1/workspaces/northlight-studio/"+noun)
}

// counts says how much the demo holds of everything that it enters itself.
func counts(t *testing.T, dir, url string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, noun := range []string{"custom-fields", "imports", "tags"} {
		out[noun] = len(listed[json.RawMessage](t, dir, url, noun))
	}
	return out
}

// The demo comes with the first start, and a second one leaves it alone.
func TestDemoIsFilledOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := map[string]string{"DATABASE_URL": pgtest.URL(t), "RAPPORT_DATA": dir, "RAPPORT_DEMO": "true", "RAPPORT_LISTEN": "127.0.0.1:0", "RAPPORT_PASSWORD_MEMORY": "1"}
	want := map[string]int{"custom-fields": 2, "imports": 1, "tags": 3}
	for range 2 {
		serveDemo(t, env, func(url string) {
			eventually(t, "all mails imported", func() bool {
				imports := listed[importCounts](t, dir, url, "imports")
				return len(imports) == 1 && imports[0].Total != nil && *imports[0].Total == imports[0].Imported && imports[0].Personal > 30
			})
			if got := counts(t, dir, url); !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

type importCounts struct {
	Total              *int
	Imported, Personal int
}

func TestDemoLeavesOtherInstallationsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.newTenant(t, "ana")
	dir := t.TempDir()
	env := map[string]string{"DATABASE_URL": w.app.Config.DatabaseURL, "RAPPORT_DATA": dir, "RAPPORT_DEMO": "true", "RAPPORT_LISTEN": "127.0.0.1:0", "RAPPORT_PASSWORD_MEMORY": "1"}
	serveDemo(t, env, func(url string) {
		body := strings.NewReader(`{"email":"` + demo.Email + `","password":"` + demo.Password + `"}`)
		res, err := http.Post(url+"/v1/auth/login", "application/json", body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("the demo login got %s, want 401", res.Status)
		}
	})
}

// A removed demo leaves nothing behind, and takes nothing else along.
func TestARemovedDemoIsGone(t *testing.T) {
	t.Parallel()
	dir, url := t.TempDir(), pgtest.URL(t)
	env := map[string]string{"DATABASE_URL": url, "RAPPORT_DATA": dir, "RAPPORT_DEMO": "true", "RAPPORT_LISTEN": "127.0.0.1:0", "RAPPORT_PASSWORD_MEMORY": "1"}
	serveDemo(t, env, func(base string) {
		demos := "/v1/organizations/" + only[struct{ ID string }](t, dir, base+"/v1/ops/organizations").ID + "/demos"
		eventually(t, "the first demo is full", func() bool {
			return only[demo.Workspace](t, dir, base+demos).State == "ready"
		})
		var second demo.Workspace
		askLocally(t, dir, "POST", base+demos, http.StatusAccepted, &second)
		eventually(t, "the second demo is full", func() bool {
			imports := asked[importCounts](t, dir, base+"/v1/workspaces/"+second.ID+"/imports")
			return len(imports) == 1 && imports[0].Total != nil && *imports[0].Total == imports[0].Imported
		})
		if rowsOf(t, url, second.ID) < 1000 {
			t.Fatalf("the second demo has %d rows, want a thousand and more", rowsOf(t, url, second.ID))
		}
		before := len(listed[json.RawMessage](t, dir, base, "contacts"))
		leave(t, url, second.ID)
		askLocally(t, dir, "DELETE", base+demos+"/"+second.ID, http.StatusNoContent, nil)
		if n := rowsOf(t, url, second.ID); n != 0 {
			t.Errorf("%d rows of the removed demo are left", n)
		}
		if _, err := os.Stat(filepath.Join(dir, "blobs", second.ID)); err == nil && !emptyBelow(t, filepath.Join(dir, "blobs", second.ID)) {
			t.Error("files of the removed demo are left")
		}
		if n := len(listed[json.RawMessage](t, dir, base, "contacts")); n != before || n == 0 {
			t.Errorf("the other workspace has %d contacts, want its %d", n, before)
		}
		askLocally(t, dir, "DELETE", base+demos+"/"+second.ID, http.StatusNotFound, nil)
	})
}

// leave leaves work of a workspace in the tables that span them.
func leave(t *testing.T, url, workspace string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, sql := range []string{`INSERT INTO mailbox_leases (workspace, mailbox_id) VALUES ($1, gen_random_uuid())`,
		`INSERT INTO notification_digests (workspace, user_id) VALUES ($1, gen_random_uuid())`} {
		if _, err := conn.Exec(t.Context(), sql, workspace); err != nil {
			t.Fatal(err)
		}
	}
}

// rowsOf counts what all tables hold of a workspace.
func rowsOf(t *testing.T, url, workspace string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `
		SELECT format('SELECT count(*) FROM %s WHERE workspace_id = $1', c.oid::regclass)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE n.nspname IN ('public', 'search', 'identity') AND c.relkind IN ('r', 'p') AND a.attname = 'workspace_id' AND NOT a.attisdropped
		UNION ALL SELECT 'SELECT count(*) FROM mailbox_leases WHERE workspace = $1' UNION ALL SELECT 'SELECT count(*) FROM notification_digests WHERE workspace = $1'`)
	if err != nil {
		t.Fatal(err)
	}
	queries, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queries {
		var k int
		if err := conn.QueryRow(t.Context(), q, workspace).Scan(&k); err != nil {
			t.Fatal(err)
		}
		n += k
	}
	return n
}

func emptyBelow(t *testing.T, dir string) bool {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
		}
		return err
	})
	return err == nil && files == 0
}
