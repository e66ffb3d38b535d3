package router_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/provider/rules"
	"rapport/internal/ai/router"
	"rapport/internal/platform/problem"
)

// vendor is an engine that is not local and does as it is told.
type vendor struct {
	answers []string // one a call, the last again and again
	fault   *ai.Fault
	seen    []ai.Call
}

func (*vendor) Name() string { return "vendor" }
func (*vendor) Local() bool  { return false }
func (v *vendor) Call(_ context.Context, c ai.Call) (ai.Answer, error) {
	v.seen = append(v.seen, c)
	if v.fault != nil {
		return ai.Answer{}, v.fault
	}
	out := v.answers[min(len(v.seen), len(v.answers))-1]
	return ai.Answer{Output: json.RawMessage(out), Version: "v9", Usage: ai.Usage{InputTokens: 10, OutputTokens: 2, CostNano: 700}}, nil
}

func local() *rules.Provider {
	return rules.New(rules.Set{Version: "colour/1", Tasks: map[string]rules.Task{
		"colour": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return json.RawMessage(`{"name":"blue"}`), nil
		},
		"broken": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return json.RawMessage(`{"name":"` + strings.Repeat("x", 99) + `","age":3}`), nil
		},
		"panics": func(context.Context, json.RawMessage) (json.RawMessage, error) { panic("odd input") },
	}})
}

var colour = ai.MustCompile("colour", "1", []byte(`{"type":"object","required":["name"],"additionalProperties":false,"properties":{"name":{"type":"string","maxLength":10}}}`))

func gateway(p ...ai.Provider) (*router.Gateway, *router.Counters) {
	var c router.Counters
	both := []router.Candidate{{Provider: "vendor", Model: "m1"}, {Provider: rules.Name}}
	return router.New(router.Policy{Default: both}, &c, p...), &c
}

var down = &ai.Fault{Kind: ai.Overloaded, Wait: 7 * time.Second, Err: errors.New("overloaded")}

func TestWithoutVendorRulesAreTheEngine(t *testing.T) {
	t.Parallel()
	g, _ := gateway(local())
	res, err := g.Do(t.Context(), ai.Request{Task: "colour", Schema: colour})
	if err != nil || res.Engine != "rules" || res.Version != "colour/1" || res.Degraded {
		t.Errorf("Do() = %+v, %v; want rules, colour/1, not degraded", res, err)
	}
}

func TestRulesThatStandInForAVendorAreDegraded(t *testing.T) {
	t.Parallel()
	g, meter := gateway(local(), &vendor{fault: down})
	res, err := g.Do(t.Context(), ai.Request{Task: "colour", Schema: colour})
	if err != nil || res.Engine != "rules" || !res.Degraded || len(res.Attempts) != 2 {
		t.Errorf("Do() = %+v, %v; want a degraded answer of rules at the second attempt", res, err)
	}
	got := meter.Stats()
	if len(got) != 2 || got[0].Engine != "rules" || got[0].Failures != 0 || got[1].Calls != 1 || got[1].Failures != 1 {
		t.Errorf("Stats() = %+v, want one failure of the vendor and one call of rules", got)
	}
}

func TestAVendorsAnswerIsMeteredAndNotDegraded(t *testing.T) {
	t.Parallel()
	g, meter := gateway(local(), &vendor{answers: []string{`{"name":"red"}`}})
	res, err := g.Do(t.Context(), ai.Request{Task: "colour", Schema: colour})
	if err != nil || res.Engine != "vendor" || res.Model != "m1" || res.Degraded || string(res.Output) != `{"name":"red"}` {
		t.Errorf("Do() = %+v, %v; want the vendor's answer", res, err)
	}
	if s := meter.Stats(); res.Usage.CostNano != 700 || res.Attempts[0].Billed != ai.BilledYes || s[0].CostNano != 700 {
		t.Errorf("usage %+v, stats %+v; want 700 nano-dollars in each", res.Usage, s)
	}
}

