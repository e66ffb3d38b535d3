package router

import (
	"context"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/fault"
	"rapport/internal/ai/traffic"
	"rapport/internal/ai/traffic/samples"
)

// race asks o and, if it is slow and a person waits, another engine beside it.
// The first answer that can be used wins; the other is broken off and paid for
// as far as it went. The results begin with o's.
func (c *call) race(ctx context.Context, o *option, p *traffic.Permit) []result {
	number := c.count(o)
	if !c.hedgeable(o) {
		return c.counted([]result{c.try(ctx, o, p, number)})
	}
	first, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	second, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	h := &hedge{call: c, done: make(chan result, 1), lose: lose}
	timer := time.AfterFunc(c.g.hedgeAfter(c.r.Class), func() { h.run(second, o, number+1) })
	r := c.try(first, o, p, number)
	if timer.Stop() {
		return c.counted([]result{r})
	}
	if r.Fault == nil {
		stop(fault.ErrHedgeWon)
	}
	other := <-h.done // it began, or decided not to
	if other.option == nil {
		return c.counted([]result{r})
	}
	c.count(other.option)
	return c.counted([]result{r, other})
}

// count numbers an attempt.
func (c *call) count(o *option) int {
	c.attempts++
	o.tried++
	return c.attempts
}

// counted takes back what was not sent.
func (c *call) counted(results []result) []result {
	for _, r := range results {
		if r.unsent {
			c.attempts--
		}
	}
	return results
}

// hedgeable reports whether a second engine may be asked beside o, which nobody
// but the caller notices.
func (c *call) hedgeable(o *option) bool {
	return c.r.Interactive && c.g.Profile.Hedge.Share > 0 && c.out == nil && len(c.plan) > 1 &&
		c.attempts < c.bounds.Attempts && c.cheaplyLost(o)
}

// cheaplyLost reports whether o can be broken off without paying much for
// nothing.
func (c *call) cheaplyLost(o *option) bool {
	return o.model.AbortStopsBilling || o.most <= c.g.Profile.Hedge.Cheap
}

// hedge is the second attempt.
type hedge struct {
	call *call
	done chan result
	lose context.CancelCauseFunc // of the first attempt
}

// run asks the best of the others, if one is open and the budget allows.
func (h *hedge) run(ctx context.Context, beside *option, number int) {
	var r result
	defer func() { h.done <- r }()
	o := h.call.beside(ctx, beside)
	if o == nil || ctx.Err() != nil {
		return
	}
	p, _ := h.call.g.Traffic.TryAdmit(h.call.claim(ctx, o))
	if p == nil {
		return
	}
	if !h.call.g.mayHedge() {
		p.Release()
		return
	}
	r = h.call.try(ctx, o, p, number)
	r.Attempt.Hedge = true
	if r.Fault == nil {
		h.lose(fault.ErrHedgeWon)
	}
}

// beside is who may be asked beside o: of another provider, not asked yet.
func (c *call) beside(ctx context.Context, o *option) *option {
	for _, other := range c.plan {
		if other.Provider == o.Provider || other.tried > 0 || !other.live() || !c.cheaplyLost(other) {
			continue
		}
		if refusal, standing := c.g.Traffic.Look(c.claim(ctx, other)); refusal.Open() && !standing.Slow && !standing.Unfit {
			return other
		}
	}
	return nil
}

// mayHedge takes a hedge from the budget.
func (g *Gateway) mayHedge() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hedges < 1 {
		return false
	}
	g.hedges--
	return true
}

// noteRequest earns a part of a hedge.
func (g *Gateway) noteRequest() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hedges = min(g.hedges+g.Profile.Hedge.Share, g.Profile.Hedge.Burst)
}

func (g *Gateway) noteTook(class ai.Class, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.took[class]
	if s == nil {
		s = &samples.Samples{}
		g.took[class] = s
	}
	s.Add(took)
}

// hedgeAfter is the silence after which most answers of the class have come.
func (g *Gateway) hedgeAfter(class ai.Class) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.Profile.Hedge
	if s := g.took[class]; s != nil {
		return min(max(h.After, s.Quantile(0.95)), h.Most)
	}
	return h.After
}
