// Package signal makes spans and metrics of calls to models, by the conventions
// for generative AI. None holds what was asked or answered.
package signal

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
	"go.opentelemetry.io/otel/trace"

	"rapport/internal/ai"
)

const scope = "rapport/internal/ai"

// Signals goes to providers of spans and metrics; without them it costs
// nothing and does nothing.
type Signals struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
	tokens   metric.Int64Histogram
	cost     metric.Int64Counter
	outcomes metric.Int64Counter
}

// New returns signals that go to t and m, either of which may be nil.
func New(t trace.TracerProvider, m metric.MeterProvider) *Signals {
	var s Signals
	if t != nil {
		s.tracer = t.Tracer(scope)
	}
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
	if s.tracer == nil && s.outcomes == nil {
		return ctx, nothing
	}
	var span trace.Span
	if s.tracer != nil {
		ctx, span = s.tracer.Start(ctx, "ai "+r.Task, trace.WithAttributes(attribute.String("rapport.ai.task", r.Task),
			attribute.String("rapport.ai.class", string(r.Class)), attribute.Bool("rapport.ai.interactive", r.Interactive)))
	}
	task := r.Task
	return ctx, func(outcome string, res *ai.Response) {
		if s.outcomes != nil {
			s.outcomes.Add(ctx, 1, metric.WithAttributes(attribute.String("rapport.ai.task", task), attribute.String("rapport.ai.outcome", outcome)))
		}
		if span == nil {
			return
		}
		span.SetAttributes(attribute.String("rapport.ai.outcome", outcome), attribute.Int("rapport.ai.attempts", len(res.Attempts)),
			attribute.String("rapport.ai.engine", res.Engine), attribute.Int64("rapport.ai.cost_nano", res.Usage.CostNano))
		if outcome == "failed" {
			span.SetStatus(codes.Error, outcome)
		}
		span.End()
	}
}

func nothing(string, *ai.Response) {}

// Attempt opens the span of one call of an engine. Its end is told what came of
// it, and as what model the engine answered.
func (s *Signals) Attempt(ctx context.Context, c *ai.Call, provider string) (context.Context, func(a ai.Attempt, model string)) {
	if s.tracer == nil && s.duration == nil {
		return ctx, noAttempt
	}
	var span trace.Span
	if s.tracer != nil {
		ctx, span = s.tracer.Start(ctx, "chat "+c.Model, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			semconv.GenAIOperationNameChat, semconv.GenAIProviderNameKey.String(vendor(provider)),
			semconv.GenAIRequestModel(c.Model), semconv.GenAIRequestMaxTokens(c.Params.MaxTokens)))
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

func end(span trace.Span, a ai.Attempt, model string) {
	u := a.Usage
	span.SetAttributes(semconv.GenAIUsageInputTokens(int(u.Tokens()-u.OutputTokens)), semconv.GenAIUsageOutputTokens(int(u.OutputTokens)),
		attribute.Int64("rapport.ai.cost_nano", u.CostNano), attribute.String("rapport.ai.billed", string(a.Billed)))
	if model != "" {
		span.SetAttributes(semconv.GenAIResponseModel(model))
	}
	if a.RequestID != "" {
		span.SetAttributes(semconv.GenAIResponseID(a.RequestID))
	}
	if a.Error != "" {
		span.SetAttributes(semconv.ErrorTypeKey.String(string(a.Kind)))
		span.SetStatus(codes.Error, string(a.Kind))
	}
	span.End()
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
