package router_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/router"
	"rapport/internal/ai/traffic"
	"rapport/internal/platform/actor"
)

// mood is an engine that does something else each time, and sometimes panics.
func mood(seed uint64) func(context.Context, int, ai.Call) (ai.Answer, error) {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 11))
	faults := []ai.Fault{
		transient(), limited(0), limited(3 * time.Second), limited(2 * time.Hour),
		{Kind: ai.Overloaded, Scope: ai.ScopeFamily, RetrySame: true, TryOther: true, Status: 529},
		{Kind: ai.Network, Scope: ai.ScopeProvider, RetrySame: true, TryOther: true},
		{Kind: ai.Credential, Scope: ai.ScopeKey, TryOther: true, Status: 401},
		{Kind: ai.ModelGone, Scope: ai.ScopeModel, TryOther: true, Status: 404},
		{Kind: ai.CallerFault, Scope: ai.ScopeRequest, Status: 400},
		{Kind: ai.StateRejected, Scope: ai.ScopeRequest, TryOther: true, Repair: ai.StripState},
		{Kind: ai.Truncated, Scope: ai.ScopeRequest, TryOther: true, Repair: ai.RaiseMax, Billed: ai.BilledYes, Usage: ai.Usage{OutputTokens: 9}},
		{Kind: ai.PolicyRefused, Scope: ai.ScopeModel, TryOther: true, Billed: ai.BilledYes},
		{Kind: ai.StreamBroken, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Billed: ai.BilledMaybe},
	}
	return func(ctx context.Context, n int, c ai.Call) (ai.Answer, error) {
		mu.Lock()
		dice, took, which := r.IntN(100), time.Duration(r.ExpFloat64()*1.5*float64(time.Second)), r.IntN(len(faults))
		mu.Unlock()
		if dice < 10 {
			took *= 20
		}
		a, err := takes(took)(ctx, n, c)
		switch {
		case err != nil:
			return a, err
		case dice < 30:
			f := faults[which]
			return ai.Answer{}, &f
		case dice < 33:
			return ai.Answer{}, errors.New("an adapter forgot to classify this")
		case dice < 36:
			panic("an adapter met an odd answer")
		case dice < 50:
			a.Text = "{"
		}
		return a, nil
	}
}

// TestNothingLeaksAndEveryRequestHasOneEnd plays random schedules: every permit
// and every reservation comes back, attempts stay within their number and the
// deadline, and each request ends in exactly one way.
func TestNothingLeaksAndEveryRequestHasOneEnd(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) { schedule(t, seed) })
	}
}

func schedule(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 7))
	a, b, c := &engine{name: "a", answer: mood(3 * seed)}, &engine{name: "b", answer: mood(3*seed + 1)}, &engine{name: "c", answer: mood(3*seed + 2)}
	engines := []ai.Provider{a, b, c}
	if seed%2 == 0 {
		engines = append(engines, local())
	}
	o, purse, book := options(engines...), &till{left: ai.Dollar}, &drawer{}
	o.Profile, o.Keys, o.Purse, o.Book = router.Standard(), ring{}, purse, book
	p := traffic.Standard()
	p.Concurrent = 4 + int(seed%20)
	o.Traffic = traffic.New(p, nil, nil)
	g := router.New(o)
	var all sync.WaitGroup
	for i := range 60 {
		req := what()
		req.Interactive, req.NoRules = r.IntN(2) == 0, r.IntN(4) == 0
		wait, deadline := time.Duration(r.IntN(60_000))*time.Millisecond, time.Duration(1+r.IntN(60))*time.Second
		leaves := r.IntN(10) == 0
		all.Go(func() {
			<-time.After(wait)
			ctx, cancel := context.WithTimeout(actor.InWorkspace(t.Context(), fmt.Sprint(i%5)), deadline)
			defer cancel()
			if leaves {
				time.AfterFunc(deadline/2, cancel)
			}
			one(t, g, ctx, req)
		})
	}
	all.Wait()
	for _, s := range o.Traffic.State() {
		if s.InFlight != 0 || s.Waiting != 0 {
			t.Errorf("seed %d: left in traffic: %+v", seed, s)
		}
	}
	for _, e := range []*engine{a, b, c} {
		if n := e.inUse.Load(); n != 0 {
			t.Errorf("seed %d: %d calls of %s go on", seed, n, e.name)
		}
	}
	if purse.open != 0 || len(purse.settled) != len(purse.held) {
		t.Errorf("seed %d: %d of %d reservations are open, %d settled", seed, purse.open, len(purse.held), len(purse.settled))
	}
	if len(book.records) != 60 {
		t.Errorf("seed %d: %d records of 60 calls", seed, len(book.records))
	}
}

func one(t *testing.T, g *router.Gateway, ctx context.Context, r ai.Request) {
	res, err := g.Do(ctx, r)
	ends := 0
	for _, is := range []bool{err != nil, res.Output != nil, res.Deferred != nil} {
		if is {
			ends++
		}
	}
	if ends != 1 {
		t.Errorf("ended %d times: %+v, %v", ends, res, err)
	}
	if res.Output != nil && len(r.Schema.Check(res.Output)) > 0 {
		t.Errorf("took %s", res.Output)
	}
	sent, most := 0, 6
	if r.Interactive {
		most = 4
	}
	deadline, _ := ctx.Deadline()
	for _, a := range res.Attempts {
		if a.StartedAt.IsZero() || a.Engine == "rules" {
			continue
		}
		sent++
		if !a.StartedAt.Before(deadline) {
			t.Errorf("an attempt began at %v, after the deadline %v", a.StartedAt, deadline)
		}
	}
	if sent > most {
		t.Errorf("%d attempts, at most %d: %s", sent, most, kinds(res))
	}
}
