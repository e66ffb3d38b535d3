// Package signal makes spans and metrics of calls to models, by the conventions
// for generative AI. None holds what was asked or answered.
package signal

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"

	"rapport/internal/ai"
	"rapport/internal/platform/trace"
)

const scope = "rapport/internal/ai"

// Signals makes spans of the trace that is under way, and goes to a provider of
// metrics; without them it costs nothing and does nothing.
type Signals struct {
	duration metric.Float64Histogram
	tokens   metric.Int64Histogram
	cost     metric.Int64Counter
	outcomes metric.Int64Counter
}

// New returns signals that go to m, which may be nil.
func New(m metric.MeterProvider) *Signals {
	var s Signals
	if m != nil {
		meter := m.Meter(scope)
		// Instruments of these constant names and units are never refused.
		s.duration, _ = meter.Float64Histogram("gen_ai.client.operation.duration", metric.WithUnit("s"), metric.WithDescription("How long one attempt took."))
		s.tokens, _ = meter.Int64Histogram("gen_ai.client.token.usage", metric.WithUnit("{token}"), metric.WithDescription("Tokens of one attempt."))
		s.cost, _ = meter.Int64Counter("rapport.ai.cost", metric.WithUnit("{nano_usd}"), metric.WithDescription("What attempts cost by the price table."))
		s.outcomes, _ = meter.Int64Counter("rapport.ai.calls", metric.WithDescription("Requests by what became of them."))
	}
	return &s
}

// Call opens the span of a request, under which its attempts stand. Its end is
// told the outcome.
func (s *Signals) Call(ctx context.Context, r *ai.Request) (context.Context, func(outcome string, res *ai.Response)) {
	ctx, span := trace.Start(ctx, "ai", trace.Word("rapport.ai.task", r.Task),
		trace.Word("rapport.ai.class", string(r.Class)), trace.Bool("rapport.ai.interactive", r.Interactive))
	if span == nil && s.outcomes == nil {
		return ctx, nothing
	}
	task := r.Task
	return ctx, func(outcome string, res *ai.Response) {
		if s.outcomes != nil {
			s.outcomes.Add(ctx, 1, metric.WithAttributes(attribute.String("rapport.ai.task", task), attribute.String("rapport.ai.outcome", outcome)))
		}
		if outcome == "failed" {
			span.FailAs("ai failed")
		}
		span.End(trace.Word("rapport.ai.outcome", outcome), trace.Int("rapport.ai.attempts", len(res.Attempts)),
			trace.Word("rapport.ai.engine", res.Engine), trace.Int("rapport.ai.cost_nano", res.Usage.CostNano))
	}
}

func nothing(string, *ai.Response) {}

// Attempt opens the span of one call of an engine, the number of which is from 1. Its end is told what came of
// it, and as what model the engine answered.
func (s *Signals) Attempt(ctx context.Context, c *ai.Call, provider string, number int) (context.Context, func(a ai.Attempt, model string)) {
	ctx, span := trace.StartCall(ctx, "chat", trace.Word("gen_ai.provider.name", vendor(provider)), trace.Word("gen_ai.request.model", c.Model), trace.Int("rapport.ai.attempt", number))
	if span == nil && s.duration == nil {
		return ctx, noAttempt
	}
	return ctx, func(a ai.Attempt, model string) {
		if span != nil {
			end(span, a, model)
		}
		if s.duration != nil {
			s.measure(ctx, a)
		}
	}
}

func noAttempt(ai.Attempt, string) {}

func end(span *trace.Span, a ai.Attempt, model string) {
	if a.Error != "" {
		span.FailAs(string(a.Kind))
	}
	if model != "" && model != a.Model {
		span.Set(trace.Word("gen_ai.response.model", model))
	}
	u := a.Usage
	span.End(trace.Int("gen_ai.usage.input_tokens", u.Tokens()-u.OutputTokens), trace.Int("gen_ai.usage.output_tokens", u.OutputTokens),
		trace.Int("rapport.ai.cost_nano", u.CostNano), trace.Word("rapport.ai.billed", string(a.Billed)))
}

func (s *Signals) measure(ctx context.Context, a ai.Attempt) {
	about := []attribute.KeyValue{semconv.GenAIOperationNameChat, semconv.GenAIProviderNameKey.String(vendor(a.Engine)), semconv.GenAIRequestModel(a.Model)}
	if a.Error != "" {
		about = append(about, semconv.ErrorTypeKey.String(string(a.Kind)))
	}
	s.duration.Record(ctx, a.Duration.Seconds(), metric.WithAttributes(about...))
	u := a.Usage
	s.tokens.Record(ctx, u.Tokens()-u.OutputTokens, metric.WithAttributes(append(about, semconv.GenAITokenTypeInput)...))
	s.tokens.Record(ctx, u.OutputTokens, metric.WithAttributes(append(about, semconv.GenAITokenTypeOutput)...))
	s.cost.Add(ctx, u.CostNano, metric.WithAttributes(about...))
}

// vendor is a provider as the conventions name it.
func vendor(provider string) string {
	if provider == "gemini" {
		return "gcp.gemini"
	}
	return provider
}
