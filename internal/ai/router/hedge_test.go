package router_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/router"
)

func hedging(engines ...ai.Provider) router.Options {
	o := options(engines...)
	o.Profile.Hedge = router.Standard().Hedge
	return o
}

func TestASlowEngineIsRacedByAnotherForAPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &engine{name: "a", answer: takes(7 * time.Second)}, &engine{name: "b", answer: takes(time.Second)}
		start := time.Now()
		res, err := router.New(hedging(a, b)).Do(t.Context(), which())
		if err != nil || res.Engine != "b" || time.Since(start) != 3500*time.Millisecond {
			t.Errorf("Do() = %s, %v after %v; want b 1 s after the hedge at 2.5 s", kinds(res), err, time.Since(start))
		}
		if a.inUse.Load() != 0 {
			t.Error("the loser still runs")
		}
		first, second := res.Attempts[0], res.Attempts[1]
		if first.Kind != ai.Cancelled || first.Billed != ai.BilledMaybe || !first.Usage.Estimated || first.Usage.CostNano == 0 || !second.Hedge {
			t.Errorf("attempts %+v; want the loser estimated and the winner marked", res.Attempts)
		}
	})
}

func TestTheFirstValidAnswerWinsNotTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		prose := func(ctx context.Context, n int, c ai.Call) (ai.Answer, error) {
			a, err := takes(500*time.Millisecond)(ctx, n, c)
			a.Text = "I would rather not say."
			return a, err
		}
		a, b := &engine{name: "a", answer: takes(4 * time.Second)}, &engine{name: "b", answer: prose}
		start := time.Now()
		res, err := router.New(hedging(a, b)).Do(t.Context(), which())
		if err != nil || res.Engine != "a" || time.Since(start) != 4*time.Second || kinds(res) != "a ok, b bad_output" {
			t.Errorf("Do() = %s, %v after %v; want a's answer after 4 s", kinds(res), err, time.Since(start))
		}
	})
}

func TestTheHedgeGoesOnWhenTheFirstFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		late := func(ctx context.Context, _ int, _ ai.Call) (ai.Answer, error) {
			<-time.After(3 * time.Second)
			f := transient()
			return ai.Answer{}, &f
		}
		a, b := &engine{name: "a", answer: late}, &engine{name: "b", answer: takes(2 * time.Second)}
		start := time.Now()
		res, err := router.New(hedging(a, b)).Do(t.Context(), which())
		if err != nil || res.Engine != "b" || time.Since(start) != 4500*time.Millisecond || b.calls() != 1 {
			t.Errorf("Do() = %s, %v after %v; want the hedge's answer", kinds(res), err, time.Since(start))
		}
	})
}

func TestBackgroundAndAnEmptyBudgetAreNotHedged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spent := which()
		a, b := &engine{name: "a", answer: takes(5 * time.Second)}, &engine{name: "b", answer: takes(time.Second)}
		g := router.New(hedging(a, b))
		if res, err := g.Do(t.Context(), what()); err != nil || res.Engine != "a" {
			t.Errorf("Do() = %s, %v; want a's answer alone", kinds(res), err)
		}
		hedged := 0
		for range 100 {
			res, err := g.Do(t.Context(), spent)
			if err != nil {
				t.Fatal(err)
			}
			hedged += len(res.Attempts) - 1
		}
		if hedged < 3 || hedged > 4 {
			t.Errorf("%d of 100 requests were hedged, want the saved one and 3 %%", hedged)
		}
	})
}

func TestWhatCannotBeBrokenOffCheaplyIsNotHedged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &engine{name: "a", answer: takes(5 * time.Second)}, &engine{name: "b", answer: takes(time.Second)}
		o := hedging(a, b)
		for i := range o.Catalog.Models {
			o.Catalog.Models[i].AbortStopsBilling = false
		}
		res, err := router.New(o).Do(t.Context(), which())
		if err != nil || len(res.Attempts) != 1 {
			t.Errorf("Do() = %s, %v; want one attempt", kinds(res), err)
		}
	})
}
