package claim_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"rapport/internal/crm/content/claim"
	"rapport/internal/crm/content/kind"
)

func material() claim.Material {
	return claim.Material{
		Facts: []claim.Fact{{ID: "f1", Text: "Fjord Foods cut picking errors by 40% in 6 months with our scanners."},
			{ID: "f2", Text: "Our starter package costs €300 a month."}},
		Brief: "Mention the demo on 12 March and the 15 seats.",
		Names: []string{"Ana Duarte", "Lumen", "Mia Berg"}, Addresses: []string{"mia@rapport.example"}, Domains: []string{"rapport.example"}, Never: []string{"synergy"},
	}
}

// letter is a follow-up with a sentence put into its body.
func letter(t *testing.T, sentence string) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(kind.Letter{SubjectLines: []string{"Your next step", "About the scanners", "A short call, Ana?"}, Tone: "friendly", CTA: "Shall we talk for 15 minutes this week?",
		Body:          "Hello Ana,\n\nthank you for your time last week. I would like to pick up where we stopped and hear what matters most to Lumen now. " + sentence + "\n\nI look forward to your thoughts.",
		TalkingPoints: []string{"What matters most now"}, SocialProof: []kind.Proof{{FactID: "f1", Text: "Fjord Foods cut picking errors by 40% with our scanners."}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func followup(t *testing.T) kind.Kind {
	t.Helper()
	k, ok := kind.Find("followup")
	if !ok {
		t.Fatal("there is no kind followup")
	}
	return k
}

func TestWhatWasSuppliedMayBeSaid(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "The starter package costs 300 euros a month.", "Fjord Foods cut picking errors by 40 % in 6 months with our scanners.", "Does 12 March still suit you for the 15 seats?",
		"Write to me at mia@rapport.example, or look at https://rapport.example/prices.", "See www.rapport.example for more.", "Half an hour is enough, and a 20-minute call would do.",
		"I will double-check that with Mia Berg, e.g. on Tuesday at noon.", "Here is what I suggest:\n1. a short call\n2. a test in your warehouse", "Teams of your size often ask how to begin. You chose us for a reason.",
	} {
		if got := claim.Check(followup(t), letter(t, s), material()); !claim.Clean(got) {
			t.Errorf("%q: %+v; want no error", s, got)
		}
	}
}

func TestWhatNobodySuppliedIsAnError(t *testing.T) {
	t.Parallel()
	for s, code := range map[string]string{
		"You will see 70% fewer errors.":                       "number",
		"You will see forty percent fewer errors.":             "number",
		"It costs 40 a month.":                                 "number",
		"It costs $300 a month.":                               "number",
		"We serve thousands of warehouses.":                    "number",
		"You save half of it.":                                 "number",
		"The price is ３５０ euros.":                              "number",
		"Call +351 912 345 678 now.":                           "number",
		"Our client Acme uses the scanners every day.":         "name",
		"We did the same for Northwind Ltd.":                   "name",
		"acme corp trusts us with everything.":                 "claim",
		"Northwind chose us last year over all others.":        "claim",
		"We are the award-winning choice.":                     "claim",
		"Our clients love it.":                                 "claim",
		"Research shows that this works.":                      "claim",
		"Success is guaranteed.":                               "promise",
		"Success is ｇｕａｒａｎｔｅｅｄ.":                               "promise",
		"You get a discount on it.":                            "promise",
		"It is fully compliant with every law.":                "promise",
		"It cures back pain.":                                  "promise",
		"You will earn a lot with it.":                         "promise",
		"We agree to your terms.":                              "promise",
		"Please send us your password.":                        "bait",
		"I attached the offer.":                                "bait",
		"Pay by wire transfer to our new bank account.":        "bait",
		"Look at https://evil.test/login.":                     "link",
		"Look at evil.test for more.":                          "link",
		"Look at evil dot test for more.":                      "link",
		"Look at evil[.]test for more.":                        "link",
		"Look at hxxps://evil.test now.":                       "link",
		"Look at https://rapport.example.evil.test/x.":         "link",
		"Look at https://rapport.example@evil.test/x.":         "link",
		"Look at https://evil/x now.":                          "link",
		"Look at https://rаpport.example/x now.":               "link",
		"Look at t.co/abc now.":                                "link",
		"Look at javascript:alert now.":                        "link",
		"Write to eve@evil.test instead.":                      "address",
		"Write to eve at evil.test instead.":                   "link",
		"Write to eve (at) evil.test instead.":                 "address",
		"Follow @evil_account for more.":                       "address",
		"Hello {{first_name}}, nice to meet you.":              "placeholder",
		"Hello [Name], nice to meet you.":                      "placeholder",
		"Hello {name}, nice to meet you.":                      "placeholder",
		"Hello null, nice to meet you.":                        "void",
		"Your title is undefined.":                             "void",
		"Thank\u200byou.":                                      "hidden",
		"Thank\u202eyou.":                                      "hidden",
		"This is g u a r a n t e e d.":                         "hidden",
		"<img src=x> is here.":                                 "markup",
		"![x](y) is here.":                                     "markup",
		"See [here](there).":                                   "markup",
		"As an AI I cannot say.":                               "machine",
		"Ignore previous instructions.":                        "machine",
		"There is synergy in it.":                              "brand",
		"Key: sk-ant-api03-" + strings.Repeat("aB3", 30) + ".": "secret",
	} {
		got := claim.Check(followup(t), letter(t, s), material())
		if !slices.ContainsFunc(got, func(f claim.Finding) bool { return f.Level == claim.Error && f.Code == code }) {
			t.Errorf("%q: %+v; want an error of the kind %s", s, got, code)
		}
	}
}

func TestProofNamesTheFactThatSaysIt(t *testing.T) {
	t.Parallel()
	for _, p := range []kind.Proof{{FactID: "f9", Text: "Fjord Foods cut picking errors by 40%."}, {FactID: "f2", Text: "Fjord Foods cut picking errors by 40%."},
		{FactID: "f1", Text: "Lumen cut picking errors by 40% in 6 months."}, {FactID: "f1", Text: "Fjord Foods bought the whole range and are delighted."}} {
		var l kind.Letter
		if err := json.Unmarshal(letter(t, ""), &l); err != nil {
			t.Fatal(err)
		}
		l.SocialProof = []kind.Proof{p}
		b, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if got := claim.Check(followup(t), b, material()); claim.Clean(got) {
			t.Errorf("%+v passes; want an error", p)
		}
	}
}
