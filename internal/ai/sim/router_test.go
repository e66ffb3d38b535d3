package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/provider/anthropic"
	"rapport/internal/ai/provider/gemini"
	"rapport/internal/ai/provider/openrouter"
	"rapport/internal/ai/router"
	"rapport/internal/ai/sim/schedule"
	"rapport/internal/ai/traffic"
	"rapport/internal/ai/wire"
)

// till is a purse that pays for everything and remembers it.
type till struct {
	mu     sync.Mutex
	held   int
	booked ai.Nano
}

func (*till) Cheap(context.Context) bool { return false }

func (p *till) Hold(_ context.Context, s router.Spend) (router.Hold, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held++
	return &coin{till: p, most: s.Max}, nil
}

type coin struct {
	*till
	most ai.Nano
	once sync.Once
}

// Settle books as the budget does: the cost that is known, or all that was
// reserved where there may be one and nobody says.
func (c *coin) Settle(a ai.Attempt) {
	cost := ai.Nano(a.Usage.CostNano)
	if cost == 0 && a.Billed == ai.BilledMaybe {
		cost = c.most
	}
	c.end(cost)
}

func (c *coin) Release() { c.end(0) }

func (c *coin) end(cost ai.Nano) {
	c.once.Do(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.held--
		c.booked += cost
	})
}

// alone is an exact gateway that can ask one provider only, through its adapter
// and the simulator, by a policy that may be changed.
func alone(s http.RoundTripper, provider string, purse router.Purse, change ...func(*policy.Policy)) *router.Gateway {
	known := catalog.Default()
	engines := map[string]ai.Provider{
		"anthropic": anthropic.New(wire.New(s), ""), "gemini": gemini.New(wire.New(s), "", known), "openrouter": openrouter.New(wire.New(s), "", known),
		"compatible": openrouter.NewCompatible(wire.New(s), "http://sim/compatible/v1", "local"),
	}
	chain := []policy.Candidate{{Provider: provider, Model: models[provider]}}
	one := &policy.Policy{Chains: map[string][]policy.Candidate{"": chain}}
	for _, c := range ai.Classes() {
		one.Chains[string(c)] = chain
	}
	for _, c := range change {
		c(one)
	}
	calm := traffic.Standard()
	calm.Jitter = false
	return router.New(router.Options{Providers: []ai.Provider{engines[provider]}, Catalog: known, Policy: func(context.Context) *policy.Policy { return one },
		Keys: oneKey{}, Purse: purse, Profile: router.Exact(), Traffic: traffic.New(calm, nil, nil)})
}

type oneKey struct{}

func (oneKey) Keys(context.Context, string) ([]ai.Key, error) {
	return []ai.Key{{ID: "k", Secret: "sim-k"}}, nil
}

var cityAnswer = ai.MustCompile("city", "1", []byte(city))

// asked is what becomes of one question of a background job.
func asked(g *router.Gateway, stream bool) (ai.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	r := ai.Request{Task: "city", Class: ai.Fast, Prompt: guard.New("city", "1", "Say which city it is."), Schema: cityAnswer}
	if !stream {
		r.Prompt = r.Prompt.Quote("letter", "The café in Lund is old. We meet there — at noon.")
		r.Verify = func(output json.RawMessage) (json.RawMessage, error) {
			if strings.Contains(string(output), "not-in-source") {
				return nil, errors.New("a quote that is not there")
			}
			return output, nil
		}
		return g.Do(ctx, r)
	}
	r.Schema, r.Restarts, r.Prompt = nil, true, r.Prompt.Ask("Where do we meet?")
	for p, err := range g.Stream(ctx, r) {
		if p.Done != nil || err != nil {
			if p.Done == nil {
				return ai.Response{}, err
			}
			return *p.Done, err
		}
	}
	return ai.Response{}, errors.New("the stream ended without an end")
}

