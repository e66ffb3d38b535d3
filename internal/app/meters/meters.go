// Package meters puts together what is measured: what the parts of the server
// know of themselves is read from them when somebody looks.
package meters

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"rapport/internal/api/op"
	"rapport/internal/ops/series"
	"rapport/internal/platform/admit"
	"rapport/internal/platform/cache"
	"rapport/internal/platform/gate"
	"rapport/internal/platform/metric"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
	history "rapport/internal/platform/series"
	"rapport/internal/platform/trace"
)

// Parts are what is measured. Without Metrics nothing is.
type Parts struct {
	Metrics *metric.Metrics
	DB      *pg.DB
	Queue   *queue.Queue
	Cache   *cache.Cache
	Admit   *admit.Limiter
	Gate    *gate.Gate
	Traces  *trace.Tracer
	// Closed says of each provider of models whether nobody is let in.
	Closed func() map[string]bool
	// Daily and Monthly are the dollars that a workspace without limits of its
	// own may spend on models.
	Daily, Monthly float64
	Dir            string
	Log            *slog.Logger
}

// Meters measure the server.
type Meters struct {
	Parts
	// History is what the metrics were.
	History *history.Series
	service *series.Service
	census  *series.Census
}

const nano = 1e9

// New measures p, of a release.
func New(p Parts, version string) *Meters {
	m := &Meters{Parts: p, History: history.New(p.Metrics, p.DB, p.Log)}
	m.service = series.New(m.History, version)
	m.census = &series.Census{DB: p.DB, Queue: p.Queue, Daily: int64(p.Daily * nano), Monthly: int64(p.Monthly * nano), Dir: p.Dir, Log: p.Log}
	p.Metrics.Allow("jobs_total", "outcome", metric.Done, metric.Failed, metric.Panicked, metric.PutOff)
	if p.Metrics != nil {
		p.Metrics.Trace = trace.InContext
	}
	p.Metrics.Read(m.census.Read)
	p.Metrics.Read(m.read)
	return m
}

// Ops lists the operations about what is measured.
func (m *Meters) Ops() []op.Operation { return m.service.Ops() }

// Contacts counts those that a transaction has made.
func (m *Meters) Contacts(told []pg.Change) {
	n := 0
	for _, c := range told {
		if c.Entity == "contact" && c.Kind == "created" && c.Line != "" {
			n++
		}
	}
	m.Metrics.Contacts(n)
}

// read tells what the parts of the server know of themselves.
func (m *Meters) read(emit metric.Emit) {
	for _, s := range m.DB.Stats() {
		emit("db_connections_open", float64(s.Open), s.Pool)
		emit("db_connections_active", float64(s.InUse), s.Pool)
		emit("db_connections_idle", float64(s.Idle), s.Pool)
		emit("db_pool_waits_total", float64(s.Waits), s.Pool)
		emit("db_pool_wait_seconds_total", s.Waited, s.Pool)
	}
	for _, k := range m.Cache.Counts() {
		emit("cache_hits_total", float64(k.Hits), k.Kind)
		emit("cache_misses_total", float64(k.Misses), k.Kind)
	}
	for provider, closed := range m.Closed() {
		emit("ai_provider_closed", map[bool]float64{true: 1}[closed], provider)
	}
	for _, c := range m.Admit.Snapshot().Classes {
		emit("overload_refused_total", float64(c.Refused), c.Class)
	}
	traced := m.Traces.Tally()
	emit("traces_total", float64(traced.Sampled), trace.Sampled)
	emit("traces_total", float64(traced.Failed), trace.Failed)
	emit("traces_total", float64(traced.Slow), trace.Slow)
	emit("overload_refused_total", float64(m.Gate.Stats().Refused), "connections")
}

// Count asks the database now and then for what nobody counts in memory, until
// ctx ends.
func (m *Meters) Count(ctx context.Context) error { return m.census.Run(ctx) }

// Serve answers Prometheus at address until ctx ends; at "" nobody. It is an
// address of its own, since what the server does is not for everybody who may
// call it.
func (m *Meters) Serve(ctx context.Context, address string) error {
	if address == "" {
		<-ctx.Done()
		return nil
	}
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen for Prometheus on %s: %w (set RAPPORT_METRICS_LISTEN to another address, or to nothing)", address, err)
	}
	m.Log.InfoContext(ctx, "metrics are at /metrics", "address", ln.Addr().String())
	return m.Metrics.Serve(ctx, ln)
}
