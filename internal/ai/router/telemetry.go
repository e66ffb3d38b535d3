package router

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
	"go.opentelemetry.io/otel/trace"
)

const scope = "rapport/internal/ai/router"

// observer makes spans and metrics by the conventions for generative AI; none
// holds what was asked or answered. Without providers of them it does nothing.
type observer struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
	tokens   metric.Int64Histogram
	cost     metric.Int64Counter
	outcomes metric.Int64Counter
}

func newObserver(o Options) *observer {
	var b observer
	if o.Tracer != nil {
		b.tracer = o.Tracer.Tracer(scope)
	}
	if o.Meter != nil {
		m := o.Meter.Meter(scope)
		// Instruments of these constant names and units are never refused.
		b.duration, _ = m.Float64Histogram("gen_ai.client.operation.duration", metric.WithUnit("s"), metric.WithDescription("How long one attempt took."))
		b.tokens, _ = m.Int64Histogram("gen_ai.client.token.usage", metric.WithUnit("{token}"), metric.WithDescription("Tokens of one attempt."))
		b.cost, _ = m.Int64Counter("rapport.ai.cost", metric.WithUnit("{nano_usd}"), metric.WithDescription("What attempts cost by the price table."))
		b.outcomes, _ = m.Int64Counter("rapport.ai.calls", metric.WithDescription("Requests by what became of them."))
	}
	return &b
}

// begin opens the span of a call, under which its attempts stand.
func (b *observer) begin(ctx context.Context, c *call) context.Context {
	if b.tracer == nil {
		return ctx
	}
	ctx, c.span = b.tracer.Start(ctx, "ai "+c.r.Task, trace.WithAttributes(attribute.String("rapport.ai.task", c.r.Task),
		attribute.String("rapport.ai.class", string(c.r.Class)), attribute.Bool("rapport.ai.interactive", c.r.Interactive)))
	return ctx
}

// end closes it.
func (b *observer) end(ctx context.Context, c *call, outcome string, err error) {
	if b.outcomes != nil {
		b.outcomes.Add(ctx, 1, metric.WithAttributes(attribute.String("rapport.ai.task", c.r.Task), attribute.String("rapport.ai.outcome", outcome)))
	}
	if c.span == nil {
		return
	}
	c.span.SetAttributes(attribute.String("rapport.ai.outcome", outcome), attribute.Int("rapport.ai.attempts", c.attempts),
		attribute.String("rapport.ai.engine", c.res.Engine), attribute.Int64("rapport.ai.cost_nano", c.res.Usage.CostNano))
	if err != nil {
		c.span.SetStatus(codes.Error, outcome)
	}
	c.span.End()
}

// attempt opens the span of one attempt; what it returns closes it.
func (b *observer) attempt(ctx context.Context, c *call, o *option) (context.Context, func(result)) {
	if b.tracer == nil && b.duration == nil {
		return ctx, func(result) {}
	}
	var span trace.Span
	if b.tracer != nil {
		ctx, span = b.tracer.Start(ctx, "chat "+o.Model, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			semconv.GenAIOperationNameChat, semconv.GenAIProviderNameKey.String(vendor(o.Provider)), semconv.GenAIRequestModel(o.Model), semconv.GenAIRequestMaxTokens(o.tokens)))
	}
	return ctx, func(r result) {
		if span != nil {
			closeSpan(span, r)
		}
		if b.duration != nil {
			b.measure(ctx, o, r)
		}
	}
}

func closeSpan(span trace.Span, r result) {
	u := r.attempt.Usage
	span.SetAttributes(semconv.GenAIUsageInputTokens(int(u.InputTokens+u.CachedTokens+u.CacheWriteTokens+u.CacheWriteLongTokens)), semconv.GenAIUsageOutputTokens(int(u.OutputTokens)),
		attribute.Int64("rapport.ai.cost_nano", u.CostNano), attribute.String("rapport.ai.billed", string(r.attempt.Billed)))
	if r.answer.Model != "" {
		span.SetAttributes(semconv.GenAIResponseModel(r.answer.Model))
	}
	if r.attempt.RequestID != "" {
		span.SetAttributes(semconv.GenAIResponseID(r.attempt.RequestID))
	}
	if r.fault != nil {
		span.SetAttributes(semconv.ErrorTypeKey.String(string(r.fault.Kind)))
		span.SetStatus(codes.Error, string(r.fault.Kind))
	}
	span.End()
}

func (b *observer) measure(ctx context.Context, o *option, r result) {
	about := []attribute.KeyValue{semconv.GenAIOperationNameChat, semconv.GenAIProviderNameKey.String(vendor(o.Provider)), semconv.GenAIRequestModel(o.Model)}
	if r.fault != nil {
		about = append(about, semconv.ErrorTypeKey.String(string(r.fault.Kind)))
	}
	b.duration.Record(ctx, r.attempt.Duration.Seconds(), metric.WithAttributes(about...))
	u := r.attempt.Usage
	b.tokens.Record(ctx, u.Tokens()-u.OutputTokens, metric.WithAttributes(append(about, semconv.GenAITokenTypeInput)...))
	b.tokens.Record(ctx, u.OutputTokens, metric.WithAttributes(append(about, semconv.GenAITokenTypeOutput)...))
	b.cost.Add(ctx, u.CostNano, metric.WithAttributes(about...))
}

// vendor is a provider as the conventions name it.
func vendor(provider string) string {
	if provider == "gemini" {
		return "gcp.gemini"
	}
	return provider
}

// finish closes the call: its record, its span.
func (c *call) finish(ctx context.Context, err error) {
	outcome := c.outcome(err)
	c.g.obs.end(ctx, c, outcome, err)
	if c.g.Book == nil {
		return
	}
	r := Record{ID: c.id, Task: c.r.Task, Class: c.r.Class, Agent: c.r.Agent, RunID: c.r.RunID, Interactive: c.r.Interactive,
		StartedAt: c.began, Duration: time.Since(c.began), Outcome: outcome, Response: c.res}
	if err != nil {
		r.Error = clip(err.Error())
	}
	r.Response.Output, r.Response.Calls, r.Response.State = nil, nil, nil
	c.g.Book.Record(context.WithoutCancel(ctx), r)
}

func (c *call) outcome(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case err != nil:
		return "failed"
	case c.res.Cached:
		return "cached"
	case c.res.Degraded:
		return "degraded"
	case c.res.Deferred != nil:
		return "deferred"
	}
	return "answered"
}
