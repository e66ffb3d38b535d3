package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/embedded"
)

// outage is a database that can be taken away.
type outage struct {
	t   *testing.T
	dir string
	*embedded.Server
}

func newOutage(t *testing.T) *outage {
	t.Helper()
	dir, err := os.MkdirTemp("", "rapport-outage-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	o := &outage{t: t, dir: dir}
	t.Cleanup(func() { os.RemoveAll(dir) })
	o.begin()
	t.Cleanup(o.end)
	return o
}

func (o *outage) begin() {
	o.t.Helper()
	var err error
	o.Server, err = embedded.Start(context.Background(), embedded.Options{DataDir: filepath.Join(o.dir, "pg"), NoFsync: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *outage) end() {
	select {
	case <-o.Done():
		return
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	if err := o.Stop(ctx); err != nil {
		o.t.Error(err)
	}
}

// crash kills a server process that serves a connection: PostgreSQL throws out
// all others and recovers.
func (o *outage) crash() {
	o.t.Helper()
	conn, err := pgx.Connect(o.t.Context(), o.URL())
	if err != nil {
		o.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var pid int
	err = conn.QueryRow(o.t.Context(), `
		SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY state_change DESC LIMIT 1`).Scan(&pid)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		o.t.Fatal(err)
	}
	eventually(o.t, "PostgreSQL notices", func() bool { return conn.Ping(o.t.Context()) != nil })
}

func (p *process) ready() {
	p.t.Helper()
	eventually(p.t, "the server is ready", func() bool { return p.ask("", "GET", "/readyz", nil).status == http.StatusOK })
}

func TestDatabaseMayGoAndComeBack(t *testing.T) {
	t.Parallel()
	db := newOutage(t)
	s := newSite(t, "DATABASE_URL="+db.URL(), "RAPPORT_LIMITS_SHADOW=all") // it asks as fast as it can
	s.account("Lumen")
	p := s.serve()
	place := p.workspace()
	first := p.finished(p.upload("first.mbox", strings.NewReader(mbox(50))))
	if first.Imported != 50 {
		t.Fatalf("the first import ends as %+v", first)
	}
	under := p.upload("under.mbox", strings.NewReader(mbox(1500)))
	stress := p.stress(place)
	p.reached(under, func(i progress) bool { return i.Imported+i.Duplicates > 0 })
	db.end()

	for range 3 {
		for _, a := range []answer{
			p.ask(p.key, "GET", place+"/contacts", nil),
			p.ask(p.key, "POST", place+"/contacts", strings.NewReader(`{"name":"Cy Vale"}`)),
			p.ask("rk_unknown", "GET", place, nil),
			p.ask("", "POST", "/v1/auth/login", strings.NewReader(`{"email":"ana@lumen.example","password":"correct horse battery"}`)),
			p.ask(p.key, "POST", place+"/imports?filename=x.mbox", strings.NewReader(mbox(1))),
		} {
			p.unavailable(a)
		}
	}
	for path, want := range map[string]int{"/livez": 200, "/readyz": 503, "/api/health": 503} {
		if a := p.ask("", "GET", path, nil); a.status != want {
			t.Errorf("without a database GET %s is %d %s, want %d", path, a.status, a.body, want)
		}
	}
	s.refuses([]string{"in trouble", "database"}, "user", "list")

	db.begin()
	p.ready()
	for range 3 {
		db.crash()
		p.ready()
	}
	stress()
	if a := p.ask(p.key, "POST", place+"/contacts", strings.NewReader(`{"name":"Dee Vale"}`)); a.status != http.StatusCreated {
		t.Errorf("after the outage a contact is not made: %d %s", a.status, a.body)
	}
	after := p.finished(p.upload("after.mbox", strings.NewReader(strings.ReplaceAll(mbox(20), "harbour.example", "later.example"))))
	if after.Imported != 20 || after.Triaged != 20 {
		t.Errorf("an import after the outage ends as %+v", after)
	}
	if got := p.finished(under); got.State != "done" || got.seen() != 1500 || got.Imported+first.Imported != 1500 {
		t.Errorf("the import under way ends as %+v, want 1,500 messages", got)
	}
	if code := p.stop(os.Interrupt); code != 0 {
		t.Errorf("exit %d, want 0", code)
	}
}

// unavailable checks that an answer says to come back later.
func (p *process) unavailable(a answer) {
	p.t.Helper()
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || a.header.Get("Content-Type") != "application/problem+json" {
		p.t.Errorf("without a database: %d, Retry-After %q, %s %s", a.status, a.header.Get("Retry-After"), a.header.Get("Content-Type"), a.body)
	}
}

// stress asks all the time, the moment of the outage included, until it is
// called; nothing but success and 503 may come back.
func (p *process) stress(place string) (end func()) {
	ctx, cancel := context.WithCancel(p.t.Context())
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				a := p.ask(p.key, "GET", place+"/contacts?limit=5", nil)
				if n%2 == 0 {
					a = p.ask(p.key, "POST", place+"/contacts", strings.NewReader(fmt.Sprintf(`{"name":"Stress %d-%d"}`, n, i)))
				}
				if a.status == http.StatusServiceUnavailable {
					p.unavailable(a)
				} else if a.status/100 != 2 {
					p.t.Errorf("during the outage: %d %s", a.status, a.body)
				}
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}
