// Package otlptest is a collector of traces for tests, over gRPC and HTTP, by
// the official services. It keeps what it is sent.
package otlptest

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Collector keeps spans.
type Collector struct {
	collector.UnimplementedTraceServiceServer
	URL string

	mu     sync.Mutex
	spans  []Span
	about  map[string]any
	header string // of the latest call, X-Key
	text   []byte // of every call
}

// Span is one as it came.
type Span struct {
	Trace, ID, Parent, Name, Error, Kind string
	Links                                []string // traces
	Attrs                                map[string]any
}

// HTTP starts a collector that listens at URL + /v1/traces.
func HTTP(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	c.URL = s.URL
	return c
}

// GRPC starts a collector that listens at URL.
func GRPC(t testing.TB) *Collector {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &Collector{URL: "http://" + ln.Addr().String()}
	s := grpc.NewServer()
	collector.RegisterTraceServiceServer(s, c)
	go func() { _ = s.Serve(ln) }() // ends with the server
	t.Cleanup(s.Stop)
	return c
}

// ServeHTTP implements http.Handler.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in collector.ExportTraceServiceRequest
	body, err := io.ReadAll(r.Body)
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.keep(&in, r.Header.Get("X-Key"))
	out, err := proto.Marshal(&collector.ExportTraceServiceResponse{})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(out) // the client has gone
}

// Export implements the service.
func (c *Collector) Export(ctx context.Context, in *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	key := ""
	if md, ok := metadata.FromIncomingContext(ctx); ok && len(md.Get("x-key")) > 0 {
		key = md.Get("x-key")[0]
	}
	c.keep(in, key)
	return &collector.ExportTraceServiceResponse{}, nil
}

func (c *Collector) keep(in *collector.ExportTraceServiceRequest, key string) {
	text, err := protojson.Marshal(in)
	if err != nil {
		text = []byte(err.Error())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.header = key
	c.text = append(c.text, text...)
	for _, r := range in.ResourceSpans {
		c.about = values(r.Resource.GetAttributes())
		for _, s := range r.ScopeSpans {
			for _, p := range s.Spans {
				c.spans = append(c.spans, spanOf(p))
			}
		}
	}
}

func spanOf(p *tracepb.Span) Span {
	s := Span{Trace: hex.EncodeToString(p.TraceId), ID: hex.EncodeToString(p.SpanId), Parent: hex.EncodeToString(p.ParentSpanId),
		Name: p.Name, Kind: p.Kind.String(), Attrs: values(p.Attributes)}
	if p.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR {
		s.Error = p.Status.Message
	}
	for _, l := range p.Links {
		s.Links = append(s.Links, hex.EncodeToString(l.TraceId))
	}
	return s
}

func values(attrs []*commonpb.KeyValue) map[string]any {
	out := map[string]any{}
	for _, a := range attrs {
		switch v := a.Value.Value.(type) {
		case *commonpb.AnyValue_StringValue:
			out[a.Key] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			out[a.Key] = v.IntValue
		case *commonpb.AnyValue_BoolValue:
			out[a.Key] = v.BoolValue
		case *commonpb.AnyValue_DoubleValue:
			out[a.Key] = v.DoubleValue
		}
	}
	return out
}

// Spans are those that came so far.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Span(nil), c.spans...)
}

// Sent is all that was ever sent, as text: to look for what must not be in it.
func (c *Collector) Sent() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.text)
}

// Sender is what the last call said of who sends, and its header X-Key.
func (c *Collector) Sender() (about map[string]any, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.about, c.header
}
