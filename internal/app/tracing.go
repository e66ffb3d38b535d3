package app

import (
	"context"
	"os"
	"strconv"

	"rapport/internal/ops/traces"
	"rapport/internal/platform/id"
	"rapport/internal/platform/run"
	"rapport/internal/platform/trace"
	"rapport/internal/platform/trace/otlp"
)

// openTraces begins to note what happens.
func (a *App) openTraces() {
	o := trace.Options{Ratio: a.Config.TraceRatio, Slow: a.Config.TraceSlow}
	if to, ok := a.Config.Export(); ok {
		to.About["service.version"], to.About["service.instance.id"] = Version, id.New()
		to.About["process.pid"] = strconv.Itoa(os.Getpid())
		to.Log = a.log
		a.export = otlp.New(to)
		o.Sink = a.export.Offer
	}
	a.traces = trace.New(o)
}

// sendTraces sends traces while the group runs, if they go anywhere.
func (a *App) sendTraces(g *run.Group) {
	if a.export != nil {
		g.Add("traces", a.Export)
	}
}

// Export sends traces to the collector until ctx ends; without one it waits.
func (a *App) Export(ctx context.Context) error {
	if a.export == nil {
		<-ctx.Done()
		return nil
	}
	return a.export.Run(ctx)
}

// exported says how traces fare that go elsewhere.
func (a *App) exported() traces.Export {
	if a.export == nil {
		return traces.Export{}
	}
	to, _ := a.Config.Export()
	s := a.export.Stats()
	return traces.Export{To: to.URL, Sent: s.Sent, Dropped: s.Dropped, Waiting: s.Waiting, Error: s.Error}
}
