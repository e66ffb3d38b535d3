package control

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/flow"
	"rapport/internal/agents/policy"
	"rapport/internal/api/op"
	"rapport/internal/crm/change"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// gate is closed: nothing is asked for in these tests.
type gate struct{ approval.Gate }

func (gate) Cancel(*pg.Tx, []string) {}

// desk is a service whose one agent fails when it is told to.
type desk struct {
	*Service
	ctx  context.Context
	fail bool
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.DiscardHandler)
	db, err := pg.Open(ctx, pg.Config{URL: pgtest.URL(t), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	q, err := queue.New(db, queue.Options{Sole: true, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{ctx: actor.With(ctx, actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})}
	e := flow.New(flow.Parts{DB: db, Queue: q, Gate: gate{}, Now: time.Now, Log: log})
	e.Register(flow.Agent{Name: "worker", Version: "worker/1", Purpose: "Works.", Program: func(r *flow.Run) (any, error) {
		if d.fail {
			return nil, errors.New("told to")
		}
		return map[string]string{"summary": "Worked."}, r.Sleep("nap", r.Now())
	}})
	e.Work()
	d.Service = New(db, e, change.New(db, nil), time.Now)
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		db.Close()
	})
	return d
}

func (d *desk) startRun(t *testing.T) string {
	t.Helper()
	in := &startInput{Code: "worker"}
	in.Body.Input = []byte(`{}`)
	out, err := d.start(d.ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	return out.Body.RunID
}

// becomes waits for the state of a run.
func (d *desk) becomes(t *testing.T, run, want string) {
	t.Helper()
	var got string
	for tick, end := time.NewTicker(5*time.Millisecond), time.Now().Add(20*time.Second); got != want && time.Now().Before(end); <-tick.C {
		err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) { got, err = is(tx, run); return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	if got != want {
		t.Fatalf("the run is %s, want %s", got, want)
	}
}

func codeOf(err error) string {
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p.Code
	}
	return ""
}

func TestARunIsStartedTriedAgainAndCountedInTheHealthOfItsAgent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fail = true
	run := d.startRun(t)
	d.becomes(t, run, "failed")
	d.fail = false
	byID := &op.ByID{ID: run}
	if _, err := d.cancel(d.ctx, byID); codeOf(err) != "run_over" {
		t.Errorf("cancel of a run that failed: %v, want run_over", err)
	}
	if _, err := d.retry(d.ctx, byID); err != nil {
		t.Fatal(err)
	}
	d.becomes(t, run, "done")
	if _, err := d.retry(d.ctx, byID); codeOf(err) != "run_not_stuck" {
		t.Errorf("retry of a run that is done: %v, want run_not_stuck", err)
	}
	if _, err := d.undo(d.ctx, &undoInput{ByID: *byID}); codeOf(err) != "not_undoable" {
		t.Errorf("undo of a run that changed nothing: %v, want not_undoable", err)
	}
	list, err := d.list(d.ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c := list.Body.Data[0]; c.Health.Runs != 1 || c.Health.State != "healthy" || c.Health.SuccessRate == nil || *c.Health.SuccessRate != 1 {
		t.Errorf("health %+v, want one run that is done", c.Health)
	}
}

func TestAnAgentThatIsOffStartsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	off, ask := false, policy.Ask
	in := &updateInput{Code: "worker"}
	in.Body.Enabled, in.Body.Autonomy = &off, &ask
	out, err := d.update(d.ctx, in)
	if err != nil || out.Body.Enabled || out.Body.Autonomy != policy.Ask || out.Body.DailyActions != policy.Standard().DailyActions {
		t.Fatalf("update() = %+v, %v; want it off, asking, and the rest as it was", out, err)
	}
	start := &startInput{Code: "worker"}
	start.Body.Input = []byte(`{}`)
	if _, err := d.start(d.ctx, start); codeOf(err) != "agent_off" {
		t.Errorf("start of an agent that is off: %v, want agent_off", err)
	}
	in.Code = "nobody"
	if _, err := d.update(d.ctx, in); codeOf(err) != "not_found" {
		t.Errorf("update of an agent that is not there: %v, want not_found", err)
	}
}
