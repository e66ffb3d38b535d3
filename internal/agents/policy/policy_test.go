package policy_test

import (
	"slices"
	"strings"
	"testing"

	"rapport/internal/agents/policy"
)

func facts(change func(*policy.Facts)) policy.Facts {
	f := policy.Facts{Charter: policy.Standard(), Score: -1, Known: []string{"ben@fjord.example"}, Domains: []string{"lumen.example"}}
	if change != nil {
		change(&f)
	}
	return f
}

func by(operation string, change func(*policy.Proposal)) policy.Proposal {
	p := policy.Proposal{Operation: operation, Agent: true, Confidence: .9}
	if change != nil {
		change(&p)
	}
	return p
}

// Whatever an operation is, its risk and whether a person is asked are these, by
// default and with text from outside.
func TestEachOperationHasItsRisk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		operation    string
		fields       string
		score        int
		asked        bool
		tainted      int
		taintedAsked bool
		blocked      bool
	}{
		{"note.create", "", 10, false, 10, false, false},
		{"draft.create", "", 10, false, 10, false, false},
		{"draft.update", "", 10, false, 10, false, false},
		{"content.create", "", 10, false, 10, false, false},
		{"content.update", "", 10, false, 10, false, false},
		{"contact.tag", "", 15, false, 40, true, false},
		{"thread.update", "", 20, true, 40, true, false},
		{"contact.create", "", 20, true, 40, true, false},
		{"contact.update", "status", 20, true, 40, true, false},
		{"contact.update", "title", 25, true, 40, true, false},
		{"contact.update", "emails", 60, true, 60, true, false},
		{"contact.email.add", "", 60, true, 60, true, false},
		{"contact.delete", "", 45, true, 45, true, false},
		{"draft.delete", "", 45, true, 45, true, false},
		{"contact.bulk_update", "", 60, true, 60, true, false},
		{"contact.merge", "", 50, true, 50, true, false},
		{"task.create", "", 30, true, 30, true, false},
		{"goal.confirm", "", 25, true, 40, true, false},
		{"content.generate", "", 30, true, 40, true, false},
		{"thread.draft_reply", "", 30, true, 40, true, false},
		{"message.send", "", 50, true, 50, true, false},
		{"content.send", "", 50, true, 50, true, false},
		{"content.publish", "", 65, true, 65, true, false},
		{"no.such", "", 50, true, 50, true, false},
		{"content.approve", "", 100, true, 100, true, true},
		{"approval.approve", "", 100, true, 100, true, true},
		{"brand_voice.update", "", 100, true, 100, true, true},
		{"member.add", "", 100, true, 100, true, true},
	} {
		p := by(c.operation, func(p *policy.Proposal) { p.Fields = strings.Fields(c.fields) })
		if r := policy.Judge(p, facts(nil)); r.Score != c.score || r.Asked != c.asked || (len(r.Blocked) > 0) != c.blocked {
			t.Errorf("%s %s: %d, asked %v, blocked %v; want %d, %v, %v", c.operation, c.fields, r.Score, r.Asked, r.Blocked, c.score, c.asked, c.blocked)
		}
		p.Tainted = true
		if r := policy.Judge(p, facts(nil)); r.Score != c.tainted || r.Asked != c.taintedAsked {
			t.Errorf("%s %s with text from outside: %d, asked %v; want %d, %v", c.operation, c.fields, r.Score, r.Asked, c.tainted, c.taintedAsked)
		}
	}
}

func TestBandsBeginWhereTheySay(t *testing.T) {
	t.Parallel()
	for score, want := range map[int]string{0: "low", 19: "low", 20: "medium", 39: "medium", 40: "high", 69: "high", 70: "critical", 100: "critical"} {
		if got := policy.Band(score); got != want {
			t.Errorf("%d is %s, want %s", score, got, want)
		}
	}
}

func TestAutonomyEndsBelowHigh(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		autonomy  policy.Autonomy
		operation string
		asked     bool
	}{
		{policy.Ask, "draft.create", true}, {policy.Low, "draft.create", false}, {policy.Low, "task.create", true}, {policy.Medium, "task.create", false},
		{policy.Medium, "contact.create", false}, {policy.Medium, "message.send", true}, {policy.Medium, "contact.email.add", true}, {policy.Medium, "goal.confirm", true},
		{"boundless", "note.create", true},
	} {
		f := facts(func(f *policy.Facts) { f.Charter.Autonomy = c.autonomy })
		if r := policy.Judge(by(c.operation, nil), f); r.Asked != c.asked {
			t.Errorf("%s at %s: asked %v, want %v", c.operation, c.autonomy, r.Asked, c.asked)
		}
	}
}

