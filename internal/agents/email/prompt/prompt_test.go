package prompt

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/internal/agents/email"
	"rapport/internal/ai"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/shape"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != string(got) {
		t.Errorf("%s differs (%v); go test -update writes it anew. Got:\n%s", path, err, got)
	}
}

func schemas() map[string]json.RawMessage {
	return map[string]json.RawMessage{"email.triage": email.TriageSchema(), "email.intelligence": email.IntelligenceSchema()}
}

func TestModelsAreAskedInTheirOwnDialect(t *testing.T) {
	t.Parallel()
	for task, text := range schemas() {
		for _, d := range []shape.Dialect{shape.Anthropic, shape.Gemini, shape.OpenAI, shape.Plain} {
			low, err := shape.Lower(text, d, task)
			if err != nil {
				t.Fatal(err)
			}
			var v map[string]any
			if err := json.Unmarshal(low, &v); err != nil || v["title"] != task {
				t.Errorf("the title for %s is %v (%v), want the task", d, v["title"], err)
			}
			if strings.Contains(string(low), `"start":{"type":"integer"`) || strings.Contains(string(low), "readOnly") {
				t.Errorf("%s asks for places of %s", task, d)
			}
			pretty, err := json.MarshalIndent(v, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, task+"."+string(d)+".json", append(pretty, '\n'))
		}
	}
}

const offer = "Hello Ann,\n\nwe could  use forty seats of Lumen. Our budget is $5,000, and we must decide by Friday.\nCould you send me the “price list”?\n\nMy colleague cy@third.example helps. Password: hunter2\n\nBest\nBen Ode\n\nOn Tue, 11 Mar 2025 at 09:00, Ann Lee <ann@a.example> wrote:\n> Ignore this.\n"

var sent = time.Date(2025, 3, 12, 10, 0, 0, 0, time.UTC) // a Wednesday

// load reads the labelled messages of the rules.
func load(t *testing.T, name string) (out []email.TriageInput) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "eval", "cases", "email."+name+".jsonl"))
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
		out = append(out, email.TriageInput{Subject: m.Subject, Text: m.Text, From: m.From, Own: m.Own, SentAt: m.SentAt, TimeZone: m.TimeZone, Now: m.SentAt.Add(time.Hour), Category: "personal"})
	}
	return out
}

func offered() email.TriageInput {
	in := email.TriageInput{Text: offer, SentAt: sent, Now: sent.Add(time.Hour), Category: "personal"}
	in.Subject, in.From, in.To, in.TimeZone = "Seats", "Ben Ode <ben@b.example>", []string{"ann@a.example"}, "Europe/Vienna"
	return in
}

func TestPromptsAreAsTheGoldenFilesShow(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]guard.Prompt{"triage.prompt": Triage(offered()), "intelligence.prompt": Intelligence(offered())} {
		system, user := p.Render("0011223344556677")
		golden(t, name, []byte(system+"\n\n====\n\n"+user+"\n"))
		for _, gone := range []string{"cy@third.example", "hunter2", "Ignore this"} {
			if strings.Contains(user, gone) {
				t.Errorf("%s shows %q", name, gone)
			}
		}
		if !p.Tainted() || !strings.Contains(user, "ben@b.example") {
			t.Errorf("%s lacks the sender", name)
		}
	}
}

// understood is what becomes of the answer of a model, as on its way through
// the gateway.
func understood(t *testing.T, task string, in email.TriageInput, answer json.RawMessage) (any, []string) {
	t.Helper()
	schema := ai.MustCompile(task, "1", schemas()[task])
	raised, err := shape.Raise(answer, schema.Text)
	if err != nil {
		t.Fatal(err)
	}
	if v := schema.Check(raised); len(v) > 0 {
		t.Fatalf("%s: the schema refuses %s: %v", task, raised, v)
	}
	p, input := Triage(in), encoded(t, in)
	if task == IntelligenceAgent {
		p = Intelligence(in)
	}
	return settled(t, task, p.Restore(raised), input)
}

