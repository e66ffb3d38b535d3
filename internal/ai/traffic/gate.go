package traffic

import (
	"time"

	"rapport/internal/ai"
)

// gate is closed until a time that all see at once. After it reopens it lets
// one call through, then twice as many with each success, and from eight on one
// more. Where a window was full for a moment, it learns how many calls at once
// are safe: half of those that were too many.
type gate struct {
	at    Lane
	until time.Time
	why   string
	kind  ai.Kind
	long  bool      // a closure, shared by replicas
	probe time.Time // when a closure is tried again
	ramp  int       // calls at once; 0 is no limit
	out   int       // calls that count against it
	above int       // answers since there was one more than that
	safe  int       // calls at once that did not fill the window; 0: unknown
	full  time.Time // when it was full last
}

func (g *gate) check(now time.Time, l *lane) Refusal {
	if now.Before(g.until) {
		if !g.long {
			return Refusal{Wait: g.until.Sub(now), Why: g.why, Kind: g.kind}
		}
		next := g.until
		if g.probe.Before(next) {
			next = g.probe
		}
		if now.Before(next) {
			return Refusal{Wait: next.Sub(now), Why: g.why, Kind: g.kind}
		}
	}
	if g.ramp > 0 && g.out >= g.ramp {
		return Refusal{Wait: l.patience(), Why: g.why + ", reopening", Kind: g.kind, Guessed: true}
	}
	return Refusal{}
}

// enter counts a call that check let through, and reports whether it must leave.
func (g *gate) enter(now time.Time, p Profile) bool {
	if g.ramp == 0 {
		return false
	}
	if g.long && now.Before(g.until) {
		g.probe = now.Add(p.Probe)
	}
	g.out++
	return true
}

func (g *gate) leave() { g.out-- }

// passed notes that a call that counted was answered.
func (g *gate) passed(now time.Time, most int) {
	if g.long && now.Before(g.until) {
		g.until, g.long = now, false
	}
	if now.Before(g.until) {
		return // an answer to what was sent before it closed
	}
	switch {
	case g.safe > 0 && now.Sub(g.full) > lull:
		g.ramp, g.safe = 0, 0
		return
	case g.safe > 0 && g.ramp >= g.safe:
		if g.above++; g.above < g.ramp {
			return // one more when all of them were answered
		}
		g.ramp, g.above = g.ramp+1, 0
	case g.ramp < eager:
		g.ramp *= 2
	default:
		g.ramp++
	}
	if g.ramp >= most {
		g.ramp = 0
	}
}

// lull is how long a window was not full until its limit is forgotten; brief a
// wait that says that it is full for a moment only. Up to eager calls at once
// are reached in leaps.
const (
	lull  = time.Minute
	brief = 10 * time.Second
	eager = 8
)

// fill notes that calls at once were too many, before the gate closes.
func (g *gate) fill(now time.Time, wait time.Duration, calls int) (ramp int) {
	if wait > brief {
		g.safe = 0
		return 1
	}
	g.full = now
	if now.Before(g.until) {
		return max(1, g.ramp) // sent before it closed
	}
	g.safe, g.above = calls/2, 0 // one alone says nothing
	return max(1, g.safe/2)
}

// close keeps calls out for wait, or longer if it is closed for longer.
func (g *gate) close(until time.Time, why string, kind ai.Kind) {
	if until.After(g.until) {
		g.until, g.why, g.kind = until, why, kind
	}
	g.ramp = 1
}

// reopen begins a slow start for who was down.
func (g *gate) reopen(why string, calls int) {
	if g.ramp == 0 {
		g.why, g.kind, g.ramp = why, ai.LocalLimit, calls
	}
}

// budget is what repetitions are paid from.
type budget struct {
	tokens float64
	minute time.Time
	free   int
}

func (b *budget) earn(p Profile) { b.tokens = min(p.RetryCap, b.tokens+p.RetryGain) }

func (b *budget) take(p Profile, now time.Time) bool {
	if b.tokens >= 1 {
		b.tokens--
		return true
	}
	if now.Sub(b.minute) >= time.Minute {
		b.minute, b.free = now, 0
	}
	b.free++
	return b.free <= p.RetryFloor
}
