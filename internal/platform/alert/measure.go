package alert

import "time"

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

func (m Measure) quantile(s Source, window time.Duration, threshold float64) amount {
	of := m.Of[0]
	share, n, known := s.Share(of.Name, of.Match, threshold, window)
	a := amount{events: n, bad: n * (1 - share), known: known}
	a.value, _ = s.Quantile(of.Name, of.Match, m.Q, window)
	return a
}

func (m Measure) slow(s Source, window time.Duration) amount {
	of := m.Of[0]
	share, n, known := s.Share(of.Name, of.Match, m.Bound, window)
	if !known || n == 0 {
		return amount{known: known}
	}
	return amount{value: 1 - share, events: n, bad: n * (1 - share), known: true}
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
