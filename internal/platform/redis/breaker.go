package redis

import (
	"math/bits"
	"time"
)

const (
	mostFailures = 3 // in a row
	mostSlow     = 4 // of the last 64 calls, which is one in twenty and a little
)

// breaker says when it is no use asking any more.
type breaker struct {
	open               bool
	since              time.Time
	failures           int    // in a row
	slow               uint64 // the last 64 calls, a bit each
	calls, lost, times int64
}

// note counts a call, and reports whether that was enough.
func (b *breaker) note(bad, slow bool) (opened bool) {
	b.calls++
	b.slow <<= 1
	if slow {
		b.slow |= 1
	}
	if bad {
		b.failures++
	} else {
		b.failures = 0
	}
	if bad || slow {
		b.lost++
	}
	if b.open || b.failures < mostFailures && bits.OnesCount64(b.slow) < mostSlow {
		return false
	}
	b.open, b.since = true, time.Now()
	b.times++
	return true
}

// mend begins anew: what was slow before says nothing of now.
func (b *breaker) mend() {
	b.open, b.since, b.failures, b.slow = false, time.Now(), 0, 0
}
