package alert

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PromQL is the rule as an expression of Prometheus. It scrapes less often than
// we look, so windows are a minute at least.
func (r Rule) PromQL() string {
	var ways []string
	for _, looks := range r.Any {
		var parts []string
		for _, l := range looks {
			parts = append(parts, r.lookQL(l)...)
		}
		ways = append(ways, strings.Join(parts, " and "))
	}
	if len(ways) == 1 {
		return ways[0]
	}
	return "(" + strings.Join(ways, ") or (") + ")"
}

func (r Rule) lookQL(l Look) []string {
	w := span(l.Window)
	parts := []string{r.Measure.ql(w) + " " + string(r.Op) + " " + number(l.Threshold)}
	if r.Measure.Kind == Rate || r.Measure.Kind == Increase || r.Measure.Kind == Largest {
		return parts
	}
	if l.Events > 0 {
		parts = append(parts, r.Measure.eventsQL(w)+" >= "+number(l.Events))
	}
	if l.Bad > 0 {
		parts = append(parts, r.Measure.badQL(w, l.Threshold)+" >= "+number(l.Bad))
	}
	if l.Beyond > 0 {
		parts = append(parts, r.Measure.eventsQL(w)+" >= 2 * "+r.Measure.eventsQL(span(l.Beyond)))
	}
	return parts
}

func (m Measure) ql(w string) string {
	switch m.Kind {
	case Ratio:
		return "(" + sum(m.Of, w) + " or vector(0)) / (" + sum(m.Over, w) + " > 0)"
	case Quantile:
		return "histogram_quantile(" + number(m.Q) + ", sum by (le) (rate(" + m.Of[0].with("_bucket", "", m.Except...) + "[" + w + "])))"
	case Slow:
		return "(" + m.eventsQL(w) + " - " + m.withinQL(w, m.Bound) + ") / (" + m.eventsQL(w) + " > 0)"
	case Rate:
		return "sum(rate(" + m.Of[0].with("", "") + "[" + w + "]))"
	case Increase:
		return sum(m.Of, w)
	}
	return "max(max_over_time(" + m.Of[0].with("", "") + "[" + w + "]))"
}

func (m Measure) eventsQL(w string) string {
	if m.Kind == Ratio {
		return "(" + sum(m.Over, w) + ")"
	}
	return "sum(increase(" + m.Of[0].with("_count", "", m.Except...) + "[" + w + "]))"
}

func (m Measure) badQL(w string, threshold float64) string {
	if m.Kind == Ratio {
		return "(" + sum(m.Of, w) + ")"
	}
	bound := m.Bound
	if m.Kind == Quantile {
		bound = threshold
	}
	return "(" + m.eventsQL(w) + " - " + m.withinQL(w, bound) + ")"
}

func (m Measure) withinQL(w string, bound float64) string {
	return "sum(increase(" + m.Of[0].with("_bucket", number(bound), m.Except...) + "[" + w + "]))"
}

func sum(of []Selector, w string) string {
	var parts []string
	for _, s := range of {
		parts = append(parts, "sum(increase("+s.with("", "")+"["+w+"]))")
	}
	return strings.Join(parts, " + ")
}

// with writes the selector, of the series of that name's ending and of bound le,
// without some operations.
func (s Selector) with(ending, le string, except ...string) string {
	var labels []string
	for _, k := range slices.Sorted(maps.Keys(s.Match)) {
		if v, prefix := strings.CutSuffix(s.Match[k], "*"); prefix {
			labels = append(labels, fmt.Sprintf("%s=~%q", k, v+".*"))
		} else {
			labels = append(labels, fmt.Sprintf("%s=%q", k, v))
		}
	}
	if le != "" {
		labels = append(labels, fmt.Sprintf("le=%q", le))
	}
	if len(except) > 0 {
		labels = append(labels, fmt.Sprintf("operation!~%q", strings.Join(except, "|")))
	}
	if len(labels) == 0 {
		return s.Name + ending
	}
	return s.Name + ending + "{" + strings.Join(labels, ",") + "}"
}

func span(d time.Duration) string {
	return strconv.Itoa(int(max(d, time.Minute).Seconds())) + "s"
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', 10, 64) }
