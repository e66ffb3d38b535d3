// Package policy judges what agents and other clients want to do: how risky it
// is, what forbids it, and whether a person has to allow it. It is pure; the
// facts are looked up by whoever asks.
package policy

import (
	"slices"
	"strings"
	"time"

	"rapport/internal/ai"
)

// Version names the rules, for what was judged by them.
const Version = "policy-1"

// Autonomy is up to which band of risk an agent acts without asking.
type Autonomy string

// The autonomies. There is none above medium: from 40 on a person decides.
const (
	Ask    Autonomy = "ask"
	Low    Autonomy = "low"
	Medium Autonomy = "medium"
)

// Charter is what a workspace lets an agent do.
type Charter struct {
	Enabled  bool     `json:"enabled"`
	Autonomy Autonomy `json:"autonomy" enum:"ask,low,medium" doc:"Up to which band of risk it acts without asking. Mail is always asked for."`
	// Operations are all that it may act with; nil is what it has.
	Operations   []string `json:"operations" nullable:"true" doc:"All that it may act with; null for everything that the agent knows."`
	Asks         []string `json:"asks" maxItems:"100" doc:"Operations that it asks for, however small the risk."`
	DailyActions int      `json:"daily_actions" minimum:"0" maximum:"10000" doc:"How many actions it may propose a day, drafts and notes not counted."`
	DailyNano    ai.Nano  `json:"daily_nano" minimum:"0" doc:"What its runs may have cost a day before nothing more is done; 0 for no limit of its own."`
	Links        []string `json:"links" maxItems:"100" doc:"Domains that it may link to, besides the workspace's own and those that a person gave it."`
	PauseOnHigh  bool     `json:"pause_on_high" doc:"Whether it does nothing about somebody with whom something is badly wrong."`
	HoursFrom    int      `json:"hours_from" minimum:"0" maximum:"23" doc:"From which hour on it acts without asking, in the workspace's time zone. Drafts are written at any hour."`
	HoursTo      int      `json:"hours_to" minimum:"1" maximum:"24" doc:"Until which hour. If it is the earlier one, midnight lies between."`
	Weekends     bool     `json:"weekends" doc:"Whether it acts without asking on Saturdays and Sundays."`
}

// Standard is the policy of an agent for which none was made.
func Standard() Charter {
	return Charter{Enabled: true, Autonomy: Low, DailyActions: 10, Asks: []string{}, Links: []string{}, HoursTo: 24, Weekends: true}
}

// open reports whether it is one of the hours of a charter.
func (c Charter) open(at time.Time) bool {
	h := at.Hour()
	within := h >= c.HoursFrom && h < c.HoursTo
	if c.HoursFrom >= c.HoursTo {
		within = h >= c.HoursFrom || h < c.HoursTo
	}
	day := at.Weekday()
	return within && (c.Weekends || day != time.Saturday && day != time.Sunday)
}

// The bands of risk begin here.
const (
	MediumFrom   = 20
	HighFrom     = 40
	CriticalFrom = 70
)

// Band names the band of a risk.
func Band(score int) string {
	switch {
	case score >= CriticalFrom:
		return "critical"
	case score >= HighFrom:
		return "high"
	case score >= MediumFrom:
		return "medium"
	}
	return "low"
}

// allows reports whether a risk needs no asking.
func (a Autonomy) allows(score int) bool {
	switch a {
	case Low:
		return score < MediumFrom
	case Medium:
		return score < HighFrom
	}
	return false
}

// Proposal is an action as the rules see it.
type Proposal struct {
	Operation string
	// Agent is false for other clients, whose wishes a person always decides.
	Agent bool
	// Fields are the names of the fields that it sets.
	Fields []string
	// Texts are all words that it would write.
	Texts []string
	// Mail is set for whatever leaves the house as a mail, or is a draft of one.
	Mail       *Mail
	Confidence float64
	Tainted    bool
	Ask        bool
	// Typed says that a person wrote the words and recipients, or has seen them.
	Typed bool
}

// Mail is what guards look at in a mail.
type Mail struct {
	// Recipients are the keys of all addresses, hidden copies included.
	Recipients []string
	// HTML is as it would be sent.
	HTML string
}

// Facts are what the rules go by besides.
type Facts struct {
	Charter Charter
	// Score is the lead score of the contact that it is about, -1 without one.
	Score int
	// Warnings count what is badly wrong with the contact.
	Warnings int
	// Known are the keys of the addresses in the thread, of the contact, and ours.
	Known []string
	// Domains are the workspace's own.
	Domains []string
	// Supplied is what the person typed who started the run.
	Supplied string
	// Capped says that the agent has proposed as much as it may today.
	Capped bool
	// At is the time of day where the workspace is.
	At time.Time
	// SpentToday is what its runs of today have cost.
	SpentToday ai.Nano
}

// Factor is a part of a risk.
type Factor struct {
	Code   string `json:"code"`
	Points int    `json:"points"`
	Text   string `json:"text"` // for people
}

// Ruling is what the rules say.
type Ruling struct {
	Score   int
	Factors []Factor
	// Blocked are the reasons not to do it at all.
	Blocked []string
	// Asked says that a person has to decide.
	Asked bool
}

// Judge applies all rules.
func Judge(p Proposal, f Facts) Ruling {
	k := kindOf(p)
	r := Ruling{Factors: []Factor{}}
	r.add("base", k.base, k.says)
	if !k.free { // a draft that was asked for is not worth less because there is trouble
		r.circumstances(p, f)
	}
	if k.reach == outward {
		r.words(strings.Join(p.Texts, "\n"))
		if k.public {
			r.add("public", 15, "Everybody could see it.")
		}
		if k.landing {
			r.add("landing", 10, "It is a landing page.")
		}
	}
	if p.Tainted && k.reach != within && r.Score < HighFrom {
		r.add("tainted", HighFrom-r.Score, "Text from outside had a part in it.")
	}
	r.Score = min(r.Score, 100)
	if p.Agent {
		r.guard(p, f, k)
	}
	r.Asked = f.Charter.asks(p, k, r.Score, f.At)
	return r
}

// asks reports whether a person decides about p, whose risk is known.
func (c Charter) asks(p Proposal, k kind, score int, at time.Time) bool {
	harmless := k.reach == within || k.reach == changes && !p.Tainted
	return !p.Agent || p.Ask || !harmless || !c.Autonomy.allows(score) || slices.Contains(c.Asks, p.Operation) || !k.free && !c.open(at)
}

func (r *Ruling) add(code string, points int, text string) {
	r.Score += points
	r.Factors = append(r.Factors, Factor{Code: code, Points: points, Text: text})
}

func (r *Ruling) circumstances(p Proposal, f Facts) {
	if f.Score >= 80 {
		r.add("valuable", 15, "The contact's score is 80 or more.")
	}
	if f.Warnings > 0 {
		r.add("warnings", 20, "Something is badly wrong with this contact just now.")
	}
	if p.Agent && p.Confidence < .6 {
		r.add("unsure", 10, "The agent is less than 60 % sure.")
	}
}

// words adds what a text promises or claims.
func (r *Ruling) words(text string) {
	for _, f := range flags() {
		if found := f.pattern.FindString(text); found != "" {
			r.add(f.code, f.points, f.says+" (“"+strings.Join(strings.Fields(found), " ")+"”)")
		}
	}
}
