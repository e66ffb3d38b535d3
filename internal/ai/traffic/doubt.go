package traffic

import (
	"slices"
	"time"
)

// doubt is the suspicion that a lane does badly although its breaker lets calls
// through: calls that are out are late, or more fail than should. Others are
// asked before it, which costs nothing as long as there are others. One call at
// a time, a job's rather than a person's, finds out whether it is over.
type doubt struct {
	raised bool
	since  time.Time
	until  time.Time // when the next one tries
	trying bool
	good   int
}

// doubted reports whether others are asked before l. Who is down is tried when
// its breaker says so, by a person too where that costs next to no time.
func (l *lane) doubted(now time.Time, c Claim, p Breaker) bool {
	if b := l.breaker; b.tripped {
		return now.Before(b.until) || c.Interactive && !b.quick
	}
	d := &l.doubt
	if !d.raised {
		if !l.suspect(now, p) {
			return false
		}
		*d = doubt{raised: true, since: now, until: now.Add(p.Doubt)}
	}
	return d.trying || now.Before(d.until) || c.Interactive && now.Before(d.until.Add(p.Doubt))
}

func (l *lane) suspect(now time.Time, p Breaker) bool {
	if late := l.late(now, p); late >= p.Suspect && 4*late >= len(l.running) {
		return true
	}
	good, failed, slow := l.breaker.count(now, p)
	return slow >= p.Suspect && 2*slow >= good || failed >= p.Suspect && float64(failed) >= p.Share*float64(good+failed)
}

// late is how many calls are out for several times as long as usual.
func (l *lane) late(now time.Time, p Breaker) int {
	limit, known := l.breaker.limit(p)
	if !known {
		return 0
	}
	n := 0
	for _, began := range l.running {
		if now.Sub(began) <= limit {
			break
		}
		n++
	}
	return n
}

// enter notes a call that may be the trial.
func (l *lane) enter(now time.Time) (trial bool) {
	l.running = append(l.running, now)
	d := &l.doubt
	if !d.raised || d.trying || now.Before(d.until) {
		return false
	}
	d.trying = true
	return true
}

func (l *lane) leave(p *Permit) {
	if i := slices.Index(l.running, p.began); i >= 0 {
		l.running = slices.Delete(l.running, i, i+1)
	}
	if p.trial {
		l.doubt.trying = false
	}
}

// judge weighs what came of a call that began in doubt.
func (l *lane) judge(p *Permit, ok bool, took time.Duration, b Breaker) {
	d, now := &l.doubt, time.Now()
	if !d.raised || p.began.Before(d.since) {
		return
	}
	if limit, known := l.breaker.limit(b); !ok || known && took > limit/2 {
		d.good, d.until = 0, now.Add(b.Doubt)
		return
	}
	if d.good++; d.good >= b.Successes {
		*d = doubt{}
		l.breaker.forget()
	}
}
