package incident

import (
	"context"
	"time"

	"rapport/internal/platform/alert"
	"rapport/internal/platform/id"
	"rapport/internal/platform/problem"
)

// Alert is a rule and how it is.
type Alert struct {
	Rule       string         `json:"rule"`
	Title      string         `json:"title"`
	Severity   alert.Severity `json:"severity" enum:"P0,P1,P2,P3"`
	State      alert.State    `json:"state" enum:"ok,pending,firing,silenced,no_data"`
	Value      *float64       `json:"value" doc:"As last measured, in unit; null without data."`
	Threshold  float64        `json:"threshold"`
	Unit       string         `json:"unit"`
	Since      *time.Time     `json:"since" doc:"When the state began; null before the first look."`
	IncidentID string         `json:"incident_id" doc:"The incident that goes on; empty for none."`
	Topic      string         `json:"topic" doc:"What the rule is about; rules of one topic that fire together are one incident."`
	Runbook    string         `json:"runbook" doc:"Path of the page that says what to do."`
}

// Alerts lists the rules, as of the last look.
func (w *Watch) Alerts() []Alert {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]Alert, 0, len(w.rules))
	for _, r := range w.rules {
		e := w.board.Rules[r.Name]
		a := Alert{Rule: r.Name, Title: r.Title, Severity: r.Severity, State: alert.NoData, Threshold: r.Threshold(), Unit: r.Unit, Topic: r.Group, Runbook: r.Runbook()}
		if e.State != "" {
			a.State, a.IncidentID = e.State, e.IncidentID
			a.Since = &e.Since
		}
		if a.State != alert.NoData {
			a.Value = &e.Value
		}
		out = append(out, a)
	}
	return out
}

// Health is how the watch itself does.
type Health struct {
	Looked   *time.Time      `json:"looked_at" doc:"When the rules were last looked at; null if they never were."`
	Away     bool            `json:"database_away" doc:"Alerts go on, but nothing is written down for now."`
	Replicas int             `json:"replicas" doc:"Processes that watch."`
	Release  Release         `json:"release"`
	Channels []ChannelStatus `json:"channels"`
}

// Health describes the watch of this process.
func (w *Watch) Health() Health {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := Health{Away: w.away, Replicas: len(w.board.Replicas), Release: w.board.Release, Channels: []ChannelStatus{}}
	if !w.looked.IsZero() {
		at := w.looked
		h.Looked = &at
	}
	for _, d := range w.desks {
		h.Channels = append(h.Channels, d.snapshot())
	}
	return h
}

// Tried is what came of a test.
type Tried struct {
	Channel string `json:"channel"`
	Sent    bool   `json:"sent"`
	Error   string `json:"error" doc:"Why it was not sent; empty if it was."`
}

var errNoChannel = problem.New(problem.Conflict, "no_alert_channel",
	"There is no such way to tell people. The operator sets RAPPORT_ALERT_EMAILS or RAPPORT_ALERT_WEBHOOK.")

// Test sends a notice that says that it is a test, by one channel or by all.
func (w *Watch) Test(ctx context.Context, channel string) ([]Tried, error) {
	n := Notice{ID: id.New(), At: w.now(), Items: []Item{{Kind: Test, Incident: Incident{ID: id.New(), Topic: "test", Title: "This is a test", Severity: alert.P3, BeganAt: w.now(), DetectedAt: w.now()}}}}
	var out []Tried
	for _, d := range w.desks {
		if channel != "" && channel != d.channel.Name() {
			continue
		}
		bounded, cancel := context.WithTimeout(ctx, patience)
		err := d.channel.Send(bounded, n)
		cancel()
		t := Tried{Channel: d.channel.Name(), Sent: err == nil}
		if err != nil {
			t.Error = reason(err)
		}
		out = append(out, t)
	}
	if len(out) == 0 {
		return nil, errNoChannel
	}
	return out, nil
}
