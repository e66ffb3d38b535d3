package email

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var sent = time.Date(2025, 3, 12, 10, 0, 0, 0, time.UTC) // a Wednesday

func letter(text string) TriageInput {
	return TriageInput{Text: text, From: "Ann Lee <ann@a.example>", SentAt: sent, Now: sent.Add(time.Hour), Category: "personal"}
}

func TestAnswerIsDueByUrgencyOrByStatedDeadline(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text, within string
		due          time.Time
	}{
		{"Could you send me the price list?", "24h", sent.Add(24 * time.Hour)},
		{"When you get a chance, could you send me the price list?", "7d", sent.Add(7 * 24 * time.Hour)},
		{"Our site is down and we are losing orders every minute! Please call immediately!", "1h", sent.Add(time.Hour)},
		{"Could you send me the price list by close of business today?", "24h", time.Date(2025, 3, 12, 17, 0, 0, 0, time.UTC)},
		{"No rush, but could you send the list by Friday?", "7d", time.Date(2025, 3, 14, 23, 59, 59, 0, time.UTC)},
	}
	for _, c := range cases {
		got := RulesTriage(letter(c.text))
		if !got.RequiresResponse || got.RespondWithin != c.within || got.DueAt == nil || !got.DueAt.Equal(c.due) {
			t.Errorf("%q: got %v %s %v, want true %s %v", c.text, got.RequiresResponse, got.RespondWithin, got.DueAt, c.within, c.due)
		}
	}
}

func TestNothingIsDueForOldOwnOrRobotMail(t *testing.T) {
	t.Parallel()
	old, own, bulk := letter("Could you call me?"), letter("Could you call me?"), letter("Could you call me?")
	old.Now = sent.AddDate(0, 0, 31)
	own.Own = true
	bulk.Category = "bulk"
	for name, in := range map[string]TriageInput{"old": old, "own": own, "bulk": bulk} {
		if got := RulesTriage(in); got.DueAt != nil {
			t.Errorf("%s mail is due at %v, want none", name, got.DueAt)
		}
	}
	if got := RulesTriage(own); got.RequiresResponse {
		t.Error("own mail requires a response, want none")
	}
}

// Advertising comes without the headers of it, too. One phrase of it is what
// people quote.
func TestNobodyOwesAdvertisingAnAnswer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Last chance! Have you seen our offers? Order now, or unsubscribe here.":                                           false,
		"Could you meet our experts on Monday? You receive this because you are a member. View this mail in your browser.": false,
		"Jetzt anmelden! Haben Sie Fragen? Vom Newsletter abmelden können Sie sich hier.":                                  false,
		"I clicked unsubscribe here twice and still get your newsletter. Can you please stop it?":                          true,
		"Please answer by tomorrow: can you do it?":                                                                        true,
	} {
		got := RulesTriage(letter(text))
		if got.RequiresResponse != want || !want && (got.Urgency != "low" || got.IsMeetingRequest || got.Intent == "complaint") {
			t.Errorf("%q requires a response: %v, %s, urgency %s; want %v", text, got.RequiresResponse, got.Intent, got.Urgency, want)
		}
	}
}

func TestAnEmergencyThatIsOverPressesNobody(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"The critical bug is fixed and the outage is over.":              "low",
		"The critical bug is back. Our shop is down, please help us now": "critical",
		"No complaints so far, and nothing urgent.":                      "low",
	} {
		if got := RulesTriage(letter(text)); got.Urgency != want || got.Intent == "complaint" {
			t.Errorf("%q is %s, urgency %s; want %s", text, got.Intent, got.Urgency, want)
		}
	}
}

func TestQuotedTextDecidesNothing(t *testing.T) {
	t.Parallel()
	in := letter("Looks fine to me, thanks.\n\nOn 11 Mar 2025, Bo <bo@b.example> wrote:\n> URGENT: can we meet tomorrow? Our budget is $5,000.")
	tr, x := RulesTriage(in), RulesIntelligence(in)
	if tr.RequiresResponse || tr.IsMeetingRequest || tr.Urgency != "low" || len(x.Items) != 0 {
		t.Errorf("got %+v and items %+v, want nothing from the quote", tr, x.Items)
	}
}

func TestNegationTurnsACueOff(t *testing.T) {
	t.Parallel()
	for text, urgency := range map[string]string{"This is urgent, please call.": "high", "This is not urgent, please call.": "low", "Nothing urgent, please call.": "low", "Es ist nicht dringend, bitte rufen Sie an.": "low"} {
		if got := RulesTriage(letter(text)).Urgency; got != urgency {
			t.Errorf("%q: urgency is %s, want %s", text, got, urgency)
		}
	}
}

