package contact

import (
	"strings"
	"time"

	"rapport/internal/ai/text"
)

// A step is a row of the table of next actions: the first whose condition
// holds is taken. Days are working days from now; a mail that is owed an answer
// is due when the answer is.
type step struct {
	when func(*reading, Assessment) bool
	kind string
	text string // %s is the first name
	days int
	owed bool
}

// steps is the table. What somebody waits for comes before what we want.
var steps = []step{
	{when: refused, kind: "nurture", text: "They turned it down. Thank %s, and ask again in a quarter.", days: 60},
	{when: upset, kind: "resolve_issue", text: "Settle what %s complained about before anything else.", days: 1, owed: true},
	{when: owes("meeting_request"), kind: "propose_meeting", text: "Offer %s two or three times for a meeting.", days: 1, owed: true},
	{when: owes(offers...), kind: "send_offer", text: "Send %s the prices or the offer they asked for.", days: 1, owed: true},
	{when: owes(), kind: "reply", text: "Answer the mail of %s.", days: 1, owed: true},
	{when: deciding, kind: "follow_up", text: "They are close to a decision: ask %s what is still open.", days: 1},
	{when: wantsOffer, kind: "follow_up", text: "Ask %s what they think of the offer.", days: 2},
	{when: noReply, kind: "follow_up", text: "Our last mail had no answer: remind %s with something new.", days: 2},
	{when: gone, kind: "re_engage", text: "Nothing was heard of %s for a long time: write with a reason to answer.", days: 3},
	{when: objected, kind: "nurture", text: "Not now: keep in touch with %s until what they object to has changed.", days: 20},
	{when: promising, kind: "propose_meeting", text: "Suggest a call to %s.", days: 3},
	{when: quiet, kind: "learn", text: "Nothing is known yet: find out who %s is and what they need.", days: 5},
	{when: always, kind: "nurture", text: "Keep in touch with %s: share something useful.", days: 10},
}

func refused(r *reading, _ Assessment) bool {
	if len(r.mails) == 0 {
		return false
	}
	_, ok := r.mails[0].hits["refuse"]
	return ok
}

func upset(r *reading, _ Assessment) bool {
	m, ok := r.owed()
	return ok && (m.wants("complaint") || m.Sentiment == "negative" && m.wants("support_request"))
}

// owes holds where a mail that waits for an answer wants any of these; without
// any, where one waits at all.
func owes(intents ...string) func(*reading, Assessment) bool {
	return func(r *reading, _ Assessment) bool {
		m, ok := r.owed()
		return ok && (len(intents) == 0 || m.wants(intents...))
	}
}

func deciding(r *reading, a Assessment) bool { return a.DecisionStage == "decision" }

func wantsOffer(r *reading, a Assessment) bool { return a.BuyingIntent == "high" }

func noReply(r *reading, a Assessment) bool {
	return r.waiting() >= 5*day && r.waiting() <= 60*day && a.BuyingIntent != "low"
}

func gone(r *reading, _ Assessment) bool {
	last := r.heard()
	return last != nil && r.age(*last) > 60*day
}

func objected(r *reading, _ Assessment) bool {
	if len(r.mails) == 0 {
		return false
	}
	_, ok := r.mails[0].hits["object"]
	return ok
}

func promising(r *reading, a Assessment) bool { return a.BuyingIntent == "medium" }

func quiet(r *reading, _ Assessment) bool { return r.in.Quiet() }

func always(*reading, Assessment) bool { return true }

func (r *reading) action(a Assessment) Action {
	for _, s := range steps {
		if !s.when(r, a) {
			continue
		}
		due := r.workday(s.days)
		if m, ok := r.owed(); ok && s.owed && m.DueAt != nil && m.DueAt.After(r.in.Now) && m.DueAt.Before(due) {
			due = m.DueAt.UTC()
		}
		return Action{Kind: s.kind, Text: strings.ReplaceAll(s.text, "%s", r.first()), Due: &due}
	}
	return Action{Kind: "none"}
}

// first is what the contact is called in a sentence.
func (r *reading) first() string {
	name, _, _ := strings.Cut(strings.TrimSpace(r.in.Profile.Name), " ")
	if name = plain(name, 40); name == "" || strings.Contains(name, "[") {
		return "them"
	}
	return text.OneLine(name, 40)
}

// workday is five in the afternoon of the nth working day from now, where the
// workspace is.
func (r *reading) workday(n int) time.Time {
	zone, err := time.LoadLocation(r.in.TimeZone)
	if err != nil || r.in.TimeZone == "Local" {
		zone = time.UTC
	}
	at := r.in.Now.In(zone)
	at = time.Date(at.Year(), at.Month(), at.Day(), 17, 0, 0, 0, zone)
	for n > 0 {
		at = at.AddDate(0, 0, 1)
		if d := at.Weekday(); d != time.Saturday && d != time.Sunday {
			n--
		}
	}
	return at.UTC()
}
