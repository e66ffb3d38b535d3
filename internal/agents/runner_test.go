package agents_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/agents"
	"rapport/internal/ai"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// engine answers as its function says and counts.
type engine struct {
	do    func(ai.Request) (ai.Response, error)
	calls int
}

func (e *engine) Do(ctx context.Context, r ai.Request) (ai.Response, error) {
	e.calls++
	if err := ctx.Err(); err != nil {
		return ai.Response{}, err
	}
	return e.do(r)
}

func echo(r ai.Request) (ai.Response, error) {
	return ai.Response{Output: r.Input, Engine: "rules", Version: "echo/1"}, nil
}

func open(t *testing.T) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func tenant(t *testing.T, db *pg.DB) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{Kind: actor.System, Name: "Rapport", Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
}

// book notes what was applied.
type book struct{ results []agents.Result }

func (b *book) apply(_ *pg.Tx, r []agents.Result) error {
	b.results = append(b.results, r...)
	return nil
}

func batch(b *book, works ...agents.Work) agents.Batch {
	return agents.Batch{Agent: agents.Definition{Name: "test.echo", Version: "echo/1"}, Works: works, Apply: b.apply}
}

func work(input string) agents.Work {
	return agents.Work{Entity: "message", SubjectID: id.New(), Input: json.RawMessage(input)}
}

func steps(t *testing.T, db *pg.DB, ctx context.Context, run string) string {
	t.Helper()
	var out []string
	err := db.Read(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.Column[string](tx, `
			SELECT seq || ' ' || kind || ' ' || state FROM agent_steps WHERE workspace_id = $1 AND run_id = $2::uuid ORDER BY seq`, tx.Workspace(), run)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, ", ")
}

func TestARunKeepsItsStepsAndAnswersTheSameInputFromTheStore(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	e, applied := &engine{do: echo}, &book{}
	r := agents.New(db, e, time.Now)
	w := work(`{"n":1,"text":"a\\nb"}`)
	first, err := r.Run(ctx, batch(applied, w))
	if err != nil || first[0].State != agents.Done || first[0].Engine != "rules" || first[0].Stored {
		t.Fatalf("Run() = %+v, %v; want a new run that is done", first, err)
	}
	if got, want := steps(t, db, ctx, first[0].RunID), "1 model done, 2 verify done, 3 apply done"; got != want {
		t.Errorf("steps: %s; want %s", got, want)
	}
	again, err := r.Run(ctx, batch(applied, w))
	if err != nil || again[0].RunID != first[0].RunID || !again[0].Stored || again[0].Version != "echo/1" || !same(again[0].Output, w.Input) {
		t.Errorf("second Run() = %+v, %v; want the stored answer", again, err)
	}
	if e.calls != 1 || len(applied.results) != 1 {
		t.Errorf("asked %d times, applied %d; want once each", e.calls, len(applied.results))
	}
	w.Input = json.RawMessage(`{"n":2}`)
	if other, err := r.Run(ctx, batch(applied, w)); err != nil || other[0].RunID == first[0].RunID || e.calls != 2 {
		t.Errorf("Run() of another input = %+v, %v; want another run", other, err)
	}
}

func same(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}

func TestWhatOnlyPassesIsNoOtherInput(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	e := &engine{do: echo}
	r := agents.New(db, e, time.Now)
	w := work(`{"now":"10:00"}`)
	w.Key = json.RawMessage(`{}`)
	for _, input := range []string{`{"now":"10:00"}`, `{"now":"11:00"}`} {
		w.Input = json.RawMessage(input)
		if _, err := r.Run(ctx, batch(&book{}, w)); err != nil {
			t.Fatal(err)
		}
	}
	if e.calls != 1 {
		t.Errorf("asked %d times, want once", e.calls)
	}
}

func TestAFailureIsAFailedRunAndIsTriedAgainOnlyOnRequest(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	e, applied := &engine{do: func(ai.Request) (ai.Response, error) { return ai.Response{}, errors.New("no such luck") }}, &book{}
	r := agents.New(db, e, time.Now)
	b := batch(applied, work(`{}`))
	got, err := r.Run(ctx, b)
	if err != nil || got[0].State != agents.Failed || got[0].Error != "no such luck" || got[0].Output != nil {
		t.Fatalf("Run() = %+v, %v; want a failed run", got, err)
	}
	if s := steps(t, db, ctx, got[0].RunID); s != "1 model failed" {
		t.Errorf("steps: %s; want a failed model step", s)
	}
	e.do = echo
	if kept, err := r.Run(ctx, b); err != nil || kept[0].State != agents.Failed || e.calls != 1 {
		t.Errorf("Run() = %+v, %v after %d calls; want the failure kept", kept, err, e.calls)
	}
	b.Again = true
	again, err := r.Run(ctx, b)
	if err != nil || again[0].State != agents.Done || again[0].RunID != got[0].RunID {
		t.Errorf("Run() again = %+v, %v; want the same run done", again, err)
	}
	if s, want := steps(t, db, ctx, got[0].RunID), "1 model failed, 2 model done, 3 verify done, 4 apply done"; s != want {
		t.Errorf("steps: %s; want %s", s, want)
	}
}

