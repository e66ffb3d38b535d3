package alert

import (
	"math"
	"time"
)

// Kind is how a measure is made of series.
type Kind string

// The kinds of measure.
const (
	// Ratio is the growth of Of divided by that of Over; its bad events are Of's.
	Ratio Kind = "ratio"
	// Quantile is the Q of a histogram, in seconds; bad events are those above the
	// threshold, which is one of the histogram's bounds.
	Quantile Kind = "quantile"
	// Slow is the share of a histogram's observations above Bound.
	Slow Kind = "slow"
	// Rate is the growth of a counter in a second.
	Rate Kind = "rate"
	// Increase is the growth of a counter in the window.
	Increase Kind = "increase"
	// Largest is the largest value of a gauge in the window.
	Largest Kind = "largest"
)

// Selector names series: a metric, and what its labels are. A value that ends
// in * stands for everything that begins so.
type Selector struct {
	Name  string
	Match map[string]string
}

// Measure is what a rule looks at.
type Measure struct {
	Kind     Kind
	Of, Over []Selector
	Q, Bound float64
	// Except are operations that a histogram of requests leaves out.
	Except []string
}

// amount is a measure over one window.
type amount struct {
	value, events, bad float64
	known              bool
}

func (m Measure) read(s Source, window time.Duration, threshold float64) amount {
	switch m.Kind {
	case Ratio:
		return m.ratio(s, window)
	case Quantile:
		return m.quantile(s, window, threshold)
	case Slow:
		return m.slow(s, window)
	case Rate, Increase:
		v, known := grown(s, m.Of, window)
		a := amount{value: v, events: v, bad: v, known: known}
		if m.Kind == Rate {
			a.value /= window.Seconds()
		}
		return a
	}
	return m.gauge(s, window)
}

func (m Measure) ratio(s Source, window time.Duration) amount {
	all, known := grown(s, m.Over, window)
	bad, _ := grown(s, m.Of, window) // never counted is none
	a := amount{events: all, bad: bad, known: known}
	if all > 0 {
		a.value = bad / all
	}
	return a
}

// quantile is over the threshold where more than 1 - Q of the events are. Where
// operations are left out the value is only near: then it is kept on its side.
func (m Measure) quantile(s Source, window time.Duration, threshold float64) amount {
	a := m.above(s, threshold, window)
	if !a.known || a.events == 0 {
		return a
	}
	v, _ := s.Quantile(m.Of[0].Name, m.Of[0].Match, m.Q, window)
	if over := a.bad > (1-m.Q)*a.events; over {
		a.value = max(v, math.Nextafter(threshold, math.MaxFloat64))
	} else {
		a.value = min(v, threshold)
	}
	return a
}

func (m Measure) slow(s Source, window time.Duration) amount {
	a := m.above(s, m.Bound, window)
	if a.events > 0 {
		a.value = a.bad / a.events
	}
	return a
}

// above counts the events, and those above the bound.
func (m Measure) above(s Source, bound float64, window time.Duration) (a amount) {
	of := m.Of[0]
	share, n, known := s.Share(of.Name, of.Match, bound, window)
	if !known {
		return a
	}
	a = amount{events: n, bad: n * (1 - share), known: true}
	for _, operation := range m.Except {
		if share, n, ok := s.Share(of.Name, map[string]string{"operation": operation}, bound, window); ok {
			a.events -= n
			a.bad -= n * (1 - share)
		}
	}
	a.events, a.bad = max(math.Round(a.events), 0), max(math.Round(a.bad), 0)
	return a
}

func (m Measure) gauge(s Source, window time.Duration) amount {
	v, known := s.Gauge(m.Of[0].Name, m.Of[0].Match, window)
	return amount{value: v, events: v, bad: v, known: known}
}

// grown sums the growth of counters. It is known if any of them is.
func grown(s Source, of []Selector, window time.Duration) (sum float64, known bool) {
	for _, one := range of {
		if v, ok := s.Increase(one.Name, one.Match, window); ok {
			sum, known = sum+v, true
		}
	}
	return sum, known
}