// trail is the attempts of a question in a line: when each began, what came of
// it, and whether it is paid for.
func trail(begun time.Time, res ai.Response, err error) string {
	var out []string
	for _, a := range res.Attempts {
		word := string(a.Kind)
		if a.Error == "" {
			word = "ok"
		}
		if a.Status != 0 {
			word += fmt.Sprint(" ", a.Status)
		}
		if a.Repair {
			word = "repaired: " + word
		}
		if !a.StartedAt.IsZero() {
			word = fmt.Sprintf("%v %s, billed %s", a.StartedAt.Sub(begun).Round(time.Millisecond), word, a.Billed)
		}
		out = append(out, word)
	}
	end := "answered"
	switch {
	case err != nil:
		end = "failed"
	case res.Deferred != nil:
		end = fmt.Sprintf("deferred for %v", res.Deferred.After.Round(time.Second))
	}
	return strings.Join(append(out, end), "; ")
}

// money compares what was booked with the bill.
func money(booked, metered ai.Nano) string {
	switch {
	case booked == metered && booked == 0:
		return "free"
	case booked == metered:
		return "as metered"
	case booked > metered:
		return "booked more than metered"
	}
	return fmt.Sprintf("booked %d of %d", booked, metered)
}

// classes are what the first attempt must come to, by fault and variant. What
// is not here is answered at once.
func classes(fault, what string) []ai.Kind {
	switch fault {
	case "F01", "F02", "F03", "F04", "F05", "F06", "F08", "F10":
		return []ai.Kind{ai.RateLimited}
	case "F07", "F09":
		return []ai.Kind{ai.QuotaExhausted}
	case "F11":
		return []ai.Kind{ai.AccountMoney}
	case "F12", "F13":
		return []ai.Kind{ai.Overloaded}
	case "F14", "F15", "F16":
		return []ai.Kind{ai.Transient}
	case "F37":
		return []ai.Kind{ai.Transient, ai.StreamBroken}
	case "F17":
		return []ai.Kind{ai.Credential}
	case "F18":
		return []ai.Kind{ai.ModelAccess, ai.PolicyRefused, ai.Credential} // Gemini says the same of a key
	case "F19":
		return []ai.Kind{ai.ModelGone}
	case "F20", "F24":
		return []ai.Kind{ai.ContextTooLong}
	case "F21", "F22":
		return []ai.Kind{ai.StateRejected}
	case "F23":
		return []ai.Kind{ai.CallerFault}
	case "F25", "F26", "F27":
		return []ai.Kind{ai.Network}
	case "F28", "F38":
		return []ai.Kind{ai.Network, ai.StreamBroken}
	case "F29", "F30", "F32":
		return []ai.Kind{ai.TimedOut}
	case "F31":
		return []ai.Kind{ai.TimedOut, ai.StreamBroken}
	case "F33":
		return []ai.Kind{ai.StreamBroken}
	case "F34", "F36":
		return map[string][]ai.Kind{"overloaded": {ai.Overloaded}, "internal": {ai.Transient}, "rate_limit": {ai.RateLimited}}[what]
	case "F41":
		return []ai.Kind{ai.Truncated}
	case "F42":
		return []ai.Kind{ai.PolicyRefused}
	}
	return nil
}

// unclear are the faults after which nobody tells what a call came to: then all
// that was reserved is booked, or an estimate.
func unclear(fault string) bool {
	return slices.Contains([]string{"F27", "F28", "F29", "F30", "F31", "F32", "F33", "F34", "F35", "F36", "F37", "F38", "F42", "F44"}, fault)
}

// under are those of which too little may be booked: an answer that came without
// its usage, where thoughts cannot be seen, and a price that nobody announced.
func under(fault string) bool { return fault == "F44" || fault == "F49" }

// Every fault of the catalogue, at every provider and in both forms, goes
// through adapter and router together: once, and then for good. The golden file
// has each attempt, when it began, and what was paid.
func TestEveryFaultIsMetAsDecidedByAdapterAndRouterTogether(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	faults(func(label string, r schedule.Rule, stream bool) {
		for _, times := range []int{1, 0} {
			name := label + " once"
			if r.LastCall = times; times == 0 {
				name = label + " always"
			}
			var line string
			var wrong []string
			synctest.Test(t, func(t *testing.T) { line, wrong = meet(t, r, stream) })
			for _, w := range wrong {
				t.Errorf("%s: %s; %s", name, w, line)
			}
			fmt.Fprintf(&b, "%s: %s\n", name, line)
		}
	})
	const golden = "testdata/attempts.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := firstDifference(b.String(), string(want)); diff != "" {
		t.Errorf("what is done changed: %s", diff)
	}
}

