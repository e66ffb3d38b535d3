package admit

import "time"

// pace decides how many places there are, from how long work takes compared
// with the same kind of work in a quiet moment. While nobody is refused the
// server may be as full as helps throughput; once somebody is, those who are
// let in shall be served fast.
type pace struct {
	limit       float64
	least, most int
	full        int // as many as there are connections: fewer only in an overload
	quiet       int // so many at once do not disturb each other
	kinds       map[string]*usual
	window      window
	looked      time.Time // when quiet moments were last made
	probing     time.Time // until when only a few are let in, to look
	mean        time.Duration
}

// usual is how long work of a kind takes in quiet.
type usual struct {
	mean float64 // nanoseconds
	n    int
}

// window is what was seen since the limit was last decided on.
type window struct {
	began  time.Time
	n      int
	ratios float64
	spent  time.Duration
	count  int
	peak   int
}

type sample struct {
	kind  string
	took  time.Duration
	among int
	quiet bool
}

const (
	span      = 100 * time.Millisecond // of a window, at least
	enough    = 30                     // samples of a window
	learnt    = 10                     // samples until a kind is known
	outlier   = 10.0                   // what counts at most: one slow call is no crowd
	lookEvery = 10 * time.Second
	lookFor   = 100 * time.Millisecond
	// How many times as long as in quiet work may take.
	calmRatio, overloadRatio = 3.0, 1.2
)

func newPace(o Options) pace {
	full := min(o.Connections, o.Most)
	return pace{limit: float64(min(2*o.Connections, o.Most)), least: min(3, full), most: o.Most, full: full, quiet: 2, kinds: map[string]*usual{}}
}

// places is how many there are now.
func (p *pace) places() int {
	if !p.probing.IsZero() {
		return p.quiet
	}
	return int(p.limit)
}

// typical is how long work took lately.
func (p *pace) typical() time.Duration { return p.mean }

func (p *pace) add(s sample, now time.Time, overloaded bool) {
	if p.window.n == 0 && p.window.count == 0 {
		p.window.began = now
	}
	p.window.count++
	p.window.spent += s.took
	p.window.peak = max(p.window.peak, s.among)
	u := p.kinds[s.kind]
	if u == nil {
		u = &usual{}
		p.kinds[s.kind] = u
	}
	if known := u.n >= learnt; known && p.probing.IsZero() {
		p.window.n++
		p.window.ratios += min(outlier, float64(s.took)/u.mean)
	}
	if s.quiet || u.n < learnt {
		u.learn(float64(s.took))
	}
	p.look(now, overloaded)
	if now.Sub(p.window.began) >= span && p.window.n >= enough {
		p.decide(overloaded)
	}
}

// learn follows what is usual, slowly.
func (u *usual) learn(took float64) {
	u.n++
	if u.n <= learnt {
		u.mean += (took - u.mean) / float64(u.n)
		return
	}
	u.mean += (min(took, 5*u.mean) - u.mean) / 20
}

// look lets only a few in for a moment, now and then in an overload: without
// quiet there is nothing to compare with, and what is usual may have changed.
func (p *pace) look(now time.Time, overloaded bool) {
	switch {
	case !p.probing.IsZero():
		if now.After(p.probing) {
			p.probing, p.looked, p.window = time.Time{}, now, window{}
		}
	case overloaded && now.Sub(p.looked) > lookEvery:
		p.probing = now.Add(lookFor)
	}
}

func (p *pace) decide(overloaded bool) {
	ratio, saturated := p.window.ratios/float64(p.window.n), p.window.peak >= int(p.limit)-1
	p.mean = p.window.spent / time.Duration(p.window.count)
	p.window = window{}
	most, least := calmRatio, p.full
	if overloaded {
		most, least = overloadRatio, p.least
	}
	switch {
	case ratio > most:
		p.limit *= max(0.8, most/ratio)
	case saturated:
		p.limit += max(1, p.limit/8)
	}
	p.limit = min(max(p.limit, float64(least)), float64(p.most))
}
