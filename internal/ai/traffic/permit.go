package traffic

import (
	"fmt"
	"time"

	"rapport/internal/ai"
)

// Permit is a call that may run. Done and Release are idempotent; the first of
// them counts.
type Permit struct {
	traffic     *Traffic
	lane        *lane
	workspace   string
	interactive bool
	began       time.Time
	held        [5]bool // the gates that it counts against
	probes      [2]bool // of the provider's breaker, of the family's
	trial       bool    // of a lane in doubt
	over        bool
}

// Outcome is what came of a call.
type Outcome struct {
	// Fault is nil for an answer, be it of use or not.
	Fault *ai.Fault
	// Unfit says that the answer was of no use.
	Unfit bool
	Took  time.Duration
}

// Release gives the permit back: the call was not made, or says nothing about
// the provider.
func (p *Permit) Release() {
	p.end(func(time.Time) *Closure {
		p.lane.house.breaker.undecided(p.probes[0])
		p.lane.breaker.undecided(p.probes[1])
		return nil
	})
}

// Done gives the permit back and tells everybody what was learned.
func (p *Permit) Done(o Outcome) {
	p.end(func(now time.Time) *Closure {
		if o.Fault == nil || o.Fault.Kind != ai.Cancelled { // who was broken off says nothing
			p.lane.calls++
		}
		if o.Fault == nil {
			return p.answered(o, now)
		}
		p.failed(o, now)
		return p.traffic.heed(p.lane, o.Fault, now)
	})
}

// end gives back what the permit holds, lets others in, and shares a closure
// that was learned of.
func (p *Permit) end(learn func(now time.Time) *Closure) {
	t := p.traffic
	if c := t.endLocked(p, learn); c != nil {
		t.share(*c)
	}
}

func (t *Traffic) endLocked(p *Permit, learn func(now time.Time) *Closure) *Closure {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.over {
		return nil
	}
	p.over = true
	now, l, h := time.Now(), p.lane, p.lane.house
	for i, held := range p.held {
		if held {
			l.gates[i].leave()
		}
	}
	l.leave(p)
	l.inFlight--
	h.inFlight--
	if h.workspaces[p.workspace]--; h.workspaces[p.workspace] == 0 {
		delete(h.workspaces, p.workspace)
	}
	if !p.interactive {
		h.background--
	}
	c := learn(now)
	if len(h.waiting) > 0 {
		t.dispatch(h, now)
	}
	return c
}

func (p *Permit) answered(o Outcome, now time.Time) *Closure {
	l, b := p.lane, p.traffic.profile.Breaker
	l.answered++
	l.took.Add(o.Took)
	l.quality.note(o.Unfit, now, p.traffic.profile)
	l.house.budget.earn(p.traffic.profile)
	clear(l.house.failing)
	var reopened *Closure
	for i, held := range p.held {
		l.gates[i].pace.note(now)
		if !held {
			continue
		}
		if g := l.gates[i]; g.long && now.Before(g.until) {
			reopened = &Closure{Lane: g.at}
		}
		l.gates[i].passed(now, p.traffic.profile.Ramp, len(l.house.waiting) > 0)
	}
	l.judge(p, !o.Unfit, o.Took, b)
	l.house.breaker.success(now, o.Took, p.probes[0], b)
	if l.breaker.success(now, o.Took, p.probes[1], b) {
		l.doubt = doubt{}
		l.gates[2].reopen(l.Provider+" was down", b.Successes)
	}
	return reopened
}

func (p *Permit) failed(o Outcome, now time.Time) {
	l, b := p.lane, p.traffic.profile.Breaker
	if !counts(o, l, b) {
		l.house.breaker.undecided(p.probes[0])
		l.breaker.undecided(p.probes[1])
		return
	}
	l.judge(p, false, o.Took, b)
	l.breaker.failure(now, o.Took, p.probes[1], b)
	if p.probes[0] {
		l.house.breaker.failure(now, o.Took, true, b)
	}
	if o.Fault.Scope != ai.ScopeProvider {
		return
	}
	l.house.failing[l.Family] = true
	if len(l.house.failing) >= distinct && !l.house.breaker.tripped {
		l.house.breaker.trip(now, b)
	}
}

// distinct families that fail without a success between them are their
// provider's failure.
const distinct = 3

// counts reports whether an outcome is a failure of the provider's: its
// refusals are not, nor is a caller's deadline that was too short for it.
func counts(o Outcome, l *lane, p Breaker) bool {
	switch o.Fault.Kind {
	case ai.Overloaded, ai.Transient, ai.Network, ai.StreamBroken, ai.TimedOut, ai.Unknown:
		return o.Fault.Status != 429
	case ai.DeadlinePast:
		limit, known := l.breaker.limit(p)
		return known && o.Took > limit
	}
	return false
}

// heed closes the gate that a fault speaks of. It returns the closure that
// others should know.
func (t *Traffic) heed(l *lane, f *ai.Fault, now time.Time) *Closure {
	wait := f.Wait
	switch f.Kind {
	case ai.QuotaExhausted, ai.AccountMoney, ai.Credential:
		if wait <= 0 {
			wait = longest
		}
		wait = max(wait, t.profile.Memory+1)
	case ai.ModelGone:
		wait = max(wait, t.profile.Memory)
	case ai.ModelAccess: // perhaps of one request only
		wait = max(wait, t.profile.Default)
	case ai.RateLimited:
		if wait <= 0 {
			wait = t.profile.Default
		}
	}
	if wait <= 0 {
		return nil
	}
	g, long := l.gates[scoped(f)], wait > t.profile.Memory
	g.close(now, now.Add(t.jitter(min(wait, longest))), reason(f, l.Provider), f.Kind)
	if !long {
		return nil
	}
	g.long, g.probe = true, now.Add(t.profile.Probe)
	return &Closure{Lane: g.at, Until: g.until, Why: g.why, Kind: g.kind}
}

// longest is what a closure lasts when nobody says; its probes end it.
const longest = 24 * time.Hour

// scoped is the index of the gate that a fault closes.
func scoped(f *ai.Fault) int {
	switch {
	case f.Scope == ai.ScopeProvider:
		return 0
	case f.Scope == ai.ScopeKey:
		return 1
	case f.Scope == ai.ScopeFamily && f.Kind == ai.Overloaded:
		return 2 // with every key
	case f.Scope == ai.ScopeFamily:
		return 3
	}
	return 4
}

// reason is a fault in words.
func reason(f *ai.Fault, provider string) string {
	word := "trouble at %s"
	switch f.Kind {
	case ai.RateLimited:
		word = "rate limit of %s"
	case ai.Overloaded:
		word = "%s is overloaded"
	case ai.QuotaExhausted:
		word = "quota of %s is used up"
	case ai.AccountMoney:
		word = "account with %s is empty"
	case ai.Credential:
		word = "%s refuses the key"
	case ai.ModelGone:
		word = "%s has no such model"
	case ai.ModelAccess:
		word = "the key may not use this model of %s"
	}
	if f.WaitFrom != "" {
		return fmt.Sprintf(word, provider) + ", " + f.WaitFrom
	}
	return fmt.Sprintf(word, provider)
}