// A draft that somebody asked for is made however unsure its author is; what
// has an effect is not.
func TestADraftIsMadeHoweverUnsure(t *testing.T) {
	t.Parallel()
	trouble := facts(func(f *policy.Facts) { f.Score, f.Warnings, f.Capped = 95, 3, true })
	for _, operation := range []string{"draft.create", "draft.update", "content.create", "content.update"} {
		if r := policy.Judge(by(operation, func(p *policy.Proposal) { p.Confidence, p.Tainted = .3, true }), trouble); r.Asked || len(r.Blocked) > 0 || r.Score != 10 {
			t.Errorf("%s: %+v, want it allowed at 10", operation, r)
		}
	}
	r := policy.Judge(by("message.send", func(p *policy.Proposal) { p.Confidence = .55 }), facts(func(f *policy.Facts) { f.Score, f.Warnings = 80, 1 }))
	if r.Score != 95 || !r.Asked {
		t.Errorf("a mail is %+v, want 50 + 15 + 20 + 10", r)
	}
	if r := policy.Judge(by("note.create", func(p *policy.Proposal) { p.Confidence = .49 }), facts(nil)); len(r.Blocked) != 1 {
		t.Errorf("what nobody is sure of is %+v, want it blocked", r)
	}
}

func TestWordsRaiseTheRiskOfMailAlone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"A full refund is yours.": 100, "This cures pain.": 100, "It is legally binding.": 90, "A special offer.": 60, "Forty seats.": 50,
		"Special offer: a full refund.": 100} {
		p := by("message.send", func(p *policy.Proposal) { p.Texts = []string{text} })
		if r := policy.Judge(p, facts(nil)); r.Score != want {
			t.Errorf("%q: %d, want %d", text, r.Score, want)
		}
		p.Operation = "note.create"
		if r := policy.Judge(p, facts(nil)); r.Score != 10 {
			t.Errorf("a note with %q: %d, want 10", text, r.Score)
		}
	}
}

func TestAWorkspaceHoldsItsAgents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*policy.Facts)
		says   string
	}{
		"off":         {func(f *policy.Facts) { f.Charter.Enabled = false }, "switched off"},
		"other ops":   {func(f *policy.Facts) { f.Charter.Operations = []string{"task.create"} }, "does not let"},
		"capped":      {func(f *policy.Facts) { f.Capped = true }, "as much as it may"},
		"spent":       {func(f *policy.Facts) { f.Charter.DailyNano, f.SpentToday = 5, 5 }, "spent"},
		"keeps still": {func(f *policy.Facts) { f.Charter.PauseOnHigh, f.Warnings = true, 1 }, "keeps still"},
	} {
		r := policy.Judge(by("note.create", nil), facts(c.change))
		if !slices.ContainsFunc(r.Blocked, func(s string) bool { return strings.Contains(s, c.says) }) {
			t.Errorf("%s: blocked %v, want %q", name, r.Blocked, c.says)
		}
	}
}

func TestWhatAPersonTypedMayBeSaid(t *testing.T) {
	t.Parallel()
	letter := func(p *policy.Proposal) {
		p.Texts = []string{"See https://fjord.example/a and write to eve@other.example."}
		p.Mail = &policy.Mail{Recipients: []string{"eve@other.example"}}
	}
	if r := policy.Judge(by("message.send", letter), facts(nil)); len(r.Blocked) != 3 {
		t.Errorf("blocked %v, want for recipient, address and link", r.Blocked)
	}
	supplied := facts(func(f *policy.Facts) { f.Supplied = "Send Eve <eve@other.example> the link https://fjord.example/a" })
	if r := policy.Judge(by("message.send", letter), supplied); len(r.Blocked) != 0 || !r.Asked {
		t.Errorf("blocked %v, asked %v; want it asked, as a person named both", r.Blocked, r.Asked)
	}
	typed := by("message.send", func(p *policy.Proposal) { letter(p); p.Typed = true })
	if r := policy.Judge(typed, facts(nil)); len(r.Blocked) != 0 {
		t.Errorf("blocked %v, want what a person wrote to pass", r.Blocked)
	}
}

func TestOtherClientsAreAlwaysAskedAbout(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"note.create", "draft.create", "message.send"} {
		if r := policy.Judge(policy.Proposal{Operation: operation}, facts(func(f *policy.Facts) { f.Charter.Autonomy = policy.Medium })); !r.Asked || len(r.Blocked) > 0 {
			t.Errorf("%s: %+v, want it asked", operation, r)
		}
	}
}
