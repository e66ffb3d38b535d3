package series

import (
	"math"
	"time"

	"rapport/internal/platform/metric"
)

// Increase is by how much the counters of a name that match grew within the
// window that ends now; false if nothing was measured. A value of match may end
// in a star, for all that begin like that.
func (s *Series) Increase(name string, match map[string]string, window time.Duration) (float64, bool) {
	t := s.total(name, match, window)
	return t.sum, t.seen > 0
}

// Quantile is the duration in seconds that the share q of what was observed
// within the window did not exceed.
func (s *Series) Quantile(name string, match map[string]string, q float64, window time.Duration) (float64, bool) {
	t := s.total(name, match, window)
	return t.quantile(q)
}

// Share is the part of the observations within the window that took bound
// seconds or less, and how many there were.
func (s *Series) Share(name string, match map[string]string, bound float64, window time.Duration) (share, count float64, ok bool) {
	t := s.total(name, match, window)
	share, ok = t.share(bound)
	return share, t.count(), ok
}

// Gauge is the largest value within the window of the gauges that match.
func (s *Series) Gauge(name string, match map[string]string, window time.Duration) (float64, bool) {
	t := s.total(name, match, window)
	return t.top, t.measured
}

// tally is what matching lines did in some time.
type tally struct {
	bounds   []float64
	counts   []float64 // of each bucket, and beyond the last
	sum      float64   // of counters; of a histogram, in seconds
	top      float64   // of gauges
	measured bool      // top is somebody's
	seen     int       // frames
}

func newTally(d metric.Definition) *tally {
	t := &tally{bounds: d.Buckets}
	if d.Kind == metric.Histogram {
		t.counts = make([]float64, len(d.Buckets)+1)
	}
	return t
}

// add counts a value of a part of l.
func (t *tally) add(l *line, part uint32, n int64) {
	switch {
	case l.Kind == metric.Gauge:
		if v := float64(n) / l.scale(); !t.measured || v > t.top {
			t.top = v
		}
		t.measured = true
	case l.Kind == metric.Counter:
		t.sum += float64(n) / l.scale()
	case part == sumPart:
		t.sum += float64(n) / 1e6
	case int(part) < len(t.counts):
		t.counts[part] += float64(n)
	}
}

func (t *tally) count() float64 {
	n := 0.0
	for _, c := range t.counts {
		n += c
	}
	return n
}

// quantile takes observations for spread evenly within a bucket. What is beyond
// the last bound is said to be at it.
func (t *tally) quantile(q float64) (float64, bool) {
	all := t.count()
	if all == 0 {
		return 0, false
	}
	rank, below := q*all, 0.0
	for i, n := range t.counts {
		if below+n >= rank && n > 0 {
			if i == len(t.bounds) {
				break
			}
			low := 0.0
			if i > 0 {
				low = t.bounds[i-1]
			}
			return low + (t.bounds[i]-low)*math.Max(0, rank-below)/n, true
		}
		below += n
	}
	return t.bounds[len(t.bounds)-1], true
}

func (t *tally) share(bound float64) (float64, bool) {
	all := t.count()
	if all == 0 {
		return 0, false
	}
	below, low := 0.0, 0.0
	for i, high := range t.bounds {
		if bound < high {
			below += t.counts[i] * math.Max(0, bound-low) / (high - low)
			break
		}
		below += t.counts[i]
		low = high
	}
	return below / all, true
}

// recent is how long a window may be that is looked at in steps of ten seconds.
const recent = 2 * time.Hour

// total is what happened in the window that ends now: in so many of the latest
// steps as it takes.
func (s *Series) total(name string, match map[string]string, window time.Duration) *tally {
	d, _ := metric.Defined(name)
	t := newTally(d)
	s.mu.RLock()
	defer s.mu.RUnlock()
	chosen := s.choose(name, func(l *line) int { return index(l.matches(match)) })
	count := func(f frame) {
		t.seen++
		each(f.data, func(part uint32, n int64) {
			if chosen.of(part) == 0 {
				t.add(s.numbered[part/parts], part%parts, n)
			}
		})
	}
	steps := func(step int64) int64 { return max(1, (int64(window.Seconds())+step-1)/step) }
	if window > recent {
		to := (floor(time.Now().Unix(), coarseStep) + 1) * coarseStep
		s.scanCoarse(to-steps(coarseStep)*coarseStep, to, count)
		return t
	}
	last := floor(time.Now().Unix(), fineStep)
	if f := s.fine.at(last); f.data == nil || f.slot != last { // the one under way has not been looked at
		last--
	}
	s.fine.scan((last+1-steps(fineStep))*fineStep, (last+1)*fineStep, count)
	return t
}

// scanCoarse scans steps of five minutes, with those under way.
func (s *Series) scanCoarse(from, to int64, f func(frame)) {
	s.coarse.scan(from, to, f)
	if at := s.fiveSlot * coarseStep; len(s.five) > 0 && at >= from && at < to {
		f(frame{s.fiveSlot, encode(ordered(s.five))})
	}
}

func index(matches bool) int {
	if matches {
		return 0
	}
	return -1
}

// choice says of each line to which group it belongs, or to none.
type choice struct{ groups []int16 }

func (c choice) of(part uint32) int {
	if n := int(part / parts); n < len(c.groups) {
		return int(c.groups[n])
	}
	return -1
}

func (s *Series) choose(name string, group func(*line) int) choice {
	c := choice{make([]int16, len(s.numbered))}
	for i := range c.groups {
		c.groups[i] = -1
	}
	for _, l := range s.byName[name] {
		c.groups[l.number] = int16(group(l))
	}
	return c
}
