package incident_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"rapport/internal/platform/alert/incident"
)

// traffic is a source of a thousand requests in every window, of which a share
// fails.
type traffic struct {
	nothing
	mu     sync.Mutex
	failed float64
	queue  float64
}

func (s *traffic) fail(share float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = share
}

func (s *traffic) wait(seconds float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = seconds
}

func (s *traffic) Increase(name string, match map[string]string, _ time.Duration) (float64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case name != "http_requests_total":
		return 0, false
	case match["status"] == "5*":
		return 1000 * s.failed, true
	}
	return 1000, true
}

func (s *traffic) Gauge(name string, _ map[string]string, _ time.Duration) (float64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue, name == "queue_oldest_seconds"
}

// phone keeps what it is told.
type phone struct {
	name string
	mu   sync.Mutex
	told []incident.Notice
	at   []time.Time
	dead bool
	hold chan struct{} // nil: it takes notices at once
}

func (p *phone) Name() string { return p.name }

func (p *phone) Send(ctx context.Context, n incident.Notice) error {
	if p.hold != nil {
		select {
		case <-p.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = append(p.at, time.Now())
	if p.dead {
		return errors.New("nobody picks up")
	}
	p.told = append(p.told, n)
	return nil
}

// kinds are what was told, in order.
func (p *phone) kinds() []incident.Kind {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []incident.Kind{}
	for _, n := range p.told {
		for _, i := range n.Items {
			out = append(out, i.Kind)
		}
	}
	return out
}

func (p *phone) calls() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]time.Time{}, p.at...)
}

func (p *phone) die(dead bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = dead
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 4000 {
		if done() {
			return
		}
		<-tick.C
	}
	t.Fatal(what + ": never so")
}

// nothing is a source that has measured nothing.
type nothing struct{}

func (nothing) Increase(string, map[string]string, time.Duration) (float64, bool) { return 0, false }
func (nothing) Gauge(string, map[string]string, time.Duration) (float64, bool)    { return 0, false }
func (nothing) Quantile(string, map[string]string, float64, time.Duration) (float64, bool) {
	return 0, false
}
func (nothing) Share(string, map[string]string, float64, time.Duration) (share, count float64, ok bool) {
	return 0, 0, false
}
