package app_test

import (
	"context"
	"encoding/json"
	"log/slog"
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

// counts asks as the machine itself how much of everything there is.
func counts(t *testing.T, dir, url string) map[string]int {
	t.Helper()
	key, err := app.LocalKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, noun := range []string{"custom-fields", "companies", "imports", "tags"} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/v1/workspaces/northlight-studio/"+noun, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var list struct{ Data []json.RawMessage }
		err = json.NewDecoder(res.Body).Decode(&list)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", noun, res.Status, err)
		}
		out[noun] = len(list.Data)
	}
	return out
}

// An interrupted start has left its mark and some of the records. A later one
// goes on where it stood; a finished one leaves the workspace alone.
func TestDemoIsFilledOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := map[string]string{"DATABASE_URL": pgtest.URL(t), "RAPPORT_DATA": dir, "RAPPORT_DEMO": "true", "RAPPORT_LISTEN": "127.0.0.1:0", "RAPPORT_PASSWORD_MEMORY": "1"}
	var want map[string]int
	serveDemo(t, env, func(url string) { want = counts(t, dir, url) })
	if want["custom-fields"] != 2 || want["companies"] < 9 || want["imports"] != 1 || want["tags"] != 3 {
		t.Errorf("got %v, want 2 custom fields, 9 companies or more, 1 import, 3 tags", want)
	}
	mark := filepath.Join(dir, "demo-unfinished")
	if _, err := os.Stat(mark); err == nil {
		t.Error("the mark of the unfinished demo is still there")
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	serveDemo(t, env, func(url string) {
		got := counts(t, dir, url)
		for _, noun := range []string{"custom-fields", "imports", "tags"} {
			if got[noun] != want[noun] {
				t.Errorf("after a second start there are %d %s, want %d", got[noun], noun, want[noun])
			}
		}
	})
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
