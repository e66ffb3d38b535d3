package app_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/api/op"
	"rapport/internal/app"
	"rapport/internal/platform/pg/pgtest"
)

// serve lets a world be reached as users reach it, by the server's own listener
// with its guards.
func (w *world) serve(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.app.ServeHTTP(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Logf("the server ended with %v", err)
		}
	})
	return ln.Addr().String()
}

// raw is a request as bytes.
func (n *tenant) raw(method, path, body string, length int) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nCookie: rapport_session=%s\r\nX-CSRF-Token: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, strings.ReplaceAll(path, "{w}", "/v1/workspaces/"+n.slug), n.session, n.csrf, length, body)
}

// opened counts the connections that the API has ever opened.
func opened(w *world) int64 { return w.app.DB.Stats()[0].Opened }

// sessions counts the connections that the database has, but the one that asks.
func sessions(t *testing.T, url string) (n int64) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// 2,400 clients that go away in the middle of their call cost no connection to
// the database: what they asked for is finished and dropped.
func TestClientsThatLeaveCostNoConnections(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	w := newWorldAt(t, url, false)
	addr := w.serve(t)
	n := w.newTenant(t, "leavers")
	before := opened(w)
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			for i := range 100 {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					t.Error(err)
					return
				}
				if i%2 == 0 {
					_, _ = io.WriteString(c, n.raw("GET", "{w}/tasks", "", 0))
				} else {
					body := fmt.Sprintf(`{"name":"Ada %d"}`, i)
					_, _ = io.WriteString(c, n.raw("POST", "{w}/contacts", body, len(body)))
				}
				if tcp, ok := c.(*net.TCPConn); ok {
					_ = tcp.SetLinger(0) // a reset, not a goodbye
				}
				_ = c.Close()
			}
		})
	}
	wg.Wait()
	if n, most := opened(w)-before, int64(12); n > most {
		t.Errorf("2,400 clients that left opened %d connections to the database, want the pool's %d at most", n, most)
	}
	if open := sessions(t, url); open > 20 {
		t.Errorf("the database has %d connections, want the pools'", open)
	}
	n.call(t, "GET", "{w}/contacts", nil).want(t, 200)
}

// Who sends a byte now and then holds a socket, but neither a place nor a
// connection to the database.
func TestSlowSendersHoldNothingThatOthersNeed(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), false, "RAPPORT_MAX_CALLS", "4", "RAPPORT_API_CONNECTIONS", "2")
	addr := w.serve(t)
	n := w.newTenant(t, "slow")
	for i := range 60 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		request := n.raw("POST", "{w}/contacts", `{"na`, 100)
		if i%3 == 0 {
			request = request[:40] // the header does not even end
		}
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		n.call(t, "GET", "{w}/contacts", nil).want(t, 200)
		n.call(t, "POST", "{w}/contacts", map[string]any{"name": "Ada"}).want(t, 201)
	}
	load := w.app.Load()
	if load.Calls.Taken != 0 || load.Connections.Open < 60 {
		t.Errorf("%d places are taken and %d connections open, want none and 60 or more", load.Calls.Taken, load.Connections.Open)
	}
	for _, pool := range load.Pools {
		if pool.InUse > 0 {
			t.Errorf("the pool %s has %d connections in use, want none", pool.Pool, pool.InUse)
		}
	}
}

func TestBodiesAndHeadersHaveTheirSize(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), false)
	n := w.newTenant(t, "sizes")
	large := map[string]any{"name": strings.Repeat("x", 1<<20)}
	if res := n.call(t, "POST", "{w}/contacts", large); res.status != 413 || res.code() != "body_too_large" || !strings.Contains(string(res.body), "1024 KiB") {
		t.Errorf("a body of 1 MiB: %d %s, want 413 with the size", res.status, res.body)
	}
	stranger := request{method: "POST", path: "/v1/auth/login", body: map[string]any{"email": "a@example.com", "password": strings.Repeat("x", 16<<10)}}
	if res := w.do(t, stranger); res.status != 413 || !strings.Contains(string(res.body), "16 KiB") {
		t.Errorf("a stranger's body of 16 KiB: %d %s, want 413", res.status, res.body)
	}
	for name, key := range map[string]string{"of 10 kB": strings.Repeat("k", 10<<10), "with bytes": "a\xffb", "with a tab": "a\tb"} {
		res := n.call(t, "POST", "{w}/contacts", map[string]any{"name": "Ada"}, "Idempotency-Key", key)
		if res.status != 400 || !bytes.Contains(res.body, []byte("Idempotency-Key")) {
			t.Errorf("a key %s: %d %s, want 400 that names it", name, res.status, res.body)
		}
	}
	c, err := net.Dial("tcp", w.serve(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_, _ = io.WriteString(c, "GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Large: "+strings.Repeat("h", 80<<10)+"\r\n\r\n") // it may be cut off
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != 431 {
		t.Errorf("a header of 80 KiB: %v, %v; want 431", res, err)
	}
}

// Whatever load there is, operators see what is going on.
func TestOperatorsAreLetInUnderAnyLoad(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), false, "RAPPORT_MAX_CALLS", "4")
	n := w.newTenant(t, "first") // the first user is an operator
	for range 4 {
		if _, err := w.app.Admit().Admit(t.Context(), op.Interactive, "stuck"); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	res := n.call(t, "GET", "{w}/tasks", nil)
	if res.status != 503 || res.code() != "overloaded" || res.header.Get("Retry-After") == "" {
		t.Errorf("a read while all places are taken: %d %s, want 503 with a time", res.status, res.body)
	}
	if waited := time.Since(begin); waited > 30*time.Second {
		t.Errorf("the refusal came after %v", waited)
	}
	n.call(t, "GET", "/v1/ops/overload", nil).want(t, 200)
	n.call(t, "GET", "/v1/me", nil).want(t, 200)
	w.do(t, request{method: "POST", path: "/v1/auth/login", body: map[string]any{"email": n.email, "password": "correct horse battery"}}).want(t, 200)
	var health struct{ Load struct{ State string } }
	for try := 0; try < 10 && health.Load.State != "overloaded"; try++ { // a second after the last refusal it is calm
		n.call(t, "GET", "{w}/tasks", nil).want(t, 503)
		w.do(t, request{method: "GET", path: "/api/health"}).want(t, 200).decode(t, &health)
	}
	if health.Load.State != "overloaded" {
		t.Errorf("the health says %q, want overloaded", health.Load.State)
	}
}

// Every class has its operations, as the tables of the documents say.
func TestClassesOfOperations(t *testing.T) {
	t.Parallel()
	want := map[string]op.Class{"auth.login": op.Entry, "auth.logout": op.Vital, "me.get": op.Vital, "overload.get": op.Vital, "secret.rotate": op.Vital,
		"contact.list": op.Browsing, "contact.update": op.Interactive, "contact.bulk_update": op.Background, "import.create": op.Background,
		"content.generate_bulk": op.Background, "ai.check": op.Background, "thread.bulk": op.Interactive}
	for _, o := range app.Contract().Ops() {
		if c, ok := want[o.Name]; ok && o.Class != c {
			t.Errorf("%s is %v, want %v", o.Name, o.Class, c)
		}
		if o.Scope == op.Operator && o.Class != op.Vital {
			t.Errorf("%s is %v: what operators do is vital", o.Name, o.Class)
		}
		delete(want, o.Name)
	}
	for name := range want {
		t.Errorf("there is no operation %s", name)
	}
}
