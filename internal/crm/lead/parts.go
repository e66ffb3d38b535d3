package lead

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// engagement is what came back: replies to our mails, how soon, conversations
// that go both ways, and those that the contact began. Where nothing of ours
// is known there is nothing to reply to; writing to us counts for at most 60
// then.
func engagement(mails []Mail) Part {
	var t tally
	e := exchangeOf(mails)
	switch {
	case len(mails) == 0:
	case e.turns == 0:
		t.add(60*share(e.begun, 3), 100, fmt.Sprintf("began %s; no mail of ours to reply to is known", count(e.begun, "conversation")))
	default:
		t.add(40*share(e.replied, e.turns), 40, fmt.Sprintf("replied to %d of %s%s", e.replied, count(e.turns, "mail"), e.delay()))
		if e.replied > 0 {
			t.got, t.of = t.got+20*promptness(e.median), t.of+20
		}
		t.add(20*share(e.mutual, 3), 20, fmt.Sprintf("%s in both directions", count(e.mutual, "conversation")))
		t.add(20*share(e.begun, 3), 20, fmt.Sprintf("began %s", count(e.begun, "conversation")))
	}
	return t.part("engagement", "Engagement", .30)
}

// exchange is how mail went back and forth.
type exchange struct {
	turns   int // of ours, with nothing of theirs in between
	replied int // of these
	median  time.Duration
	mutual  int // conversations in both directions
	begun   int // conversations whose first mail is theirs
}

func (e exchange) delay() string {
	if e.replied == 0 {
		return ""
	}
	return ", median " + span(e.median)
}

func exchangeOf(mails []Mail) exchange {
	mails = slices.SortedStableFunc(slices.Values(mails), func(a, b Mail) int { return a.SentAt.Compare(b.SentAt) })
	threads := map[string][]Mail{}
	for _, m := range mails {
		threads[m.ThreadID] = append(threads[m.ThreadID], m)
	}
	var e exchange
	var delays []time.Duration
	for _, thread := range threads {
		delays = e.follow(thread, delays)
	}
	slices.Sort(delays)
	if e.replied = len(delays); e.replied > 0 {
		e.median = delays[(len(delays)-1)/2]
	}
	return e
}

// follow reads one conversation in order. A reply answers the first of our
// mails since the contact last wrote.
func (e *exchange) follow(thread []Mail, delays []time.Duration) []time.Duration {
	var asked *time.Time
	var ours, theirs bool
	for _, m := range thread {
		switch {
		case m.Ours && asked == nil:
			asked = &m.SentAt
			e.turns++
		case !m.Ours && asked != nil:
			delays = append(delays, m.SentAt.Sub(*asked))
			asked = nil
		}
		ours, theirs = ours || m.Ours, theirs || !m.Ours
	}
	if ours && theirs {
		e.mutual++
	}
	if !thread[0].Ours {
		e.begun++
	}
	return delays
}

// promptness is 1 for a reply within four hours, 0 after a week.
func promptness(d time.Duration) float64 {
	switch {
	case d <= 4*time.Hour:
		return 1
	case d <= 24*time.Hour:
		return .75
	case d <= 72*time.Hour:
		return .5
	case d <= 7*24*time.Hour:
		return .25
	}
	return 0
}

// behaviour is what the contact asked for. Forms and visits are not known yet,
// so that meetings and offers share the part.
func behaviour(r Requests) Part {
	var t tally
	if r.Mails > 0 {
		t.add(50*share(r.Meetings, 1), 50, asked(r.Meetings, r.Mails, "for a meeting"))
		t.add(50*share(r.Offers, 1), 50, asked(r.Offers, r.Mails, "about prices or an offer"))
	}
	return t.part("behaviour", "Behaviour", .20)
}

func asked(n, of int, what string) string {
	if n == 0 {
		return fmt.Sprintf("never asked %s in %s", what, count(of, "mail"))
	}
	return fmt.Sprintf("asked %s in %d of %s", what, n, count(of, "mail"))
}

// demographics is who the contact is: title, size and industry of the company.
func demographics(f Facts) Part {
	var t tally
	if title := strings.TrimSpace(f.Title); title != "" {
		points, why := titlePoints(title)
		t.add(points, 40, why)
	}
	if points, ok := sizePoints[f.CompanySize]; ok {
		t.add(points, 30, "company of "+f.CompanySize)
	}
	if industry := strings.TrimSpace(f.Industry); industry != "" {
		if hasAny(industry, targetIndustries) {
			t.add(30, 30, "a target industry")
		} else {
			t.add(10, 30, "another industry")
		}
	}
	return t.part("demographics", "Company and role", .20)
}

// tomorrow is how far a clock may be ahead.
const tomorrow = 24 * time.Hour

// recency is how long ago the last interaction was. A date in the future says
// nothing.
func recency(last *time.Time, now time.Time) Part {
	var t tally
	if last != nil {
		age, day := now.Sub(*last), " ("+last.UTC().Format("2 Jan 2006")+")"
		switch {
		case age < -tomorrow:
			t.reasons = []string{"the last interaction is dated in the future" + day}
		case age <= 7*24*time.Hour:
			t.add(100, 100, "last interaction within 7 days"+day)
		case age <= 30*24*time.Hour:
			t.add(80, 100, "last interaction within 30 days"+day)
		case age <= 90*24*time.Hour:
			t.add(50, 100, "last interaction within 90 days"+day)
		case age <= 180*24*time.Hour:
			t.add(20, 100, "last interaction within 180 days"+day)
		default:
			t.add(0, 100, "last interaction more than 180 days ago"+day)
		}
	}
	return t.part("recency", "Recency", .15)
}

// closely is how many of the newest findings count.
const closely = 5

// intelligence is the mean of what the newest mails hold.
func intelligence(findings []Findings) Part {
	var t tally
	findings = findings[:min(len(findings), closely)]
	if len(findings) == 0 {
		return t.part("intelligence", "What they write about", .15)
	}
	var sum float64
	var goals, pains, requirements, ready int
	for _, f := range findings {
		points := 20*one(f.Goals, &goals) + 20*one(f.Pains, &pains) + 30*one(f.Requirements, &requirements)
		switch {
		case f.Readiness >= 8:
			points += 30
		case f.Readiness >= 5:
			points += 15
		}
		one(f.Readiness >= 8, &ready)
		sum += points
	}
	t.add(sum/float64(len(findings)), 100, fmt.Sprintf("of the last %s: goals in %d, pains in %d, requirements in %d, ready to decide in %d",
		count(len(findings), "mail"), goals, pains, requirements, ready))
	return t.part("intelligence", "What they write about", .15)
}

func one(is bool, n *int) float64 {
	if !is {
		return 0
	}
	*n++
	return 1
}

// share is n of enough, at most 1.
func share(n, enough int) float64 { return min(float64(n)/float64(enough), 1) }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// span writes a duration in the largest unit that fits.
func span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(math.Round(d.Minutes())))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(math.Round(d.Hours())))
	}
	return fmt.Sprintf("%d days", int(math.Round(d.Hours()/24)))
}
