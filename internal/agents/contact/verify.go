package contact

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/internal/ai/cite"
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

// sources are the texts that may be quoted, by the names that engines use.
type sources map[string]*source

type source struct {
	entity, id string
	text       *cite.Source
	found      []Finding
}

func sourcesOf(in Input) sources {
	out := sources{}
	for i, m := range in.Mails {
		s := &source{entity: "message", id: m.ID, text: cite.Of(m.Text)}
		for _, f := range in.Findings {
			if f.MessageID == m.ID {
				s.found = append(s.found, f)
			}
		}
		out[MailLabel(i)] = s
	}
	for i, a := range in.Activities {
		out[ActivityLabel(i)] = &source{entity: "activity", id: a.ID, text: cite.Of(a.Text)}
	}
	return out
}

// MailLabel is what engines call a mail, by its place in the input.
func MailLabel(i int) string { return fmt.Sprintf("m%d", i+1) }

// ActivityLabel is what engines call an activity.
func ActivityLabel(i int) string { return fmt.Sprintf("a%d", i+1) }

// hold settles a citation, and reports whether its words stand in its source:
// in what was shown of it, or where intelligence found them.
func (s sources) hold(c *Citation) bool {
	c.Source = strings.ToLower(strings.TrimSpace(c.Source))
	src := s[c.Source]
	if src == nil {
		return false
	}
	c.Entity, c.ID = src.entity, src.id
	if src.text.Find(&c.Quote, &c.Start, &c.End) {
		return true
	}
	for _, f := range src.found {
		from, to := 0, 0
		if quote := c.Quote; cite.Of(f.Quote).Find(&quote, &from, &to) {
			c.Quote, c.Start, c.End = quote, f.Start+from, f.Start+to
			return true
		}
	}
	return false
}

func (s sources) citations(all []Citation) []Citation {
	kept := []Citation{}
	for _, c := range all {
		if len(kept) < maxCitations && s.hold(&c) && !slices.Contains(kept, c) {
			kept = append(kept, c)
		}
	}
	return kept
}

func (s sources) sentences(all []Sentence) []Sentence {
	kept := []Sentence{}
	for _, x := range all {
		x.Text, x.Citations = plain(x.Text, maxSentence), s.citations(x.Citations)
		if len(kept) < maxBrief && x.Text != "" && len(x.Citations) > 0 {
			kept = append(kept, x)
		}
	}
	return kept
}

func (s sources) signals(f *faults, field string, all []Signal, kinds []string) []Signal {
	kept := []Signal{}
	for i, x := range all {
		f.enum(fmt.Sprintf("%s/%d/kind", field, i), x.Kind, kinds)
		quoted := len(x.Citations) > 0
		x.Text, x.Citations = plain(x.Text, maxSignal), s.citations(x.Citations)
		invented := quoted && len(x.Citations) == 0
		if len(kept) < maxSignals && x.Text != "" && !invented {
			kept = append(kept, x)
		}
	}
	return kept
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
