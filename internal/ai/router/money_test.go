package router_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/router"
)

// till is a purse that remembers.
type till struct {
	mu      sync.Mutex
	left    ai.Nano
	cheap   bool
	open    int
	held    []router.Spend
	settled []ai.Attempt
}

func (p *till) Cheap(context.Context) bool { return p.cheap }
func (p *till) Hold(_ context.Context, s router.Spend) (router.Hold, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.Max > p.left {
		return nil, ai.ErrBudget
	}
	p.open++
	p.held = append(p.held, s)
	return &coin{till: p}, nil
}

type coin struct {
	till *till
	once sync.Once
}

func (c *coin) end(settle func()) {
	c.once.Do(func() {
		c.till.mu.Lock()
		defer c.till.mu.Unlock()
		c.till.open--
		settle()
	})
}

func (c *coin) Release() { c.end(func() {}) }
func (c *coin) Settle(a ai.Attempt) {
	c.end(func() { c.till.settled = append(c.till.settled, a) })
}

func TestEachAttemptIsReservedAndSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &engine{name: "a", answer: fails(0, transient())}, &engine{name: "b", answer: takes(0)}
		o, purse := options(a, b), &till{left: ai.Dollar}
		o.Purse = purse
		r := what()
		r.Agent, r.RunID = "email.triage", "run-1"
		res, err := router.New(o).Do(t.Context(), r)
		if err != nil || purse.open != 0 || len(purse.settled) != 2 {
			t.Fatalf("Do() = %v; %d holds open, %d settled; want 0 and 2", err, purse.open, len(purse.settled))
		}
		s := purse.held[1]
		if s.CallID != res.CallID || s.Attempt != 2 || s.Provider != "b" || s.Agent != "email.triage" || s.RunID != "run-1" || s.Max < ai.Nano(res.Usage.CostNano) {
			t.Errorf("the second hold is %+v", s)
		}
		if first, second := purse.settled[0], purse.settled[1]; first.Billed != ai.BilledNo || first.Usage.CostNano != 0 || second.Usage.CostNano != 20_000 {
			t.Errorf("settled %+v and %+v; want nothing and 20000", first, second)
		}
	})
}

func TestWithoutMoneyNothingIsSent(t *testing.T) {
	t.Parallel()
	a := &engine{name: "a", answer: takes(0)}
	o := options(a, local())
	o.Purse = &till{}
	g, r := router.New(o), what()
	if res, err := g.Do(t.Context(), r); err != nil || res.Engine != "rules" || !res.Degraded {
		t.Errorf("Do() = %s, %v; want rules, degraded", kinds(res), err)
	}
	r.NoRules = true
	if _, err := g.Do(t.Context(), r); !errors.Is(err, ai.ErrBudget) || a.calls() != 0 {
		t.Errorf("Do() = %v with %d calls, want ErrBudget and none", err, a.calls())
	}
	if s := o.Traffic.State(); len(s) != 1 || s[0].InFlight != 0 || s[0].Calls != 0 {
		t.Errorf("State() = %+v, want nothing in flight", s)
	}
}

func TestWhenTheBudgetIsNearlySpentOnlyCheapModelsAreAsked(t *testing.T) {
	t.Parallel()
	a, b := &engine{name: "a", answer: takes(0)}, &engine{name: "b", answer: takes(0)}
	o := options(a, b)
	o.Catalog.Models[1].Prices[0].Output = 2000
	o.Purse = &till{left: ai.Dollar, cheap: true}
	if res, err := router.New(o).Do(t.Context(), what()); err != nil || res.Engine != "b" || a.calls() != 0 {
		t.Errorf("Do() = %s, %v; want the cheap b", kinds(res), err)
	}
}

func TestAUsageThatCannotBeIsEstimated(t *testing.T) {
	t.Parallel()
	for name, u := range map[string]ai.Usage{
		"missing":  {},
		"negative": {InputTokens: -5, OutputTokens: 7},
		"absurd":   {InputTokens: 1e12, OutputTokens: 7},
	} {
		says := func(context.Context, int, ai.Call) (ai.Answer, error) {
			return ai.Answer{Text: `{"name":"blue"}`, Usage: u}, nil
		}
		res, err := gateway(&engine{name: "a", answer: says}).Do(t.Context(), what())
		if got := res.Usage; err != nil || !got.Estimated || got.InputTokens <= 0 || got.InputTokens > 100 || got.OutputTokens != 4 || got.CostNano <= 0 {
			t.Errorf("%s: usage %+v, %v; want an estimate", name, got, err)
		}
	}
}

