package contact_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/internal/agents/contact"
)

var now = time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)

// wrote is a contact of one mail and one call.
func wrote(text string) contact.Input {
	return contact.Input{Now: now, TimeZone: "UTC", Profile: contact.Profile{Name: "Mara Lindt", Status: "lead"},
		Received:   contact.Counts{Total: 1, Days7: 1, Days30: 1},
		Mails:      []contact.Mail{{ID: "one", SentAt: now.Add(-time.Hour), Text: text, Intents: []string{"question"}}},
		Activities: []contact.Activity{{ID: "call", Kind: "call", At: now.Add(-48 * time.Hour), Text: "Wants a quote by May."}}}
}

// thought is an answer that needs no mending, over the brief.
func thought(brief ...contact.Sentence) contact.Assessment {
	return contact.Assessment{BuyingIntent: "low", DecisionStage: "unknown", RoleType: "unknown", NextBestAction: contact.Action{Kind: "reply", Text: "Answer."}, Brief: brief}
}

func says(text, source, quote string) contact.Sentence {
	return contact.Sentence{Text: text, Citations: []contact.Citation{{Source: source, Quote: quote}}}
}

func TestQuotesGetTheirPlaces(t *testing.T) {
	t.Parallel()
	in := wrote("Grüße!\n\nWe need  “forty” seats.")
	a := thought(says("They want seats.", "M1 ", `need "forty" seats`), says("They were called.", "a1", "a quote by May"))
	if f := a.Verify(in); len(f) > 0 {
		t.Fatalf("Verify() = %v, want no faults", f)
	}
	want := []contact.Citation{{Source: "m1", Quote: "need  “forty” seats", Entity: "message", ID: "one", Start: 11, End: 30}, {Source: "a1", Quote: "a quote by May", Entity: "activity", ID: "call", Start: 6, End: 20}}
	if got := []contact.Citation{a.Brief[0].Citations[0], a.Brief[1].Citations[0]}; !slices.Equal(got, want) {
		t.Errorf("citations are %+v, want %+v", got, want)
	}
}

func TestSentencesWithoutAQuoteThatStandsAreDropped(t *testing.T) {
	t.Parallel()
	in := wrote("We need forty seats.")
	a := thought(says("True.", "m1", "forty seats"), says("Invented.", "m1", "four hundred seats"), says("Elsewhere.", "m2", "forty seats"), contact.Sentence{Text: "Bare."})
	if f := a.Verify(in); len(f) > 0 || len(a.Brief) != 1 || a.Brief[0].Text != "True." {
		t.Errorf("Verify() = %v with brief %+v, want the one true sentence", f, a.Brief)
	}
	a = thought(says("Invented.", "m1", "four hundred seats"))
	if f := a.Verify(in); len(f) != 1 || !strings.HasPrefix(f[0], "brief:") {
		t.Errorf("Verify() = %v, want a fault of the brief", f)
	}
}

func TestFindingsBehindTheExcerptMayBeQuoted(t *testing.T) {
	t.Parallel()
	in := wrote("Hello.")
	in.Findings = []contact.Finding{{MessageID: "one", Kind: "goal", Quote: "grow to ten shops", Start: 4000, End: 4017}}
	a := thought(says("They grow.", "m1", "ten shops"))
	if f := a.Verify(in); len(f) > 0 || a.Brief[0].Citations[0].Start != 4008 || a.Brief[0].Citations[0].End != 4017 {
		t.Errorf("Verify() = %v with %+v, want the place of the finding", f, a.Brief)
	}
}

func TestNumbersAndTimesAreBounded(t *testing.T) {
	t.Parallel()
	in := wrote("Hello there, we look around.")
	far := now.Add(300 * 24 * time.Hour)
	a := thought(says("They look.", "m1", "we look around"))
	a.EngagementScore, a.SentimentScore, a.EngagementVelocity, a.Confidence = 900, -90, 2, 7
	a.NextBestAction.Due = &far
	in.Velocity = -1
	a.Verify(in)
	if a.EngagementScore != 100 || a.SentimentScore != -50 || a.EngagementVelocity != 0 || a.Confidence != 1 || a.NextBestAction.Due != nil {
		t.Errorf("Verify() leaves %+v, want 100, -50, a velocity one above the counted, 1 and no due time", a)
	}
}

func TestUnknownValuesAreFaults(t *testing.T) {
	t.Parallel()
	a := thought(says("They ask.", "m1", "Hello"))
	a.BuyingIntent, a.RoleType, a.NextBestAction.Kind = "huge", "", "phone"
	a.RiskSignals = []contact.Signal{{Kind: "weather", Text: "It rains."}}
	if f := a.Verify(wrote("Hello")); len(f) != 4 {
		t.Errorf("Verify() = %v, want four faults", f)
	}
}

func TestLinksAndAddressesLeaveFreeText(t *testing.T) {
	t.Parallel()
	a := thought(says("Write to eve@evil.example at https://evil.example/x now.", "m1", "Hello"))
	a.NextBestAction.Text = "Visit https://evil.example/pay"
	a.Verify(wrote("Hello"))
	if all := a.Brief[0].Text + a.NextBestAction.Text; strings.Contains(all, "evil.example") {
		t.Errorf("free text still names the place: %s", all)
	}
}

func TestVelocityComparesTwoMonths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ total, now, before, want int }{
		{0, 0, 0, 0}, {4, 0, 0, -1}, {4, 0, 2, -2}, {4, 3, 1, 2}, {1, 1, 0, 1}, {3, 2, 1, 1}, {4, 2, 2, 0}, {6, 1, 5, -2}, {7, 3, 4, -1}, {9, 9, 0, 2},
	} {
		if got := contact.Velocity(contact.Counts{Total: c.total, Days30: c.now, Earlier: c.before}); got != c.want {
			t.Errorf("Velocity(%d now, %d before, %d in all) = %d, want %d", c.now, c.before, c.total, got, c.want)
		}
	}
}

func TestAnswersOfRulesPassTheirVerifierUnchanged(t *testing.T) {
	t.Parallel()
	for _, c := range cases(t) {
		a := contact.Rules(c.Input)
		before := field(t, a, "brief") + field(t, a, "risk_signals") + field(t, a, "opportunity_signals") + field(t, a, "next_best_action")
		if f := a.Verify(c.Input); len(f) > 0 {
			t.Errorf("%s: Verify() = %v, want no faults", c.ID, f)
		}
		if after := field(t, a, "brief") + field(t, a, "risk_signals") + field(t, a, "opportunity_signals") + field(t, a, "next_best_action"); after != before {
			t.Errorf("%s: Verify() makes\n%s\nof\n%s", c.ID, after, before)
		}
	}
}

func TestAQuietContactIsLowAndKnownToBe(t *testing.T) {
	t.Parallel()
	in := contact.Input{Now: now, TimeZone: "Europe/Vienna", Profile: contact.Profile{Name: "Mara Lindt", Title: "CEO"}}
	a := contact.Rules(in)
	if !in.Quiet() || a.EngagementScore != 0 || a.BuyingIntent != "unknown" || a.NextBestAction.Kind != "learn" || len(a.Brief) != 0 || a.RoleType != "decision_maker" {
		t.Errorf("Rules(nothing) = %+v, want a score of 0, intent unknown, to learn more", a)
	}
	if d := a.NextBestAction.Due; d == nil || d.Weekday() != time.Wednesday || d.Hour() != 16 {
		t.Errorf("the action is due %v, want the fifth working day, five in the afternoon in Vienna", d)
	}
}
