package policy_test

import (
	"testing"
	"time"

	"rapport/internal/agents/policy"
)

func clock(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 30, 0, 0, time.UTC) } // the 2nd is a Monday

func TestAnAgentActsByItselfAtItsHoursOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to int
		weekends bool
		at       time.Time
		asked    bool
	}{
		"always":           {0, 24, true, clock(8, 3), false},
		"within":           {8, 18, true, clock(2, 8), false},
		"before":           {8, 18, true, clock(2, 7), true},
		"at the end":       {8, 18, true, clock(2, 18), true},
		"over midnight":    {22, 6, true, clock(2, 2), false},
		"not over midday":  {22, 6, true, clock(2, 12), true},
		"on a Saturday":    {8, 18, false, clock(7, 9), true},
		"on a Friday":      {8, 18, false, clock(6, 9), false},
		"Sunday, allowed":  {8, 18, true, clock(8, 9), false},
		"midnight to noon": {0, 12, true, clock(2, 0), false},
	} {
		f := facts(func(f *policy.Facts) {
			f.Charter.HoursFrom, f.Charter.HoursTo, f.Charter.Weekends, f.At = c.from, c.to, c.weekends, c.at
		})
		if r := policy.Judge(by("note.create", nil), f); r.Asked != c.asked || len(r.Blocked) > 0 {
			t.Errorf("%s: asked %v, blocked %v; want asked %v", name, r.Asked, r.Blocked, c.asked)
		}
		if r := policy.Judge(by("draft.create", nil), f); r.Asked {
			t.Errorf("%s: a draft is asked for; drafts are written at any hour", name)
		}
	}
}

func TestAnOperationCanAlwaysBeAskedFor(t *testing.T) {
	t.Parallel()
	f := facts(func(f *policy.Facts) { f.Charter.Asks = []string{"note.create"} })
	if r := policy.Judge(by("note.create", nil), f); !r.Asked {
		t.Error("a note is written without asking, though the charter says that it asks")
	}
	if r := policy.Judge(by("activity.create", nil), f); r.Asked {
		t.Error("an activity is asked for, though the charter names notes alone")
	}
}

// What a rehearsal says of an action is what Judge would have said.
func TestARehearsalIsWhatTheRulesWouldHaveSaid(t *testing.T) {
	t.Parallel()
	medium := policy.Standard()
	medium.Autonomy = policy.Medium
	off, narrow, asking := medium, medium, medium
	off.Enabled, narrow.Operations, asking.Asks = false, []string{"note.create"}, []string{"contact.update"}
	for _, c := range []struct {
		charter   policy.Charter
		operation string
		tainted   bool
		want      policy.Fate
	}{
		{policy.Standard(), "contact.update", false, policy.Asked},
		{medium, "contact.update", false, policy.AtOnce},
		{medium, "contact.update", true, policy.Asked},
		{asking, "contact.update", false, policy.Asked},
		{narrow, "contact.update", false, policy.Never},
		{off, "note.create", false, policy.Never},
		{medium, "message.send", false, policy.Asked},
		{medium, "approval.approve", false, policy.Never},
	} {
		p := by(c.operation, func(p *policy.Proposal) { p.Tainted = c.tainted })
		r := policy.Judge(p, facts(func(f *policy.Facts) { f.Charter = c.charter }))
		said := policy.AtOnce
		switch {
		case len(r.Blocked) > 0:
			said = policy.Never
		case r.Asked:
			said = policy.Asked
		}
		if got := c.charter.Rehearse(p, r.Score, time.Time{}); got != c.want || said != c.want {
			t.Errorf("%s, tainted %v: rehearsed as %s, judged as %s, want %s", c.operation, c.tainted, got, said, c.want)
		}
	}
}

func TestActsAreDescribedAsTheyAreJudged(t *testing.T) {
	t.Parallel()
	acts := policy.Describe([]string{"contact.get", "contact.list", "draft.create", "message.send", "contact.tag"})
	if len(acts) != 3 {
		t.Fatalf("%+v, want the three that change something", acts)
	}
	for i, want := range []policy.Act{{Operation: "draft.create", Risk: 10, Band: "low", Free: true}, {Operation: "message.send", Risk: 50, Band: "high", Always: true}, {Operation: "contact.tag", Risk: 15, Band: "low"}} {
		got := acts[i]
		if got.Says == "" {
			t.Errorf("%s says nothing", got.Operation)
		}
		if got.Says = ""; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
