package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/app"
	"rapport/internal/platform/embedded"
)

const (
	streams = 500
	tabs    = 100 // of one person
	writes  = 20
)

// audience is a workspace with people who have its pages open.
type audience struct {
	p       *process
	url     string // of the database
	root    string
	org     string
	cookies []string // a session each
	csrf    string   // of the first
	open    []io.Closer
	came    chan string // ids of contacts that a stream was told of
}

// measureLive opens event streams of one workspace and changes something in it.
func measureLive(ctx context.Context, b *bench) error {
	a, stop, err := b.audience(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if err := a.people(ctx, streams/tabs); err != nil {
		return err
	}
	if err := a.listen(ctx, 1); err != nil {
		return err
	}
	if _, err := a.write(ctx, 3); err != nil { // what the first of its kind costs is not a stream's
		return err
	}
	pid := a.p.cmd.Process.Pid
	memory := memoryMB(pid, "VmRSS:")
	before, err := a.connections(ctx)
	if err != nil {
		return err
	}
	if err := a.listen(ctx, streams-1); err != nil {
		return err
	}
	times, err := a.write(ctx, writes)
	if err != nil {
		return err
	}
	after, err := a.connections(ctx)
	if err != nil {
		return err
	}
	at := func(q float64) float64 {
		return times[int(q*float64(len(times)-1))].Seconds() * 1000
	}
	b.report.add("live", "resident memory of rapport with one stream", "MB", memory)
	b.report.atMost(100, "live", fmt.Sprintf("memory that %d streams add", streams), "MB", memoryMB(pid, "VmRSS:")-memory)
	b.report.atMost(20, "live", "server connections with one stream", "", float64(before))
	b.report.atMost(20, "live", fmt.Sprintf("server connections with %d", streams), "", float64(after))
	b.report.add("live", "from the answer of a write to its news, p50 of all streams", "ms", at(0.5))
	b.report.add("live", "the same, p99", "ms", at(0.99))
	b.report.add("live", "the same, the last", "ms", at(1))
	return nil
}

// audience starts Rapport over an empty database.
func (b *bench) audience(ctx context.Context) (*audience, func(), error) {
	s, err := embedded.Start(ctx, embedded.Options{DataDir: filepath.Join(b.dir, "live-database"), Logger: b.log})
	if err != nil {
		return nil, nil, err
	}
	end := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			b.log.Error("stop the database", "error", err)
		}
	}
	err = app.Migrate(ctx, s.URL(), slog.New(slog.DiscardHandler), false)
	var p *process
	if err == nil { // hashing leaves as much memory behind as streams need, so it gets little
		p, err = launch(ctx, filepath.Join(b.dir, "live"), []string{"DATABASE_URL=" + s.URL(), "RAPPORT_PASSWORD_MEMORY=1"}, b.binary, "serve")
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	a := &audience{p: p, url: s.URL(), came: make(chan string, streams*writes)}
	return a, func() {
		for _, c := range a.open {
			_ = c.Close() // nobody listens any more
		}
		p.stop()
		end()
	}, nil
}

// people makes an owner and colleagues of theirs, each signed in.
func (a *audience) people(ctx context.Context, n int) error {
	const password = "a long bench password"
	var me struct {
		Organizations []struct {
			ID         string
			Workspaces []struct{ Slug string }
		}
	}
	if err := a.enter(ctx, "/v1/auth/register", map[string]string{"email": "owner@bench.example", "password": password, "name": "Owner", "organization": "Bench"}, &me); err != nil {
		return err
	}
	a.org, a.root = me.Organizations[0].ID, "/v1/workspaces/"+me.Organizations[0].Workspaces[0].Slug
	for i := range n - 1 {
		email := fmt.Sprintf("colleague-%d@bench.example", i)
		who := map[string]string{"email": email, "password": password, "name": "Colleague", "role": "member"}
		if err := a.call(ctx, "/v1/organizations/"+a.org+"/members", who, nil); err != nil {
			return err
		}
		if err := a.enter(ctx, "/v1/auth/login", map[string]string{"email": email, "password": password}, nil); err != nil {
			return err
		}
	}
	return nil
}

// enter keeps the session that a call begins.
func (a *audience) enter(ctx context.Context, path string, body, into any) error {
	res, err := a.send(ctx, path, body, "")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var all []string
	for _, c := range res.Cookies() {
		all = append(all, c.Name+"="+c.Value)
		if c.Name == "rapport_csrf" && a.csrf == "" {
			a.csrf = c.Value
		}
	}
	a.cookies = append(a.cookies, strings.Join(all, "; "))
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// call acts as the owner.
func (a *audience) call(ctx context.Context, path string, body, into any) error {
	res, err := a.send(ctx, path, body, a.cookies[0])
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}

func (a *audience) send(ctx context.Context, path string, body any, cookie string) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, "POST", a.p.base+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Cookie", cookie)
	req.Header.Set("X-CSRF-Token", a.csrf)
	res, err := http.DefaultClient.Do(req)
	if err == nil && res.StatusCode >= 300 {
		res.Body.Close()
		err = fmt.Errorf("POST %s: %s", path, res.Status)
	}
	return res, err
}

// listen opens n more streams, each on a connection of its own, and waits
// until all have begun.
func (a *audience) listen(ctx context.Context, n int) error {
	begun := make(chan error, n)
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: -1}}
	for range n {
		req, err := http.NewRequestWithContext(ctx, "GET", a.p.base+a.root+"/live", nil)
		if err != nil {
			return err
		}
		req.Header.Set("Cookie", a.cookies[len(a.open)%len(a.cookies)])
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return errors.Join(fmt.Errorf("stream %d: %s", len(a.open), res.Status), res.Body.Close())
		}
		a.open = append(a.open, res.Body)
		go a.follow(res.Body, begun)
	}
	for range n {
		select {
		case err := <-begun:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// follow reads a stream until it ends.
func (a *audience) follow(body io.Reader, begun chan<- error) {
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		var told struct {
			Cursor, Entity string
			IDs            []string
		}
		if !ok || json.Unmarshal([]byte(data), &told) != nil {
			continue
		}
		if told.Entity == "" && begun != nil {
			begun <- nil
			begun = nil
		}
		if told.Entity == "contact" {
			for _, id := range told.IDs {
				a.came <- id
			}
		}
	}
	if begun != nil {
		begun <- errors.Join(errors.New("a stream ended before it began"), lines.Err())
	}
}

// write makes contacts one after the other, and returns how long after each
// answer the streams heard of it, in order of time.
func (a *audience) write(ctx context.Context, n int) ([]time.Duration, error) {
	var times []time.Duration
	for range n {
		var made struct{ ID string }
		if err := a.call(ctx, a.root+"/contacts", map[string]string{"name": "Somebody"}, &made); err != nil {
			return nil, err
		}
		start := time.Now()
		for range a.open {
			for heard := ""; heard != made.ID; {
				select {
				case heard = <-a.came:
				case <-ctx.Done():
					return nil, fmt.Errorf("a stream was not told of a contact: %w", ctx.Err())
				}
			}
			times = append(times, time.Since(start))
		}
	}
	slices.Sort(times)
	return times, nil
}

// connections counts those of the server, without the one that asks.
func (a *audience) connections(ctx context.Context) (n int, err error) {
	conn, err := pgx.Connect(ctx, a.url)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&n)
	return n, err
}
