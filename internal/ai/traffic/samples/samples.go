// Package samples keeps the last durations of something, and tells their tail.
package samples

import (
	"slices"
	"time"
)

// Samples are the last durations of something. The zero value is empty. It is
// not safe for concurrent use.
type Samples struct {
	ring   [64]time.Duration
	n      int
	sorted []time.Duration // of ring; nil when it must be made anew
	stale  int
}

// Add notes a duration, in place of the oldest of 64.
func (s *Samples) Add(d time.Duration) {
	s.ring[s.n%len(s.ring)] = d
	s.n++
	s.stale++
}

// Len is how many are kept.
func (s *Samples) Len() int { return min(s.n, len(s.ring)) }

// Quantile returns the duration below which q of the samples are, 0 when there
// are none. It may be a few samples behind.
func (s *Samples) Quantile(q float64) time.Duration {
	n := s.Len()
	if n == 0 {
		return 0
	}
	if s.stale >= 8 || len(s.sorted) == 0 || s.n <= 8 && s.stale > 0 {
		s.sorted = append(s.sorted[:0], s.ring[:n]...)
		slices.Sort(s.sorted)
		s.stale = 0
	}
	return s.sorted[min(int(q*float64(len(s.sorted))), len(s.sorted)-1)]
}
