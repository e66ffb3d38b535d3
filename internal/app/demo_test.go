package app_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/internal/app"
	"rapport/internal/platform/pg/pgtest"
)

// serveDemo runs Rapport with the demo, calls do once it has started, and ends.
func serveDemo(t *testing.T, env map[string]string, do func(url string)) {
	t.Helper()
	c, err := app.Load(env)
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

// listed asks as the machine itself for the first page of a list in the demo.
func listed[T any](t *testing.T, dir, url, noun string) []T {
	t.Helper()
	key, err := app.LocalKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/v1/workspaces/northlight-studio/"+noun, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var list struct{ Data []T }
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", noun, res.Status, err)
	}
	return list.Data
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

// An interrupted start has left its mark and some of the records. A later one
// goes on where it stood; a finished one leaves the workspace alone.
func TestDemoIsFilledOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := map[string]string{"DATABASE_URL": pgtest.URL(t), "RAPPORT_DATA": dir, "RAPPORT_DEMO": "true", "RAPPORT_LISTEN": "127.0.0.1:0", "RAPPORT_PASSWORD_MEMORY": "1"}
	want := map[string]int{"custom-fields": 2, "imports": 1, "tags": 3}
	serveDemo(t, env, func(url string) {
		if got := counts(t, dir, url); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		eventually(t, "all mails imported", func() bool {
			imports := listed[importCounts](t, dir, url, "imports")
			return len(imports) == 1 && imports[0].Total != nil && *imports[0].Total == imports[0].Imported && imports[0].Personal > 30
		})
	})
	mark := filepath.Join(dir, "demo-unfinished")
	if _, err := os.Stat(mark); err == nil {
		t.Error("the mark of the unfinished demo is still there")
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	serveDemo(t, env, func(url string) {
		if got := counts(t, dir, url); !maps.Equal(got, want) {
			t.Errorf("after a second start there are %v, want %v", got, want)
		}
	})
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
		body := strings.NewReader(`{"email":"` + app.DemoEmail + `","password":"` + app.DemoPassword + `"}`)
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
