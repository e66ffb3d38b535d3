package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rapport/internal/agents/flow"
	"rapport/internal/app"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/embedded"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

const (
	fairWorkspaces = 50
	fairRuns       = 67  // of each workspace
	fairFlood      = 100 // as many has the one that floods: 10,000 in all
	fairStarts     = 200
)

// measureAgents measures how soon runs of agents begin, what a step costs, and
// how long workspaces wait while another floods the lanes.
func measureAgents(ctx context.Context, b *bench) error {
	s, err := embedded.Start(ctx, embedded.Options{DataDir: filepath.Join(b.dir, "agents"), MaxConnections: 60, Loopback: loopback, Logger: b.log})
	if err != nil {
		return err
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Stop(stop); err != nil {
			b.log.Error("stop the database", "error", err)
		}
	}()
	log := slog.New(slog.DiscardHandler)
	if err := app.Migrate(ctx, s.URL(), log, false); err != nil {
		return err
	}
	db, err := pg.Open(ctx, pg.Config{URL: s.URL(), Logger: log})
	if err != nil {
		return err
	}
	defer db.Close()
	f := &fair{db: db}
	if err := f.found(ctx, s.URL()); err != nil {
		return err
	}
	if err := f.single(ctx, b); err != nil {
		return err
	}
	quiet, err := f.phase(ctx, fairRuns)
	if err != nil {
		return err
	}
	flooded, err := f.phase(ctx, fairRuns*fairFlood)
	if err != nil {
		return err
	}
	for name, at := range map[string]float64{"median": 0.5, "p95": 0.95} {
		b.report.add("agents", "wait of 49 workspaces while all have as much, "+name, "ms", share(quiet, at))
		b.report.add("agents", "wait of the same while one has 100 times as much, "+name, "ms", share(flooded, at))
	}
	b.report.atMost(1.3, "agents", "wait beside a flood against quiet, p95", "×", share(flooded, 0.95)/share(quiet, 0.95))
	return nil
}

// fair is a set of workspaces and when their runs began.
type fair struct {
	db         *pg.DB
	workspaces []string
	mu         sync.Mutex
	waits      map[string][]float64
	began      time.Time
	step       []float64
	left       int
	over       chan struct{}
}

func (f *fair) found(ctx context.Context, url string) error {
	org := id.New()
	for range fairWorkspaces {
		f.workspaces = append(f.workspaces, id.New())
	}
	pool := f.db.Session()
	if _, err := pool.Exec(ctx, `INSERT INTO identity.organizations (id, name) VALUES ($1, 'Bench')`, org); err != nil {
		return fmt.Errorf("found an organization at %s: %w", url, err)
	}
	_, err := pool.Exec(ctx, `
		INSERT INTO identity.workspaces (id, organization_id, slug, name, time_zone)
		SELECT w, $1, 'bench-' || w, 'Bench', 'UTC' FROM unnest($2::uuid[]) AS w`, org, f.workspaces)
	return err
}

// engine is an engine with one agent, which looks once.
func (f *fair) engine() (*flow.Engine, *queue.Queue, error) {
	q, err := queue.New(f.db, queue.Options{Sole: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	queue.Handle(q, func(context.Context, never) error { return nil })
	e := flow.New(flow.Parts{DB: f.db, Queue: q, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	e.Register(flow.Agent{Name: "bench", Version: "bench/1", Program: f.program})
	e.Work()
	return e, q, nil
}

type never struct{}

func (never) Kind() string { return "never" }
func (never) In() string   { return "" }

func (f *fair) program(r *flow.Run) (any, error) {
	began := time.Now()
	a, _ := actor.From(r.Context())
	_, err := flow.Load(r, "look", func(context.Context) (int, error) { return 1, nil })
	f.mu.Lock()
	defer f.mu.Unlock()
	f.step = append(f.step, ms(time.Since(began)))
	f.waits[a.WorkspaceID] = append(f.waits[a.WorkspaceID], ms(began.Sub(f.began)))
	if a.WorkspaceID != f.workspaces[0] {
		if f.left--; f.left == 0 {
			close(f.over)
		}
	}
	return nil, err
}

func (f *fair) reset(left int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waits, f.step, f.left, f.over, f.began = map[string][]float64{}, nil, left, make(chan struct{}), time.Now()
}

func (f *fair) start(ctx context.Context, e *flow.Engine, workspace string, n int) error {
	ctx = actor.With(ctx, actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: workspace})
	return f.db.Write(ctx, func(tx *pg.Tx) error {
		for range n {
			if _, err := e.Start(ctx, tx, flow.Start{Agent: "bench"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// with works runs while do waits.
func (f *fair) with(ctx context.Context, q *queue.Queue, do func() error) error {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	err := do()
	stop()
	return errors.Join(err, <-ended)
}

// single starts one run after the other, each when the lanes are empty.
func (f *fair) single(ctx context.Context, b *bench) error {
	e, q, err := f.engine()
	if err != nil {
		return err
	}
	var waits, steps []float64
	err = f.with(ctx, q, func() error {
		for range fairStarts {
			f.reset(1)
			if err := f.start(ctx, e, f.workspaces[1], 1); err != nil {
				return err
			}
			f.mu.Lock()
			committed := ms(time.Since(f.began))
			f.mu.Unlock()
			<-f.over
			waits = append(waits, max(f.waits[f.workspaces[1]][0]-committed, 0))
			steps = append(steps, f.step...)
		}
		return nil
	})
	b.report.atMost(15, "agents", "from commit to the start of a run, median", "ms", share(waits, 0.5))
	b.report.atMost(1, "agents", "commit of a step, median", "ms", share(steps, 0.5))
	return err
}

// phase queues the runs of all workspaces, flood of them in the first, and
// returns how long those of the others waited.
func (f *fair) phase(ctx context.Context, flood int) ([]float64, error) {
	if _, err := f.db.Session().Exec(ctx, `TRUNCATE agent_lanes`); err != nil {
		return nil, err
	}
	e, q, err := f.engine()
	if err != nil {
		return nil, err
	}
	for left := flood; left > 0; left -= 500 {
		if err := f.start(ctx, e, f.workspaces[0], min(left, 500)); err != nil {
			return nil, err
		}
	}
	for _, w := range f.workspaces[1:] {
		if err := f.start(ctx, e, w, fairRuns); err != nil {
			return nil, err
		}
	}
	f.reset((fairWorkspaces - 1) * fairRuns)
	err = f.with(ctx, q, func() error {
		select {
		case <-f.over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	var out []float64
	for _, w := range f.workspaces[1:] {
		out = append(out, f.waits[w]...)
	}
	return out, err
}

// share is the value below which so much of all lies.
func share(all []float64, at float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(at*float64(len(sorted))), len(sorted)-1)]
}