func TestAnAnswerThatIsNotVerifiedIsNotApplied(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	applied := &book{}
	b := batch(applied, work(`{}`))
	b.Agent.Verify = func(agents.Work, json.RawMessage) (json.RawMessage, error) { return nil, errors.New("no quote holds") }
	got, err := agents.New(db, &engine{do: echo}, time.Now).Run(ctx, b)
	if err != nil || got[0].State != agents.Failed || got[0].Output != nil {
		t.Errorf("Run() = %+v, %v; want a failed run without output", got, err)
	}
	if s, want := steps(t, db, ctx, got[0].RunID), "1 model done, 2 verify failed"; s != want {
		t.Errorf("steps: %s; want %s", s, want)
	}
}

func TestSkippedWorkIsARunWithItsReasonAndNoCall(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	e, applied := &engine{do: echo}, &book{}
	w := work(`{}`)
	w.Skip = "bulk: list mail"
	r := agents.New(db, e, time.Now)
	for range 2 {
		got, err := r.Run(ctx, batch(applied, w))
		if err != nil || got[0].State != agents.Skipped || got[0].Error != "bulk: list mail" {
			t.Errorf("Run() = %+v, %v; want it skipped with the reason", got, err)
		}
	}
	if e.calls != 0 || len(applied.results) != 1 || applied.results[0].State != agents.Skipped {
		t.Errorf("%d calls, applied %+v; want no call and one skip", e.calls, applied.results)
	}
}

func TestAProcessThatEndsBetweenIntentAndResultLosesNothing(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	dying, kill := context.WithCancel(ctx)
	e, applied := &engine{}, &book{}
	e.do = func(r ai.Request) (ai.Response, error) {
		if e.calls == 2 {
			kill()
		}
		return echo(r)
	}
	r := agents.New(db, e, time.Now)
	b := batch(applied, work(`{"n":1}`), work(`{"n":2}`), work(`{"n":3}`))
	if _, err := r.Run(dying, b); !errors.Is(err, context.Canceled) || len(applied.results) != 2 {
		t.Fatalf("Run() = %v with %d applied; want Canceled and the two that were answered", err, len(applied.results))
	}
	e.do = echo
	got, err := r.Run(ctx, b)
	if err != nil || len(applied.results) != 3 || e.calls != 4 {
		t.Fatalf("Run() = %v with %d applied after %d calls; want all three, and only the third asked again", err, len(applied.results), e.calls)
	}
	if s, want := steps(t, db, ctx, got[2].RunID), "1 model failed, 2 model done, 3 verify done, 4 apply done"; s != want {
		t.Errorf("steps: %s; want %s", s, want)
	}
}

func TestARunThatAnotherProcessTookUpIsAppliedOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	applied := &book{}
	b := batch(applied, work(`{}`))
	other := agents.New(db, &engine{do: echo}, time.Now)
	slow := &engine{do: func(r ai.Request) (ai.Response, error) {
		if _, err := other.Run(ctx, b); err != nil {
			return ai.Response{}, err
		}
		return echo(r)
	}}
	if _, err := agents.New(db, slow, time.Now).Run(ctx, b); err != nil || len(applied.results) != 1 {
		t.Errorf("Run() = %v, applied %d times; want once", err, len(applied.results))
	}
}

func TestManyProcessesWithTheSameWorkApplyItOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	var mu sync.Mutex
	applied := map[string]int{}
	var works []agents.Work
	for i := range 20 {
		works = append(works, work(fmt.Sprint(i)))
	}
	b := batch(&book{}, works...)
	b.Apply = func(tx *pg.Tx, results []agents.Result) error {
		tx.AfterCommit(func(context.Context) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range results {
				applied[r.SubjectID]++
			}
		})
		return nil
	}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := agents.New(db, &engine{do: echo}, time.Now).Run(ctx, b); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, w := range works {
		if applied[w.SubjectID] != 1 {
			t.Errorf("%s was applied %d times, want once", w.SubjectID, applied[w.SubjectID])
		}
	}
}

