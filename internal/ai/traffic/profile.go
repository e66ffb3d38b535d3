package traffic

import "time"

// Profile is the numbers of the traffic.
type Profile struct {
	// Jitter spreads the reopening of a gate over a tenth of its wait.
	Jitter bool
	// Default is how long a full window is respected when the provider names no
	// time.
	Default time.Duration
	// Memory is the longest wait that this process keeps to itself; what is
	// longer is a Closure. Probe is how often a closure is tried.
	Memory, Probe time.Duration
	// Ramp is how many calls at once end the slow start after a gate reopened.
	Ramp    int
	Breaker Breaker
	// Concurrent is how many calls a provider is given at once; background takes
	// no more than all but Reserve of them, one workspace no more than Share.
	Concurrent     int
	Reserve, Share float64
	// RetryGain is earned by an answer, up to RetryCap; RetryFloor repetitions a
	// minute are free.
	RetryGain, RetryCap float64
	RetryFloor          int
	// Unfit is the share of answers that cannot be used, of the last 50, from
	// which a model is asked last, for UnfitFor.
	Unfit    float64
	UnfitFor time.Duration
}

// Breaker is the numbers of a breaker: Failures in a row open it, or as many in
// Window if they are Rate of all. It stays open for each of Open in turn, then
// lets one probe at a time through; Successes of them close it.
type Breaker struct {
	Failures  int
	Rate      float64
	Window    time.Duration
	Open      []time.Duration
	Successes int
	// A lane is in doubt when Suspect calls failed that are Share of all, or when
	// as many are late, a quarter of those that are out: then others are asked
	// first, until Successes calls in a row are answered in time. One is tried
	// every Doubt.
	Suspect int
	Share   float64
	Doubt   time.Duration
	// SlowTimes is how many times the usual duration is slow; less than
	// SlowFloor never is.
	SlowTimes float64
	SlowFloor time.Duration
}

// Standard are the defaults. The breaker opens for 2 s at most: a provider that
// is back is found in 4 s, for a call every 2 s into one that is not. The
// product's brief has a minute instead, see Patient.
func Standard() Profile {
	return Profile{
		Jitter: true, Default: time.Minute, Memory: 5 * time.Minute, Probe: 15 * time.Minute, Ramp: 32,
		Breaker: Breaker{Failures: 5, Rate: 0.5, Window: 30 * time.Second, Successes: 2, SlowTimes: 4, SlowFloor: 3 * time.Second, Suspect: 3, Share: 0.25, Doubt: 5 * time.Second,
			Open: []time.Duration{time.Second, 2 * time.Second}},
		Concurrent: 256, Reserve: 0.3, Share: 0.5,
		RetryGain: 0.5, RetryCap: 200, RetryFloor: 3,
		Unfit: 0.2, UnfitFor: 10 * time.Minute,
	}
}

// Patient are the defaults with the breaker that the product's brief names: 5
// failures in 5 minutes open it for 60 s.
func Patient() Profile {
	p := Standard()
	p.Breaker.Rate, p.Breaker.Window, p.Breaker.Open = 0, 5*time.Minute, []time.Duration{time.Minute}
	return p
}

func (p Profile) backgroundMost() int {
	return max(1, int(float64(p.Concurrent)*(1-p.Reserve)))
}

func (p Profile) workspaceMost() int {
	return max(1, int(float64(p.Concurrent)*p.Share))
}
