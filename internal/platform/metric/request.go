package metric

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// statuses are those that requests are counted by.
var statuses = []int{101, 200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 422, 428, 429, 431,
	499, 500, 501, 502, 503, 504}

var classes = [...]string{1: "1xx", "2xx", "3xx", "4xx", "5xx"}

// Route counts the requests of one operation.
type Route struct {
	m         *Metrics
	operation string
	took      [len(classes)]atomic.Pointer[prometheus.Observer]
	answered  [64]atomic.Pointer[prometheus.Counter]
	count     atomic.Uint64
}

// Route returns the handle of an operation. Ask for it once, by a name of the
// program; never by what a caller sent.
func (m *Metrics) Route(operation string) *Route {
	if m == nil {
		return nil
	}
	return &Route{m: m, operation: operation}
}

// Done counts a request that was answered.
func (r *Route) Done(ctx context.Context, status int, took time.Duration) {
	if r == nil {
		return
	}
	r.Streamed(status)
	class := min(max(status/100, 1), len(classes)-1)
	o := r.took[class].Load()
	if o == nil {
		made := r.m.histograms["http_request_duration_seconds"].WithLabelValues(r.operation, classes[class])
		o = &made
		r.took[class].Store(o)
	}
	if trace := r.due(ctx, status, took); trace != "" {
		(*o).(prometheus.ExemplarObserver).ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": trace})
		return
	}
	(*o).Observe(took.Seconds())
}

// Streamed counts a request that was answered for as long as somebody
// listened: how long that was says nothing.
func (r *Route) Streamed(status int) {
	if r == nil {
		return
	}
	i := uint8(0)
	if status > 0 && status < len(r.m.statuses) {
		i = r.m.statuses[status]
	}
	c := r.answered[i].Load()
	if c == nil {
		label := Other
		if i > 0 {
			label = strconv.Itoa(status)
		}
		made := r.m.counters["http_requests_total"].WithLabelValues(r.operation, label)
		c = &made
		r.answered[i].Store(c)
	}
	(*c).Inc()
}

const slow = 250 * time.Millisecond

// due is the trace that shall stand beside this request, "" for none: of those
// that failed or were slow, and of the others one in 64, since an exemplar costs
// more than all the rest.
func (r *Route) due(ctx context.Context, status int, took time.Duration) string {
	if r.m.Trace == nil {
		return ""
	}
	if status < 500 && took < slow && r.count.Add(1)%64 != 1 {
		return ""
	}
	return r.m.Trace(ctx)
}
