package contact

import (
	"context"
	_ "embed" // the cues are data
	"encoding/json"
	"math"
	"slices"
	"sync"
	"time"

	"rapport/internal/ai/text"
)

//go:embed cues/contact.txt
var cueSource string

var cues = sync.OnceValue(func() *text.Cues { return text.MustCues(cueSource) })

// RulesTasks returns the task that rules can answer, by its name. It takes
// Input and gives Assessment as JSON.
func RulesTasks() map[string]func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return map[string]func(context.Context, json.RawMessage) (json.RawMessage, error){
		"contact.intelligence": func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			var in Input
			if err := json.Unmarshal(input, &in); err != nil {
				return nil, err
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			return json.Marshal(Rules(in))
		},
	}
}

// Rules judges a contact without a model. It answers for any input, of a quiet
// contact too; the same input gives the same answer.
func Rules(in Input) Assessment {
	r := read(in)
	a := Assessment{EngagementVelocity: in.Velocity, RiskSignals: []Signal{}, OpportunitySignals: []Signal{}, Brief: []Sentence{}}
	a.EngagementScore = r.engagement()
	a.SentimentScore = r.sentiment()
	a.BuyingIntent = r.intent()
	a.DecisionStage = r.stage()
	a.RoleType = r.role()
	a.RiskSignals = append(a.RiskSignals, r.risks()...)
	a.OpportunitySignals = append(a.OpportunitySignals, r.openings(a.RoleType)...)
	a.NextBestAction = r.action(a)
	a.Brief = append(a.Brief, r.brief()...)
	a.Confidence = r.confidence()
	return a
}

const day = 24 * time.Hour

// reading is a contact with everything that the rules look at.
type reading struct {
	in    Input
	mails []mail
}

// mail is one that was read: hits are the cues, by label, the strongest each.
type mail struct {
	Mail
	label string
	doc   *text.Doc
	hits  map[string]text.Hit
}

func read(in Input) *reading {
	r := &reading{in: in}
	for i, m := range in.Mails {
		x := mail{Mail: m, label: MailLabel(i), doc: text.Parse(m.Text), hits: map[string]text.Hit{}}
		for _, h := range cues().Find(x.doc) {
			if had, ok := x.hits[h.Cue.Label]; !h.Negated && (!ok || h.Cue.Weight > had.Cue.Weight) {
				x.hits[h.Cue.Label] = h
			}
		}
		r.mails = append(r.mails, x)
	}
	return r
}

func (r *reading) age(at time.Time) time.Duration { return r.in.Now.Sub(at) }

// recent are the mails of so many days.
func (r *reading) recent(days int) []mail {
	var out []mail
	for _, m := range r.mails {
		if r.age(m.SentAt) <= time.Duration(days)*day {
			out = append(out, m)
		}
	}
	return out
}

// wants reports whether a mail was triaged as one that wants any of these.
func (m mail) wants(intents ...string) bool {
	return slices.ContainsFunc(m.Intents, func(i string) bool { return slices.Contains(intents, i) })
}

var offers = []string{"pricing_inquiry", "sales_inquiry", "proposal"}

// engagement is how lately, how often and how readily they write; the last is
// the engagement part of the lead score, which knows their replies.
func (r *reading) engagement() int {
	if r.in.Quiet() {
		return 0
	}
	got, of := 40*r.freshness()+30*min(float64(r.in.Received.Days30)/6, 1), 70.0
	for _, p := range r.in.Lead.Parts {
		if p.Name == "engagement" && p.Points != nil {
			got, of = got+.3*float64(*p.Points), of+30
		}
	}
	return int(math.Round(got / of * 100))
}

// freshness is 1 for somebody heard of within three days, 0 after 90.
func (r *reading) freshness() float64 {
	last := r.heard()
	if last == nil {
		return 0
	}
	age := r.age(*last)
	for _, step := range []struct {
		within time.Duration
		value  float64
	}{{3 * day, 1}, {7 * day, .85}, {14 * day, .65}, {30 * day, .45}, {90 * day, .2}} {
		if age <= step.within {
			return step.value
		}
	}
	return 0
}

