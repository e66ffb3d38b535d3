package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"rapport/internal/platform/secret"
	"rapport/internal/platform/trace/otlp"
)

// Tracing is what is noted of requests and jobs, and who else is told. The names
// that begin with OTEL are those of OpenTelemetry.
type Tracing struct {
	// TraceRatio is the share of traces that are kept whatever comes of them,
	// TraceSlow from when on one is kept for having taken long.
	TraceRatio float64       `env:"RAPPORT_TRACE_RATIO" envDefault:"0.05"`
	TraceSlow  time.Duration `env:"RAPPORT_TRACE_SLOW" envDefault:"500ms"`
	// Endpoint is the collector that traces go to; empty for none.
	Endpoint       string        `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	TracesEndpoint string        `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"`
	Protocol       string        `env:"OTEL_EXPORTER_OTLP_PROTOCOL" envDefault:"http/protobuf"`
	Headers        secret.Hidden `env:"OTEL_EXPORTER_OTLP_HEADERS"`
	ServiceName    string        `env:"OTEL_SERVICE_NAME" envDefault:"rapport"`
	ResourceAttrs  string        `env:"OTEL_RESOURCE_ATTRIBUTES"`
}

const overGRPC = "grpc"

// checkTraces shows no value: a header holds a key, and an address may.
func (c Tracing) checkTraces() []error {
	var faults []error
	if !(c.TraceRatio >= 0 && c.TraceRatio <= 1) {
		faults = append(faults, errors.New("RAPPORT_TRACE_RATIO is the share of traces to keep, from 0 to 1"))
	}
	if c.TraceSlow < time.Millisecond || c.TraceSlow > time.Hour {
		faults = append(faults, errors.New("RAPPORT_TRACE_SLOW is from when on a request is slow: 1ms to 1h"))
	}
	if c.Protocol != overGRPC && c.Protocol != "http/protobuf" {
		faults = append(faults, errors.New("OTEL_EXPORTER_OTLP_PROTOCOL is grpc or http/protobuf"))
	}
	for name, address := range map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.Endpoint, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": c.TracesEndpoint} {
		u, err := url.Parse(address)
		if address != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil) {
			faults = append(faults, fmt.Errorf("%s is the address of a collector, such as http://127.0.0.1:4318", name))
		}
	}
	if _, err := pairs(string(c.Headers)); err != nil {
		faults = append(faults, errors.New("OTEL_EXPORTER_OTLP_HEADERS lists headers as name=value, separated by commas"))
	}
	if _, err := pairs(c.ResourceAttrs); err != nil {
		faults = append(faults, errors.New("OTEL_RESOURCE_ATTRIBUTES lists attributes as name=value, separated by commas"))
	}
	return faults
}

// pairs reads name=value,name=value, with values escaped as in addresses.
func pairs(list string) (map[string]string, error) {
	out := map[string]string{}
	for part := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		plain, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); !ok || name == "" || err != nil || strings.ContainsAny(name+plain, "\r\n") {
			return nil, errors.New("not name=value")
		}
		out[name] = plain
	}
	return out, nil
}

// collector is where traces go, "" for nowhere. Over HTTP a general address has
// the path of traces added, as OpenTelemetry says.
func (c Tracing) collector() string {
	switch {
	case c.TracesEndpoint != "":
		return c.TracesEndpoint
	case c.Endpoint != "" && c.Protocol != overGRPC:
		return strings.TrimRight(c.Endpoint, "/") + "/v1/traces"
	}
	return c.Endpoint
}

// Export says where traces go and what they are sent with; ok is false for
// nowhere. What it reads was checked.
func (c Tracing) Export() (_ otlp.Config, ok bool) {
	headers, _ := pairs(string(c.Headers))
	about, _ := pairs(c.ResourceAttrs)
	if about != nil {
		about["service.name"] = c.ServiceName
	}
	to := c.collector()
	return otlp.Config{URL: to, GRPC: c.Protocol == overGRPC, Headers: headers, About: about}, to != ""
}
