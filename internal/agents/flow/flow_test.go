package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/approval"
	"rapport/internal/agents/flow"
	"rapport/internal/ai"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
)

// bench is an engine with what it talks to played by the test.
type bench struct {
	*flow.Engine
	ctx      context.Context
	asked    int
	acted    int
	verdict  approval.Verdict
	outcomes map[string]approval.Outcome
	// cancelled are runs whose approvals are not asked any more.
	cancelled []string
}

func (b *bench) Do(context.Context, ai.Request) (ai.Response, error) {
	b.asked++
	return ai.Response{Output: json.RawMessage(`{"n":7}`), Engine: "test", Usage: ai.Usage{InputTokens: 5, CostNano: 11}}, nil
}

func (b *bench) Call(context.Context, string, json.RawMessage) (json.RawMessage, error) {
	b.acted++
	return json.RawMessage(`{"ok":true}`), nil
}

func (b *bench) Judge(context.Context, approval.Origin, approval.Action) (approval.Judgement, error) {
	return approval.Judgement{Verdict: b.verdict, Reason: "so it is"}, nil
}

func (b *bench) Open(context.Context, *pg.Tx, approval.Origin, approval.Action, approval.Judgement) (string, error) {
	one := id.New()
	b.outcomes[one] = approval.Outcome{State: approval.Pending}
	return one, nil
}

func (b *bench) Outcome(_ *pg.Tx, one string) (approval.Outcome, error) { return b.outcomes[one], nil }
func (b *bench) Cancel(_ *pg.Tx, runs []string)                         { b.cancelled = append(b.cancelled, runs...) }

func newBench(t *testing.T) *bench {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{verdict: approval.Allowed, outcomes: map[string]approval.Outcome{}}
	b.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
	b.Engine = flow.New(flow.Parts{DB: db, Queue: q, Gateway: b, Gate: b, Caller: b, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	return b
}

func (b *bench) start(t *testing.T, s flow.Start) string {
	t.Helper()
	var run string
	err := b.DB.Write(b.ctx, func(tx *pg.Tx) (err error) {
		run, err = b.Start(b.ctx, tx, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func (b *bench) play(t *testing.T, run string) string {
	t.Helper()
	if err := b.Turn(b.ctx, run); err != nil {
		t.Fatal(err)
	}
	var out []string
	err := b.DB.Read(b.ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.Column[string](tx, `
			SELECT state || coalesce(' ' || output::text, '') || coalesce(nullif(' ' || error, ' '), '') FROM agent_runs WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), run)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "")
}

func TestARunGoesThroughItsStepsOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tries, loads := 0, 0
	b.Register(flow.Agent{Name: "walker", Version: "walker/1", Program: func(r *flow.Run) (any, error) {
		tries++
		n, err := flow.Load(r, "look", func(context.Context) (int, error) { loads++; return 3, nil })
		if err != nil {
			return nil, err
		}
		a, err := r.Ask("think", agents.Definition{Name: "walker.think"}, agents.Work{Input: json.RawMessage(`{}`)})
		if err != nil {
			return nil, err
		}
		if tries == 1 {
			return nil, context.Canceled // as if the process had stopped
		}
		out, err := r.Act("do", approval.Action{Operation: "task.create", Args: json.RawMessage(`{}`)})
		if err != nil {
			return nil, err
		}
		return map[string]any{"n": n, "answer": a.Output, "done": out}, nil
	}})
	run := b.start(t, flow.Start{Agent: "walker"})
	if got, want := b.play(t, run), "queued"; got != want {
		t.Fatalf("the run is %s when its process stopped, want %s", got, want)
	}
	if got, want := b.play(t, run), `done {"n": 3, "done": {"ok": true}, "answer": {"n": 7}}`; got != want {
		t.Errorf("the run is %s; want %s", got, want)
	}
	if loads != 1 || b.asked != 1 || b.acted != 1 {
		t.Errorf("looked %d times, asked %d, acted %d; want once each", loads, b.asked, b.acted)
	}
}

func TestAnActionWaitsForAPersonAndIsDoneByNobodyElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		outcome approval.Outcome
		want    string
	}{
		{approval.Outcome{State: approval.Done, Result: json.RawMessage(`{"id":"x"}`)}, `done {"id": "x"}`},
		{approval.Outcome{State: approval.Rejected, Reason: "too early"}, `failed mail.send was not done (rejected): too early`},
	} {
		t.Run(string(c.outcome.State), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.verdict = approval.Asked
			b.Register(flow.Agent{Name: "asker", Version: "asker/1", Program: func(r *flow.Run) (any, error) {
				return r.Act("send", approval.Action{Operation: "mail.send", Args: json.RawMessage(`{}`)})
			}})
			run := b.start(t, flow.Start{Agent: "asker"})
			if got := b.play(t, run); got != "waiting" {
				t.Fatalf("the run is %s, want waiting", got)
			}
			for one := range b.outcomes {
				b.outcomes[one] = c.outcome
			}
			if err := b.DB.Write(b.ctx, func(tx *pg.Tx) error { return b.Wake(b.ctx, tx, run) }); err != nil {
				t.Fatal(err)
			}
			if got := b.play(t, run); got != c.want {
				t.Errorf("the run is %s; want %s", got, c.want)
			}
			if b.acted != 0 {
				t.Errorf("the run itself acted %d times, want never: the approval does", b.acted)
			}
		})
	}
}

func TestAParentEndsAfterItsChildren(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Register(flow.Agent{Name: "child", Version: "child/1", Program: func(r *flow.Run) (any, error) {
		var in struct{ N int }
		if err := r.Input(&in); err != nil {
			return nil, err
		}
		if in.N == 2 {
			return nil, fmt.Errorf("no")
		}
		return map[string]int{"n": in.N}, nil
	}})
	var children []string
	b.Register(flow.Agent{Name: "parent", Version: "parent/1", Program: func(r *flow.Run) (any, error) {
		children = nil
		for n, key := range []string{"one", "two"} {
			c, err := r.Child(key, flow.Start{Agent: "child", Input: map[string]int{"n": n + 1}})
			if err != nil {
				return nil, err
			}
			children = append(children, c)
		}
		ends, err := r.Await("one", "two")
		if err != nil {
			return nil, err
		}
		return ends[0].State + " " + ends[1].State + " " + ends[1].Error, nil
	}})
	run := b.start(t, flow.Start{Agent: "parent"})
	if got := b.play(t, run); got != "waiting" {
		t.Fatalf("the parent is %s before its children ended, want waiting", got)
	}
	for _, c := range children {
		b.play(t, c)
	}
	if got, want := b.play(t, run), `done "done failed no"`; got != want {
		t.Errorf("the parent is %s; want %s", got, want)
	}
}

func TestAReleaseWithAnotherProgramPausesTheRun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	program := func(*flow.Run) (any, error) { return nil, nil }
	b.Register(flow.Agent{Name: "old", Version: "old/1", Program: program})
	run := b.start(t, flow.Start{Agent: "old"})
	b.Register(flow.Agent{Name: "old", Version: "old/2", Program: program})
	if got, want := b.play(t, run), "paused The run began with old/1, this release has old/2."; got != want {
		t.Errorf("the run is %s; want %s", got, want)
	}
}
