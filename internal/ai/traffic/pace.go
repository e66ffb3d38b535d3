package traffic

import (
	"math"
	"time"
)

// pace is how many calls a second a provider keeps up with, learned from what it
// answered before it said that it was full. It grows slowly back to that, then
// faster beyond it, and ends after a minute without another word.
type pace struct {
	answers float64   // a second, of late
	seen    time.Time // when answers was true
	full    float64   // answers when the provider was full; 0: no limit is known
	since   time.Time // when it was told so and opened again
	credit  float64   // calls that may start
	at      time.Time // when credit was true
}

const (
	lately  = 5.0  // seconds over which answers are averaged
	least   = 0.5  // answers a second from which there is a pace
	backOff = 0.85 // of what was answered
	regain  = 8.0  // seconds until it is back at what was full
	forget  = time.Minute
)

// note counts an answer.
func (p *pace) note(now time.Time) {
	p.answers, p.seen = p.rate(now)+1/lately, now
}

// rate is how many answers a second there were of late.
func (p *pace) rate(now time.Time) float64 {
	return p.answers * math.Exp(-now.Sub(p.seen).Seconds()/lately)
}

// cut slows down because the provider was full at now; calls start again at
// opens. It reports whether enough is known for it.
func (p *pace) cut(now, opens time.Time) bool {
	rate := p.rate(now)
	if rate < least {
		*p = pace{answers: p.answers, seen: p.seen}
		return false
	}
	if p.full > 0 {
		rate = min(rate, p.limit(now)) // it may have been answering what had gathered
	}
	p.full, p.since, p.credit, p.at = rate, opens, 1, opens
	return true
}

func (p *pace) set() bool { return p.full > 0 }

// limit is how many calls a second may start at now.
func (p *pace) limit(now time.Time) float64 {
	t := max(0, now.Sub(p.since).Seconds())
	c := (1 - backOff) / (regain * regain * regain)
	return p.full * (1 + c*math.Pow(t-regain, 3))
}

// wait is how long until a call may start beyond the spare part of a second's
// calls.
func (p *pace) wait(now time.Time, spare float64) time.Duration {
	if p.full == 0 || now.Sub(p.since) > forget {
		return 0
	}
	limit := p.limit(now)
	missing := min(1+spare*limit, max(1, limit)) - p.have(now, limit)
	if missing <= 0 {
		return 0
	}
	return max(time.Millisecond, time.Duration(missing/limit*float64(time.Second)))
}

func (p *pace) have(now time.Time, limit float64) float64 {
	return min(max(1, limit), p.credit+max(0, now.Sub(p.at).Seconds())*limit)
}

// spend takes the credit of one call.
func (p *pace) spend(now time.Time) {
	switch {
	case p.full == 0:
	case now.Sub(p.since) > forget:
		p.full = 0
	default:
		p.credit, p.at = p.have(now, p.limit(now))-1, now
	}
}
