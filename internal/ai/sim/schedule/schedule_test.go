package schedule

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestEveryScenarioIsRight(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		s, err := Named(name)
		if err != nil || s.Name != name || s.About == "" {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	if _, err := Named("../calm"); err == nil {
		t.Error("a scenario is one of the list")
	}
}

func TestEveryFaultOfTheCatalogueIsThereOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i, f := range Catalogue() {
		if want := fmt.Sprintf("F%02d", i+1); f.ID != want || seen[f.ID] || f.About == "" && f.Not == "" {
			t.Errorf("%+v, want %s", f, want)
		}
		seen[f.ID] = true
	}
	if len(seen) != 55 {
		t.Errorf("%d faults, want 55", len(seen))
	}
}

func TestAWrongScheduleSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`{"faults":[
	 {"fault":"F99"}, {"fault":"F53"}, {"fault":"F12","provider":"gemini"}, {"fault":"F14","provider":"nobody"}, {"fault":"F14","from":"5s","to":"2s"},
	 {"fault":"F14","probability":1.5}, {"fault":"F32","form":"unary"}, {"fault":"F35","params":{"what":"fire"}}, {"fault":"F14","every":"1s","for":"2s"}, {"fault":"F14","first_call":3,"last_call":2}],
	 "capacity":[{"provider":"anthropic"}],"latency":[{"first":"1s","tokens_per_second":0}]}`))
	for _, want := range []string{"no such fault", "not a provider's doing", "it is a fault of anthropic", `no provider "nobody"`, "to comes after from", "from 0 to 1", "unary answer", `"fire"`, "part of every", "not before first_call", "capacity 1", "latency 1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	for _, text := range []string{`{"fault":1}`, `{"faults":[{"fualt":"F01"}]}`, `{} {}`, `{"faults":[{"fault":"F01","from":"5"}]}`, ``} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func TestRulesHoldForTheirTimeAndTheirCalls(t *testing.T) {
	t.Parallel()
	d := func(s string) Duration {
		x, err := time.ParseDuration(s)
		if err != nil {
			t.Fatal(err)
		}
		return Duration{x}
	}
	e := Event{Provider: "openrouter", Model: "openai/gpt-6-luna", Key: "a", Ordinal: 3}
	for _, x := range []struct {
		rule Rule
		at   string
		want bool
	}{
		{Rule{}, "0s", true},
		{Rule{From: d("5s")}, "4.999s", false},
		{Rule{From: d("5s")}, "5s", true},
		{Rule{To: d("5s")}, "5s", false},
		{Rule{From: d("1s"), Every: d("10s"), For: d("2s")}, "12s", true},
		{Rule{From: d("1s"), Every: d("10s"), For: d("2s")}, "13s", false},
		{Rule{Model: "openai/*"}, "0s", true},
		{Rule{Model: "*luna"}, "0s", true},
		{Rule{Model: "o*gpt*a"}, "0s", true},
		{Rule{Model: "anthropic/*"}, "0s", false},
		{Rule{Provider: "gemini"}, "0s", false},
		{Rule{Key: "b"}, "0s", false},
		{Rule{Form: "stream"}, "0s", false},
		{Rule{FirstCall: 4}, "0s", false},
		{Rule{LastCall: 3}, "0s", true},
		{Rule{LastCall: 2}, "0s", false},
		{Rule{Probability: new(float64)}, "0s", false},
	} {
		x.rule.Fault = "F14"
		e.At = d(x.at).Duration
		if got := len((Schedule{Faults: []Rule{x.rule}}).Hits(1, e)) == 1; got != x.want {
			t.Errorf("%+v at %s: %v, want %v", x.rule, x.at, got, x.want)
		}
	}
}

func TestAProviderIsDeadWhenNothingCanComeOfIt(t *testing.T) {
	t.Parallel()
	half := 0.5
	for _, x := range []struct {
		rule Rule
		want bool
	}{
		{Rule{Fault: "F25"}, true}, {Rule{Fault: "F25", Provider: "gemini"}, true}, {Rule{Fault: "F25", Provider: "anthropic"}, false}, {Rule{Fault: "F25", Probability: &half}, false},
		{Rule{Fault: "F25", Model: "gemini-3*"}, false}, {Rule{Fault: "F46"}, false}, {Rule{Fault: "F25", Key: "other"}, false}, {Rule{Fault: "F12"}, false},
	} {
		if got := (Schedule{Faults: []Rule{x.rule}}).Dead(0, "gemini", "a"); got != x.want {
			t.Errorf("%+v: %v, want %v", x.rule, got, x.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		text, err := scenarios.ReadFile("scenario/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, int64(70e9))
	}
	f.Fuzz(func(t *testing.T, text []byte, at int64) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		for _, h := range s.Hits(1, Event{At: time.Duration(at), Provider: "gemini", Model: "m", Ordinal: 1}) {
			if f, ok := Find(h.Fault); !ok || !f.Of("gemini") {
				t.Errorf("hit by %+v", h)
			}
		}
	})
}
