package router_test

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"rapport/internal/ai/router"
)

func TestSpansFollowTheConventionsAndHoldNoContent(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	o := options(&engine{name: "a", answer: fails(0, transient())}, &engine{name: "gemini", answer: takes(0)})
	o.Tracer = trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	if _, err := router.New(o).Do(t.Context(), what()); err != nil {
		t.Fatal(err)
	}
	ended := spans.Ended()
	if len(ended) != 3 {
		t.Fatalf("%d spans, want two attempts and the call", len(ended))
	}
	failed, taken, call := ended[0], ended[1], ended[2]
	if failed.Parent().SpanID() != call.SpanContext().SpanID() || call.Name() != "ai colour" || taken.Name() != "chat m" {
		t.Errorf("spans %s, %s in %s", failed.Name(), taken.Name(), call.Name())
	}
	if failed.Status().Code != codes.Error || call.Status().Code == codes.Error {
		t.Errorf("statuses %v and %v; want the failed attempt alone in error", failed.Status(), call.Status())
	}
	got := map[string]string{}
	for _, a := range taken.Attributes() {
		got[string(a.Key)] = a.Value.String()
	}
	for key, want := range map[string]string{"gen_ai.operation.name": "chat", "gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": "10", "gen_ai.usage.output_tokens": "2"} {
		if got[key] != want {
			t.Errorf("%s = %q, want %q", key, got[key], want)
		}
	}
	for _, s := range ended {
		for _, a := range s.Attributes() {
			if text := a.Value.String(); strings.Contains(text, "blue") || strings.Contains(text, "Name the colour") {
				t.Errorf("%s of %s holds content: %s", a.Key, s.Name(), text)
			}
		}
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