// heard is when the contact last wrote or was met.
func (r *reading) heard() *time.Time {
	last := r.in.LastHeard
	for i := range r.in.Activities {
		if at := &r.in.Activities[i].At; !at.After(r.in.Now) && (last == nil || at.After(*last)) {
			last = at
		}
	}
	return last
}

var toneWorth = map[string]float64{"positive": 70, "neutral": 20, "negative": -50}

// sentiment is the mean tone of the mails, the later the more.
func (r *reading) sentiment() int {
	var sum, weights float64
	for i, m := range r.mails {
		if worth, ok := toneWorth[m.Sentiment]; ok {
			w := 1 / (1 + .35*float64(i))
			sum, weights = sum+w*worth, weights+w
		}
	}
	if weights == 0 {
		return 0
	}
	return clamp(int(math.Round(sum/weights)), -50, 100)
}

// lately is for how many days what somebody wanted says what they want.
const lately = 60

// intent is whether they want to buy.
func (r *reading) intent() string {
	mails := r.recent(lately)
	var offer, meeting, money, decided, weighs, known int
	ready := 0
	for i, m := range mails {
		if _, ok := m.hits["refuse"]; ok && i == 0 {
			return "low"
		}
		if len(m.Intents) > 0 {
			known++
		}
		offer += one(m.wants(offers...))
		meeting += one(m.wants("meeting_request"))
		_, near := m.hits["decide"]
		_, compares := m.hits["compare"]
		decided, weighs = decided+one(near), weighs+one(compares)
		money += one(r.found(m.ID, "money", "budget"))
		ready = max(ready, m.Readiness)
	}
	points := 2*min(offer, 2) + min(meeting, 1) + 2*min(money, 1) + 2*min(decided, 1) + min(weighs, 1)
	switch {
	case ready >= 8:
		points += 3
	case ready >= 6:
		points++
	}
	switch {
	case points >= 5:
		return "high"
	case points >= 2 || meeting > 0:
		return "medium"
	case known > 0:
		return "low"
	}
	return "unknown"
}

// found reports whether intelligence found such a thing in a mail; role, if it
// is given, is that of money.
func (r *reading) found(mailID, kind, role string) bool {
	return slices.ContainsFunc(r.in.Findings, func(f Finding) bool {
		return f.MessageID == mailID && f.Kind == kind && (role == "" || f.Role == role)
	})
}

// stage is the furthest that they have come lately.
func (r *reading) stage() string {
	best := 0
	for i, m := range r.recent(lately) {
		_, refused := m.hits["refuse"]
		_, decide := m.hits["decide"]
		_, compare := m.hits["compare"]
		_, aware := m.hits["aware"]
		switch {
		case refused && i == 0:
			return "unknown"
		case decide || r.found(m.ID, "decision", "") && m.wants(offers...):
			best = max(best, 3)
		case compare || m.wants(offers...) || m.wants("meeting_request") || r.found(m.ID, "requirement", "") || r.found(m.ID, "money", "budget"):
			best = max(best, 2)
		case aware || m.wants("question", "introduction", "information_sharing", "feedback"):
			best = max(best, 1)
		}
	}
	return []string{"unknown", "awareness", "consideration", "decision"}[best]
}

// confidence grows with what there is to go by.
func (r *reading) confidence() float64 {
	if r.in.Quiet() {
		return .9 // that nothing is known
	}
	triaged := 0
	for _, m := range r.mails {
		triaged += one(len(m.Intents) > 0)
	}
	return math.Round(100*min(.35+.06*float64(min(triaged, 5))+.15*r.in.Lead.Coverage+.05*float64(min(len(r.in.Activities), 2)), .85)) / 100
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}