func TestATimeoutIsPerhapsPaidAndTakesWhatWasReserved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &engine{name: "a", answer: takes(time.Hour)}, &engine{name: "b", answer: takes(0)}
		o, purse := options(a, b), &till{left: ai.Dollar}
		o.Purse, o.Profile.Token = purse, 0
		start := time.Now()
		res, err := router.New(o).Do(t.Context(), which())
		if err != nil || res.Engine != "b" || time.Since(start) != 8*time.Second {
			t.Fatalf("Do() = %s, %v after %v; want b after 8 s", kinds(res), err, time.Since(start))
		}
		if s := purse.settled[0]; s.Kind != ai.TimedOut || s.Billed != ai.BilledMaybe || s.Usage.CostNano != 0 {
			t.Errorf("settled %+v; want perhaps paid, cost unknown", s)
		}
	})
}

// drawer is a cache and a book.
type drawer struct {
	mu      sync.Mutex
	kept    map[[32]byte]ai.Response
	records []router.Record
}

func (d *drawer) Get(_ context.Context, key [32]byte) (ai.Response, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, ok := d.kept[key]
	return r, ok
}

func (d *drawer) Put(_ context.Context, key [32]byte, r ai.Response) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept[key] = r
}

func (d *drawer) Record(_ context.Context, r router.Record) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records = append(d.records, r)
}

func TestTheSameQuestionIsAnsweredFromTheCache(t *testing.T) {
	t.Parallel()
	a, d := &engine{name: "a", answer: takes(0)}, &drawer{kept: map[[32]byte]ai.Response{}}
	o := options(a, local())
	o.Cache, o.Book = d, d
	g, fresh, other := router.New(o), what(), what()
	fresh.Fresh = true
	other.Prompt = other.Prompt.Ask("Of the sea.")
	for i, c := range []struct {
		r      ai.Request
		cached bool
		calls  int
	}{{what(), false, 1}, {what(), true, 1}, {fresh, false, 2}, {other, false, 3}} {
		res, err := g.Do(t.Context(), c.r)
		if err != nil || res.Cached != c.cached || a.calls() != c.calls || string(res.Output) != `{"name":"blue"}` || res.Engine != "a" {
			t.Errorf("call %d: %+v, %v with %d calls; want cached %v, %d", i, res, err, a.calls(), c.cached, c.calls)
		}
	}
	if got := d.records[1]; got.Outcome != "cached" || got.Response.Usage.CostNano != 0 || got.Response.Output != nil {
		t.Errorf("recorded %+v; want a cached call for nothing, without its output", got)
	}
}

func TestWhatVerifyNowRefusesIsNotTakenFromTheCache(t *testing.T) {
	t.Parallel()
	a, d := &engine{name: "a", answer: takes(0)}, &drawer{kept: map[[32]byte]ai.Response{}}
	o := options(a)
	o.Cache = d
	g, r, once := router.New(o), what(), true
	if _, err := g.Do(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.Verify = func(out json.RawMessage) (json.RawMessage, error) {
		if once {
			once = false
			return nil, errors.New("gone")
		}
		return out, nil
	}
	if res, err := g.Do(t.Context(), r); err != nil || res.Cached || a.calls() != 2 {
		t.Errorf("Do() = %+v, %v; want it asked anew", res, err)
	}
}

func TestEveryCallIsRecordedWithItsOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, d := &engine{name: "a", answer: fails(0, limited(time.Minute))}, &drawer{}
		o := options(a, local())
		o.Book = d
		g, unruly := router.New(o), what()
		unruly.Task = "unruly"
		person := unruly
		person.Interactive = true
		for _, r := range []ai.Request{which(), unruly, person} {
			_, _ = g.Do(within(t, 10*time.Second), r)
		}
		for i, want := range []string{"degraded", "deferred", "failed"} {
			if got := d.records[i]; got.Outcome != want || got.ID == "" || (want == "failed") != (got.Error != "") {
				t.Errorf("record %d: %+v, want %s", i, got, want)
			}
		}
	})
}
