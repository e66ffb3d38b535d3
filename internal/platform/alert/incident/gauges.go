package incident

import (
	"maps"
	"sync"
	"time"

	"rapport/internal/platform/alert"
)

// gauges are what whoever keeps watch measures itself, beside a source. They
// have no history: the last value holds for any window.
type gauges struct {
	alert.Source
	mu     sync.Mutex
	values map[string]float64
}

func (g *gauges) set(name string, value float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.values[name] = value
}

// Gauge is the value that was set, else that of the source.
func (g *gauges) Gauge(name string, match map[string]string, window time.Duration) (float64, bool) {
	g.mu.Lock()
	v, known := g.values[name]
	g.mu.Unlock()
	if known {
		return v, true
	}
	return g.Source.Gauge(name, match, window)
}

// Measured are the gauges that were set, for those who export them.
func (w *Watch) Measured() map[string]float64 {
	w.gauges.mu.Lock()
	defer w.gauges.mu.Unlock()
	return maps.Clone(w.gauges.values)
}
