package router_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/provider/rules"
	"rapport/internal/ai/router"
	"rapport/internal/ai/traffic"
)

// engine is a provider that does as it is told.
type engine struct {
	name string
	// answer is what it does at the nth call, from 1.
	answer func(ctx context.Context, n int, c ai.Call) (ai.Answer, error)

	mu    sync.Mutex
	seen  []ai.Call
	at    []time.Time
	inUse atomic.Int64
}

func (e *engine) Name() string { return e.name }
func (*engine) Local() bool    { return false }
func (e *engine) Call(ctx context.Context, c ai.Call) (ai.Answer, error) {
	e.inUse.Add(1)
	defer e.inUse.Add(-1)
	e.mu.Lock()
	e.seen, e.at = append(e.seen, c), append(e.at, time.Now())
	n := len(e.seen)
	e.mu.Unlock()
	return e.answer(ctx, n, c)
}

func (e *engine) calls() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.seen)
}

// after says when each call began.
func (e *engine) after(start time.Time) []time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]time.Duration, len(e.at))
	for i, at := range e.at {
		out[i] = at.Sub(start)
	}
	return out
}

func blue() (ai.Answer, error) {
	return ai.Answer{Text: `{"name":"blue"}`, Version: "v9", Usage: ai.Usage{InputTokens: 10, OutputTokens: 2}}, nil
}

// takes answers after d, unless it is broken off.
func takes(d time.Duration) func(context.Context, int, ai.Call) (ai.Answer, error) {
	return func(ctx context.Context, _ int, _ ai.Call) (ai.Answer, error) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return ai.Answer{}, &ai.Fault{Kind: ai.Cancelled, Scope: ai.ScopeRequest, Billed: ai.BilledMaybe, Err: ctx.Err()}
		case <-t.C:
			return blue()
		}
	}
}

// fails answers with a copy of f for the first n calls, always if n is 0.
func fails(n int, f ai.Fault) func(context.Context, int, ai.Call) (ai.Answer, error) {
	return func(_ context.Context, i int, _ ai.Call) (ai.Answer, error) {
		if n == 0 || i <= n {
			again := f
			return ai.Answer{}, &again
		}
		return blue()
	}
}

func transient() ai.Fault {
	return ai.Fault{Kind: ai.Transient, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Billed: ai.BilledNo, Status: 500, Err: errors.New("oops")}
}

func limited(wait time.Duration) ai.Fault {
	return ai.Fault{Kind: ai.RateLimited, Scope: ai.ScopeFamily, RetrySame: true, TryOther: true, Billed: ai.BilledNo, Status: 429, Wait: wait, WaitFrom: "retry-after", Err: errors.New("slow down")}
}

func local() *rules.Provider {
	return rules.New(rules.Set{Version: "colour/1", Tasks: map[string]rules.Task{
		"colour": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return json.RawMessage(`{"name":"grey"}`), nil
		},
		"broken": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return json.RawMessage(`{"name":"` + strings.Repeat("x", 99) + `","age":3}`), nil
		},
		"panics": func(context.Context, json.RawMessage) (json.RawMessage, error) { panic("odd input") },
	}})
}

var colour = ai.MustCompile("colour", "1", []byte(`{"type":"object","required":["name"],"additionalProperties":false,"properties":{"name":{"type":"string","maxLength":10}}}`))

// models is a catalog in which the engines have one model each, "m". A token
// costs 1,000, one of an answer 5,000.
func models(engines ...ai.Provider) *catalog.Catalog {
	c := &catalog.Catalog{}
	for _, e := range engines {
		c.Providers = append(c.Providers, catalog.Provider{Name: e.Name()})
		c.Models = append(c.Models, catalog.Model{Provider: e.Name(), ID: "m", Family: "f", Context: 100_000, MaxOutput: 8192, Tools: true, AbortStopsBilling: true,
			Prices: []catalog.Price{{From: catalog.Date{Time: time.Unix(0, 0)}, Input: 1000, Output: 5000, Cached: 100}}})
	}
	return c
}

// inOrder asks the engines one after the other, and then rules.
func inOrder(engines ...ai.Provider) func(context.Context) *policy.Policy {
	var chain []policy.Candidate
	for _, e := range engines {
		if !e.Local() {
			chain = append(chain, policy.Candidate{Provider: e.Name(), Model: "m"})
		}
	}
	chain = append(chain, policy.Candidate{Provider: rules.Name})
	p := &policy.Policy{Chains: map[string][]policy.Candidate{"": chain, "fast": chain, "standard": chain}}
	return func(context.Context) *policy.Policy { return p }
}

// options are those of an exact gateway over engines.
func options(engines ...ai.Provider) router.Options {
	t := traffic.Standard()
	t.Jitter = false
	return router.Options{Providers: engines, Catalog: models(engines...), Policy: inOrder(engines...), Profile: router.Exact(),
		Traffic: traffic.New(t, nil, nil), Log: slog.New(slog.DiscardHandler)}
}

func gateway(engines ...ai.Provider) *router.Gateway { return router.New(options(engines...)) }

// what is a question that models can read.
func what() ai.Request {
	return ai.Request{Task: "colour", Class: ai.Fast, Prompt: guard.New("colour", "1", "Name the colour."), Schema: colour}
}

// which is what, and a person waits.
func which() ai.Request {
	r := what()
	r.Interactive = true
	return r
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// kinds are the kinds of the attempts, "ok" for the one that was taken.
func kinds(res ai.Response) string {
	var out []string
	for _, a := range res.Attempts {
		switch {
		case a.Error == "":
			out = append(out, a.Engine+" ok")
		default:
			out = append(out, a.Engine+" "+string(a.Kind))
		}
	}
	return strings.Join(out, ", ")
}
