package failures_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/ops/failures"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/failure"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
)

// process is a server of a release.
type process struct {
	*testing.T
	db      *pg.DB
	seen    *failure.Log
	log     *slog.Logger
	service *failures.Service
	api     *httpapi.API
}

func start(t *testing.T, url, release string) *process {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	db, err := pg.Open(t.Context(), pg.Config{URL: url, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	p := &process{T: t, db: db, seen: failure.New(release, time.Now)}
	p.log = p.seen.Logger(quiet)
	p.service = failures.New(db, p.seen, release, p.log)
	p.api = httpapi.New(p.service.Ops(), op.Door{}, quiet)
	return p
}

// fails has an operation fail so many times, and writes what was seen.
func (p *process) fails(operation string, times int) {
	p.Helper()
	for i := range times {
		p.log.Error("request failed", "operation", operation, "error", fmt.Errorf("contact %d: %w", i, errors.New("connection refused")))
	}
	p.service.Flush(p.Context())
}

func (p *process) call(operation string, args map[string]any, out any) error {
	p.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	answer, err := p.api.Call(actor.With(context.Background(), actor.Actor{Kind: actor.System, Operator: true}), operation, raw)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

func (p *process) all(state string) []failures.Group {
	p.Helper()
	var out op.List[failures.Group]
	args := map[string]any{}
	if state != "" {
		args["state"] = state
	}
	if err := p.call("error.list", args, &out); err != nil {
		p.Fatal(err)
	}
	return out.Data
}

// put puts the only group into a state.
func (p *process) put(verb string) (g failures.Group) {
	p.Helper()
	if err := p.call("error."+verb, map[string]any{"error": p.all("")[0].ID}, &g); err != nil {
		p.Fatal(err)
	}
	return g
}

// Two processes and their releases count into one row.
func TestAlikeIsCountedInOneRow(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	a, b := start(t, url, "1.0"), start(t, url, "1.1")
	a.fails("contact.list", 1000)
	b.fails("contact.list", 10)
	got := a.all("open")
	if len(got) != 1 || got[0].Count != 1010 || got[0].Place != "contact.list" || len(got[0].Samples) != 5 || fmt.Sprint(got[0].Releases) != "[1.1 1.0]" {
		t.Errorf("%+v, want one group of 1,010 in two releases", got)
	}
	if got[0].FirstSeen.After(got[0].LastSeen) {
		t.Errorf("first seen %v, last %v", got[0].FirstSeen, got[0].LastSeen)
	}
	var one failures.Group
	if err := a.call("error.get", map[string]any{"error": got[0].ID}, &one); err != nil || one.Count != 1010 {
		t.Errorf("%+v, %v; want the group", one, err)
	}
	err := a.call("error.get", map[string]any{"error": "0198f3a0-1111-7000-8000-123456789abc"}, &one)
	if problem.KindOf(err) != problem.NotFound {
		t.Errorf("a group that is not there: %v, want not found", err)
	}
}

// What was resolved opens again when a later release has it, and not when the
// one does in which it was known.
func TestWhatComesBackInANewReleaseIsOpenAgain(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	old := start(t, url, "1.0")
	old.fails("contact.list", 1)
	running := start(t, url, "1.1")
	if g := running.put("resolve"); g.State != "resolved" || g.StateAt == nil {
		t.Fatalf("%+v, want it resolved", g)
	}
	old.fails("contact.list", 1)     // a process of before, which ends soon
	running.fails("contact.list", 1) // the release that was said to have it mended, too
	if g := old.all("resolved"); len(g) != 1 || g[0].Count != 3 || g[0].Reopened != 0 {
		t.Errorf("%+v, want it resolved, counted 3 times", g)
	}
	start(t, url, "1.2").fails("contact.list", 1)
	if g := old.all("open"); len(g) != 1 || g[0].Reopened != 1 {
		t.Errorf("%+v, want it open again, once", g)
	}
	if g := old.put("mute"); g.State != "muted" {
		t.Errorf("%+v, want it muted", g)
	}
	start(t, url, "1.3").fails("contact.list", 1)
	if g := old.all("muted"); len(g) != 1 || g[0].Count != 5 {
		t.Errorf("%+v, want it muted and counted", g)
	}
	if g := old.put("reopen"); g.State != "open" {
		t.Errorf("%+v, want it open", g)
	}
}

// While the database is away nothing is lost, and it is written when it is back.
func TestWhatIsSeenWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	p := start(t, url, "1.0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.log.Error("request failed", "operation", "contact.list", "error", errors.New("connection refused"))
	p.service.Flush(ctx)
	if g := p.all(""); len(g) != 0 {
		t.Fatalf("%+v, want nothing written", g)
	}
	p.service.Flush(t.Context())
	if g := p.all(""); len(g) != 1 || g[0].Count != 1 {
		t.Errorf("%+v, want what was seen before", g)
	}
}

// The last seconds of a process are kept.
func TestWhatWasSeenLastIsKept(t *testing.T) {
	t.Parallel()
	p := start(t, pgtest.URL(t), "1.0")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.service.Run(ctx) }()
	p.log.Error("request failed", "operation", "contact.list", "error", errors.New("connection refused"))
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if g := p.all(""); len(g) != 1 {
		t.Errorf("%+v, want one group", g)
	}
}

func TestWhatWasNotSeenForLongIsRemoved(t *testing.T) {
	t.Parallel()
	p := start(t, pgtest.URL(t), "1.0")
	p.fails("contact.list", 1)
	p.fails("contact.get", 1)
	err := p.db.Global(t.Context(), func(tx *pg.Tx) error {
		tx.Queue(`UPDATE failures.groups SET last_seen = now() - interval '91 days' WHERE place = 'contact.get'`)
		return failures.Sweep(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	if g := p.all(""); len(g) != 1 || g[0].Place != "contact.list" {
		t.Errorf("%+v, want the one that was seen today", g)
	}
}