// meet lets a gateway meet the fault, and checks what must hold whatever the
// golden file says.
func meet(t *testing.T, rule schedule.Rule, stream bool) (line string, wrong []string) {
	known := catalog.Default()
	<-time.After(time.Until(known.AsOf.AddDate(0, 0, 1))) // prices have dates
	s, err := New(Options{Seed: 7, Schedule: schedule.Schedule{Faults: []schedule.Rule{rule}},
		Prices: func(provider, model string, at time.Time, u ai.Usage) ai.Nano {
			n, _ := known.Cost(provider, model, u, at)
			return n
		}})
	if err != nil {
		t.Fatal(err)
	}
	purse, begun := &till{}, time.Now()
	res, failed := asked(alone(s, rule.Provider, purse), stream)
	synctest.Wait()
	if n := s.Manners()[rule.Provider].Open; len(res.Attempts) == 0 || purse.held+n != 0 {
		return "", []string{fmt.Sprintf("%d attempts, %d holds and %d calls left", len(res.Attempts), purse.held, n)}
	}
	if n := len(s.Meter().Lines()); n > 6 {
		wrong = append(wrong, fmt.Sprintf("%d calls, want 6 at most", n))
	}
	if want := classes(rule.Fault, rule.Params.What); len(want) > 0 && !slices.Contains(want, res.Attempts[0].Kind) {
		wrong = append(wrong, fmt.Sprintf("the first attempt is %q, want one of %v", res.Attempts[0].Kind, want))
	}
	metered := s.Meter().Total()
	if purse.booked < metered && !under(rule.Fault) || purse.booked > metered && !unclear(rule.Fault) {
		wrong = append(wrong, fmt.Sprintf("%d is booked, the meter says %d", purse.booked, metered))
	}
	return trail(begun, res, failed) + "; " + money(purse.booked, metered), wrong
}

// witness notes what leaves for a provider.
type witness struct {
	*Sim
	mu     sync.Mutex
	bodies strings.Builder
}

func (s *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.bodies.Write(body)
	s.mu.Unlock()
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	return s.Sim.RoundTrip(again)
}

// No agent asks for it: the gateway itself redacts, by the workspace's policy.
func TestWhatAWorkspaceRedactsNeverLeaves(t *testing.T) {
	t.Parallel()
	const mail = "Hello, Rosa Lindqvist here. Call me at +41 44 668 18 00 or write to rosa@lumen.example. Our account is CH93 0076 2011 6238 5295 7."
	always := []string{"CH93 0076", "6238 5295"} // as any secret
	asked := []string{"668 18 00", "rosa@lumen.example", "Lindqvist"}
	for _, provider := range []string{"anthropic", "gemini", "openrouter", "compatible"} {
		for _, redacts := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s, err := New(Options{Seed: 7})
				if err != nil {
					t.Fatal(err)
				}
				through := &witness{Sim: s}
				g := alone(through, provider, &till{}, func(p *policy.Policy) {
					if redacts {
						p.Redact = guard.Redaction{Addresses: true, Phones: true, Names: []string{"Rosa Lindqvist"}}
					}
				})
				prompt := guard.New("city", "1", "Say which city it is.").Allow("rosa@lumen.example").QuoteMail("text", mail, 1000)
				if _, err := g.Do(t.Context(), ai.Request{Task: "city", Class: ai.Fast, Prompt: prompt, Schema: cityAnswer}); err != nil {
					t.Fatalf("%s: %v", provider, err)
				}
				left := through.bodies.String()
				for _, w := range always {
					if strings.Contains(left, w) {
						t.Errorf("%s: %q left", provider, w)
					}
				}
				for _, w := range asked {
					if strings.Contains(left, w) == redacts {
						t.Errorf("%s, redacting %v: %q in what left is %v", provider, redacts, w, !redacts)
					}
				}
			})
		}
	}
}
