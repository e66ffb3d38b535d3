package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// measureChain has the benchmark of internal/app call an operation that does
// nothing, behind the whole door.
func measureChain(ctx context.Context, b *bench) error {
	out, err := exec.CommandContext(ctx, "go", "test", "rapport/internal/app", "-run", "xxx", "-bench", "Chain$", "-benchtime", "50000x", "-count", strconv.Itoa(b.rounds)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go test: %w: %s", err, out)
	}
	work, allocations := column(out, "cpu-µs/op"), column(out, "allocs/op")
	if len(work) == 0 || len(allocations) == 0 {
		return fmt.Errorf("the benchmark says nothing: %s", out)
	}
	b.report.atMost(12, "chain", "CPU", "µs/request", work...)
	b.report.atMost(30, "chain", "allocations", "1/request", allocations...)
	return nil
}

// column are the figures of a unit in the output of go test.
func column(out []byte, unit string) (all []float64) {
	for _, m := range regexp.MustCompile(`([0-9.]+) `+regexp.QuoteMeta(unit)).FindAllSubmatch(out, -1) {
		v, _ := strconv.ParseFloat(string(m[1]), 64) // digits
		all = append(all, v)
	}
	return all
}

// measureGet reads contacts by their ids.
func measureGet(ctx context.Context, b *bench) error {
	d, err := b.contacts(ctx)
	if err != nil {
		return err
	}
	p, l, err := b.listServer(ctx, d)
	if err != nil {
		return err
	}
	defer p.stop()
	if l.Paths, err = d.gets(ctx, "/v1/workspaces/%s/contacts/%s"); err != nil {
		return err
	}
	var rate, work, p99, failed []float64
	for range b.rounds {
		o, cost, err := d.costOf(ctx, p, l)
		if err != nil {
			return err
		}
		rate, work, p99, failed = append(rate, o.rate()), append(work, cost*1e6), append(p99, o.P99), append(failed, o.failed())
	}
	b.report.add("get", "HTTP at 50 connections, uncached", "1/s", rate...)
	b.report.add("get", "CPU, server and PostgreSQL", "µs/request", work...)
	b.report.add("get", "latency p99 at saturation", "ms", p99...)
	b.report.atMost(0, "get", "errors", "", sum(failed))
	return nil
}

// gets are paths of contacts, with their workspace and id in this form.
func (d *database) gets(ctx context.Context, form string) (paths []string, err error) {
	err = d.query(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT workspace_id::text, id::text FROM contacts ORDER BY md5(id::text) LIMIT 2000`)
		if err != nil {
			return err
		}
		var workspace, id string
		_, err = pgx.ForEachRow(rows, []any{&workspace, &id}, func() error {
			paths = append(paths, fmt.Sprintf(form, workspace, id))
			return nil
		})
		return err
	})
	return paths, err
}

// measureCached compares hits with misses, and with a handler that knows
// nothing but the bytes of an answer.
func measureCached(ctx context.Context, b *bench) error {
	d, err := b.contacts(ctx)
	if err != nil {
		return err
	}
	p, misses, err := b.listServer(ctx, d)
	if err != nil {
		return err
	}
	defer p.stop()
	hits := misses
	hits.Header = ""
	bare, err := b.bare(ctx, hits, p)
	if err != nil {
		return err
	}
	defer bare.stop()
	empty := hits
	empty.Addr, empty.Paths = bare.addr(), []string{"/"}
	if err := errors.Join(warm(ctx, hits), warm(ctx, empty)); err != nil {
		return err
	}
	var rates [3][]float64
	var gain, share, work, failed []float64
	for range b.rounds {
		var now [3]outcome
		for i, l := range []load{hits, misses, empty} {
			before := cpu(p.cmd.Process.Pid)
			if now[i], err = l.run(ctx); err != nil {
				return err
			}
			if i == 0 {
				work = append(work, float64((cpu(p.cmd.Process.Pid)-before).Microseconds())/float64(max(now[i].Requests, 1)))
			}
			rates[i], failed = append(rates[i], now[i].rate()), append(failed, now[i].failed())
		}
		gain, share = append(gain, now[0].rate()/now[1].rate()), append(share, now[0].rate()/now[2].rate())
	}
	b.report.add("cached", "hits", "1/s", rates[0]...)
	b.report.add("cached", "read anew", "1/s", rates[1]...)
	b.report.add("cached", "bare handler of the same bytes", "1/s", rates[2]...)
	b.report.atLeast(3, "cached", "hits / read anew", "×", gain...)
	b.report.atLeast(0.75, "cached", "hits / bare handler", "", share...)
	b.report.add("cached", "CPU of rapport for a hit", "µs/request", work...)
	b.report.atMost(0, "cached", "errors", "", sum(failed))
	return nil
}

// bare starts a server that answers everything as p answers the first path.
func (b *bench) bare(ctx context.Context, l load, p *process) (*process, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", p.base+l.Paths[0], nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Cookie", l.Cookie)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read an answer: %s %w", res.Status, err)
	}
	dir := filepath.Join(b.dir, "bare")
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "body"), body, 0o600)); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return launch(ctx, dir, nil, self, "bare", dir)
}

// serveBare is a process that answers everything with the file body of a folder.
func serveBare(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	body, err := os.ReadFile(filepath.Join(args[0], "body"))
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body) // the client has gone
	})}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := os.WriteFile(filepath.Join(args[0], "address"), []byte("http://"+ln.Addr().String()), 0o600); err != nil {
		return err
	}
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// csrf is the line that lets the holder of a cookie write.
func csrf(cookie string) string {
	for part := range strings.SplitSeq(cookie, "; ") {
		if token, ok := strings.CutPrefix(part, "rapport_csrf="); ok {
			return "X-CSRF-Token: " + token
		}
	}
	return ""
}
