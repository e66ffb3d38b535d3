// Package otlp passes traces on to a collector, in the way that OpenTelemetry
// speaks. It never lets anybody wait: what the collector does not take is
// counted and forgotten.
package otlp

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"rapport/internal/platform/trace"
)

// Config says where traces go.
type Config struct {
	// URL of the collector. By gRPC only its host and scheme count; by HTTP it is
	// the whole address, such as http://127.0.0.1:4318/v1/traces.
	URL     string
	GRPC    bool
	Headers map[string]string
	// About describes who sends: service.name and the like.
	About map[string]string
	Log   *slog.Logger // nil is silent
	Pace
}

// Pace is how patient an exporter is; each is as usual if zero.
type Pace struct {
	Every   time.Duration // how long what is kept waits for company; 2 s
	Timeout time.Duration // of an attempt; 5 s
	Pause   time.Duration // after a failure, growing; 1 s
	Parting time.Duration // for the last ones, at the end; 2 s
}

const (
	batch = 512
	queue = 8192
	tries = 3
	// slowest is what pauses grow to.
	slowest = 30 * time.Second
)

// Exporter sends what it is offered while Run runs.
type Exporter struct {
	Pace
	client otlptrace.Client
	about  *resource
	log    *slog.Logger
	wake   chan struct{} // holds a token when a batch is full

	mu      sync.Mutex
	waiting []*trace.Kept
	spans   int // of those
	stats   Stats
}

// Stats is how traces fare.
type Stats struct {
	Sent, Dropped int64 // spans
	Waiting       int
	Error         string // of the last attempt; "" if it worked
}

// New returns an exporter. It asks nobody yet, so that a collector that is away
// keeps nothing from starting.
func New(c Config) *Exporter {
	e := &Exporter{Pace: c.Pace, about: describe(c.About), log: c.Log, wake: make(chan struct{}, 1)}
	for _, d := range []struct {
		of    *time.Duration
		usual time.Duration
	}{{&e.Every, 2 * time.Second}, {&e.Timeout, 5 * time.Second}, {&e.Pause, time.Second}, {&e.Parting, 2 * time.Second}} {
		if *d.of == 0 {
			*d.of = d.usual
		}
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if c.GRPC {
		e.client = otlptracegrpc.NewClient(otlptracegrpc.WithEndpointURL(c.URL), otlptracegrpc.WithHeaders(c.Headers),
			otlptracegrpc.WithTimeout(e.Timeout), otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{}))
	} else {
		e.client = otlptracehttp.NewClient(otlptracehttp.WithEndpointURL(c.URL), otlptracehttp.WithHeaders(c.Headers),
			otlptracehttp.WithTimeout(e.Timeout), otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}), otlptracehttp.WithMaxResponseSize(64<<10))
	}
	return e
}

// Offer takes a trace to be sent, unless too many wait already. It returns at
// once.
func (e *Exporter) Offer(k *trace.Kept) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.spans+len(k.Spans) > queue {
		e.stats.Dropped += int64(len(k.Spans))
		return
	}
	e.waiting = append(e.waiting, k)
	e.spans += len(k.Spans)
	if e.spans >= batch {
		select {
		case e.wake <- struct{}{}:
		default: // it is awake
		}
	}
}

// Stats says how traces fare.
func (e *Exporter) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.stats
	s.Waiting = e.spans
	return s
}

// Run sends until ctx ends, and then what is left, for a short while.
func (e *Exporter) Run(ctx context.Context) error {
	if err := e.client.Start(ctx); err != nil { // nothing else shall end with it
		e.note(0, 0, fmt.Errorf("open the way to the collector: %w", err))
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(e.Every)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-e.wake:
		}
		e.flush(ctx)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.Parting)
	defer cancel()
	e.flush(last)
	e.drop(queue)
	_ = e.client.Stop(last) // it is given up either way
	return nil
}

// flush sends all that waits, unless ctx ends or the collector fails.
func (e *Exporter) flush(ctx context.Context) {
	for ctx.Err() == nil {
		taken, n := e.take()
		if n == 0 {
			return
		}
		if !e.deliver(ctx, e.about.spans(taken), n) {
			return
		}
	}
}

// take is the next batch.
func (e *Exporter) take() (taken []*trace.Kept, n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := 0
	for at < len(e.waiting) && (n == 0 || n+len(e.waiting[at].Spans) <= batch) {
		n += len(e.waiting[at].Spans)
		at++
	}
	taken = e.waiting[:at:at]
	if e.waiting = e.waiting[at:]; len(e.waiting) == 0 {
		e.waiting = nil
	}
	e.spans -= n
	return taken, n
}

// drop forgets up to so many spans that wait.
func (e *Exporter) drop(most int) {
	for most > 0 {
		_, n := e.take()
		if n == 0 {
			return
		}
		most -= n
		e.note(0, n, nil)
	}
}

// deliver tries a few times, each later than the last.
func (e *Exporter) deliver(ctx context.Context, spans []*tracepb.ResourceSpans, n int) bool {
	pause := e.Pause
	for i := range tries {
		err := e.try(ctx, spans)
		if err == nil {
			e.note(n, 0, nil)
			return true
		}
		if i == tries-1 || ctx.Err() != nil {
			e.note(0, n, err)
			return false
		}
		e.note(0, 0, err)
		wait(ctx, pause+rand.N(pause/2+1))
		pause = min(2*pause, slowest)
	}
	return false
}

// try sends within its time, whatever the client does about that.
func (e *Exporter) try(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	ctx, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	return e.client.UploadTraces(ctx, spans)
}

// note counts what came of an attempt. The log hears when it begins to fail.
func (e *Exporter) note(sent, dropped int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	was := e.stats.Error
	e.stats.Sent += int64(sent)
	e.stats.Dropped += int64(dropped)
	switch {
	case err != nil:
		e.stats.Error = clip(err.Error())
		if was == "" {
			e.log.Warn("the collector takes no traces", "error", e.stats.Error)
		}
	case sent > 0:
		e.stats.Error = ""
		if was != "" {
			e.log.Info("the collector takes traces again")
		}
	}
}

// clip shortens what a collector said, which may be anything.
func clip(s string) string { return s[:min(len(s), 300)] }

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
