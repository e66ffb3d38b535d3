package router_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"rapport/internal/ai/router"
	"rapport/internal/platform/trace"
)

func TestSpansFollowTheConventionsAndHoldNoContent(t *testing.T) {
	t.Parallel()
	tracer := trace.New(trace.Options{Ratio: 1})
	ctx, job := tracer.Job(t.Context(), "test", "")
	if _, err := router.New(options(&engine{name: "a", answer: fails(0, transient())}, &engine{name: "gemini", answer: takes(0)})).Do(ctx, what()); err != nil {
		t.Fatal(err)
	}
	job.End()
	kept := tracer.Look(1, func(*trace.Kept) bool { return true })[0]
	if len(kept.Spans) != 4 {
		t.Fatalf("%d spans, want the job, the call and two attempts", len(kept.Spans))
	}
	call, failed, taken := kept.Spans[1], kept.Spans[2], kept.Spans[3]
	if failed.Parent != call.ID || taken.Parent != call.ID || call.Name != "ai" || taken.Name != "chat" {
		t.Errorf("spans %s, %s in %s", failed.Name, taken.Name, call.Name)
	}
	if failed.Error == "" || taken.Error != "" || call.Error != "" {
		t.Errorf("errors %q, %q and %q; want the failed attempt alone in error", failed.Error, taken.Error, call.Error)
	}
	got := map[string]string{}
	for _, a := range taken.Attrs {
		got[a.Key] = fmt.Sprint(a.Value)
	}
	for key, want := range map[string]string{"gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": "10", "gen_ai.usage.output_tokens": "2", "rapport.ai.attempt": "2"} {
		if got[key] != want {
			t.Errorf("%s = %q, want %q", key, got[key], want)
		}
	}
	if text := fmt.Sprint(kept.Spans); strings.Contains(text, "blue") || strings.Contains(text, "Name the colour") {
		t.Errorf("the trace holds content: %s", text)
	}
}

// sums is a meter provider that adds up.
type sums struct {
	noop.MeterProvider
	by map[string]int64
}

func (s *sums) Meter(string, ...metric.MeterOption) metric.Meter { return meter{sums: s} }

type meter struct {
	noop.Meter
	sums *sums
}

func (m meter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return counter{name: name, sums: m.sums}, nil
}

func (m meter) Int64Histogram(name string, _ ...metric.Int64HistogramOption) (metric.Int64Histogram, error) {
	return histogram{name: name, sums: m.sums}, nil
}

type counter struct {
	noop.Int64Counter
	name string
	sums *sums
}

func (c counter) Add(_ context.Context, n int64, _ ...metric.AddOption) { c.sums.by[c.name] += n }

type histogram struct {
	noop.Int64Histogram
	name string
	sums *sums
}

func (h histogram) Record(_ context.Context, n int64, o ...metric.RecordOption) {
	about := metric.NewRecordConfig(o).Attributes()
	kind, _ := about.Value("gen_ai.token.type")
	h.sums.by[h.name+" "+kind.AsString()] += n
}

func TestMetricsCountTokensAndOutcomes(t *testing.T) {
	t.Parallel()
	got := &sums{by: map[string]int64{}}
	o := options(&engine{name: "a", answer: takes(0)})
	o.Meter = got
	if _, err := router.New(o).Do(t.Context(), what()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int64{"gen_ai.client.token.usage input": 10, "gen_ai.client.token.usage output": 2, "rapport.ai.cost": 20_000, "rapport.ai.calls": 1} {
		if got.by[name] != want {
			t.Errorf("%s = %d, want %d (all: %v)", name, got.by[name], want, got.by)
		}
	}
}
