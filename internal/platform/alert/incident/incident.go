// Package incident makes incidents of alerts: what several processes find is
// put together, written down with its times, and told to people once.
package incident

import (
	"slices"
	"time"

	"rapport/internal/platform/alert"
)

// Incident is trouble from its first sign to its end: the rules of one topic
// that fired together.
type Incident struct {
	ID       string         `json:"id"`
	Topic    string         `json:"topic" doc:"What it is about; one incident of a topic is open at a time."`
	Title    string         `json:"title" doc:"That of its gravest rule."`
	Severity alert.Severity `json:"severity" enum:"P0,P1,P2,P3"`
	Rules    []Fired        `json:"rules"`

	BeganAt        time.Time  `json:"began_at" doc:"When a rule was first seen broken."`
	DetectedAt     time.Time  `json:"detected_at" doc:"When it fired."`
	NotifiedAt     *time.Time `json:"notified_at" doc:"When the first channel had taken the notice."`
	AcknowledgedAt *time.Time `json:"acknowledged_at"`
	AcknowledgedBy string     `json:"acknowledged_by" doc:"Id of the user."`
	MitigatedAt    *time.Time `json:"mitigated_at" doc:"When nothing was broken any more."`
	ResolvedAt     *time.Time `json:"resolved_at" doc:"When it had been mended for long enough."`
	Reopened       int        `json:"reopened" doc:"How often it came back soon after it had been resolved."`

	Release Release  `json:"release"`
	Traces  []string `json:"traces" doc:"Ids of traces of failed or slow calls from when it was detected."`
	Profile string   `json:"profile" doc:"Id of the profile that was taken then, if one was."`
}

// copy is for those who look at it later.
func (i *Incident) copy() Incident {
	c := *i
	c.Rules = slices.Clone(i.Rules)
	return c
}

// Fired is a rule's part in an incident.
type Fired struct {
	Rule      string         `json:"rule"`
	Title     string         `json:"title"`
	Severity  alert.Severity `json:"severity"`
	Value     float64        `json:"value" doc:"The worst so far."`
	Threshold float64        `json:"threshold"`
	Unit      string         `json:"unit"`
	At        time.Time      `json:"at" doc:"When it fired."`
	Runbook   string         `json:"runbook"`
}

// Release is what ran when an incident began, and since when.
type Release struct {
	Version string    `json:"version"`
	Since   time.Time `json:"since,omitzero" format:"date-time"`
	Before  string    `json:"before" doc:"The version that ran before; empty if none is known."`
}

// Silence keeps a rule, or with * all of them, from telling anybody.
type Silence struct {
	ID        string    `json:"id"`
	Rule      string    `json:"rule" doc:"A rule, or * for all of them."`
	Kind      string    `json:"kind" enum:"silence,maintenance"`
	Reason    string    `json:"reason"`
	StartsAt  time.Time `json:"starts_at"`
	EndsAt    time.Time `json:"ends_at"`
	CreatedBy string    `json:"created_by" doc:"Id of the user."`
	CreatedAt time.Time `json:"created_at"`
}

// covers reports whether the silence holds for a rule at a time.
func (s Silence) covers(rule string, at time.Time) bool {
	return (s.Rule == "*" || s.Rule == rule) && !at.Before(s.StartsAt) && at.Before(s.EndsAt)
}

// Kind is what a notice says.
type Kind string

// The kinds of notice.
const (
	Opened   Kind = "opened"
	Grew     Kind = "grew" // a graver rule has joined
	Reminder Kind = "reminder"
	Resolved Kind = "resolved"
	Test     Kind = "test"
)

// Notice is what people are told at one time: everything that a pass found.
type Notice struct {
	ID    string    `json:"id"`
	At    time.Time `json:"at"`
	Items []Item    `json:"items"`
}

// Item is one incident in a notice.
type Item struct {
	Kind     Kind     `json:"kind"`
	Incident Incident `json:"incident"`
}

// Severity is the gravest of its items.
func (n Notice) Severity() alert.Severity {
	worst := alert.P3
	for _, i := range n.Items {
		worst = min(worst, i.Incident.Severity)
	}
	return worst
}
