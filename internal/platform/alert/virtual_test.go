package alert_test

import (
	"math/rand/v2"
	"slices"
	"time"
)

// virtual is a source of invented traffic, kept as the real one keeps it: a
// sample every ten seconds. Only what was sampled is seen.
type virtual struct {
	now     totals
	samples []totals
	gauges  map[string]float64
}

// totals are the counters at one time.
type totals struct {
	requests, failed        float64
	within                  [len(bounds)]float64
	hits, misses, schedules float64
}

var bounds = [...]float64{.005, .01, .025, .05, .08, .1, .25, .5, 1, 2.5, 5}

func newVirtual() *virtual { return &virtual{samples: []totals{{}}, gauges: map[string]float64{}} }

// request counts one.
func (v *virtual) request(failed bool, took float64) {
	v.now.requests++
	if failed {
		v.now.failed++
	}
	for i, bound := range bounds {
		if took <= bound {
			v.now.within[i]++
		}
	}
}

func (v *virtual) sample() { v.samples = append(v.samples, v.now) }

// over is the totals at both ends of a window.
func (v *virtual) over(window time.Duration) (from, to totals) {
	n := int(window / (10 * time.Second))
	last := len(v.samples) - 1
	return v.samples[max(last-n, 0)], v.samples[last]
}

func (v *virtual) Increase(name string, match map[string]string, window time.Duration) (float64, bool) {
	from, to := v.over(window)
	switch {
	case name == "http_requests_total" && match["status"] == "5*":
		return to.failed - from.failed, to.failed > 0
	case name == "http_requests_total":
		return to.requests - from.requests, to.requests > 0
	case name == "cache_hits_total":
		return to.hits - from.hits, to.hits > 0
	case name == "cache_misses_total":
		return to.misses - from.misses, to.misses > 0
	case name == "schedules_missed_total":
		return to.schedules - from.schedules, true
	}
	return 0, false
}

func (v *virtual) Share(_ string, match map[string]string, bound float64, window time.Duration) (share, count float64, ok bool) {
	from, to := v.over(window)
	if to.requests == 0 || match["operation"] != "" {
		return 0, 0, false
	}
	count = to.requests - from.requests
	i := slices.Index(bounds[:], bound)
	if count > 0 {
		share = (to.within[i] - from.within[i]) / count
	}
	return share, count, true
}

func (v *virtual) Quantile(name string, _ map[string]string, q float64, window time.Duration) (float64, bool) {
	below := 0.0
	for _, bound := range bounds {
		share, _, ok := v.Share(name, nil, bound, window)
		if !ok {
			return 0, false
		}
		if share >= q {
			return (below + bound) / 2, true
		}
		below = bound
	}
	return bounds[len(bounds)-1], true
}

func (v *virtual) Gauge(name string, _ map[string]string, _ time.Duration) (float64, bool) {
	g, ok := v.gauges[name]
	return g, ok
}

// poisson draws how often something happened that happens mean times.
func poisson(r *rand.Rand, mean float64) int {
	n := 0
	for t := r.ExpFloat64(); t < mean; t += r.ExpFloat64() {
		n++
	}
	return n
}

// nothing is a source that has measured nothing.
type nothing struct{}

func (nothing) Increase(string, map[string]string, time.Duration) (float64, bool) { return 0, false }
func (nothing) Gauge(string, map[string]string, time.Duration) (float64, bool)    { return 0, false }
func (nothing) Quantile(string, map[string]string, float64, time.Duration) (float64, bool) {
	return 0, false
}
func (nothing) Share(string, map[string]string, float64, time.Duration) (share, count float64, ok bool) {
	return 0, 0, false
}
