package traffic

import (
	"time"

	"rapport/internal/ai"
)

// gate is closed until a time that all see at once. After it reopens it lets
// one call through, then twice as many with each success, and later one more; or, where enough was
// answered before it closed, calls at the pace that the provider kept up with.
type gate struct {
	at    Lane
	until time.Time
	why   string
	kind  ai.Kind
	long  bool      // a closure, shared by replicas
	probe time.Time // when a closure is tried again
	ramp  int       // calls at once; 0 is no limit
	out   int       // calls that count against it
	pace  pace
}

// check says whether a call of l may start, of which spare is kept for others:
// a part of what may start in a second.
func (g *gate) check(now time.Time, l *lane, spare float64) Refusal {
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
	if wait := g.pace.wait(now, spare); wait > 0 {
		return Refusal{Wait: wait, Why: g.why + ", paced", Kind: g.kind}
	}
	return Refusal{}
}

// enter counts a call that check let through, and reports whether it must leave.
func (g *gate) enter(now time.Time, p Profile) bool {
	g.pace.spend(now)
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
func (g *gate) passed(now time.Time, most int, queued bool) {
	if g.long && now.Before(g.until) {
		g.until, g.long = now, false
	}
	if now.Before(g.until) {
		return // an answer to what was sent before it closed
	}
	if g.ramp < doubled {
		g.ramp *= 2
	} else {
		g.ramp++ // which doubles it in the time of a call
	}
	if g.ramp >= most && !queued {
		g.ramp = 0
	}
}

// doubled is how many calls at once a slow start reaches by doubling with each
// success. A queue that has gathered would overrun the provider otherwise.
const doubled = 8

// close keeps calls out until then, or longer if it is closed for longer. Who
// is full says how much was too much.
func (g *gate) close(now, until time.Time, why string, kind ai.Kind) {
	wasOpen := !now.Before(g.until)
	if until.After(g.until) {
		g.until, g.why, g.kind = until, why, kind
	}
	if kind == ai.RateLimited && wasOpen && g.pace.cut(now, g.until) {
		g.ramp = 0
		return
	}
	if !g.pace.set() {
		g.ramp = 1
	}
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
