package metric

import "github.com/prometheus/client_golang/prometheus"

// Emit takes what a metric is at this moment, with the values of its labels in
// the order of its definition. What is not defined like that is left out.
type Emit func(name string, value float64, labels ...string)

// Read has f asked whenever somebody looks at the metrics, for what others know
// already. The values of labels must be the program's own. f must not wait.
func (m *Metrics) Read(f func(Emit)) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads = append(m.reads, f)
}

// reader makes metrics of what is read.
type reader struct{ m *Metrics }

// Describe says nothing: what there is shows when it is read.
func (reader) Describe(chan<- *prometheus.Desc) {}

// Collect reads everything.
func (r reader) Collect(to chan<- prometheus.Metric) {
	r.m.mu.RLock()
	reads := r.m.reads
	r.m.mu.RUnlock()
	for _, f := range reads {
		f(func(name string, value float64, labels ...string) {
			d, ok := Defined(name)
			if !ok || len(labels) != len(d.Labels) {
				return
			}
			kind := prometheus.GaugeValue
			if d.Kind == Counter {
				kind = prometheus.CounterValue
			}
			if x, err := prometheus.NewConstMetric(prometheus.NewDesc(d.Name, d.Help, d.Labels, nil), kind, value, labels...); err == nil {
				to <- x
			}
		})
	}
}
