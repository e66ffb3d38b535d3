package traffic

import (
	"cmp"
	"slices"
	"time"

	"rapport/internal/ai"
)

// Status is whether a lane takes calls.
type Status string

// The statuses of a lane.
const (
	Open     Status = "open"
	Closed   Status = "closed"
	HalfOpen Status = "half_open" // a few calls, to see whether it is well
)

// LaneState is a lane as people see it.
type LaneState struct {
	Lane
	Status   Status        `json:"status"`
	Reason   string        `json:"reason,omitempty"`
	Kind     ai.Kind       `json:"kind,omitempty"`
	Until    time.Time     `json:"until,omitzero"`
	InFlight int           `json:"in_flight"`
	Waiting  int           `json:"waiting" doc:"Calls that wait for the provider."`
	Calls    int64         `json:"calls" doc:"Since the start of the process."`
	Answered int64         `json:"answered"`
	Slow     bool          `json:"slow,omitempty"`
	Unfit    bool          `json:"unfit,omitempty" doc:"Many answers could not be used; others are asked first."`
	P50      time.Duration `json:"p50_ns,omitempty"`
	P95      time.Duration `json:"p95_ns,omitempty"`
}

// State tells how each lane does, in order of name.
func (t *Traffic) State() []LaneState {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	out := make([]LaneState, 0, len(t.lanes))
	for _, l := range t.lanes {
		out = append(out, t.state(l, now))
	}
	slices.SortFunc(out, func(a, b LaneState) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Family, b.Family), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Key, b.Key))
	})
	return out
}

func (t *Traffic) state(l *lane, now time.Time) LaneState {
	s := LaneState{Lane: l.Lane, Status: Open, InFlight: l.inFlight, Waiting: len(l.house.waiting), Calls: l.calls, Answered: l.answered,
		Slow: l.doubt.raised, Unfit: l.quality.unfit(now), P50: l.took.Quantile(0.5), P95: l.took.Quantile(0.95)}
	for _, b := range [2]*breaker{l.house.breaker, l.breaker} {
		if b.tripped {
			s.Status, s.Reason, s.Kind = HalfOpen, l.Provider+" is being tried again", ai.LocalLimit
		}
		if b.tripped && now.Before(b.until) {
			s.Status, s.Reason, s.Until = Closed, l.Provider+" fails", b.until
		}
	}
	for _, g := range l.gates {
		if g.ramp > 0 && s.Status == Open {
			s.Status, s.Reason, s.Kind = HalfOpen, g.why+", reopening", g.kind
		}
		if now.Before(g.until) && g.until.After(s.Until) {
			s.Status, s.Reason, s.Kind, s.Until = Closed, g.why, g.kind, g.until
		}
	}
	return s
}
