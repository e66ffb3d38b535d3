package eval

import (
	"fmt"
	"slices"
	"strings"
)

// Result is how well one half of an agent's cases was answered. MacroF1 is the
// mean of the fields' F1.
type Result struct {
	Agent   string   `json:"agent"`
	Half    Half     `json:"half"`
	Cases   int      `json:"cases"`
	Failed  int      `json:"failed"`
	MacroF1 float64  `json:"macro_f1"`
	Fields  []Field  `json:"fields"`
	Errors  []string `json:"errors,omitempty"`
	// Notes say what was answered wrongly.
	Notes []string `json:"-"`
}

// Field is how well one field was answered. Of a field that takes one of some
// values the figures are the means over the values that occur; of a list they
// count findings; of a field that is right or wrong all three are the share
// that is right.
type Field struct {
	Name      string  `json:"field"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	N         int     `json:"n"` // labels
}

// Field returns the figures of a field; the zero Field if it has none.
func (r Result) Field(name string) Field {
	i := slices.IndexFunc(r.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}
	}
	return r.Fields[i]
}

// counts are findings: right ones, wrong ones and missed ones.
type counts struct{ hit, extra, miss int }

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func (c counts) precision() float64 { return ratio(c.hit, c.hit+c.extra) }
func (c counts) recall() float64    { return ratio(c.hit, c.hit+c.miss) }
func (c counts) f1() float64        { return ratio(2*c.hit, 2*c.hit+c.extra+c.miss) }

// marks gathers the counts of fields, and of the values of a field.
type marks struct {
	id     string // of the case at hand
	order  []string
	counts map[string]map[string]*counts
	notes  []string
}

func newMarks() *marks { return &marks{counts: map[string]map[string]*counts{}} }

func (m *marks) of(field, value string) *counts {
	if m.counts[field] == nil {
		m.counts[field] = map[string]*counts{}
		m.order = append(m.order, field)
	}
	if m.counts[field][value] == nil {
		m.counts[field][value] = &counts{}
	}
	return m.counts[field][value]
}

func (m *marks) note(field string, got, want any) {
	m.notes = append(m.notes, fmt.Sprintf("%s %s: got %v, want %v", field, m.id, got, want))
}

// oneOf marks a field that takes one value; each of want is right, the first is
// the best. Nothing is marked without a label.
func (m *marks) oneOf(field, got string, want []string) {
	switch {
	case len(want) == 0:
	case slices.Contains(want, got):
		m.of(field, got).hit++
	default:
		m.of(field, want[0]).miss++
		if got != "" {
			m.of(field, got).extra++
		}
		m.note(field, got, want)
	}
}

// whether marks a field that is true or false.
func (m *marks) whether(field string, got bool, want *bool) {
	switch {
	case want == nil:
	case got && *want:
		m.of(field, "").hit++
	case got:
		m.of(field, "").extra++
	case *want:
		m.of(field, "").miss++
	default:
		m.of(field, "")
	}
	if want != nil && got != *want {
		m.note(field, got, *want)
	}
}

// holds marks a property that an answer has or lacks.
func (m *marks) holds(field string, ok bool, got string) {
	c := m.of(field, "")
	if ok {
		c.hit++
		return
	}
	c.extra++
	c.miss++
	m.note(field, got, "otherwise")
}

func (m *marks) fields() []Field {
	var out []Field
	for _, name := range m.order {
		f, n := Field{Name: name}, 0
		for _, c := range m.counts[name] {
			f.Precision, f.Recall, f.F1 = f.Precision+c.precision(), f.Recall+c.recall(), f.F1+c.f1()
			f.N += c.hit + c.miss
			n++
		}
		f.Precision, f.Recall, f.F1 = f.Precision/float64(n), f.Recall/float64(n), f.F1/float64(n)
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (m *marks) macro() float64 {
	sum := 0.0
	fields := m.fields()
	for _, f := range fields {
		sum += f.F1
	}
	return sum / float64(max(len(fields), 1))
}
