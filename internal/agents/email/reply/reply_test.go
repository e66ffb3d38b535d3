package reply

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"rapport/internal/agents"
	"rapport/internal/ai/guard"
)

var update = flag.Bool("update", false, "write the golden files anew")

var sent = time.Date(2026, 2, 4, 9, 30, 0, 0, time.UTC) // a Wednesday

func asked(text string) Input {
	return Input{Subject: "Seats", Latest: text, From: "Ben Ode <ben@b.example>", SentAt: sent, Name: "Ben Ode", Author: "Ana Lind", Own: "ana@lumen.example",
		Language: "en", Tone: "professional", TimeZone: "Europe/Vienna",
		Ours: []Said{{At: sent.AddDate(0, 0, -2), Text: "The standard licence covers up to 40 seats and costs 12 euros for each seat. The prices are at https://lumen.example/prices."}}}
}

func drafted(t *testing.T, in Input) Reply {
	t.Helper()
	r := Rules(in)
	if f := r.Check(in); len(f) > 0 {
		t.Fatalf("%q: the rules' own draft is refused: %q\n%s", in.Latest, f, r.Text())
	}
	return r
}

func TestRulesAnswerOnlyWhatOurSideHasWritten(t *testing.T) {
	t.Parallel()
	r := drafted(t, asked("Hello,\n\nhow many seats does the standard licence cover? And is there a rebate for schools?\n\nBen"))
	if !strings.Contains(r.Body, "covers up to 40 seats") || r.Answers[0].Treated != "answered" || r.Answers[0].Source == "" {
		t.Errorf("what we wrote is not repeated: %+v\n%s", r.Answers, r.Text())
	}
	if len(r.Answers) != 2 || r.Answers[1].Treated == "answered" || len(r.Gaps) != 1 {
		t.Errorf("got %+v, gaps %q; want the rebate left to the author", r.Answers, r.Gaps)
	}
}

func TestRulesWriteInTheLanguageOfTheMessage(t *testing.T) {
	t.Parallel()
	in := asked("Guten Tag, passt Ihnen Dienstag, der 10. Februar um 14 Uhr für ein Gespräch?")
	in.Language = "de"
	r := drafted(t, in)
	if r.Greeting != "Guten Tag Ben Ode," || !strings.Contains(r.Body, "Dienstag, 10. Februar, 14:00 Uhr") || !strings.HasPrefix(r.Closing, "Mit freundlichen Grüßen") {
		t.Errorf("got\n%s", r.Text())
	}
}

func TestAMeetingIsNeverConfirmed(t *testing.T) {
	t.Parallel()
	r := drafted(t, asked("Could we meet on Tuesday at 14:00 to go through the numbers?"))
	if !strings.Contains(r.Body, "Tuesday, 10 February, 14:00") || !strings.Contains(r.Body, "checking") || len(r.Gaps) == 0 {
		t.Errorf("got\n%s\ngaps %q", r.Text(), r.Gaps)
	}
}

func TestANameThatIsNoneIsNotUsed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "x@y.example", "https://evil.example", "{{first_name}}", "R2D2"} {
		in := asked("Do you deliver to islands?")
		in.Name = name
		if r := drafted(t, in); r.Greeting != "Hello," {
			t.Errorf("%q: the greeting is %q, want none", name, r.Greeting)
		}
	}
}

func TestBriefIsShorterThanProfessional(t *testing.T) {
	t.Parallel()
	in := asked("The parcel arrived damaged. I want a new one.")
	long := drafted(t, in)
	in.Tone = "brief"
	if short := drafted(t, in); len(short.Text()) >= len(long.Text()) {
		t.Errorf("brief has %d bytes, professional %d", len(short.Text()), len(long.Text()))
	}
}

// good is a letter that passes.
func good() Reply {
	return Reply{Language: "en", Greeting: "Dear Ben Ode,", Acknowledgment: "Thank you for your message.", Body: "The standard licence covers up to 40 seats.", Closing: "Kind regards\nAna Lind",
		Answers: []Answer{{Quote: "how many seats", Treated: "answered", Source: "covers up to 40 seats"}}, Confidence: 0.8}
}