func TestABadAnswerIsAnErrorThatNamesEachViolationWithoutTheValue(t *testing.T) {
	t.Parallel()
	g, _ := gateway(local())
	res, err := g.Do(t.Context(), ai.Request{Task: "broken", Schema: colour})
	var bad *ai.Refused
	if !errors.Is(err, ai.ErrBadOutput) || !errors.As(err, &bad) || len(bad.Violations) != 2 || res.Output != nil {
		t.Fatalf("Do() = %+v, %v; want two violations and no output", res, err)
	}
	if strings.Contains(err.Error(), "xxx") {
		t.Errorf("the error repeats the answer: %v", err)
	}
}

func TestNobodyConfiguredIsUnavailable(t *testing.T) {
	t.Parallel()
	g, _ := gateway()
	_, err := g.Do(t.Context(), ai.Request{Task: "colour"})
	if !errors.Is(err, ai.ErrNoProvider) || problem.KindOf(err) != problem.Unavailable {
		t.Errorf("Do() = %v, want ErrNoProvider", err)
	}
}

func TestWhenAllAreAwayAPersonFailsAndAJobWaits(t *testing.T) {
	t.Parallel()
	g, _ := gateway(local(), &vendor{fault: down})
	_, err := g.Do(t.Context(), ai.Request{Task: "unruly", Interactive: true})
	var p *problem.Error
	if !errors.Is(err, ai.ErrNoProvider) || !errors.As(err, &p) || p.RetryAfter != 7*time.Second {
		t.Errorf("interactive Do() = %v, want ErrNoProvider after 7 s", err)
	}
	res, err := g.Do(t.Context(), ai.Request{Task: "unruly"})
	if err != nil || res.Deferred == nil || res.Deferred.After != 7*time.Second || res.Output != nil {
		t.Errorf("background Do() = %+v, %v; want a ticket for 7 s", res, err)
	}
}

func TestTaskWithoutRulesIsAnExplicitError(t *testing.T) {
	t.Parallel()
	g, _ := gateway(local())
	if _, err := g.Do(t.Context(), ai.Request{Task: "unruly"}); !errors.Is(err, rules.ErrUnknownTask) {
		t.Errorf("Do() = %v, want ErrUnknownTask", err)
	}
}

func TestAPanicOfRulesIsAFailureOfOneRequest(t *testing.T) {
	t.Parallel()
	g, _ := gateway(local())
	if _, err := g.Do(t.Context(), ai.Request{Task: "panics"}); err == nil || !strings.Contains(err.Error(), "odd input") {
		t.Errorf("Do() = %v, want an error that names the panic", err)
	}
}

func TestACancelledRequestIsNotAFailureOfTheProvider(t *testing.T) {
	t.Parallel()
	g, _ := gateway(local())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Do(ctx, ai.Request{Task: "colour"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Do() = %v, want Canceled", err)
	}
}

func TestATaskCanHaveItsOwnOrder(t *testing.T) {
	t.Parallel()
	g := router.New(router.Policy{
		Tasks:   map[string][]router.Candidate{"colour": {{Provider: "rules"}, {Provider: "vendor"}}},
		Classes: map[ai.Class][]router.Candidate{ai.Deep: {{Provider: "vendor", Model: "big"}}},
		Default: []router.Candidate{{Provider: "rules"}},
	}, &router.Counters{}, local(), &vendor{answers: []string{`{"name":"red"}`}})
	res, err := g.Do(t.Context(), ai.Request{Task: "colour", Class: ai.Deep})
	if err != nil || res.Engine != "rules" || res.Degraded {
		t.Errorf("Do() = %+v, %v; want rules by choice", res, err)
	}
	res, err = g.Do(t.Context(), ai.Request{Task: "shade", Class: ai.Deep})
	if err != nil || res.Model != "big" {
		t.Errorf("Do() = %+v, %v; want the model of the class", res, err)
	}
}

func TestASchemaStaysAtHome(t *testing.T) {
	t.Parallel()
	if _, err := ai.Compile("far", "1", []byte(`{"$ref":"https://example.com/x.json"}`)); err == nil {
		t.Error("Compile() took a reference to another host")
	}
}