func TestADeferredRunWaitsAndIsDoneLater(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	e, applied := &engine{do: func(ai.Request) (ai.Response, error) {
		return ai.Response{Deferred: &ai.Ticket{After: 9 * time.Second, Reason: "overloaded"}}, nil
	}}, &book{}
	r := agents.New(db, e, time.Now)
	b := batch(applied, work(`{}`))
	var later *agents.DeferredError
	if _, err := r.Run(ctx, b); !errors.As(err, &later) || later.After != 9*time.Second || len(applied.results) != 0 {
		t.Fatalf("Run() = %v, applied %d; want a wait of 9 s", err, len(applied.results))
	}
	e.do = echo
	if got, err := r.Run(ctx, b); err != nil || got[0].State != agents.Done || len(applied.results) != 1 {
		t.Errorf("Run() = %+v, %v; want it done", got, err)
	}
}

func TestADegradedAnswerIsReplacedOnRequest(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	e, applied := &engine{do: func(r ai.Request) (ai.Response, error) {
		res, err := echo(r)
		res.Degraded = true
		return res, err
	}}, &book{}
	r := agents.New(db, e, time.Now)
	b := batch(applied, work(`{}`))
	first, err := r.Run(ctx, b)
	if err != nil || first[0].State != agents.Done || !first[0].Degraded {
		t.Fatalf("Run() = %+v, %v; want a degraded answer", first, err)
	}
	e.do = echo
	if kept, err := r.Run(ctx, b); err != nil || !kept[0].Degraded || e.calls != 1 {
		t.Errorf("Run() = %+v, %v; want the degraded answer from the store", kept, err)
	}
	b.Again = true
	full, err := r.Run(ctx, b)
	if err != nil || full[0].Degraded || full[0].RunID != first[0].RunID || len(applied.results) != 2 {
		t.Errorf("Run() again = %+v, %v; want a full answer in the same run", full, err)
	}
}

func TestOneResultThatCannotBeStoredFailsAlone(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	odd := work(`{"odd":true}`)
	b := batch(&book{}, work(`{}`), odd, work(`{}`))
	b.Apply = func(tx *pg.Tx, results []agents.Result) error {
		for _, r := range results {
			if r.SubjectID == odd.SubjectID && r.State == agents.Done {
				return errors.New("value out of range")
			}
		}
		return nil
	}
	got, err := agents.New(db, &engine{do: echo}, time.Now).Run(ctx, b)
	if err != nil || got[0].State != agents.Done || got[1].State != agents.Failed || got[2].State != agents.Done {
		t.Errorf("Run() = %+v, %v; want only the second failed", got, err)
	}
}

func TestRunsOfAnotherTenantAreNotThere(t *testing.T) {
	t.Parallel()
	db := open(t)
	ann, ben := tenant(t, db), tenant(t, db)
	e := &engine{do: echo}
	r := agents.New(db, e, time.Now)
	w := work(`{}`)
	mine, err := r.Run(ann, batch(&book{}, w))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := r.Run(ben, batch(&book{}, w))
	if err != nil || theirs[0].RunID == mine[0].RunID || theirs[0].Stored || e.calls != 2 {
		t.Errorf("Run() = %+v, %v; want a run of their own", theirs, err)
	}
	if s := steps(t, db, ben, mine[0].RunID); s != "" {
		t.Errorf("another tenant sees the steps %s", s)
	}
}

func TestPreparedRunsAreDoneByTheJob(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	e, applied := &engine{do: echo}, &book{}
	r := agents.New(db, e, time.Now)
	b := batch(applied, work(`{}`))
	prepare := func() (ids []string, waiting bool) {
		err := db.Write(ctx, func(tx *pg.Tx) (err error) {
			ids, waiting, err = r.Prepare(ctx, tx, b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return ids, waiting
	}
	ids, waiting := prepare()
	if len(ids) != 1 || !waiting || e.calls != 0 {
		t.Errorf("Prepare() = %v, %t after %d calls; want one waiting run", ids, waiting, e.calls)
	}
	got, err := r.Run(ctx, b)
	if err != nil || got[0].RunID != ids[0] || got[0].State != agents.Done || len(applied.results) != 1 {
		t.Errorf("Run() = %+v, %v; want the prepared run done", got, err)
	}
	if s, want := steps(t, db, ctx, ids[0]), "1 model done, 2 verify done, 3 apply done"; s != want {
		t.Errorf("steps: %s; want %s", s, want)
	}
	if same, waiting := prepare(); same[0] != ids[0] || waiting {
		t.Errorf("Prepare() again = %v, %t; want the same run, not waiting", same, waiting)
	}
}
