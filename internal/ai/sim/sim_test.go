package sim

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/sim/meter"
	"rapport/internal/ai/sim/schedule"
)

func cheap(_, _ string, _ time.Time, u ai.Usage) ai.Nano {
	return ai.Nano(u.InputTokens*100 + u.OutputTokens*500 + u.CachedTokens*10 + u.CacheWriteTokens*125 + u.CacheWriteLongTokens*200)
}

func start(t *testing.T, o Options) (*Sim, *http.Client) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, &http.Client{Transport: s}
}

func p(x float64) *float64 { return &x }

func TestOutcomesDoNotDependOnTheOrderOfGoroutines(t *testing.T) {
	t.Parallel()
	plan := schedule.Schedule{Faults: []schedule.Rule{
		{Fault: "F14", Probability: p(0.2)}, {Fault: "F25", Probability: p(0.1)}, {Fault: "F39", Probability: p(0.3)}, {Fault: "F46", Probability: p(0.3)}, {Fault: "F33", Probability: p(0.2)},
	}}
	run := func(seed uint64, concurrent bool) []string {
		var out []string
		synctest.Test(t, func(t *testing.T) {
			s, c := start(t, Options{Seed: seed, Schedule: plan, Scale: 1, Prices: cheap})
			var mu sync.Mutex
			var all sync.WaitGroup
			one := func(i int) {
				got := about([]string{"anthropic", "gemini", "openrouter"}[i%3], false).ask(c, "http://sim")
				mu.Lock()
				out = append(out, fmt.Sprint(got.id, got, got.text))
				mu.Unlock()
			}
			for i := range 90 {
				if concurrent {
					all.Go(func() { one(i) })
				} else {
					one(i)
				}
			}
			all.Wait()
			out = append(out, s.Meter().Total().String())
		})
		slices.Sort(out)
		return out
	}
	one := run(1, false)
	if many := run(1, true); !slices.Equal(one, many) {
		t.Error("calls at once have another outcome than calls in a row")
	}
	if slices.Equal(one, run(2, false)) {
		t.Error("two seeds give the same")
	}
}

func TestOrdinalsDecideWhateverElseIsGoingOn(t *testing.T) {
	t.Parallel()
	plan := schedule.Schedule{Faults: []schedule.Rule{{Fault: "F14", Probability: p(0.3)}, {Fault: "F39", Probability: p(0.3)}}}
	run := func(noise bool) []string {
		var out []string
		synctest.Test(t, func(t *testing.T) {
			_, c := start(t, Options{Schedule: plan})
			for range 20 {
				if noise {
					about("gemini", false).ask(c, "http://sim")
					other := about("anthropic", false)
					other.key = "sim-other"
					other.ask(c, "http://sim")
				}
				got := about("anthropic", false).ask(c, "http://sim")
				out = append(out, got.String()+got.text)
			}
		})
		return out
	}
	if a, b := run(false), run(true); !slices.Equal(a, b) {
		t.Errorf("alone %v, among others %v", a, b)
	}
}

var steady = schedule.Schedule{Latency: []schedule.Latency{{First: schedule.Duration{Duration: time.Second}, PerSecond: 10}}}

func TestAnswersTakeTheirTime(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, c := start(t, Options{Schedule: steady, Scale: 1})
			got := about("openrouter", stream).ask(c, "http://sim")
			sums, _ := s.Meter().Sums()
			if want := time.Second + time.Duration(sums[0].Usage.OutputTokens)*100*time.Millisecond; got.took.Round(time.Millisecond) != want {
				t.Errorf("stream %v: took %v, want %v", stream, got.took, want)
			}
			slow := steady
			slow.Faults = []schedule.Rule{{Fault: "F46"}}
			_, c = start(t, Options{Schedule: slow, Scale: 1})
			if eight := about("openrouter", stream).ask(c, "http://sim"); eight.took.Round(time.Millisecond) != 8*got.took.Round(time.Millisecond) {
				t.Errorf("stream %v: a brownout takes %v, otherwise %v", stream, eight.took, got.took)
			}
		})
	}
}

