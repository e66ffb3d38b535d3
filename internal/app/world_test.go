package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/internal/app"
	"rapport/internal/app/config"
	"rapport/internal/platform/pg/pgtest"
)

// world is Rapport as its users meet it: an HTTP server over a database of its
// own, with jobs running.
type world struct {
	app    *app.App
	server *httptest.Server
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldAt(t, pgtest.URL(t), true)
}

// newWorldAt is a world over the database at url, with or without jobs; env are
// more settings, each a name and a value.
func newWorldAt(t *testing.T, url string, jobs bool, env ...string) *world {
	t.Helper()
	settings := map[string]string{"DATABASE_URL": url, "RAPPORT_DATA": t.TempDir(), "RAPPORT_REGISTRATION": "open", "RAPPORT_PASSWORD_MEMORY": "1",
		"RAPPORT_GOOGLE_CLIENT_ID": "rapport-test", "RAPPORT_GOOGLE_CLIENT_SECRET": "no secret",
		"RAPPORT_AUTH_RATE": "1000000",
		"RAPPORT_AI":        "off"} // no test calls a provider of models
	for i := 0; i+1 < len(env); i += 2 {
		settings[env[i]] = env[i+1]
	}
	c, err := config.Load(settings)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), c, slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{app: a, server: httptest.NewServer(a.API.Handler())}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() {
		if !jobs {
			ended <- nil
			ended <- nil
			return
		}
		go func() { ended <- a.Follow(ctx) }()
		ended <- a.Queue.Run(ctx)
	}()
	t.Cleanup(func() {
		w.server.Close()
		stop()
		for range 2 {
			if err := <-ended; err != nil {
				t.Errorf("a part ended with %v", err)
			}
		}
		a.Close()
	})
	return w
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// tenant is an organization with a workspace and somebody who owns it.
type tenant struct {
	w                    *world
	slug, workspace, org string
	user, email          string
	session, csrf        string
	ids                  map[string]string // a record of each entity
}

func (w *world) newTenant(t *testing.T, name string) *tenant {
	t.Helper()
	n := &tenant{w: w, email: name + "@example.com", ids: map[string]string{
		"incident": "01890a5d-ac96-774b-bcce-b302099a8057", "silence": "01890a5d-ac96-774b-bcce-b302099a8058"}} // the installation's, and nobody's
	body := map[string]any{"email": n.email, "password": "correct horse battery", "name": name, "organization": name, "time_zone": "Europe/Lisbon"}
	res := w.do(t, request{method: "POST", path: "/v1/auth/register", body: body})
	if res.status != 201 {
		t.Fatalf("register: %d %s", res.status, res.body)
	}
	for _, c := range res.cookies {
		switch c.Name {
		case "rapport_session":
			n.session = c.Value
		case "rapport_csrf":
			n.csrf = c.Value
		}
	}
	var me struct {
		User          struct{ ID string }
		Organizations []struct {
			ID         string
			Workspaces []struct{ ID, Slug string }
		}
	}
	res.decode(t, &me)
	n.user, n.org = me.User.ID, me.Organizations[0].ID
	n.slug, n.workspace = me.Organizations[0].Workspaces[0].Slug, me.Organizations[0].Workspaces[0].ID
	return n
}

// key makes an API key of the tenant with scopes.
func (n *tenant) key(t *testing.T, scopes ...string) string {
	t.Helper()
	var made struct{ ID, Secret string }
	n.call(t, "POST", "/v1/organizations/"+n.org+"/api-keys", map[string]any{"name": "test", "workspace": n.slug, "scopes": scopes}).want(t, 201).decode(t, &made)
	n.ids["api_key"] = made.ID
	return made.Secret
}

// call acts as the owner, signed in with a browser.
func (n *tenant) call(t *testing.T, method, path string, body any, headers ...string) response {
	t.Helper()
	h := map[string]string{"Cookie": "rapport_session=" + n.session, "X-CSRF-Token": n.csrf}
	for i := 0; i+1 < len(headers); i += 2 {
		h[headers[i]] = headers[i+1]
	}
	return n.w.do(t, request{method: method, path: strings.ReplaceAll(path, "{w}", "/v1/workspaces/"+n.slug), body: body, headers: h})
}

type request struct {
	method, path string
	body         any // an io.Reader is sent as it is
	headers      map[string]string
}

type response struct {
	status  int
	header  http.Header
	body    []byte
	cookies []*http.Cookie
	of      string
}

func (w *world) do(t *testing.T, r request) response {
	t.Helper()
	var body io.Reader
	contentType := "application/json"
	switch b := r.body.(type) {
	case nil:
	case io.Reader:
		body, contentType = b, "application/octet-stream"
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(t.Context(), r.method, w.server.URL+r.path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	for k, v := range r.headers {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultTransport.RoundTrip(req) // without following redirects
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return response{status: res.StatusCode, header: res.Header, of: r.method + " " + r.path} // it has no end
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{status: res.StatusCode, header: res.Header, body: answer, cookies: res.Cookies(), of: r.method + " " + r.path}
}

func (r response) want(t *testing.T, status int) response {
	t.Helper()
	if r.status != status {
		t.Fatalf("%s = %d %s, want %d", r.of, r.status, r.body, status)
	}
	return r
}

func (r response) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(r.body, into); err != nil {
		t.Fatalf("%s: %v in %s", r.of, err, r.body)
	}
}

func (r response) code() string {
	var p struct{ Code string }
	_ = json.Unmarshal(r.body, &p) // not a problem: no code
	return p.Code
}

// eventually asks until done says so; jobs need their time.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 1500 {
		if done() {
			return
		}
		<-tick.C
	}
	t.Fatal(what + ": never so")
}

func text(v any) string { return fmt.Sprint(v) }
