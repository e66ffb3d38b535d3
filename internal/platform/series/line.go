package series

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"rapport/internal/platform/metric"
)

// maxLines bounds the lines: more are not kept, and said so.
const maxLines = 8192

// line is one metric with the values of its labels.
type line struct {
	metric.Definition
	labels []metric.Label
	key    string
	number uint32
	last   []float64 // of each part, as it was seen last
	sum    float64
	stored int32 // its number in the database, 0 if unknown
}

// newLine returns the line of a point, which was never seen.
func newLine(d metric.Definition, labels []metric.Label, key string, number uint32) *line {
	l := &line{Definition: d, labels: labels, key: key, number: number, last: make([]float64, 1)}
	if d.Kind == metric.Histogram {
		l.last = make([]float64, len(d.Buckets)+1)
	}
	return l
}

// sumPart is the part of a histogram that holds the sum.
const sumPart = parts - 1

// scale is how many units make one: whole numbers are kept as they are, and of
// others as much as matters.
func (l *line) scale() float64 {
	switch {
	case l.Kind == metric.Gauge:
		return 1e4
	case strings.HasSuffix(l.Name, "_seconds_total"), strings.HasSuffix(l.Name, "_dollars_total"):
		return 1e6
	}
	return 1
}

// step appends what p did since the line was seen last.
func (l *line) step(p metric.Point, to []value) []value {
	base := l.number * parts
	switch l.Kind {
	case metric.Gauge:
		if math.IsNaN(p.Value) || math.Abs(p.Value) > 1e14 {
			return to
		}
		return append(to, value{base, int64(math.Round(p.Value * l.scale()))})
	case metric.Counter:
		if grown := l.grown(&l.last[0], p.Value, l.scale()); grown > 0 {
			to = append(to, value{base, grown})
		}
		return to
	}
	below := uint64(0)
	for i, n := range p.Counts {
		if i < len(l.last) {
			if grown := l.grown(&l.last[i], float64(n-below), 1); grown > 0 {
				to = append(to, value{base + uint32(i), grown})
			}
		}
		below = n
	}
	if grown := l.grown(&l.sum, p.Value, 1e6); grown > 0 {
		to = append(to, value{base + sumPart, grown})
	}
	return to
}

// grown is by how many units now is more than last. What is less than a unit
// waits; what shrank says nothing, and counts from there.
func (l *line) grown(last *float64, now, scale float64) int64 {
	if math.IsNaN(now) || now < *last {
		*last = now
		return 0
	}
	units := math.Round((now - *last) * scale)
	if units > 1e15 {
		*last = now
		return 0
	}
	*last += units / scale
	return int64(units)
}

// matches reports whether every label that match names has its value, or one
// that begins with what stands before a star.
func (l *line) matches(match map[string]string) bool {
	for name, want := range match {
		have, ok := l.label(name)
		if prefix, star := strings.CutSuffix(want, "*"); !ok || star && !strings.HasPrefix(have, prefix) || !star && have != want {
			return false
		}
	}
	return true
}

func (l *line) label(name string) (string, bool) {
	i := slices.IndexFunc(l.labels, func(x metric.Label) bool { return x.Name == name })
	if i < 0 {
		return "", false
	}
	return l.labels[i].Value, true
}

// keyOf names a line for good: the metric, its labels, and the buckets, without
// which what was kept could not be read.
func keyOf(d metric.Definition, labels []metric.Label) string {
	var b strings.Builder
	b.WriteString(d.Name)
	for _, l := range labels {
		b.WriteString("\t" + l.Name + "=" + l.Value)
	}
	if d.Kind == metric.Histogram {
		b.WriteString("\t#")
		for _, x := range d.Buckets {
			b.WriteString(strconv.FormatFloat(x, 'g', -1, 64) + ",")
		}
	}
	return b.String()
}

// parseKey is the other way about; false for what is no metric of this release.
func parseKey(key string) (d metric.Definition, labels []metric.Label, ok bool) {
	fields := strings.Split(key, "\t")
	if d, ok = metric.Defined(fields[0]); !ok {
		return d, nil, false
	}
	for _, f := range fields[1:] {
		if name, v, is := strings.Cut(f, "="); is {
			labels = append(labels, metric.Label{Name: name, Value: v})
		}
	}
	return d, labels, keyOf(d, labels) == key
}
