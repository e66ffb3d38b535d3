package app

import (
	"errors"
	"time"

	"rapport/internal/ops/traces"
	"rapport/internal/platform/trace"
)

// Tracing is what is noted of requests and jobs, and who else is told.
type Tracing struct {
	// TraceRatio is the share of traces that are kept whatever comes of them,
	// TraceSlow from when on one is kept for having taken long.
	TraceRatio float64       `env:"RAPPORT_TRACE_RATIO" envDefault:"0.05"`
	TraceSlow  time.Duration `env:"RAPPORT_TRACE_SLOW" envDefault:"500ms"`
}

func (c Tracing) checkTraces() []error {
	var faults []error
	if !(c.TraceRatio >= 0 && c.TraceRatio <= 1) {
		faults = append(faults, errors.New("RAPPORT_TRACE_RATIO is the share of traces to keep, from 0 to 1"))
	}
	if c.TraceSlow < time.Millisecond || c.TraceSlow > time.Hour {
		faults = append(faults, errors.New("RAPPORT_TRACE_SLOW is from when on a request is slow: 1ms to 1h"))
	}
	return faults
}

// openTraces begins to note what happens.
func (a *App) openTraces() error {
	a.traces = trace.New(trace.Options{Ratio: a.Config.TraceRatio, Slow: a.Config.TraceSlow})
	return nil
}

// exported says how traces fare that go elsewhere.
func (a *App) exported() traces.Export { return traces.Export{} }
