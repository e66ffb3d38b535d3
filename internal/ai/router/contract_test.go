package router_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
)

func seconds(n ...int) []time.Duration {
	out := make([]time.Duration, len(n))
	for i, s := range n {
		out[i] = time.Duration(s) * time.Second
	}
	return out
}

func TestTheLadderOfBackgroundIsOneTwoFourEightEight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, start := &engine{name: "a", answer: fails(0, transient())}, time.Now()
		r := what()
		r.Task = "unruly"
		res, err := gateway(e).Do(t.Context(), r)
		if err != nil || res.Deferred == nil {
			t.Fatalf("Do() = %+v, %v; want a ticket", res, err)
		}
		if got, want := e.after(start), seconds(0, 1, 3, 7, 15, 23); !slices.Equal(got, want) {
			t.Errorf("calls at %v, want %v", got, want)
		}
		if a := res.Attempts[2]; a.Waited != 2*time.Second || a.Why != "backoff 2s, attempt 3/6" {
			t.Errorf("third attempt waited %v for %q", a.Waited, a.Why)
		}
	})
}

func TestAPersonsLadderHasFourAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, start := &engine{name: "a", answer: fails(0, transient())}, time.Now()
		r := which()
		r.Task = "unruly"
		if _, err := gateway(e).Do(t.Context(), r); err == nil {
			t.Fatal("Do() answered")
		}
		if got, want := e.after(start), seconds(0, 1, 3, 7); !slices.Equal(got, want) {
			t.Errorf("calls at %v, want %v", got, want)
		}
	})
}

func TestAFullWindowWithoutAHintIsRespectedForAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, start := &engine{name: "a", answer: fails(1, limited(0))}, time.Now()
		res, err := gateway(e).Do(t.Context(), what())
		if err != nil || res.Engine != "a" {
			t.Fatalf("Do() = %+v, %v; want a's answer", res, err)
		}
		if got, want := e.after(start), seconds(0, 60); !slices.Equal(got, want) {
			t.Errorf("calls at %v, want %v", got, want)
		}
	})
}

func TestAHintIsObeyedToTheMillisecond(t *testing.T) {
	t.Parallel()
	for _, wait := range []time.Duration{1500 * time.Millisecond, 37 * time.Second, 299 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			e, start := &engine{name: "a", answer: fails(1, limited(wait))}, time.Now()
			res, err := gateway(e).Do(t.Context(), what())
			if got := e.after(start); err != nil || len(got) != 2 || got[1] != wait {
				t.Errorf("Do() = %s, %v; calls at %v, want the second after %v", kinds(res), err, got, wait)
			}
		})
	}
}

func TestAHintBelowTheLadderDoesNotShortenIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, start := &engine{name: "a", answer: fails(1, limited(200*time.Millisecond))}, time.Now()
		if _, err := gateway(e).Do(t.Context(), what()); err != nil {
			t.Fatal(err)
		}
		if got, want := e.after(start), seconds(0, 1); !slices.Equal(got, want) {
			t.Errorf("calls at %v, want %v", got, want)
		}
	})
}

func TestAWaitThatDoesNotFitIsNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, start := &engine{name: "a", answer: fails(1, limited(30*time.Second))}, time.Now()
		res, err := gateway(e).Do(within(t, 20*time.Second), what())
		if err != nil || res.Deferred == nil || res.Deferred.After != 30*time.Second || time.Since(start) != 0 {
			t.Errorf("Do() = %+v, %v after %v; want a ticket for 30 s at once", res, err, time.Since(start))
		}
	})
}

func TestTheFirstFailoverWaitsForNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &engine{name: "a", answer: fails(0, transient())}, &engine{name: "b", answer: takes(time.Second)}
		start := time.Now()
		res, err := gateway(a, b).Do(t.Context(), what())
		if err != nil || res.Engine != "b" || time.Since(start) != time.Second || res.Degraded {
			t.Errorf("Do() = %s, %v after %v; want b's answer after its second", kinds(res), err, time.Since(start))
		}
	})
}

func TestAllEnginesFailInTurnBeforeOneIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &engine{name: "a", answer: fails(0, transient())}, &engine{name: "b", answer: fails(0, transient())}
		start := time.Now()
		r := what()
		r.Task = "unruly"
		res, _ := gateway(a, b).Do(t.Context(), r)
		if n := len(res.Attempts); n != 6 || res.Deferred == nil {
			t.Errorf("Do() = %s; want six attempts and a ticket", kinds(res))
		}
		// a at 0, b at 0; a waits 1 s, then 4; b waits 2 s, then 8.
		if got, want := a.after(start), seconds(0, 1, 5); !slices.Equal(got, want) {
			t.Errorf("calls of a at %v, want %v", got, want)
		}
		if got, want := b.after(start), seconds(0, 2, 10); !slices.Equal(got, want) {
			t.Errorf("calls of b at %v, want %v", got, want)
		}
	})
}

func TestRulesStandInAtOnceForAPersonWhenNobodyTakesCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, start := &engine{name: "a", answer: fails(0, limited(10*time.Second))}, time.Now()
		res, err := gateway(e, local()).Do(within(t, 20*time.Second), which())
		if err != nil || res.Engine != "rules" || !res.Degraded || res.Upgrade != 10*time.Second || time.Since(start) != 0 {
			t.Errorf("Do() = %+v, %v after %v; want rules at once, to be upgraded in 10 s", res, err, time.Since(start))
		}
	})
}

func TestAPermanentFaultIsNotRepeated(t *testing.T) {
	t.Parallel()
	gone := ai.Fault{Kind: ai.ModelGone, Scope: ai.ScopeModel, TryOther: true, Billed: ai.BilledNo, Status: 404}
	a, b := &engine{name: "a", answer: fails(0, gone)}, &engine{name: "b", answer: takes(0)}
	res, err := gateway(a, b).Do(t.Context(), what())
	if err != nil || res.Engine != "b" || a.calls() != 1 {
		t.Errorf("Do() = %s, %v; want b after one call of a", kinds(res), err)
	}
}

// Else nobody may want the provider for long after it is back.
func TestAJobFindsOutWhetherItsFirstChoiceIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &engine{name: "a"}, &engine{name: "b", answer: takes(10 * time.Second)}
		a.answer = func(ctx context.Context, n int, c ai.Call) (ai.Answer, error) {
			time.Sleep(100 * time.Millisecond)
			return fails(5, transient())(ctx, n, c)
		}
		g, start := gateway(a, b), time.Now()
		var five sync.WaitGroup
		defer five.Wait()
		for range 5 { // which opens the breaker for a second
			five.Go(func() { _, _ = g.Do(t.Context(), what()) })
		}
		time.Sleep(300 * time.Millisecond)
		five.Go(func() {
			if res, err := g.Do(t.Context(), which()); err != nil || res.Engine != "b" {
				t.Errorf("a person's Do() = %s, %v; want b, who is open", kinds(res), err)
			}
		})
		synctest.Wait()
		res, err := g.Do(t.Context(), what())
		if err != nil || res.Engine != "a" || time.Since(start) != 1200*time.Millisecond {
			t.Logf("%+v", res.Attempts)
			t.Errorf("a job's Do() = %s, %v after %v; want a as soon as its breaker lets a call through", kinds(res), err, time.Since(start))
		}
	})
}
