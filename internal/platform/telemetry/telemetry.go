// Package telemetry says what goes on: a structured log whose every line
// carries the request, the trace, the workspace and the operation.
package telemetry

import (
	"context"
	"io"
	"log/slog"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/trace"
)

type requestKey struct{}

// OperationKey is what a context answers with the name of the operation, as a
// string: for those that hold more than one value.
type OperationKey struct{}

// Request is the context of a request that has a name, and may be traced.
type Request struct {
	context.Context
	ID   string
	Span trace.Span
}

// Value implements context.Context.
func (r *Request) Value(key any) any {
	switch key {
	case requestKey{}:
		return r
	case trace.Key{}:
		if r.Span.Traced() {
			return &r.Span
		}
	}
	return r.Context.Value(key)
}

// WithRequest names the request that ctx serves.
func WithRequest(ctx context.Context, id string) context.Context {
	return &Request{Context: ctx, ID: id}
}

// RequestID is the name of the request, "" outside of one.
func RequestID(ctx context.Context) string {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r.ID
	}
	return ""
}

// WithOperation names the operation or job that ctx runs.
func WithOperation(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, OperationKey{}, name)
}

// Operation is the name of the operation or job, "" outside of one.
func Operation(ctx context.Context) string {
	name, _ := ctx.Value(OperationKey{}).(string)
	return name
}

// NewLogger writes JSON lines to w, each with what its context knows.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(handler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})})
}

type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("request_id", id))
	}
	if id := trace.InContext(ctx); id != "" {
		r.AddAttrs(slog.String("trace_id", id))
	}
	if name := Operation(ctx); name != "" {
		r.AddAttrs(slog.String("operation", name))
	}
	if a, ok := actor.From(ctx); ok {
		r.AddAttrs(slog.String("workspace", a.WorkspaceID), slog.String("actor", string(a.Kind)+":"+a.ID))
	}
	return h.Handler.Handle(ctx, r)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
