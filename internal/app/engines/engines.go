// Package engines puts the way to a model together: providers, keys, routing,
// money, the page about it, and what rules answer.
package engines

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	people "rapport/internal/agents/contact"
	about "rapport/internal/agents/contact/prompt"
	writing "rapport/internal/agents/content/prompt"
	"rapport/internal/agents/content/stencil"
	"rapport/internal/agents/email"
	"rapport/internal/agents/email/prompt"
	"rapport/internal/agents/email/reply"
	"rapport/internal/agents/orchestrator"
	"rapport/internal/ai"
	"rapport/internal/ai/budget"
	"rapport/internal/ai/catalog"
	aicheck "rapport/internal/ai/check"
	"rapport/internal/ai/console"
	"rapport/internal/ai/console/answers"
	"rapport/internal/ai/console/keys"
	"rapport/internal/ai/console/policies"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/ledger"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/provider/anthropic"
	"rapport/internal/ai/provider/gemini"
	"rapport/internal/ai/provider/openrouter"
	"rapport/internal/ai/provider/rules"
	"rapport/internal/ai/router"
	"rapport/internal/ai/sim"
	"rapport/internal/ai/sim/content"
	"rapport/internal/ai/traffic"
	"rapport/internal/ai/wire"
	"rapport/internal/api/op"
	"rapport/internal/platform/metric"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/secret"
)

// Engines is the way to a model with everything that stands beside it.
type Engines struct {
	Gateway  *router.Gateway
	parts    Parts
	lanes    *traffic.Traffic
	purse    *budget.Purse
	ledger   *ledger.Ledger
	keys     *keys.Service
	policies *policies.Service
	console  *console.Service
	check    *aicheck.Service
}

// Parts are what it works with.
type Parts struct {
	DB      *pg.DB
	Secrets *secret.Keyring
	Log     *slog.Logger
	Metrics *metric.Metrics // nil: attempts are not counted
}

// New builds the gateway. Without a vendor's key the rules are the engine.
func New(c Config, p Parts) (*Engines, error) {
	known, err := catalog.Load(c.Catalog)
	if err != nil {
		return nil, err
	}
	routing, err := policy.Load(c.Policy, known)
	if err != nil {
		return nil, err
	}
	vendors, err := c.providers(known)
	if err != nil {
		return nil, err
	}
	m := &Engines{
		parts: p,
		purse: budget.New(p.DB, budget.Options{Daily: nano(c.AIDaily), Monthly: nano(c.AIMonthly), PerRun: nano(c.AIPerRun),
			Allowance: ai.Dollar / 10, Tell: p.tellBudget, Log: p.Log}),
		ledger:   ledger.New(p.DB, p.Log),
		keys:     keys.New(p.DB, p.Secrets, c.keys(), p.Log),
		policies: policies.New(p.DB, known, policies.Base{Policy: routing, File: c.Policy != ""}, p.Log),
	}
	m.lanes = traffic.New(traffic.Standard(), answers.NewClosures(p.DB), p.Log)
	m.Gateway = router.New(router.Options{Providers: vendors, Policy: m.policies.Policy, Catalog: known, Keys: m.keys, Purse: m.purse,
		Book: measured(m.ledger, p.Metrics), Cache: answers.New(p.DB, p.Log), Traffic: m.lanes, Log: p.Log})
	m.console = console.New(console.Parts{DB: p.DB, Gateway: m.Gateway, Catalog: known, Policy: m.policies.Policy, Keys: m.keys.Keys,
		Traffic: m.lanes.State, Simulated: c.AI == "sim", Daily: nano(c.AIDaily), Monthly: nano(c.AIMonthly)})
	m.check = aicheck.New(aicheck.Parts{Providers: vendors, Keys: m.keys.Keys, Policy: m.policies.Policy, Variables: c.variables(), Simulated: c.AI == "sim"})
	return m, nil
}

// Ops lists the operations about models.
func (m *Engines) Ops() []op.Operation {
	return slices.Concat(m.console.Ops(), m.check.Ops(), m.policies.Ops(), m.keys.Ops())
}

// variables are those of the environment that make a provider configured.
func (c Config) variables() map[string]string {
	out := map[string]string{}
	for _, v := range c.vendors() {
		out[v.name] = v.variable
		if v.name == openrouter.Compatible {
			out[v.name] = v.address
		}
	}
	return out
}

// ruleSets are the questions that rules can answer.
func ruleSets() []rules.Set {
	return []rules.Set{
		{Version: email.RulesVersion, Tasks: email.RulesTasks()},
		{Version: orchestrator.RulesVersion, Tasks: orchestrator.RulesTasks()},
		{Version: reply.RulesVersion, Tasks: reply.RulesTasks()},
		{Version: people.RulesVersion, Tasks: people.RulesTasks()},
		{Version: stencil.Version, Tasks: stencil.Tasks()},
		{Version: console.RulesVersion, Tasks: console.RulesTasks()},
	}
}

// RulesTasks are the same, by name.
func RulesTasks() map[string]rules.Task {
	all := map[string]rules.Task{}
	for _, set := range ruleSets() {
		maps.Copy(all, set.Tasks)
	}
	return all
}

// providers are all engines, whether they have keys or not: a workspace may
// bring its own.
func (c Config) providers(known *catalog.Catalog) ([]ai.Provider, error) {
	out := []ai.Provider{rules.New(ruleSets()...)}
	if c.AI == "off" {
		return out, nil
	}
	way, err := c.carrier(known)
	if err != nil {
		return nil, err
	}
	return append(out, anthropic.New(way, c.AnthropicURL), gemini.New(way, c.GeminiURL, known), openrouter.New(way, c.OpenRouterURL, known),
		openrouter.NewCompatible(way, c.CompatibleURL, c.CompatibleModel)), nil
}

// carrier is what calls go by: the network, or a simulation within the process.
func (c Config) carrier(known *catalog.Catalog) (*wire.Transport, error) {
	if c.AI != "sim" {
		w := ways{operator: map[string]bool{}, inner: wire.Shared(wire.Guard{Loopback: true, Private: true}), public: wire.Shared(wire.Guard{})}
		for _, v := range c.vendors() {
			if u, err := url.Parse(v.url); err == nil && u.Host != "" {
				w.operator[u.Host] = true
			}
		}
		return wire.New(w), nil
	}
	played, err := sim.New(sim.Options{Seed: 1, Scale: 1, Brain: brain,
		Prices: func(provider, model string, at time.Time, u ai.Usage) ai.Nano {
			n, _ := known.Cost(provider, model, u, at)
			return n
		}})
	return wire.New(played), err
}

// ways lets calls into the inner network only to the hosts that the operator
// named: an address that a workspace gives with its key is public or nowhere.
type ways struct {
	operator      map[string]bool
	inner, public http.RoundTripper
}

// RoundTrip sends r its way.
func (w ways) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.operator[r.URL.Host] {
		return w.inner.RoundTrip(r)
	}
	return w.public.RoundTrip(r)
}

// brain has the simulated models know what rules know.
func brain(q content.Question) (json.RawMessage, bool) {
	if answer, ok := orchestrator.Brain(q.Name, q.User); ok {
		return answer, true
	}
	sections := guard.Sections(q.User)
	for _, knows := range []func(string, map[string]string) (json.RawMessage, bool){about.Brain, reply.Brain, writing.Brain, prompt.Brain} {
		if answer, ok := knows(q.Name, sections); ok {
			return answer, true
		}
	}
	return nil, false
}
