package traffic

import (
	"time"

	"rapport/internal/ai"
)

// breaker keeps calls from who is down. The zero value is closed, that is:
// calls pass.
type breaker struct {
	tripped bool
	until   time.Time // calls are kept out until then; after it, probes pass
	opened  int       // times since it last closed
	probes  int       // under way
	probed  time.Time // when the last one began
	good    int       // probes in a row that were answered
	quick   bool      // the last failure took no time to speak of, or there was a good probe since
	row     int       // failures in a row
	slices  [tenths]slice
	median  time.Duration // of the duration of answers, in the long run
	seen    int
	learned time.Time // when median was last moved
}

const tenths = 10

// lost is when a probe is late, and another one may follow it.
const lost = 3 * time.Second

// soon is what a person does not mind to lose for a probe.
const soon = time.Second

// slice is what happened in a tenth of the window.
type slice struct {
	number             int64
	good, failed, slow int
}

func (b *breaker) check(now time.Time, l *lane) Refusal {
	switch {
	case !b.tripped:
		return Refusal{}
	case now.Before(b.until):
		return Refusal{Wait: b.until.Sub(now), Why: l.Provider + " fails", Kind: ai.LocalLimit}
	case b.probes > 0 && now.Sub(b.probed) < lost: // an answer that is late does not keep the others out
		return Refusal{Wait: lost - now.Sub(b.probed), Why: l.Provider + " is being tried again", Kind: ai.LocalLimit, Guessed: true}
	}
	return Refusal{}
}

// enter takes a call that check let through, and reports whether it is a probe.
func (b *breaker) enter(now time.Time) bool {
	if !b.tripped || now.Before(b.until) {
		return false
	}
	b.probes++
	b.probed = now
	return true
}

// probing reports whether the next call of l is a probe.
func (l *lane) probing() bool { return l.breaker.tripped || l.house.breaker.tripped }

// success notes an answer. It reports whether it closed the breaker.
func (b *breaker) success(now time.Time, took time.Duration, probe bool, p Breaker) bool {
	s := b.slice(now, p)
	s.good++
	if limit, known := b.limit(p); known && took > limit {
		s.slow++
	}
	b.learn(now, took, p)
	b.row = 0
	if !probe {
		return false
	}
	b.probes--
	b.quick = true
	if b.good++; b.good < p.Successes {
		return false
	}
	*b = breaker{median: b.median, seen: b.seen, learned: b.learned, probes: b.probes}
	return true
}

// failure notes a failure of the provider's.
func (b *breaker) failure(now time.Time, took time.Duration, probe bool, p Breaker) {
	b.quick = took < soon
	b.slice(now, p).failed++
	b.row++
	if probe {
		b.probes--
		b.trip(now, p)
		return
	}
	if b.tripped {
		return // of a call that began before
	}
	good, failed, _ := b.count(now, p)
	if b.row >= p.Failures || failed >= p.Failures && float64(failed) >= p.Rate*float64(good+failed) {
		b.trip(now, p)
	}
}

// undecided takes a probe back that says nothing about the provider.
func (b *breaker) undecided(probe bool) {
	if probe {
		b.probes--
	}
}

func (b *breaker) trip(now time.Time, p Breaker) {
	b.until = now.Add(p.Open[min(b.opened, len(p.Open)-1)])
	b.tripped, b.good = true, 0
	b.opened++
}

// From how many answers a median is known, and how often it moves after that.
const (
	settled = 50
	while   = 5 * time.Second
)

// limit is what takes several times as long as usual, if that is known.
func (b *breaker) limit(p Breaker) (time.Duration, bool) {
	return max(p.SlowFloor, time.Duration(p.SlowTimes*float64(b.median))), b.seen > 10
}

// forget drops what happened in the window.
func (b *breaker) forget() { b.slices = [tenths]slice{} }

func (b *breaker) slice(now time.Time, p Breaker) *slice {
	n := now.UnixNano() / int64(p.Window/tenths)
	s := &b.slices[n%tenths]
	if s.number != n {
		*s = slice{number: n}
	}
	return s
}

func (b *breaker) count(now time.Time, p Breaker) (good, failed, slow int) {
	n := now.UnixNano() / int64(p.Window/tenths)
	for _, s := range b.slices {
		if s.number > n-tenths {
			good, failed, slow = good+s.good, failed+s.failed, slow+s.slow
		}
	}
	return good, failed, slow
}

// learn moves the median a step towards took; a small one if it is far off. Once
// it is known, one answer in a while is enough: else who is slow for minutes,
// and asked often, would pass for who always was.
func (b *breaker) learn(now time.Time, took time.Duration, p Breaker) {
	b.seen++
	if b.seen > settled && now.Sub(b.learned) < while {
		return
	}
	b.learned = now
	limit, known := b.limit(p)
	switch {
	case b.median == 0:
		b.median = took
	case known && took > limit:
		b.median += b.median / 500
	case took > b.median:
		b.median += b.median / 50
	default:
		b.median -= b.median / 50
	}
}
