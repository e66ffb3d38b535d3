package otlp

import (
	"maps"
	"slices"
	"strconv"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"rapport/internal/platform/trace"
)

// resource is who sends.
type resource struct {
	what  *resourcepb.Resource
	scope *commonpb.InstrumentationScope
}

func describe(about map[string]string) *resource {
	r := &resource{what: &resourcepb.Resource{}, scope: &commonpb.InstrumentationScope{Name: "rapport"}}
	for _, key := range slices.Sorted(maps.Keys(about)) {
		r.what.Attributes = append(r.what.Attributes, pair(key, about[key]))
	}
	return r
}

// spans writes traces as the protocol has them.
func (r *resource) spans(kept []*trace.Kept) []*tracepb.ResourceSpans {
	var out []*tracepb.Span
	for _, k := range kept {
		for i, p := range k.Spans {
			s := span(k, p)
			if i == 0 {
				s.Attributes = append(s.Attributes, about(k)...)
			}
			out = append(out, s)
		}
	}
	return []*tracepb.ResourceSpans{{Resource: r.what, ScopeSpans: []*tracepb.ScopeSpans{{Scope: r.scope, Spans: out}}}}
}

// about is what is known of a trace as a whole.
func about(k *trace.Kept) []*commonpb.KeyValue {
	out := []*commonpb.KeyValue{pair("rapport.kept", k.Why)}
	if k.Operation != "" {
		out = append(out, pair("rapport.operation", k.Operation))
	}
	if k.WorkspaceHash != "" {
		out = append(out, pair("rapport.workspace_hash", k.WorkspaceHash))
	}
	if k.Dropped > 0 {
		out = append(out, pair("rapport.dropped_spans", int64(k.Dropped)))
	}
	return out
}

var kinds = map[trace.Kind]tracepb.Span_SpanKind{trace.Internal: tracepb.Span_SPAN_KIND_INTERNAL, trace.Server: tracepb.Span_SPAN_KIND_SERVER,
	trace.Client: tracepb.Span_SPAN_KIND_CLIENT, trace.Consumer: tracepb.Span_SPAN_KIND_CONSUMER}

func span(k *trace.Kept, p trace.Part) *tracepb.Span {
	began := k.Began.Add(p.Offset)
	s := &tracepb.Span{TraceId: slices.Clone(k.Trace[:]), SpanId: slices.Clone(p.ID[:]), Name: p.Name, Kind: kinds[p.Kind],
		StartTimeUnixNano: nanos(began), EndTimeUnixNano: nanos(began.Add(p.Took)), Status: &tracepb.Status{}}
	if p.Parent != (trace.SpanID{}) {
		s.ParentSpanId = slices.Clone(p.Parent[:])
	}
	for _, a := range p.Attrs {
		s.Attributes = append(s.Attributes, pair(a.Key, a.Value))
	}
	for _, l := range p.Links {
		s.Links = append(s.Links, &tracepb.Span_Link{TraceId: slices.Clone(l.Trace[:]), SpanId: slices.Clone(l.Span[:])})
	}
	if p.Error != "" {
		s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: p.Error}
		s.Attributes = append(s.Attributes, pair("error.type", p.Error))
	}
	if p.Unfinished {
		s.Attributes = append(s.Attributes, pair("rapport.unfinished", true))
	}
	return s
}

func nanos(t time.Time) uint64 { return uint64(max(0, t.UnixNano())) }

func pair(key string, v any) *commonpb.KeyValue {
	value := &commonpb.AnyValue{}
	switch v := v.(type) {
	case string:
		value.Value = &commonpb.AnyValue_StringValue{StringValue: v}
	case int64:
		value.Value = &commonpb.AnyValue_IntValue{IntValue: v}
	case float64:
		value.Value = &commonpb.AnyValue_DoubleValue{DoubleValue: v}
	case bool:
		value.Value = &commonpb.AnyValue_BoolValue{BoolValue: v}
	default: // trace writes nothing else
		value.Value = &commonpb.AnyValue_StringValue{StringValue: strconv.Quote("?")}
	}
	return &commonpb.KeyValue{Key: key, Value: value}
}
