// Package lead says how promising a contact is: a number from 0 to 100 that
// plain code computes from what is known, part by part, each with its reasons.
// What is not known is left out rather than counted as nothing.
package lead

import (
	"math"
	"time"
)

// Formula names the rules of the score. It changes when the same facts would
// score differently.
const Formula = "lead-1"

// Band is a range of scores that calls for the same thing.
type Band string

// The bands. None is where nothing is known.
const (
	Hot  Band = "hot"  // 70 and above
	Warm Band = "warm" // 40 to 69
	Cold Band = "cold"
	None Band = "none"
)

// BandOf returns the band of a score.
func BandOf(score *int) Band {
	switch {
	case score == nil:
		return None
	case *score >= 70:
		return Hot
	case *score >= 40:
		return Warm
	}
	return Cold
}

// Result is a score with its explanation.
type Result struct {
	Score      *int      `json:"score" minimum:"0" maximum:"100" doc:"null when nothing is known."`
	Coverage   float64   `json:"coverage" minimum:"0" maximum:"1" doc:"The share of the weights of which something is known."`
	Band       Band      `json:"band" enum:"hot,warm,cold,none" doc:"Hot from 70, warm from 40."`
	Parts      []Part    `json:"parts"`
	Version    string    `json:"version" doc:"Of the formula."`
	ComputedAt time.Time `json:"computed_at" doc:"When the score last came out differently."`
}

// Part is one view of a contact.
type Part struct {
	Name    string   `json:"name" enum:"engagement,behaviour,demographics,recency,intelligence"`
	Label   string   `json:"label"`
	Weight  float64  `json:"weight"`
	Points  *int     `json:"points" minimum:"0" maximum:"100" doc:"null when nothing is known; the part is left out then."`
	Reasons []string `json:"reasons"`
}

// Facts are what is known of one contact. The zero value is nothing.
type Facts struct {
	ContactID   string
	Title       string
	CompanySize string
	Industry    string
	LastSeen    *time.Time
	Mails       []Mail     // personal mail from and to the contact, any order
	Requests    Requests   // what their mail asked for
	Findings    []Findings // of the mails that were read closely, newest first
}

// Mail is one message between the contact and the workspace.
type Mail struct {
	ThreadID string
	Ours     bool // written by the workspace
	SentAt   time.Time
}

// Requests counts triaged mails of the contact by what they want.
type Requests struct {
	Mails    int
	Meetings int
	Offers   int // demos, prices, proposals
}

// Findings are what intelligence found in one mail.
type Findings struct {
	Goals, Pains, Requirements bool
	Readiness                  int
}

// Score scores a contact at a moment. It depends on nothing else.
func Score(f Facts, now time.Time) Result {
	r := Result{Version: Formula, ComputedAt: now.UTC(), Parts: []Part{
		engagement(f.Mails), behaviour(f.Requests), demographics(f), recency(f.LastSeen, now), intelligence(f.Findings),
	}}
	var sum float64
	for _, p := range r.Parts {
		if p.Points != nil {
			sum += p.Weight * float64(*p.Points)
			r.Coverage += p.Weight
		}
	}
	if r.Coverage > 0 {
		r.Score = new(clamp(sum / r.Coverage))
	}
	r.Coverage = math.Round(r.Coverage*100) / 100
	r.Band = BandOf(r.Score)
	return r
}

// clamp rounds to a whole number from 0 to 100.
func clamp(points float64) int { return int(math.Round(min(max(points, 0), 100))) }

// tally adds up facets of a part: points out of what could be had where
// something is known.
type tally struct {
	got, of float64
	reasons []string
}

func (t *tally) add(got, of float64, reason string) {
	t.got += got
	t.of += of
	t.reasons = append(t.reasons, reason)
}

// part closes a tally, without points if nothing was added.
func (t *tally) part(name, label string, weight float64) Part {
	p := Part{Name: name, Label: label, Weight: weight, Reasons: t.reasons}
	if p.Reasons == nil {
		p.Reasons = []string{}
	}
	if t.of > 0 {
		p.Points = new(clamp(t.got / t.of * 100))
	}
	return p
}
