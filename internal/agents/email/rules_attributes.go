package email

import (
	"math"
	"strings"

	"rapport/internal/ai/text"
)

// attributes says what a clause adds to an item of some kind.
func (f *finder) attributes(kind string, first, last int) Attributes {
	c := clause{f, first, last}
	switch kind {
	case "idea":
		sure := 0.6
		if c.has("suggest", "recommend", "propose", "should") {
			sure = 0.75
		}
		return Attributes{Category: c.category(), Confidence: &sure}
	case "goal":
		return Attributes{Priority: c.priority(), Timeframe: c.timeframe()}
	case "pain_point":
		return c.pain()
	case "requirement":
		must := !c.has("prefer", "nice", "ideally", "would", "optional", "wish")
		return Attributes{Type: c.requirement(), MustHave: &must}
	case "action_item":
		return c.action()
	case "commitment":
		return c.commitment()
	}
	return Attributes{}
}

// clause is a range of words of a message.
type clause struct {
	f           *finder
	first, last int
}

// has reports whether one of some words occurs.
func (c clause) has(words ...string) bool {
	for i := c.first; i < c.last; i++ {
		for _, w := range words {
			if c.f.body.Words[i].Lower == w {
				return true
			}
		}
	}
	return false
}

func (c clause) category() string {
	switch {
	case c.has("market", "revenue", "partner", "customers", "clients", "sell", "offer", "grow"):
		return "opportunity"
	case c.has("service", "support", "training", "workshop", "onboarding", "team"):
		return "service"
	case c.has("problem", "fix", "avoid", "risk", "source"):
		return "problem"
	}
	return "product"
}

func (c clause) priority() string {
	switch {
	case c.has("must", "main", "top", "priority", "urgent", "urgently", "critical", "key", "most"):
		return "high"
	case c.has("maybe", "eventually", "someday", "perhaps", "vielleicht", "possibly", "might"):
		return "low"
	}
	return "medium"
}

func (c clause) timeframe() string {
	x := c.f.dateIn(c.first, c.last)
	if x == nil {
		return ""
	}
	start, end := c.f.body.WordSpan(x.First, x.Last)
	return text.OneLine(c.f.body.Text[start:end], 80)
}

func (c clause) pain() Attributes {
	a := Attributes{Impact: "medium", Urgency: "important"}
	switch {
	case c.has("losing", "lose", "lost", "down", "offline", "nobody", "blocked", "blocks", "cancel", "twice", "all", "leak", "cannot", "can't"):
		a.Impact = "high"
	case c.has("annoying", "bit", "slightly", "minor", "sometimes", "print", "long"):
		a.Impact = "low"
	}
	switch {
	case a.Impact == "high" || c.has("urgent", "now", "immediately", "today", "still", "dringend"):
		a.Urgency = "urgent"
	case a.Impact == "low":
		a.Urgency = "nice-to-have"
	}
	return a
}

func (c clause) requirement() string {
	switch {
	case c.has("budget", "price", "cost", "costs", "cap", "payment") || c.money():
		return "budget"
	case c.has("people", "engineers", "engineer", "developer", "developers", "staff", "team", "person", "consultant", "someone"):
		return "resource"
	case c.f.dateIn(c.first, c.last) != nil || c.has("deadline", "weeks", "days", "months", "live"):
		return "timeline"
	}
	return "technical"
}

func (c clause) money() bool {
	for _, m := range c.f.amounts {
		if m.First >= c.first && m.Last <= c.last {
			return true
		}
	}
	return false
}

// action says who shall act: what a mail asks for is the reader's to do, and
// the reader of an own mail is them.
func (c clause) action() Attributes {
	a := Attributes{Owner: "us"}
	if c.f.in.Own {
		a.Owner = "them"
	}
	c.due(&a)
	return a
}

// commitment is the author's.
func (c clause) commitment() Attributes {
	a := Attributes{By: "them", Severity: "medium"}
	if c.f.in.Own {
		a.By = "us"
	}
	switch {
	case c.has("guarantee", "promise", "commit", "definitely", "contract", "penalty"):
		a.Severity = "high"
	case c.has("try", "probably", "might", "touch", "hopefully", "book", "join"):
		a.Severity = "low"
	}
	c.due(&a)
	return a
}

func (c clause) due(a *Attributes) {
	if x := c.f.dateIn(c.first, c.last); x != nil && !x.Past {
		at := limit(*x).UTC()
		a.Due = &at
	}
}

// role says what an amount is, by the words of its sentence.
func (f *finder) role(sentence int) string {
	s := f.body.Sentences[sentence]
	c := clause{f, s.First, s.Last}
	switch {
	case c.has("budget", "approved", "spend", "afford", "match", "signed"):
		return "budget"
	case c.has("price", "cost", "costs", "quote", "offer", "per", "month", "year", "fixed", "package", "pay", "charged", "fee", "kostet", "preis"):
		return "price"
	}
	return "other"
}

// reasons for the readiness to buy, in fixed words, by cue.
var readyReasons = map[string]string{
	"ready.decided": "says that the decision is made", "ready.signed": "speaks of signing", "ready.approved": "has an approval",
	"ready.yes": "agrees to go on", "ready.ready": "is ready to buy", "ready.budget": "names a budget", "ready.price": "asks for or speaks of prices",
	"ready.try": "wants to see or try it", "ready.need": "states requirements", "ready.authority": "can decide", "ready.start": "asks about the start",
	"ready.order": "orders", "ready.renew": "wants to renew",
	"ready.compare": "compares vendors", "ready.against": "decided against it", "ready.other": "turns to another supplier", "ready.cancel": "wants to cancel",
	"ready.later": "puts it off", "ready.hurt": "complains",
}

// readiness weighs the buying signs from 1 to 10; 4 is a mail without any.
func (f *finder) readiness() (int, []string) {
	score, reasons, seen := 4.0, []string{}, map[string]bool{}
	for _, h := range f.hits {
		label := h.Cue.Label
		reason, ok := readyReasons[label]
		if !ok || seen[label] || h.Negated && h.Cue.Weight > 0 {
			continue
		}
		seen[label] = true
		score += h.Cue.Weight
		reasons = append(reasons, reason)
	}
	if len(f.amounts) > 0 && !seen["ready.hurt"] {
		score++
		reasons = append(reasons, "names an amount")
	}
	return int(math.Round(min(10, max(1, score)))), reasons
}

// energy measures how lively the mail is, from 1 to 10; 5 is plain.
func (f *finder) energy() int {
	e := 4 + 5*f.loud
	for _, h := range f.tone {
		switch {
		case strings.HasPrefix(h.Cue.Label, "mood."):
			e += 0.7
		case h.Cue.Label == "urgency" && !h.Negated:
			e += 0.4 * h.Cue.Weight
		case h.Cue.Label == "sentiment" && h.Cue.Weight >= 2:
			e += 0.5
		}
	}
	return int(math.Round(min(10, max(1, e))))
}
