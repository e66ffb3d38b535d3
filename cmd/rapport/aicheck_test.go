package main

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/sim"
	"rapport/internal/ai/sim/schedule"
)

// vendors are simulated providers on sockets, and the environment of a server
// that asks them.
func vendors(t *testing.T, scale float64, faults ...schedule.Rule) (*sim.Sim, []string) {
	t.Helper()
	prices := catalog.Default()
	played, err := sim.New(sim.Options{Seed: 1, Scale: scale, Schedule: schedule.Schedule{Faults: faults},
		Prices: func(provider, model string, at time.Time, u ai.Usage) ai.Nano {
			n, _ := prices.Cost(provider, model, u, at)
			return n
		}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(played)
	t.Cleanup(server.Close)
	return played, []string{"ANTHROPIC_API_KEY=sim-a", "RAPPORT_AI_ANTHROPIC_URL=" + server.URL + "/anthropic", "GEMINI_API_KEY=sim-g",
		"RAPPORT_AI_GEMINI_URL=" + server.URL + "/gemini", "OPENROUTER_API_KEY=sim-o", "RAPPORT_AI_OPENROUTER_URL=" + server.URL + "/openrouter/api/v1"}
}

func TestACheckAsksEachProviderForItsListAndNoModelAnything(t *testing.T) {
	t.Parallel()
	played, env := vendors(t, 0)
	s := newShared(t, env...)
	s.account("Lumen")
	out := s.must("ai", "check")
	for _, provider := range []string{"anthropic", "gemini", "openrouter"} {
		if !strings.Contains(out, provider) {
			t.Errorf("%q is not told of: %s", provider, out)
		}
	}
	if strings.Count(out, "environment") != 3 || strings.Count(out, "yes") != 3 || strings.Contains(out, "not listed") {
		t.Errorf("check says %s; want three usable keys of the environment, and no model missing", out)
	}
	if lines := played.Meter().Lines(); len(lines) != 0 {
		t.Errorf("%d calls are on the bill, want none", len(lines))
	}
}

func TestACheckFailsForAKeyThatIsRefusedAndSaysWhose(t *testing.T) {
	t.Parallel()
	_, env := vendors(t, 0)
	s := newShared(t, append(env, "GEMINI_API_KEY=stolen-1234567")...)
	s.account("Lumen")
	r := s.run("ai", "check")
	if r.code == 0 || !strings.Contains(r.err, errUnusable.Error()) || !strings.Contains(r.out, "gemini: ") {
		t.Errorf("check ends with %d, %q, %q; want a failure that names gemini", r.code, r.out, r.err)
	}
	if strings.Contains(r.out+r.err, "stolen-1234567") {
		t.Error("the key is shown")
	}
}

func TestAQuestionAtTheCommandLineShowsWhoAnsweredAndWhatWasTried(t *testing.T) {
	t.Parallel()
	played, env := vendors(t, 0, schedule.Rule{Fault: "F14", Provider: "openrouter"})
	s := newShared(t, env...)
	s.account("Lumen")
	out := s.must("ai", "ask", "--task", "summarize", "--quote", s.file("mail.txt", "Could you send us your prices by Friday?\n"), "Sum up what they want.")
	for _, want := range []string{"Answered by ", "ENGINE", "openrouter", "transient", "answered", "$"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %s", want, out)
		}
	}
	if strings.Contains(out, "Answered by rules") || played.Meter().Total() == 0 {
		t.Errorf("want the answer of another model, paid for: %s", out)
	}
	s.refuses([]string{"--quote", "no such file"}, "ai", "ask", "--quote", "nowhere.txt", "What is it?")
}
