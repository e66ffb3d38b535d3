package series

import (
	"context"
	"time"

	"rapport/internal/api/op"
	history "rapport/internal/platform/series"
)

// Overview is how the server does now.
type Overview struct {
	At        time.Time `json:"at"`
	Version   string    `json:"version"`
	StartedAt time.Time `json:"started_at"`
	WindowS   int64     `json:"window_s" doc:"Over how many seconds rates and percentiles are."`

	Requests    float64  `json:"requests_per_s"`
	ErrorShare  *float64 `json:"error_share" doc:"Of the answers, those with 5xx; null without any."`
	P50MS       *float64 `json:"p50_ms"`
	P95MS       *float64 `json:"p95_ms"`
	P99MS       *float64 `json:"p99_ms"`
	Refused     float64  `json:"refused_per_s" doc:"Calls that limits refused, or that there was no room for."`
	HitShare    *float64 `json:"cache_hit_share"`
	ActiveUsers *float64 `json:"active_users" doc:"People who were seen in the last five minutes."`

	Connections []Pool     `json:"connections"`
	Queue       Queue      `json:"queue"`
	Providers   []Provider `json:"providers" doc:"Of AI, as far as they were asked."`
	SpendShare  *float64   `json:"ai_spend_share" doc:"The largest share of its AI budget that a workspace has spent."`
	DiskFree    *float64   `json:"disk_free_share"`
	Goroutines  *float64   `json:"goroutines"`
	MemoryBytes *float64   `json:"memory_bytes"`
	Mailboxes   []Count    `json:"mailboxes"`
	Busiest     []Route    `json:"busiest" doc:"The operations with the most requests, at most eight."`
	Trend       Trend      `json:"trend"`
}

// Pool is the connections of a pool to the database.
type Pool struct {
	Pool   string  `json:"pool"`
	Open   float64 `json:"open"`
	Active float64 `json:"active"`
	Waits  float64 `json:"waits_per_s" doc:"How often a connection had to be waited for."`
}

// Queue is the jobs.
type Queue struct {
	States  []Count  `json:"states"`
	OldestS *float64 `json:"oldest_s" doc:"How long the job waits that is due longest."`
	Done    float64  `json:"done_per_s"`
	Failed  float64  `json:"failed_per_s"`
}

// Count is how many there are in a state.
type Count struct {
	State string  `json:"state"`
	Count float64 `json:"count"`
}

// Provider is a provider of models.
type Provider struct {
	Provider string   `json:"provider"`
	Closed   bool     `json:"closed" doc:"Nobody is let in, since it failed or asked for a pause."`
	Calls    float64  `json:"calls_per_s"`
	P95MS    *float64 `json:"p95_ms"`
}

// Route is an operation.
type Route struct {
	Operation string   `json:"operation"`
	Requests  float64  `json:"requests_per_s"`
	P95MS     *float64 `json:"p95_ms"`
	Errors    float64  `json:"errors_per_s" doc:"Answers with 5xx."`
}

// Trend is the last ten minutes, the oldest first; null where nothing was
// measured.
type Trend struct {
	StepS    int64      `json:"step_s"`
	Requests []*float64 `json:"requests_per_s"`
	Errors   []*float64 `json:"errors_per_s"`
	P95MS    []*float64 `json:"p95_ms"`
}

const window = time.Minute

func (s *Service) overview(context.Context, *struct{}) (*op.Body[Overview], error) {
	return &op.Body[Overview]{Body: s.Overview()}, nil
}