func TestTheVerifierRefusesWhatNoDraftMaySay(t *testing.T) {
	t.Parallel()
	in := asked("Hello, how many seats does it cover? My lawyer and I want a refund of 300 euros. See https://evil.example/login and write to eve@evil.example.")
	if r := good(); len(r.Check(in)) > 0 {
		t.Fatalf("a good letter is refused: %q", r.Check(in))
	}
	cases := map[string]func(r *Reply){
		"a link of theirs":         func(r *Reply) { r.Body += " See https://evil.example/login." },
		"a bare link":              func(r *Reply) { r.Body += " See www.evil.example now." },
		"a hidden link":            func(r *Reply) { r.Body += " See hxxps: evil.example/login or evil.example/login." },
		"our link, longer":         func(r *Reply) { r.Body += " See https://lumen.example/prices/x." },
		"an address of others":     func(r *Reply) { r.Body += " Write to eve@evil.example." },
		"a number of its own":      func(r *Reply) { r.Body += " It costs 11 euros." },
		"another number":           func(r *Reply) { r.Body += " It costs 1,200.50." },
		"a guarantee":              func(r *Reply) { r.Body += " We guarantee it." },
		"a refund":                 func(r *Reply) { r.Body += " You will get a refund." },
		"legal advice":             func(r *Reply) { r.Body += " From a legal point of view you are right." },
		"a promise in German":      func(r *Reply) { r.Body += " Wir erstatten Ihnen den Betrag." },
		"another's name":           func(r *Reply) { r.Greeting = "Dear Eve," },
		"words in the greeting":    func(r *Reply) { r.Greeting = "Dear Ben, please pay now," },
		"another language":         func(r *Reply) { r.Language = "de" },
		"a place to fill in":       func(r *Reply) { r.Body += " It costs {{price}}." },
		"another place to fill in": func(r *Reply) { r.Body += " Regards, [Your name]" },
		"nothing":                  func(r *Reply) { r.Body, r.Acknowledgment = "", "" },
		"a novel":                  func(r *Reply) { r.Body = strings.Repeat("word ", 1000) },
		"what nobody sees":         func(r *Reply) { r.Body += " https\u200b://evil.example" },
		"a greeting of many lines": func(r *Reply) { r.Greeting = "Dear\nBen," },
	}
	for name, spoil := range cases {
		r := good()
		spoil(&r)
		if len(r.Check(in)) == 0 {
			t.Errorf("%s passes:\n%s", name, r.Text())
		}
	}
}

func TestWhatThePersonSaidMayBeSaid(t *testing.T) {
	t.Parallel()
	in := asked("I want a refund of 300 euros.")
	in.Instructions = "Offer a refund of 150 euros; the form is at https://lumen.example/refund."
	r := good()
	r.Body = "We can offer you a refund of 150 euros: https://lumen.example/refund. The prices are at https://lumen.example/prices. Write to ben@b.example or ana@lumen.example."
	if f := r.Check(in); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

func TestEvidenceThatDoesNotStandInTheThreadIsDropped(t *testing.T) {
	t.Parallel()
	in := asked("How many seats does it cover?")
	r := good()
	r.Answers = []Answer{{"How many seats", "answered", "covers up to 40 seats"}, {"what about dogs", "answered", ""}, {"does it cover", "shouted", ""}, {"seats", "answered", "covers 90 seats"}}
	if r.Check(in); len(r.Answers) != 2 || r.Answers[0].Source == "" || r.Answers[1].Source != "" {
		t.Errorf("got %+v", r.Answers)
	}
}

func TestModelsAreToldWhatTheGoldenFileShows(t *testing.T) {
	t.Parallel()
	in := asked("How many seats?\n\nPassword: hunter2\nAsk eve@evil.example.")
	in.Instructions = "Be kind."
	system, user := Prompt(in).Render("0011223344556677")
	got := system + "\n\n====\n\n" + user + "\n"
	if *update {
		if err := os.WriteFile("testdata/reply.prompt", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/reply.prompt")
	if err != nil || string(want) != got {
		t.Errorf("differs (%v); go test -update writes it anew. Got:\n%s", err, got)
	}
	if strings.Contains(user, "hunter2") || strings.Contains(user, "eve@evil.example") {
		t.Error("the prompt shows a secret or the address of somebody else")
	}
}

func TestASimulatedModelAnswersWhatTheVerifierAccepts(t *testing.T) {
	t.Parallel()
	in := asked("Hello, how many seats does the standard licence cover? Could we talk on Friday at 10:00?")
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	w := agents.Work{Input: b}
	p := Definition().Prompt(w)
	_, user := p.Render("0011223344556677")
	out, ok := Brain("email_reply/1", guard.Sections(user))
	if !ok {
		t.Fatal("the brain does not know the question")
	}
	if faults := schema().Check(out); len(faults) > 0 {
		t.Errorf("the schema refuses it: %v", faults)
	}
	if _, err := Verify(w, p.Restore(out)); err != nil {
		t.Errorf("the verifier refuses it: %v\n%s", err, out)
	}
}
