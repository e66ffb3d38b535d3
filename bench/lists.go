package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/crm/contact"
	"rapport/internal/crm/lead"
	"rapport/internal/platform/list"
)

const (
	pageSize = 50
	conns    = 50
	many     = 500
	warmUp   = 2 // seconds
	uncached = "Cache-Control: no-cache"
)

// listSQL is what the operation contact.list runs for its first page, with the
// workspace as $1.
func listSQL(workspace string) (string, error) {
	w := list.NewWhere(workspace)
	w.Add("c.deleted_at IS NULL")
	sql, _, err := contact.Listing.Build(list.Query{Limit: pageSize}, w)
	if n := len(w.Args()); err == nil && n != 1 {
		err = fmt.Errorf("the list takes %d arguments, not one", n)
	}
	return sql, err
}

// measureList compares HTTP with pgbench on the same SQL, in turns.
func measureList(ctx context.Context, b *bench) error {
	return b.lists(ctx, "list", conns, 0.60)
}

// measureList500 is the same with many connections.
func measureList500(ctx context.Context, b *bench) error {
	return b.lists(ctx, "list500", many, 0.50)
}

func (b *bench) lists(ctx context.Context, name string, conns int, goal float64) error {
	d, err := b.contacts(ctx)
	if err != nil {
		return err
	}
	p, l, err := b.listServer(ctx, d)
	if err != nil {
		return err
	}
	defer p.stop()
	l.Conns = conns
	floor, err := d.pgbench(b.dir)
	if err != nil {
		return err
	}
	if b.profile != "" {
		go profile(p, b.profile, b.seconds)
	}
	var m listFigures
	for range b.rounds {
		tps, err := floor.run(ctx, b.seconds)
		if err != nil {
			return err
		}
		server, postgres := cpu(p.cmd.Process.Pid), d.spent()
		o, err := l.run(ctx)
		if err != nil {
			return err
		}
		m.add(tps, o, cpu(p.cmd.Process.Pid)-server, d.spent()-postgres)
	}
	if err := d.ran(ctx); err != nil {
		return err
	}
	m.report(&b.report, name, conns, goal)
	return nil
}

// listFigures are those of the rounds so far.
type listFigures struct {
	tps, rate, ratio, server, postgres, p50, p99, failed, kB []float64
}

func (m *listFigures) add(tps float64, o outcome, server, postgres time.Duration) {
	perRequest := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(max(o.Requests, 1)) }
	m.tps, m.rate, m.ratio = append(m.tps, tps), append(m.rate, o.rate()), append(m.ratio, o.rate()/tps)
	m.server, m.postgres = append(m.server, perRequest(server)), append(m.postgres, perRequest(postgres))
	m.p50, m.p99 = append(m.p50, o.P50), append(m.p99, o.P99)
	m.failed = append(m.failed, o.failed())
	m.kB = append(m.kB, float64(o.Bytes)/float64(max(o.Requests, 1))/1000)
}

