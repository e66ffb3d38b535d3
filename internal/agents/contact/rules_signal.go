package contact

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// risks are what speaks against them, in fixed words; what was read carries the
// words it was read in.
func (r *reading) risks() []Signal {
	var out []Signal
	add := func(ok bool, kind, text string, cited ...Citation) {
		if ok && len(out) < maxSignals {
			out = append(out, Signal{Kind: kind, Text: text, Citations: nonNil(cited)})
		}
	}
	if m, ok := r.owed(); ok {
		if late := int(r.age(m.SentAt) / day); late >= 2 {
			add(true, "unanswered", fmt.Sprintf("They wait for an answer since %s (%d days).", date(m.SentAt), late))
		}
	}
	for _, of := range []struct{ label, kind, text string }{
		{"refuse", "refusal", "They turned it down."}, {"object", "objection", "They object."}, {"rival", "competitor", "Others are in the race."},
	} {
		if c, ok := r.heardIn(of.label); ok {
			add(true, of.kind, of.text, c)
		}
	}
	complaint := false
	for _, m := range r.recent(30) {
		complaint = complaint || m.wants("complaint")
	}
	add(complaint, "complaint", "They complained within the last 30 days.")
	add(len(r.mails) > 0 && r.mails[0].Sentiment == "negative" && !complaint, "negative_tone", "Their latest mail is negative in tone.")
	add(r.waiting() >= 7*day, "no_reply", fmt.Sprintf("They have not answered our mail for %d days.", int(r.waiting()/day)))
	heard := r.heard()
	switch {
	case heard != nil && r.age(*heard) > 60*day:
		add(true, "silent", fmt.Sprintf("Nothing was heard of them since %s.", date(*heard)))
	case r.in.Velocity < 0:
		add(true, "cooling", fmt.Sprintf("They write less: %s in the last 30 days, %d in the 30 before.", mailCount(r.in.Received.Days30), r.in.Received.Earlier))
	}
	return out
}

// openings are what speaks for them.
func (r *reading) openings(role string) []Signal {
	var out []Signal
	seen := map[string]bool{}
	add := func(kind, text string, cited ...Citation) {
		if !seen[kind] && len(out) < maxSignals {
			seen[kind] = true
			out = append(out, Signal{Kind: kind, Text: text, Citations: nonNil(cited)})
		}
	}
	for _, m := range r.recent(lately) {
		if m.wants(offers...) {
			add("asks_price", "They asked about prices or an offer on "+date(m.SentAt)+".")
		}
		if m.wants("meeting_request") {
			add("asks_meeting", "They asked for a meeting on "+date(m.SentAt)+".")
		}
		if m.Readiness >= 8 {
			add("ready", "Their mail of "+date(m.SentAt)+" sounds ready to decide.")
		}
	}
	for _, f := range r.in.Findings {
		switch {
		case f.Kind == "money" && f.Role == "budget":
			add("budget", "They named a budget.", r.cited(f)...)
		case f.Kind == "goal":
			add("goal", "They said what they want to reach.", r.cited(f)...)
		case f.Kind == "date" && r.since(f.MessageID) <= lately*day:
			add("deadline", "They named a date.", r.cited(f)...)
		}
	}
	if r.in.Velocity > 0 {
		add("engaged", fmt.Sprintf("They write more: %s in the last 30 days, %d in the 30 before.", mailCount(r.in.Received.Days30), r.in.Received.Earlier))
	}
	if role == "decision_maker" && !r.in.Quiet() {
		add("decision_maker", "They decide, or sit close to those who do.")
	}
	return out
}

// owed is the oldest mail that waits for an answer.
func (r *reading) owed() (mail, bool) {
	for i := len(r.mails) - 1; i >= 0; i-- {
		if r.mails[i].Owed {
			return r.mails[i], true
		}
	}
	return mail{}, false
}

// waiting is for how long our last mail has been without an answer; 0 if they
// wrote after it.
func (r *reading) waiting() time.Duration {
	if r.in.LastSent == nil || r.in.LastHeard != nil && r.in.LastHeard.After(*r.in.LastSent) {
		return 0
	}
	return max(r.age(*r.in.LastSent), 0)
}

// heardIn cites the latest sentence of the last 60 days in which a cue stands.
func (r *reading) heardIn(label string) (Citation, bool) {
	for _, m := range r.recent(lately) {
		if h, ok := m.hits[label]; ok {
			s := m.doc.Sentences[h.Sentence]
			return m.cite(s.Start, s.End)
		}
	}
	return Citation{}, false
}

// cite is some bytes of a mail, if they are short enough for a quote.
func (m mail) cite(start, end int) (Citation, bool) {
	start, end = m.doc.Trim(start, end)
	quote, span := m.doc.Text[start:end], m.doc.Span(start, end)
	return Citation{Source: m.label, Quote: quote, Entity: "message", ID: m.ID, Start: span.Start, End: span.End}, quote != "" && utf8.RuneCountInString(quote) <= longest
}

// longest is how long a quote of the rules is, in code points.
const longest = 400

// cited is the citation of a finding; none if its mail is not among those that
// are shown.
func (r *reading) cited(f Finding) []Citation {
	for _, m := range r.mails {
		if m.ID == f.MessageID && utf8.RuneCountInString(f.Quote) <= longest {
			return []Citation{{Source: m.label, Quote: f.Quote, Entity: "message", ID: m.ID, Start: f.Start, End: f.End}}
		}
	}
	return nil
}

// since is how old a mail is; very old if it is not among those that are shown.
func (r *reading) since(mailID string) time.Duration {
	for _, m := range r.mails {
		if m.ID == mailID {
			return r.age(m.SentAt)
		}
	}
	return 1 << 62
}

func mailCount(n int) string {
	if n == 1 {
		return "1 mail"
	}
	return fmt.Sprintf("%d mails", n)
}

func date(at time.Time) string { return at.UTC().Format("2 Jan 2006") }

func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
