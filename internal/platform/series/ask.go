package series

import (
	"cmp"
	"slices"
	"time"

	"rapport/internal/platform/metric"
)

// Fn is what a chart shows of a metric.
type Fn string

// The functions of a chart.
const (
	Rate  Fn = "rate"  // of a counter or of observations, by second
	Sum   Fn = "sum"   // of a counter or of observations, in each step
	P50   Fn = "p50"   // of a histogram, in seconds
	P95   Fn = "p95"   // of a histogram, in seconds
	P99   Fn = "p99"   // of a histogram, in seconds
	Most  Fn = "gauge" // the largest value of a gauge in each step
	Share Fn = "share" // of a histogram, at or below a bound
)

// Question asks for a chart.
type Question struct {
	Name     string
	Match    map[string]string // as Increase takes it
	By       string            // a label; "" is all in one
	Fn       Fn
	Bound    float64 // of Share, in seconds
	From, To time.Time
	Points   int // about so many steps
}

// Chart is the answer.
type Chart struct {
	Step  time.Duration
	First time.Time
	Lines []Line
}

// Line is one line of a chart, with a value for each step; nil where nothing was
// measured.
type Line struct {
	Label  string
	Values []*float64
}

// maxChart bounds the lines of a chart; the others are one together.
const maxChart = 20

// Others is the label of the line that stands for all that have none.
const Others = "(others)"

// Ask draws a chart. The lines with the most in them come first.
func (s *Series) Ask(q Question) Chart {
	d, _ := metric.Defined(q.Name)
	s.mu.RLock()
	defer s.mu.RUnlock()
	g := s.grid(q)
	labels := s.rank(q, d, g)
	chosen := s.choose(q.Name, func(l *line) int {
		if !l.matches(q.Match) {
			return -1
		}
		label, _ := l.label(q.By)
		if i := slices.Index(labels, label); i >= 0 {
			return i
		}
		return len(labels) - 1 // Others
	})
	cells := make([][]*tally, len(labels))
	for i := range cells {
		cells[i] = make([]*tally, g.steps)
	}
	seen := make([]float64, g.steps)
	g.scan(s, func(f frame, step int, took float64) {
		seen[step] += took
		each(f.data, func(part uint32, n int64) {
			i := chosen.of(part)
			if i < 0 {
				return
			}
			if cells[i][step] == nil {
				cells[i][step] = newTally(d)
			}
			cells[i][step].add(s.numbered[part/parts], part%parts, n)
		})
	})
	out := Chart{Step: time.Duration(g.step) * time.Second, First: time.Unix(g.from, 0).UTC(), Lines: make([]Line, len(labels))}
	for i, label := range labels {
		out.Lines[i] = Line{label, make([]*float64, g.steps)}
		for step, t := range cells[i] {
			out.Lines[i].Values[step] = q.value(t, d, seen[step])
		}
	}
	return out
}

// value is what a chart shows of a step, of which so many seconds were seen.
func (q Question) value(t *tally, d metric.Definition, seen float64) *float64 {
	if seen == 0 {
		return nil
	}
	if t == nil {
		t = newTally(d)
	}
	v, ok := 0.0, true
	switch q.Fn {
	case P50:
		v, ok = t.quantile(0.5)
	case P95:
		v, ok = t.quantile(0.95)
	case P99:
		v, ok = t.quantile(0.99)
	case Share:
		v, ok = t.share(q.Bound)
	case Most:
		v, ok = t.top, t.measured
	default:
		if v = t.sum; d.Kind == metric.Histogram {
			v = t.count()
		}
		if q.Fn == Rate {
			v /= seen
		}
	}
	if !ok {
		return nil
	}
	return &v
}

// rank lists the labels of the lines, those with the most first.
func (s *Series) rank(q Question, d metric.Definition, g grid) []string {
	if q.By == "" {
		return []string{""}
	}
	var all []string
	chosen := s.choose(q.Name, func(l *line) int {
		label, ok := l.label(q.By)
		if !ok || !l.matches(q.Match) {
			return -1
		}
		i := slices.Index(all, label)
		if i < 0 {
			i, all = len(all), append(all, label)
		}
		return i
	})
	sums := make([]*tally, len(all))
	for i := range sums {
		sums[i] = newTally(d)
	}
	g.scan(s, func(f frame, _ int, _ float64) {
		each(f.data, func(part uint32, n int64) {
			if i := chosen.of(part); i >= 0 {
				sums[i].add(s.numbered[part/parts], part%parts, n)
			}
		})
	})
	volume := map[string]float64{}
	for i, label := range all {
		volume[label] = cmp.Or(sums[i].count(), sums[i].sum, sums[i].top)
	}
	all = slices.DeleteFunc(all, func(label string) bool { return volume[label] == 0 && d.Kind != metric.Gauge })
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(volume[b], volume[a]), cmp.Compare(a, b)) })
	if len(all) > maxChart {
		all = append(all[:maxChart-1], Others)
	}
	return all
}

// grid is how the time of a chart is cut.
type grid struct {
	from, to, step int64
	steps          int
	coarse         bool
}

// maxPoints bounds the steps of a chart.
const maxPoints = 1000

// grid takes steps of ten seconds where these are kept and not too many, and
// of five minutes otherwise.
func (s *Series) grid(q Question) grid {
	from, to := q.From.Unix(), q.To.Unix()
	to = max(to, from+fineStep)
	from = max(from, to-coarseSpan)
	want := max(1, (to-from)/int64(min(max(q.Points, 1), maxPoints)))
	g := grid{coarse: want >= coarseStep || from < time.Now().Unix()-fineSpan}
	base := int64(fineStep)
	if g.coarse {
		base = coarseStep
	}
	g.step = (want + base - 1) / base * base
	g.from = floor(from, g.step) * g.step
	g.steps = int((to - g.from + g.step - 1) / g.step)
	g.to = g.from + int64(g.steps)*g.step
	return g
}

// scan passes on the frames with the number of their step, and the seconds that
// each stands for.
func (g grid) scan(s *Series, f func(frame, int, float64)) {
	if !g.coarse {
		s.fine.scan(g.from, g.to, func(x frame) { f(x, int((x.slot*fineStep-g.from)/g.step), fineStep) })
		return
	}
	now := time.Now().Unix()
	s.scanCoarse(g.from, g.to, func(x frame) {
		at := x.slot * coarseStep
		f(x, int((at-g.from)/g.step), float64(min(coarseStep, max(fineStep, now-at))))
	})
}