func (m *listFigures) report(r *report, name string, conns int, goal float64) {
	r.add(name, "pgbench -c 16, same SQL and settings", "1/s", m.tps...)
	r.add(name, fmt.Sprintf("HTTP at %d connections", conns), "1/s", m.rate...)
	r.atLeast(goal, name, "HTTP / pgbench", "", m.ratio...)
	r.add(name, "CPU of rapport", "µs/request", m.server...)
	r.add(name, "CPU of PostgreSQL under HTTP", "µs/request", m.postgres...)
	r.add(name, "latency p50 at saturation", "ms", m.p50...)
	r.add(name, "latency p99 at saturation", "ms", m.p99...)
	r.add(name, "answer", "kB", median(m.kB))
	r.atMost(0, name, "errors", "", sum(m.failed))
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

// listServer starts Rapport over d, with more settings, and returns it, warm,
// with its load.
func (b *bench) listServer(ctx context.Context, d *database, env ...string) (*process, load, error) {
	name, args := b.binary, []string{"serve"}
	if b.profile != "" {
		var err error
		if name, err = os.Executable(); err != nil {
			return nil, load{}, err
		}
		args = []string{"profiled"}
	}
	start := time.Now()
	p, err := launch(ctx, filepath.Join(b.dir, "data"), append(env, "DATABASE_URL="+d.server.URL()), name, args...)
	if err != nil {
		return nil, load{}, err
	}
	l := load{Addr: p.addr(), Conns: conns, Seconds: float64(b.seconds), Header: uncached}
	for _, ws := range d.workspaces {
		l.Paths = append(l.Paths, fmt.Sprintf("/v1/workspaces/%s/contacts?limit=%d", ws, pageSize))
	}
	if l.Cookie, err = d.signIn(ctx, p.base); err == nil {
		err = errors.Join(d.settle(ctx, start), warm(ctx, l))
	}
	if err != nil {
		p.stop()
	}
	return p, l, err
}

// settle waits until the server that was started then has scored the contacts
// that it found, which it begins some seconds after it is ready, and cleans up
// after that, so that its jobs are not measured as part of a request.
func (d *database) settle(ctx context.Context, started time.Time) error {
	conn, err := pgx.Connect(ctx, d.server.URL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for {
		var settled bool
		err := conn.QueryRow(ctx, `
			SELECT count(*) FILTER (WHERE kind = $1 AND created_at >= $2) > 0
				AND count(*) FILTER (WHERE state IN ('available', 'running', 'retryable', 'pending')) = 0
			FROM river.river_job`, lead.Nightly{}.Kind(), started).Scan(&settled)
		if err != nil {
			return err
		}
		if settled {
			_, err := conn.Exec(ctx, `VACUUM ANALYZE`)
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// warm prepares statements and fills caches; what fails here fails for a
// reason that would spoil every figure.
func warm(ctx context.Context, l load) error {
	l.Seconds = warmUp
	o, err := l.run(ctx)
	if err == nil && o.failed() > 0 {
		err = fmt.Errorf("the load fails: %v", o.Errors)
	}
	return err
}

// signIn makes an owner of all workspaces and returns the cookie of a session.
func (d *database) signIn(ctx context.Context, base string) (string, error) {
	email := fmt.Sprintf("owner-%d@bench.example", time.Now().UnixNano())
	body, err := json.Marshal(map[string]string{"email": email, "password": "a long bench password", "name": "Bench Owner", "organization": "Owner"})
	if err != nil {
		return "", err
	}
	res, err := http.Post(base+"/v1/auth/register", "application/json", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("register: %s", res.Status)
	}
	conn, err := pgx.Connect(ctx, d.server.URL())
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `
		INSERT INTO identity.memberships (organization_id, user_id, role)
		SELECT w.organization_id, u.id, 'owner' FROM identity.workspaces w, identity.users u
		WHERE w.id = $1 AND u.email = $2`, d.workspaces[0], email)
	var all []string
	for _, c := range res.Cookies() {
		all = append(all, c.Name+"="+c.Value)
	}
	return strings.Join(all, "; "), err
}

// measureRLS takes the policies away and back again, in turns, under the same
// requests.
func measureRLS(ctx context.Context, b *bench) error {
	d, err := b.contacts(ctx)
	if err != nil {
		return err
	}
	p, l, err := b.listServer(ctx, d)
	if err != nil {
		return err
	}
	defer p.stop()
	var on, off, ratio, work []float64
	for range b.rounds {
		with, costly, err := d.costOf(ctx, p, l)
		if err != nil {
			return err
		}
		without, bare, err := d.withoutRLS(ctx, p, l)
		if err != nil {
			return err
		}
		on, off, ratio = append(on, with.rate()), append(off, without.rate()), append(ratio, with.rate()/without.rate())
		work = append(work, bare/costly)
	}
	b.report.add("rls", "HTTP with row-level security", "1/s", on...)
	b.report.add("rls", "HTTP without", "1/s", off...)
	b.report.atLeast(0.95, "rls", "on / off", "", ratio...)
	b.report.add("rls", "CPU of a request without / with, server and PostgreSQL", "", work...)
	return nil
}

func (d *database) withoutRLS(ctx context.Context, p *process, l load) (o outcome, cost float64, err error) {
	if err := d.policies(ctx, "DISABLE"); err != nil {
		return o, 0, err
	}
	if o, cost, err = d.costOf(ctx, p, l); err != nil {
		return o, 0, err
	}
	return o, cost, d.policies(ctx, "ENABLE")
}

func (d *database) policies(ctx context.Context, verb string) error {
	return d.do(ctx, "ALTER TABLE contacts "+verb+" ROW LEVEL SECURITY", "ALTER TABLE companies "+verb+" ROW LEVEL SECURITY")
}
