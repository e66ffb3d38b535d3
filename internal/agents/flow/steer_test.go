package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/approval"
	"rapport/internal/agents/flow"
	"rapport/internal/agents/lane"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
)

// write runs f in a transaction of the bench.
func (b *bench) write(t *testing.T, f func(*pg.Tx) error) {
	t.Helper()
	if err := b.DB.Write(b.ctx, f); err != nil {
		t.Fatal(err)
	}
}

// register adds an agent named worker.
func (b *bench) register(caps flow.Caps, program func(*flow.Run) (any, error)) {
	b.Register(flow.Agent{Name: "worker", Version: "worker/1", Caps: caps, Program: program})
}

func TestARunEndsAtItsCaps(t *testing.T) {
	t.Parallel()
	forever := func(r *flow.Run) (any, error) { // a loop of tools
		for n := 0; ; n++ {
			if _, err := r.Ask(fmt.Sprintf("ask:%d", n), agents.Definition{Name: "worker"}, agents.Work{}); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range []struct {
		name string
		caps flow.Caps
		want string
	}{
		{"calls", flow.Caps{Calls: 3}, "calls"},
		{"tokens", flow.Caps{Tokens: 11}, "tokens"},
		{"money", flow.Caps{Money: 30}, "money"},
		{"steps", flow.Caps{Steps: 3}, "steps"},
		{"time", flow.Caps{Wall: time.Nanosecond}, "time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.register(c.caps, forever)
			got := b.play(t, b.start(t, flow.Start{Agent: "worker"}))
			if want := "failed the run has reached its limit of " + c.want; got != want {
				t.Errorf("the run is %s; want %s", got, want)
			}
			if b.asked > 3 {
				t.Errorf("%d questions were asked, want 3 at most", b.asked)
			}
		})
	}
}

func TestChildrenSpendWhatTheirParentMay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var children []string
	b.Register(flow.Agent{Name: "child", Version: "child/1", Program: func(r *flow.Run) (any, error) {
		a, err := r.Ask("ask", agents.Definition{Name: "child"}, agents.Work{})
		return a.Output, err
	}})
	b.register(flow.Caps{Calls: 2}, func(r *flow.Run) (any, error) {
		children = nil
		for n := range 3 {
			c, err := r.Child(fmt.Sprint(n), flow.Start{Agent: "child"})
			if err != nil {
				return nil, err
			}
			children = append(children, c)
		}
		return r.Await("0", "1", "2")
	})
	b.play(t, b.start(t, flow.Start{Agent: "worker"}))
	var got []string
	for _, c := range children {
		got = append(got, b.play(t, c))
	}
	if want := "done 7, done 7, failed the run has reached its limit of calls"; strings.ReplaceAll(strings.Join(got, ", "), `{"n": 7}`, "7") != want {
		t.Errorf("the children are %s; want %s", got, want)
	}
}

func TestACancelledRunEndsWithItsChildren(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.verdict = approval.Asked
	var child string
	b.Register(flow.Agent{Name: "child", Version: "child/1", Program: func(r *flow.Run) (any, error) {
		return r.Act("do", approval.Action{Operation: "mail.send"})
	}})
	b.register(flow.Caps{}, func(r *flow.Run) (any, error) {
		var err error
		if child, err = r.Child("c", flow.Start{Agent: "child"}); err != nil {
			return nil, err
		}
		return r.Await("c")
	})
	run := b.start(t, flow.Start{Agent: "worker"})
	b.play(t, run)
	if got := b.play(t, child); got != "waiting" {
		t.Fatalf("the child is %s, want waiting", got)
	}
	b.write(t, func(tx *pg.Tx) error { return b.Engine.Cancel(tx, run) })
	for _, r := range []string{child, run} {
		if got, want := b.play(t, r), "cancelled Somebody cancelled the run."; got != want {
			t.Errorf("a run is %s; want %s", got, want)
		}
	}
	if len(b.cancelled) == 0 {
		t.Error("the approvals that the runs waited for are still asked")
	}
}

func TestWhatFailedIsTriedAgainFromWhereItWas(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	broken := true
	b.Register(flow.Agent{Name: "child", Version: "child/1", Program: func(*flow.Run) (any, error) {
		if broken {
			return nil, fmt.Errorf("no")
		}
		return "yes", nil
	}})
	var child string
	b.register(flow.Caps{}, func(r *flow.Run) (any, error) {
		if _, err := r.Ask("ask", agents.Definition{Name: "worker"}, agents.Work{}); err != nil {
			return nil, err
		}
		var err error
		if child, err = r.Child("c", flow.Start{Agent: "child"}); err != nil {
			return nil, err
		}
		ends, err := r.Await("c")
		if err != nil {
			return nil, err
		}
		if ends[0].State != "done" {
			return nil, fmt.Errorf("the child %s", ends[0].State)
		}
		return ends[0].Output, nil
	})
	run := b.start(t, flow.Start{Agent: "worker"})
	b.play(t, run)
	b.play(t, child)
	if got, want := b.play(t, run), "failed the child failed"; got != want {
		t.Fatalf("the run is %s; want %s", got, want)
	}
	broken = false
	b.write(t, func(tx *pg.Tx) error { return b.Retry(tx, run) })
	b.play(t, child)
	if got, want := b.play(t, run), `done "yes"`; got != want {
		t.Errorf("the run is %s after another try; want %s", got, want)
	}
	if b.asked != 1 {
		t.Errorf("the model was asked %d times, want once", b.asked)
	}
}

func TestARowThatWasChangedByHandPausesTheRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ change, want string }{
		"another shape": {`UPDATE agent_steps SET output = '"three"' WHERE workspace_id = $1 AND run_id = $2 AND key = 'look'`, "paused The result of step 1 cannot be read."},
		"no result":     {`UPDATE agent_steps SET output = '{}' WHERE workspace_id = $1 AND run_id = $2 AND key = 'look'`, "paused The result of step 1 cannot be read."},
		"another kind":  {`UPDATE agent_steps SET kind = 'store' WHERE workspace_id = $1 AND run_id = $2 AND key = 'look'`, "paused Step 1 is a store, the program expects a load."},
		"a step less":   {`DELETE FROM agent_steps WHERE workspace_id = $1 AND run_id = $2 AND key = 'look'`, "paused Step 1 is missing."},
		"no caps":       {`UPDATE agent_runs SET caps = '[]' WHERE workspace_id = $1 AND id = $2`, "paused The limits of the run cannot be read."},
		"no such agent": {`UPDATE agent_runs SET agent = 'nobody' WHERE workspace_id = $1 AND id = $2`, "paused There is no agent nobody in this release."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.verdict = approval.Asked
			b.register(flow.Caps{}, func(r *flow.Run) (any, error) {
				if _, err := flow.Load(r, "look", func(context.Context) (int, error) { return 3, nil }); err != nil {
					return nil, err
				}
				return r.Act("do", approval.Action{Operation: "mail.send"})
			})
			run := b.start(t, flow.Start{Agent: "worker"})
			b.play(t, run)
			b.write(t, func(tx *pg.Tx) error {
				if _, err := tx.Exec(c.change, tx.Workspace(), run); err != nil {
					return err
				}
				return b.Wake(b.ctx, tx, run)
			})
			if got := b.play(t, run); got != c.want {
				t.Errorf("the run is %s; want %s", got, c.want)
			}
		})
	}
}

func TestARunWhoseProcessEndsAgainAndAgainIsADeadLetter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register(flow.Caps{}, func(*flow.Run) (any, error) { return 1, nil })
	run := b.start(t, flow.Start{Agent: "worker"})
	b.write(t, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE agent_runs SET state = 'running', attempts = 8 WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), run)
		return nil
	})
	if got, want := b.play(t, run), "dead the process ended 8 times in a row within this run"; got != want {
		t.Fatalf("the run is %s; want %s", got, want)
	}
	b.write(t, func(tx *pg.Tx) error { return b.Retry(tx, run) })
	if got, want := b.play(t, run), "done 1"; got != want {
		t.Errorf("the run is %s after another try; want %s", got, want)
	}
}

func TestAProcessThatSleptThroughItsLeaseWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	plays := 0
	var run string
	b.register(flow.Caps{}, func(r *flow.Run) (any, error) {
		plays++
		if plays == 1 { // another process takes over meanwhile, and is through
			if got, want := b.play(t, run), "done 2"; got != want {
				t.Errorf("the run is %s; want %s", got, want)
			}
		}
		n := plays
		_, err := r.Store("write", func(context.Context, *pg.Tx) (any, error) { b.acted++; return n, nil })
		return n, err
	})
	run = b.start(t, flow.Start{Agent: "worker"})
	if got, want := b.play(t, run), "done 2"; got != want || b.acted != 1 {
		t.Errorf("the run is %s after %d writes; want %s after one", got, b.acted, want)
	}
}

func TestARunOfAWorkspaceThatIsGoneEndsQuietly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register(flow.Caps{}, func(*flow.Run) (any, error) { return 1, nil })
	if err := b.TurnOf(b.ctx, lane.Claim{RunID: id.New(), Lease: id.New()}); err != nil {
		t.Errorf("a turn of a run that is not there ends with %v, want nil", err)
	}
}

func TestAParentIsNotDoneBeforeItsChildren(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var child string
	b.Register(flow.Agent{Name: "child", Version: "child/1", Program: func(*flow.Run) (any, error) { return 1, nil }})
	b.register(flow.Caps{}, func(r *flow.Run) (any, error) {
		var err error
		child, err = r.Child("c", flow.Start{Agent: "child"})
		return json.RawMessage(`"through"`), err
	})
	run := b.start(t, flow.Start{Agent: "worker"})
	if got := b.play(t, run); got != "waiting" {
		t.Errorf("the parent is %s while its child runs, want waiting", got)
	}
	b.play(t, child)
	if got, want := b.play(t, run), `done "through"`; got != want {
		t.Errorf("the parent is %s; want %s", got, want)
	}
}