func TestPromiseBelongsToTheAuthorsSide(t *testing.T) {
	t.Parallel()
	in := letter("I'll send the draft by Friday. Please review the plan.")
	for own, want := range map[bool][2]string{false: {"them", "us"}, true: {"us", "them"}} {
		in.Own = own
		var by, owner string
		var due *time.Time
		for _, it := range RulesIntelligence(in).Items {
			by, owner = by+it.Attributes.By, owner+it.Attributes.Owner
			if it.Kind == "commitment" {
				due = it.Attributes.Due
			}
		}
		if by != want[0] || owner != want[1] {
			t.Errorf("own %v: commitment by %q and action of %q, want %v", own, by, owner, want)
		}
		if due == nil || due.Format(time.DateOnly) != "2025-03-14" {
			t.Errorf("own %v: commitment due %v, want 14 March", own, due)
		}
	}
}

func TestSenderNamedInTheSignatureHasAnAddress(t *testing.T) {
	t.Parallel()
	items := RulesIntelligence(letter("Please send the list.\n\nBest regards,\nAnn Lee")).Items
	last := items[len(items)-1]
	if last.Kind != "person" || last.Attributes.Email != "ann@a.example" {
		t.Errorf("got %+v, want the person with her address", last)
	}
}

func TestEmptyMailIsOther(t *testing.T) {
	t.Parallel()
	got, x := RulesTriage(TriageInput{}), RulesIntelligence(TriageInput{})
	if got.Intent != "other" || got.RequiresResponse || len(x.Items) != 0 || x.Confidence > 0.2 {
		t.Errorf("got %+v and %+v, want other and nothing", got, x)
	}
}

// letters are the cases that may be read.
func letters(t testing.TB) (out []TriageInput) {
	t.Helper()
	b, err := os.ReadFile("../eval/cases/email.tuned.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var m struct {
			Subject, Text, From string
			Own                 bool
			SentAt              time.Time `json:"sent_at"`
			TimeZone            string    `json:"time_zone"`
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, TriageInput{Subject: m.Subject, Text: m.Text, From: m.From, Own: m.Own, SentAt: m.SentAt, TimeZone: m.TimeZone, Now: m.SentAt.Add(time.Hour), Category: "personal"})
	}
	return out
}

func TestSameInputGivesSameAnswer(t *testing.T) {
	t.Parallel()
	for _, m := range letters(t) {
		a, b := RulesTriage(m), RulesTriage(m)
		if a.Intent != b.Intent || a.Summary != b.Summary || !slices.Equal(a.Topics, b.Topics) || !slices.Equal(a.Evidence, b.Evidence) {
			t.Errorf("%s: got %+v and then %+v", m.Subject, a, b)
		}
	}
}

func TestVerifyDropsWhatTheTextDoesNotSay(t *testing.T) {
	t.Parallel()
	source := "Größe: we need 3 sensors."
	x := Intelligence{Readiness: 99, Energy: -1, Confidence: 7, Summary: strings.Repeat("word ", 200), Items: []Item{
		{Kind: "requirement", Text: "t", Quote: "we need 3", Start: 7, End: 16},
		{Kind: "requirement", Text: "t", Quote: "we need 3", Start: 7, End: 16},
		{Kind: "requirement", Text: "t", Quote: "we need 4", Start: 7, End: 16},
		{Kind: "requirement", Text: "t", Quote: "we need 3", Start: 8, End: 17},
		{Kind: "requirement", Text: "t", Quote: "", Start: 7, End: 7},
		{Kind: "requirement", Text: "t", Quote: "x", Start: 900, End: 901},
		{Kind: "secret", Text: "t", Quote: "3", Start: 15, End: 16, Attributes: Attributes{Owner: "me", Currency: "EURO"}},
	}}
	faults := x.Verify(source)
	if len(x.Items) != 2 || x.Readiness != 10 || x.Energy != 1 || x.Confidence != 1 || utf8.RuneCountInString(x.Summary) > maxSummary {
		t.Errorf("got %+v, want two items within bounds", x)
	}
	if len(faults) != 3 {
		t.Errorf("got faults %q, want kind, owner and currency", faults)
	}
	tr := Triage{Intent: "x", Sentiment: "neutral", Mood: "none", Urgency: "low", RespondWithin: "1h", Evidence: []Evidence{{"intent", "Größe", 0, 5}, {"intent", "größe", 0, 5}, {"other", "Größe", 0, 5}}}
	if faults := tr.Verify(source); len(faults) != 1 || len(tr.Evidence) != 1 || tr.RespondWithin != "none" {
		t.Errorf("got %q and %+v, want one fault, one evidence, no wait", faults, tr)
	}
}