// A caller that leaves in the middle of an answer pays what the vendor's rule
// says.
func TestCallsThatAreBrokenOffAreBilledByTheRuleOfTheVendor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		provider, model string
		stream          bool
		after           time.Duration
		input, output   bool // billed; of the output only what was made, unless full
		full            bool
	}{
		{"anthropic", "claude-haiku-5-5", true, 500 * time.Millisecond, true, false, false},
		{"anthropic", "claude-haiku-5-5", true, 1700 * time.Millisecond, true, true, false},
		{"anthropic", "claude-haiku-5-5", false, 1700 * time.Millisecond, true, true, false},
		{"gemini", "gemini-3.8-flash", true, 1700 * time.Millisecond, true, true, true},
		{"gemini", "gemini-3.8-flash", false, 500 * time.Millisecond, true, true, true},
		{"openrouter", "openai/gpt-6-luna", true, 1700 * time.Millisecond, true, true, false},
		{"openrouter", "openai/gpt-6-luna", true, 500 * time.Millisecond, false, false, false},
		{"openrouter", "google/gemini-3.8-flash", true, 1700 * time.Millisecond, true, true, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			q := about(c.provider, c.stream)
			q.model = c.model
			s, client := start(t, Options{Schedule: steady, Scale: 1, Prices: cheap})
			if got := q.ask(client, "http://sim"); got.err != nil || got.status != 200 {
				t.Fatal(got)
			}
			whole := s.Meter().Lines()[0].Usage
			// the same question anew, by somebody who leaves
			s, client = start(t, Options{Schedule: steady, Scale: 1, Prices: cheap})
			ctx, cancel := context.WithTimeout(context.Background(), c.after)
			defer cancel()
			q.askIn(ctx, client, "http://sim")
			synctest.Wait()
			line := s.Meter().Lines()[0]
			u := line.Usage
			if (u.InputTokens > 0) != c.input || (u.OutputTokens > 0) != c.output || (u.OutputTokens == whole.OutputTokens) != c.full {
				t.Errorf("%s stream %v after %v: billed %+v, the whole answer is %+v", c.model, c.stream, c.after, u, whole)
			}
			if line.Outcome != "aborted" || line.Nano != cheap("", "", time.Time{}, u) || s.Manners()[c.provider].Open != 0 {
				t.Errorf("%s: line %+v, manners %+v", c.model, line, s.Manners())
			}
		})
	}
}

func TestTheBillIsTheSumOfWhatCallersWereTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c := start(t, Options{Prices: cheap, Schedule: schedule.Schedule{Faults: []schedule.Rule{
			{Fault: "F14", FirstCall: 2, LastCall: 2}, {Fault: "F36", FirstCall: 3, LastCall: 3}, {Fault: "F37", FirstCall: 4, LastCall: 4}, {Fault: "F29", FirstCall: 5, LastCall: 5},
			{Fault: "F29", FirstCall: 6, LastCall: 6, Params: schedule.Params{Billed: true}},
		}}})
		for range 6 {
			about("openrouter", false).ask(c, "http://sim")
		}
		lines := s.Meter().Lines()
		billed := func(l meter.Line) bool { return l.Nano > 0 }
		for i, want := range []struct {
			outcome string
			billed  bool
			told    bool
		}{{"answered", true, true}, {"refused", false, true}, {"refused", false, true}, {"answered", false, true}, {"lost", false, true}, {"lost", true, false}} {
			if l := lines[i]; l.Outcome != want.outcome || billed(l) != want.billed || l.Told != want.told {
				t.Errorf("call %d: %+v, want %+v", i+1, l, want)
			}
		}
		if got, want := s.Meter().Total(), lines[0].Nano+lines[5].Nano; got != want {
			t.Errorf("total %v, want %v", got, want)
		}
	})
}

func TestAStreamThatBreaksIsBilledForWhatWasMade(t *testing.T) {
	t.Parallel()
	for fault, outcome := range map[string]string{"F28": "broken", "F31": "aborted", "F33": "broken", "F34": "broken", "F36": "refused", "F38": "broken"} {
		for _, provider := range []string{"anthropic", "gemini"} {
			synctest.Test(t, func(t *testing.T) {
				s, c := start(t, Options{Prices: cheap})
				about(provider, true).ask(c, "http://sim")
				whole := s.Meter().Lines()[0]
				s, c = start(t, Options{Prices: cheap, Schedule: schedule.Schedule{Faults: []schedule.Rule{{Fault: fault, Params: schedule.Params{After: 2}}}}})
				about(provider, true).ask(c, "http://sim")
				synctest.Wait()
				l := s.Meter().Lines()[0]
				in, out := l.Usage.InputTokens, l.Usage.OutputTokens
				ok := in == whole.Usage.InputTokens && out > 0 && (out < whole.Usage.OutputTokens || fault == "F33" || provider == "gemini")
				if fault == "F36" {
					ok = l.Nano == 0
				}
				if !ok || l.Outcome != outcome || l.Told != (l.Nano == 0) {
					t.Errorf("%s of %s: %+v, the whole answer is %+v", fault, provider, l, whole.Usage)
				}
			})
		}
	}
}

func TestPromptsThatAreKeptCostLess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c := start(t, Options{})
		body := fmt.Sprintf(`{"model":"claude-haiku-5-5","max_tokens":100,"system":[{"type":"text","text":%q,"cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"Hi."}]}`, strings.Repeat("rule ", 2000))
		for range 2 {
			raw(t, c, "anthropic", "/v1/messages", body)
		}
		time.Sleep(6 * time.Minute)
		raw(t, c, "anthropic", "/v1/messages", body)
		var got []string
		for _, l := range s.Meter().Lines() {
			got = append(got, fmt.Sprint(l.Usage.CacheWriteTokens, "/", l.Usage.CachedTokens))
		}
		if want := []string{"2500/0", "0/2500", "2500/0"}; !slices.Equal(got, want) {
			t.Errorf("written/read %v, want %v", got, want)
		}
	})
}

// raw sends a body as it is and returns status and answer.
func raw(t *testing.T, c *http.Client, provider, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest("POST", "http://sim/"+provider+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"X-Api-Key": {"sim-a"}, "X-Goog-Api-Key": {"sim-a"}, "Authorization": {"Bearer sim-a"}, "Anthropic-Version": {"2023-06-01"}}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(out)
}