// Overview is how the server does now.
func (s *Service) Overview() Overview {
	h := s.history
	const requests, took, broken = "http_requests_total", "http_request_duration_seconds", "5*"
	out := Overview{At: time.Now().UTC(), Version: s.version, StartedAt: s.started.UTC(), WindowS: int64(window.Seconds())}
	all := s.rate(requests, nil)
	out.Requests = all
	if all > 0 {
		out.ErrorShare = ptr(s.rate(requests, map[string]string{"status": broken}) / all)
	}
	out.P50MS, out.P95MS, out.P99MS = s.ms(took, nil, 0.5), s.ms(took, nil, 0.95), s.ms(took, nil, 0.99)
	out.Refused = s.rate("rate_limit_hits_total", nil) + s.rate("overload_refused_total", nil)
	if hits, misses := s.rate("cache_hits_total", nil), s.rate("cache_misses_total", nil); hits+misses > 0 {
		out.HitShare = ptr(hits / (hits + misses))
	}
	for name, to := range map[string]**float64{"active_users": &out.ActiveUsers, "queue_oldest_seconds": &out.Queue.OldestS, "ai_spend_ratio": &out.SpendShare,
		"disk_free_ratio": &out.DiskFree, "go_goroutines": &out.Goroutines, "process_resident_memory_bytes": &out.MemoryBytes} {
		if v, ok := h.Gauge(name, nil, window/2); ok {
			*to = &v
		}
	}
	out.Connections = s.pools()
	out.Queue.States, out.Mailboxes = s.counts("queue_jobs"), s.counts("mailboxes")
	out.Queue.Done, out.Queue.Failed = s.rate("jobs_total", map[string]string{"outcome": "done"}), s.rate("jobs_total", map[string]string{"outcome": "failed"})
	out.Providers, out.Busiest = s.providers(), s.busiest()
	out.Trend = Trend{StepS: 10, Requests: s.trend(requests, nil, history.Rate, 1), Errors: s.trend(requests, map[string]string{"status": broken}, history.Rate, 1),
		P95MS: s.trend(took, nil, history.P95, 1000)}
	return out
}

func ptr(v float64) *float64 { return rounded(&v) }

// rate is by second.
func (s *Service) rate(name string, match map[string]string) float64 {
	n, _ := s.history.Increase(name, match, window)
	return *ptr(n / min(window, max(10*time.Second, time.Since(s.started))).Seconds())
}

func (s *Service) ms(name string, match map[string]string, q float64) *float64 {
	v, ok := s.history.Quantile(name, match, q, window)
	if !ok {
		return nil
	}
	return ptr(v * 1000)
}

// latest is the last value of each line of a metric.
func (s *Service) latest(name, by string, fn history.Fn) []history.Line {
	now := time.Now()
	return s.history.Ask(history.Question{Name: name, By: by, Fn: fn, From: now.Add(-window), To: now, Points: 1}).Lines
}

func last(l history.Line) float64 {
	for i := len(l.Values) - 1; i >= 0; i-- {
		if l.Values[i] != nil {
			return *l.Values[i]
		}
	}
	return 0
}

func (s *Service) counts(name string) []Count {
	out := []Count{}
	for _, l := range s.latest(name, "state", history.Most) {
		out = append(out, Count{l.Label, last(l)})
	}
	return out
}

func (s *Service) pools() []Pool {
	out := []Pool{}
	for _, l := range s.latest("db_connections_open", "pool", history.Most) {
		match := map[string]string{"pool": l.Label}
		active, _ := s.history.Gauge("db_connections_active", match, window/2)
		out = append(out, Pool{l.Label, last(l), active, s.rate("db_pool_waits_total", match)})
	}
	return out
}

func (s *Service) providers() []Provider {
	const took = "ai_request_duration_seconds"
	out := []Provider{}
	for _, l := range s.latest("ai_provider_closed", "provider", history.Most) {
		match := map[string]string{"provider": l.Label}
		closed, _ := s.history.Gauge("ai_provider_closed", match, window/2)
		_, calls, _ := s.history.Share(took, match, 1, window)
		out = append(out, Provider{l.Label, closed > 0, *ptr(calls / window.Seconds()), s.ms(took, match, 0.95)})
	}
	return out
}

func (s *Service) busiest() []Route {
	out := []Route{}
	for _, l := range s.latest("http_requests_total", "operation", history.Rate) {
		if len(out) == 8 || l.Label == history.Others {
			break
		}
		match := map[string]string{"operation": l.Label}
		out = append(out, Route{l.Label, s.rate("http_requests_total", match), s.ms("http_request_duration_seconds", match, 0.95),
			s.rate("http_requests_total", map[string]string{"operation": l.Label, "status": "5*"})})
	}
	return out
}

func (s *Service) trend(name string, match map[string]string, fn history.Fn, scale float64) []*float64 {
	now := time.Now()
	c := s.history.Ask(history.Question{Name: name, Match: match, Fn: fn, From: now.Add(-10 * time.Minute), To: now, Points: 60})
	out := []*float64{}
	for _, l := range c.Lines {
		for _, v := range l.Values {
			if v != nil {
				v = ptr(*v * scale)
			}
			out = append(out, v)
		}
	}
	return out
}