// check holds what must be true of any answer to any input.
func check(t *testing.T, in TriageInput) {
	t.Helper()
	runes := []rune(in.Text)
	at := func(quote string, start, end int) bool {
		return start >= 0 && start < end && end <= len(runes) && (string(runes[start:end]) == quote || !utf8.ValidString(in.Text))
	}
	tr := RulesTriage(in)
	for _, e := range tr.Evidence {
		if !at(e.Quote, e.Start, e.End) {
			t.Errorf("evidence %+v does not stand in %q", e, in.Text)
		}
	}
	n := len(tr.Evidence)
	if faults := tr.Verify(in.Text); len(faults) > 0 || len(tr.Evidence) != n {
		t.Errorf("triage has faults %q, lost %d evidence", faults, n-len(tr.Evidence))
	}
	x := RulesIntelligence(in)
	for _, it := range x.Items {
		if !at(it.Quote, it.Start, it.End) {
			t.Errorf("item %+v does not stand in %q", it, in.Text)
		}
	}
	count := map[string]int{}
	for _, it := range x.Items {
		count[it.Kind]++
		if count[it.Kind] > maxItems {
			t.Errorf("more than %d items of kind %s", maxItems, it.Kind)
		}
	}
	n = len(x.Items)
	if faults := x.Verify(in.Text); len(faults) > 0 || len(x.Items) != n {
		t.Errorf("intelligence has faults %q, lost %d items", faults, n-len(x.Items))
	}
}

func seeds(f *testing.F) {
	for _, m := range letters(f) {
		f.Add(m.Subject, m.Text, m.SentAt.Unix(), m.TimeZone, m.Own)
	}
	f.Add("", "\xff\xfe $\xff12k by \x00 Friday?", int64(0), "Mars/Olympus", false)
	f.Add("re: re: fwd:", "in 500 years, 31/02/9999 12/12/12 1'000'000.00 € at at at 25:99pm", int64(-1<<40), "Local", true)
	f.Add("x", strings.Repeat("On 1 wrote:\n", 50)+"> a", int64(1<<40), "Asia/Kathmandu", false)
	f.Add("x", strings.Repeat("could you ", 300)+"send?", int64(1_700_000_000), "", false)
}

func FuzzTriage(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, subject, text string, at int64, zone string, own bool) {
		in := TriageInput{Subject: subject, Text: text, SentAt: time.Unix(at%(1<<36), 0), TimeZone: zone, Own: own}
		in.Now = in.SentAt.Add(time.Hour)
		check(t, in)
	})
}

func FuzzIntelligence(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, subject, text string, at int64, zone string, own bool) {
		in := IntelligenceInput{Subject: subject, Text: text + "\n\n" + text, SentAt: time.Unix(at%(1<<36), 0), TimeZone: zone, Own: own, DateOrder: "mdy"}
		check(t, in)
	})
}

// ordinary returns a plain mail of about n bytes.
func ordinary(t testing.TB, n int) TriageInput {
	var b strings.Builder
	for b.Len() < n {
		for _, m := range letters(t)[:20] {
			if b.Len() < n {
				text, _, _ := strings.Cut(m.Text, "\n\nBest")
				b.WriteString(text[:min(len(text), n-b.Len()+10)] + "\n\nwe also see that.\n\n")
			}
		}
	}
	in := letter(b.String())
	in.TimeZone = "Europe/Berlin"
	return in
}

func TestWorkGrowsNoFasterThanTheText(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	quickest := func(n int, shape string) time.Duration {
		in := letter(strings.Repeat(shape, n/len(shape)))
		best := time.Hour
		for range 3 {
			start := time.Now()
			RulesTriage(in)
			RulesIntelligence(in)
			best = min(best, time.Since(start))
		}
		return best
	}
	for _, shape := range []string{"Could you send it by Friday for $5? ", "we ", "a@", "On 1 wrote:\n", "é ", "Ann ", "- \n", "not ", "1 ", "> x\nAnn wrote:\n"} {
		ratio := 0.0
		for range 4 { // a busy machine may spoil an attempt
			small, large := quickest(1<<10, shape), quickest(8<<10, shape)
			if ratio = float64(large) / float64(max(small, 50*time.Microsecond)); ratio < 24 {
				break
			}
		}
		if ratio >= 24 {
			t.Errorf("%q: 8 times the text took %.0f times as long, want about 8", shape, ratio)
		}
	}
}

func BenchmarkTriage2kB(b *testing.B) { benchmark(b, 2<<10, func(in TriageInput) { RulesTriage(in) }) }
func BenchmarkTriage16kB(b *testing.B) {
	benchmark(b, 16<<10, func(in TriageInput) { RulesTriage(in) })
}
func BenchmarkTriage1MB(b *testing.B) { benchmark(b, 1<<20, func(in TriageInput) { RulesTriage(in) }) }
func BenchmarkIntelligence2kB(b *testing.B) {
	benchmark(b, 2<<10, func(in TriageInput) { RulesIntelligence(in) })
}

func benchmark(b *testing.B, size int, run func(TriageInput)) {
	in := ordinary(b, size)
	run(in)
	b.SetBytes(int64(len(in.Text)))
	b.ReportAllocs()
	for b.Loop() {
		run(in)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}
