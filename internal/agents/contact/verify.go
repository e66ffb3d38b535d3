package contact

import (
	"fmt"
	"slices"
	"time"

	"rapport/internal/ai/guard"
	"rapport/internal/ai/text"
)

// Bounds of what is stored, text in code points.
const (
	maxSentence  = 400
	maxAction    = 300
	maxSignal    = 200
	maxBrief     = 6
	maxSignals   = 6
	maxCitations = 3
	// horizon is how far ahead an action may be due.
	horizon = 90 * 24 * time.Hour
)

// Verify makes an answer fit to store, whoever gave it: it finds the places of
// quotes, drops sentences none of whose quotes stands in its source, takes
// links and addresses out of free text, holds numbers within their bounds and
// the velocity near the one that was counted, and returns the faults that it
// cannot mend.
func (a *Assessment) Verify(in Input) []string {
	var f faults
	f.enum("buying_intent", a.BuyingIntent, intents)
	f.enum("decision_stage", a.DecisionStage, stages)
	f.enum("role_type", a.RoleType, roles)
	f.enum("next_best_action/kind", a.NextBestAction.Kind, actions)
	a.EngagementScore = clamp(a.EngagementScore, 0, 100)
	a.SentimentScore = clamp(a.SentimentScore, -50, 100)
	a.EngagementVelocity = clamp(a.EngagementVelocity, max(in.Velocity-1, -2), min(in.Velocity+1, 2))
	a.Confidence = clamp(a.Confidence, 0, 1)
	a.NextBestAction.settle(in)
	s := sourcesOf(in)
	said := len(a.Brief)
	a.Brief = s.sentences(a.Brief)
	if said > 0 && len(a.Brief) == 0 {
		f = append(f, "brief: no quote stands in the text that it names; copy quotes exactly")
	}
	if said == 0 && len(in.Mails) > 0 {
		f = append(f, "brief: write at least one sentence with a quote")
	}
	a.RiskSignals = s.signals(&f, "risk_signals", a.RiskSignals, risks)
	a.OpportunitySignals = s.signals(&f, "opportunity_signals", a.OpportunitySignals, openings)
	return f
}

// settle bounds an action. A time that is past, or too far away to be meant, is
// none.
func (a *Action) settle(in Input) {
	a.Text = plain(a.Text, maxAction)
	if a.Due != nil && (a.Due.Before(in.Now.Add(-24*time.Hour)) || a.Due.After(in.Now.Add(horizon))) {
		a.Due = nil
	}
	if a.Kind == "none" {
		a.Due = nil
	}
}

// plain is free text of an engine on one line, fit to be shown as ours.
func plain(s string, limit int) string { return text.OneLine(guard.Plain(s), limit) }

type faults []string

func (f *faults) enum(field, value string, allowed []string) {
	if !slices.Contains(allowed, value) {
		*f = append(*f, fmt.Sprintf("%s: not one of %v", field, allowed))
	}
}

func clamp[N int | float64](n, low, high N) N {
	if !(n >= low) { // also NaN
		return low
	}
	return min(n, high)
}
