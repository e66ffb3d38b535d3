package app_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/app"
	"rapport/internal/app/config"
	"rapport/internal/platform/pg/pgtest"
)

// BenchmarkContactList is a page of 50 contacts through the whole handler with
// PostgreSQL behind it. cpu-µs/op is the processor time of this process, which
// a crowded machine changes less than ns/op.
func BenchmarkContactList(b *testing.B) {
	h, r := contactList(b)
	each(b, crowd, func() { answered(b, h, r.WithContext(r.Context())) }) // as many share r
}

// BenchmarkContactListServed is the same behind net/http, with a client that
// does next to nothing.
func BenchmarkContactListServed(b *testing.B) {
	h, r := contactList(b)
	served(b, h, r)
}

// BenchmarkChain is what stands before and behind every operation: one that
// does nothing, through the whole handler, for a caller that is known.
func BenchmarkChain(b *testing.B) {
	h, r := idling(b)
	each(b, 1, func() { answered(b, h, r) })
}

// BenchmarkChainServed is the same behind net/http.
func BenchmarkChainServed(b *testing.B) {
	h, r := idling(b)
	served(b, h, r)
}

// idling is a handler with an operation that does nothing behind Rapport's own
// door, and a call of it.
func idling(b *testing.B) (http.Handler, *http.Request) {
	b.Helper()
	type idle struct {
		op.InWorkspace
		Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		Sort  string `query:"sort" maxLength:"100"`
	}
	nothing := op.New(op.Meta{Name: "bench.idle", Method: "GET", Path: "/v1/workspaces/{workspace}/idle", Scope: "contact:read"},
		func(context.Context, *idle) (*op.Raw[op.List[string]], error) {
			return op.NewRaw[op.List[string]]([]byte(`{"data":[]}`)), nil
		})
	a, r := known(b)
	r.URL.Path = strings.TrimSuffix(r.URL.Path, "contacts") + "idle"
	return httpapi.New([]op.Operation{nothing}, a.Door(), slog.New(slog.DiscardHandler)).Handler(), r
}

// contactList is Rapport with a full page of contacts, and a call for it.
func contactList(b *testing.B) (http.Handler, *http.Request) {
	b.Helper()
	a, r := known(b)
	r.Header.Set("Cache-Control", "no-cache")
	return a.API.Handler(), r
}

// known is Rapport, with a call of somebody that it knows.
func known(b *testing.B) (*app.App, *http.Request) {
	b.Helper()
	dsn := pgtest.URL(b)
	c, err := config.Load(map[string]string{"DATABASE_URL": dsn, "RAPPORT_DATA": b.TempDir(), "RAPPORT_REGISTRATION": "open",
		"RAPPORT_PASSWORD_MEMORY": "1", "RAPPORT_AI": "off", "RAPPORT_LIMITS_SHADOW": "all"})
	if err != nil {
		b.Fatal(err)
	}
	a, err := app.Open(b.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(a.Close)
	h := a.API.Handler()
	w := httptest.NewRecorder()
	register := httptest.NewRequest("POST", "/v1/auth/register", strings.NewReader(`{"email":"ann@example.com","password":"correct horse battery","name":"Ann","organization":"Ann"}`))
	register.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(w, register)
	if w.Code != http.StatusCreated {
		b.Fatalf("register = %d %s", w.Code, w.Body)
	}
	var cookies []string
	for _, k := range w.Result().Cookies() {
		cookies = append(cookies, k.Name+"="+k.Value)
	}
	r := httptest.NewRequest("GET", "/v1/workspaces/"+populate(b, dsn)+"/contacts?limit=50", nil)
	r.Header.Set("Cookie", strings.Join(cookies, "; "))
	return a, r
}

// populate fills the only workspace and returns its id.
func populate(b *testing.B, dsn string) (workspace string) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(b.Context()))
	for _, sql := range []string{`
		INSERT INTO companies (workspace_id, id, name, domain)
		SELECT w.id, gen_random_uuid(), 'Lumen Works ' || i, 'lumen' || i || '.example' FROM identity.workspaces w, generate_series(1, 100) i`, `
		INSERT INTO contacts (workspace_id, id, name, email, title, phone, status, company_id, score, last_interaction_at, created_at, updated_at, source)
		SELECT c.workspace_id, gen_random_uuid(), 'Ada Lindqvist ' || i, 'ada.lindqvist.' || i || '@lumen.example', 'Head of purchasing', '+1 555 0100 ' || i,
			'lead', CASE WHEN i % 2 = 0 THEN c.id END, CASE WHEN i % 3 = 0 THEN i % 100 END, now() - make_interval(secs => i * 1000.123456), now(), now(), 'import'
		FROM companies c, generate_series(1, 20) i`,
		`ANALYZE`} {
		if _, err := conn.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	if err := conn.QueryRow(b.Context(), `SELECT id::text FROM identity.workspaces`).Scan(&workspace); err != nil {
		b.Fatal(err)
	}
	return workspace
}

// sink throws an answer away.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

func answered(b *testing.B, h http.Handler, r *http.Request) {
	s := sink{header: http.Header{}}
	h.ServeHTTP(&s, r)
	if s.status != http.StatusOK {
		b.Errorf("GET %s = %d", r.URL, s.status)
	}
}

// served puts the call to a server, by a crowd of clients that do next to nothing.
func served(b *testing.B, h http.Handler, r *http.Request) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(httpapi.Whole(server, ln)) }() // ends with the server
	b.Cleanup(func() { _ = server.Close() })
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nCache-Control: no-cache\r\n\r\n", r.URL.RequestURI(), r.Header.Get("Cookie"))
	idle := make(chan *client, crowd)
	for range crowd {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		idle <- &client{conn, bufio.NewReaderSize(conn, 32<<10)}
	}
	each(b, crowd, func() {
		c := <-idle
		if err := c.ask(request); err != nil {
			b.Error(err)
		}
		idle <- c
	})
}

// client is a connection to the server.
type client struct {
	net.Conn
	in *bufio.Reader
}

// ask sends a request and reads the answer without looking at it.
func (c *client) ask(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	length := -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if n, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(n))); err != nil {
				return err
			}
		}
		if len(line) == 2 {
			_, err := c.in.Discard(length)
			return err
		}
	}
}

// crowd is how many calls are under way at once.
const crowd = 32

// each runs f b.N times, so many at once, and reports the processor time of one.
func each(b *testing.B, many int, f func()) {
	for range 50 { // statements are prepared, caches are warm
		f()
	}
	b.ReportAllocs()
	b.ResetTimer()
	begin := spent()
	var next atomic.Int64
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			for next.Add(1) <= int64(b.N) {
				f()
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(spent()-begin)/float64(b.N)/1000, "cpu-µs/op")
}

// spent is the processor time of this process in nanoseconds.
func spent() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail with these arguments
	return u.Utime.Nano() + u.Stime.Nano()
}
