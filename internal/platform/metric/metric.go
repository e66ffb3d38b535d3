// Package metric counts what the server does: Prometheus's metrics, whose
// labels are bounded by how they are set. What happens often has handles that
// are looked up once; what others count already is read from them when somebody
// looks.
package metric

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are those of one process. A nil one counts nothing.
type Metrics struct {
	// Trace names the trace of a context, "" for none; nil if there are none.
	Trace func(context.Context) string

	registry   *prometheus.Registry
	counters   map[string]*prometheus.CounterVec
	histograms map[string]*prometheus.HistogramVec
	statuses   [600]uint8

	mu    sync.RWMutex
	known map[string][]string // what a label may say
	reads []func(Emit)
}

// New returns the metrics of a process of a release.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), counters: map[string]*prometheus.CounterVec{}, histograms: map[string]*prometheus.HistogramVec{},
		known: map[string][]string{}}
	for i, s := range statuses {
		m.statuses[s] = uint8(i + 1)
	}
	for _, d := range definitions {
		switch {
		case d.Runtime:
		case d.Kind == Histogram:
			v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: d.Buckets}, d.Labels)
			m.histograms[d.Name] = v
			m.registry.MustRegister(v)
		case d.Kind == Counter && slices.Contains(counted, d.Name):
			v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: d.Name, Help: d.Help}, d.Labels)
			m.counters[d.Name] = v
			m.registry.MustRegister(v)
		}
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), reader{m})
	m.Read(func(emit Emit) { emit("rapport_build_info", 1, version) })
	return m
}

// counted are the counters that are counted here; the others are read from who
// counts them.
var counted = []string{"http_requests_total", "api_errors_total", "ai_tokens_used_total", "ai_cost_dollars_total", "rate_limit_hits_total",
	"emails_sent_total", "contacts_created_total", "jobs_total", "schedules_missed_total"}

// Allow names values that a label of a metric may have, besides those named
// before. Others are counted as "other", so that nothing that comes from outside
// makes a metric grow.
func (m *Metrics) Allow(metric, label string, values ...string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key := metric + " " + label
	m.known[key] = append(slices.Clone(m.known[key]), values...)
}

// bound is value if the label may have it.
func (m *Metrics) bound(metric, label, value string) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if slices.Contains(m.known[metric+" "+label], value) {
		return value
	}
	return Other
}

func (m *Metrics) add(n float64, name string, values ...string) {
	if m == nil || n <= 0 {
		return
	}
	d, _ := Defined(name)
	for i, label := range d.Labels {
		values[i] = m.bound(name, label, values[i])
	}
	m.counters[name].WithLabelValues(values...).Add(n)
}

// Handler answers with all metrics, as OpenMetrics with exemplars for who asks
// for that.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true, ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Serve answers at /metrics of ln until ctx ends.
func (m *Metrics) Serve(ctx context.Context, ln net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	server := &http.Server{Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // a scrape may be asked again
	defer stop()
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Label is a name and its value.
type Label struct{ Name, Value string }

// Point is one metric as it stands.
type Point struct {
	Definition
	Labels []Label
	Value  float64
	// Counts of a histogram are how many were at or below each bucket, and at
	// last all; Value is their sum then.
	Counts []uint64
}

// Each passes on every metric that is defined, as it stands now.
func (m *Metrics) Each(f func(Point)) error {
	families, err := m.registry.Gather() // what could be had, and why the rest could not
	for _, family := range families {
		d, ok := Defined(family.GetName())
		if !ok {
			continue
		}
		for _, x := range family.GetMetric() {
			p := Point{Definition: d}
			for _, l := range x.GetLabel() {
				p.Labels = append(p.Labels, Label{l.GetName(), strings.Clone(l.GetValue())})
			}
			switch d.Kind {
			case Counter:
				p.Value = x.GetCounter().GetValue()
			case Gauge:
				p.Value = x.GetGauge().GetValue()
			case Histogram:
				h := x.GetHistogram()
				p.Value = h.GetSampleSum()
				for _, b := range h.GetBucket() {
					p.Counts = append(p.Counts, b.GetCumulativeCount())
				}
				p.Counts = append(p.Counts, h.GetSampleCount())
			}
			f(p)
		}
	}
	return err
}