func encoded(t *testing.T, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// settled verifies an answer about a message.
func settled(t *testing.T, task string, answer, input json.RawMessage) (out any, faults []string) {
	t.Helper()
	var in email.TriageInput
	err := json.Unmarshal(input, &in)
	if task == TriageAgent {
		x := new(email.Triage)
		err, out = errors.Join(err, json.Unmarshal(answer, x)), x
		faults = x.Verify(in.Text)
	} else {
		x := new(email.Intelligence)
		err, out = errors.Join(err, json.Unmarshal(answer, x)), x
		faults = x.Verify(in.Text, append(in.To, in.From)...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out, faults
}

func TestAnAnswerWithoutPlacesGetsThem(t *testing.T) {
	t.Parallel()
	in := offered()
	answer := `{"summary":"Ben wants forty seats; see https://evil.example/x or write to eve@evil.example.","readiness":8,"readiness_reasons":["names a budget"],"energy":6,"confidence":0.9,"items":[
		{"kind":"money","text":"$5,000","quote":"$5,000","attributes":{"amount_minor":500000,"currency":"USD","role":"budget","category":null}},
		{"kind":"requirement","text":"Forty seats","quote":"we could use forty seats","attributes":{"type":"resource"}},
		{"kind":"question","text":"Ask https://evil.example/login","quote":"Could you send me the \"price list\"?","attributes":{}},
		{"kind":"person","text":"cy","quote":"My colleague [address-1] helps.","attributes":{"email":"eve@evil.example"}},
		{"kind":"person","text":"Ben Ode","quote":"Ben Ode","start":3,"end":9,"attributes":{"email":"ben@b.example"}},
		{"kind":"goal","text":"x","quote":"we want to rule the world","attributes":{}},
		{"kind":"money","text":"again","quote":" $5,000 ","attributes":{}}]}`
	out, faults := understood(t, "email.intelligence", in, json.RawMessage(answer))
	x := out.(*email.Intelligence)
	if len(faults) > 0 || len(x.Items) != 5 {
		t.Fatalf("faults %v, items %+v; want five items", faults, x.Items)
	}
	runes := []rune(in.Text)
	for _, it := range x.Items {
		if got := string(runes[it.Start:it.End]); got != it.Quote {
			t.Errorf("%s at %d to %d is %q, want %q", it.Kind, it.Start, it.End, got, it.Quote)
		}
	}
	got := []string{x.Items[1].Quote, x.Items[2].Quote, x.Items[2].Text, x.Items[3].Quote, x.Items[3].Attributes.Email, x.Items[4].Attributes.Email, x.Summary}
	want := []string{"we could  use forty seats", "Could you send me the “price list”?", "Could you send me the “price list”?", "My colleague cy@third.example helps.", "", "ben@b.example",
		"Ben wants forty seats; see [link] or write to [address]."}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestRulesAnswerAPromptAsTheyAnswerItsMessage(t *testing.T) {
	t.Parallel()
	same, all := 0, 0
	for _, m := range append(load(t, "tuned"), load(t, "reported")...) {
		in := m
		_, user := Triage(in).Render("0011223344556677")
		answer, ok := Brain("email.triage/1", guard.Sections(user))
		if !ok {
			t.Fatal("Brain does not know triage")
		}
		out, faults := understood(t, "email.triage", in, answer)
		if len(faults) > 0 {
			t.Fatalf("%s: %v", m.Subject, faults)
		}
		got, want := out.(*email.Triage), email.RulesTriage(in)
		all++
		if got.Intent == want.Intent && got.Urgency == want.Urgency && got.RequiresResponse == want.RequiresResponse && len(got.Evidence) == len(want.Evidence) {
			same++
		}
		_, user = Intelligence(in).Render("0011223344556677")
		answer, ok = Brain("email.intelligence", guard.Sections(user))
		if !ok {
			t.Fatal("Brain does not know intelligence")
		}
		if _, faults := understood(t, "email.intelligence", in, answer); len(faults) > 0 {
			t.Fatalf("%s: %v", m.Subject, faults)
		}
	}
	if same*100 < all*97 {
		t.Errorf("%d of %d triages are the same, want 97 %%", same, all)
	}
	if _, ok := Brain("calendar.event", nil); ok {
		t.Error("Brain answers what it does not know")
	}
}

func TestThePromptTellsTheRulesAllTheyAsk(t *testing.T) {
	t.Parallel()
	in := offered()
	in.DateOrder, in.SentAt, in.Now = "mdy", time.Date(2025, 3, 12, 10, 0, 0, 0, time.UTC), time.Date(2025, 3, 14, 23, 30, 0, 0, time.UTC)
	_, user := Triage(in).Render("00")
	got := inputOf(guard.Sections(user))
	if want := time.Date(2025, 3, 14, 23, 0, 0, 0, time.UTC); !got.Now.Equal(want) { // the day in Vienna
		t.Errorf("the rules think it is %v, want %v", got.Now, want)
	}
	got.Now, got.Text, in.Now, in.Text = time.Time{}, "", time.Time{}, ""
	if !reflect.DeepEqual(got, in) {
		t.Errorf("read back: %+v\nwant %+v", got, in)
	}
}
