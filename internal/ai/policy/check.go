package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/platform/problem"
)

const (
	maxChains     = 50
	maxCandidates = 8
	maxRules      = 200
	maxNames      = 200
)

// rules is the provider that is part of Rapport.
const rules = "rules"

// Check reports everything that is wrong with p: chains that are missing or
// stand in themselves, models that are not in the catalog, and what a model is
// asked that it cannot do.
func (p *Policy) Check(c *catalog.Catalog) error {
	var f problem.Fields
	f.Check(len(p.Chains) <= maxChains, "/chains", "too_many", "At most 50 chains.")
	f.Check(len(p.Rules) <= maxRules, "/rules", "too_many", "At most 200 rules.")
	for _, class := range ai.Classes() {
		f.Check(len(p.Chains[string(class)]) > 0, "/chains/"+string(class), "missing", "Each class of tasks needs a chain.")
	}
	for _, name := range slices.Sorted(maps.Keys(p.Chains)) {
		p.checkChain(&f, name, c)
	}
	for i, r := range p.Rules {
		at := fmt.Sprintf("/rules/%d", i)
		_, ok := p.Chains[r.Chain]
		f.Check(ok, at+"/chain", "unknown", "There is no chain of this name.", slices.Sorted(maps.Keys(p.Chains))...)
		f.Check(r.Task != "", at+"/task", "missing", "Name a task, or all with *.")
		f.Check(r.Class == "" || slices.Contains(ai.Classes(), r.Class), at+"/class", "unknown", "There is no such class.", "fast", "extract", "standard", "deep")
	}
	p.checkTargets(&f, c)
	f.Check(len(p.Redact.Names) <= maxNames, "/redact/names", "too_many", "At most 200 names.")
	for i, n := range p.Redact.Names {
		size := len(strings.TrimSpace(n))
		f.Check(size >= 2 && size <= 100, fmt.Sprintf("/redact/names/%d", i), "length", "A name has 2 to 100 characters.")
	}
	return f.Err()
}

func (p *Policy) checkChain(f *problem.Fields, name string, cat *catalog.Catalog) {
	chain := p.Chains[name]
	f.Check(len(chain) <= maxCandidates, "/chains/"+name, "too_many", "At most 8 candidates.")
	for i, c := range chain {
		at := fmt.Sprintf("/chains/%s/%d", name, i)
		if c.Chain != "" {
			_, ok := p.Chains[c.Chain]
			f.Check(ok, at+"/chain", "unknown", "There is no chain of this name.", slices.Sorted(maps.Keys(p.Chains))...)
			f.Check(!p.reaches(c.Chain, name, nil), at+"/chain", "circular", "This chain stands in itself.")
			f.Check(c.Provider == "" && c.Model == "", at, "ambiguous", "Name a chain, or a provider and a model.")
			continue
		}
		checkCandidate(f, at, c, cat)
		f.Check(c.Provider != rules || i == len(chain)-1, at, "unreachable", "Rules always answer: what stands behind them is never asked.")
	}
}

// reaches reports whether chain from leads to chain to.
func (p *Policy) reaches(from, to string, seen []string) bool {
	if from == to {
		return true
	}
	if slices.Contains(seen, from) {
		return false
	}
	for _, c := range p.Chains[from] {
		if c.Chain != "" && p.reaches(c.Chain, to, append(seen, from)) {
			return true
		}
	}
	return false
}

func checkCandidate(f *problem.Fields, at string, c Candidate, cat *catalog.Catalog) {
	if c.Provider == rules {
		f.Check(c.Model == "" && c.Params == ai.Params{}, at, "unexpected", "Rules have no model and no parameters.")
		return
	}
	who, ok := cat.Provider(c.Provider)
	f.Check(ok, at+"/provider", "unknown", "There is no such provider.", providers(cat)...)
	if !ok || who.Free && c.Model == "" {
		return
	}
	m, ok := cat.Model(c.Provider, c.Model)
	f.Check(ok, at+"/model", "unknown", "The catalog has no such model of this provider.", models(cat, c.Provider)...)
	if !ok {
		return
	}
	checkParams(f, at+"/params", c.Params, m)
	f.Check(c.MaxCost >= 0, at+"/max_cost_nano", "too_small", "A price cap is not negative.")
}

func checkParams(f *problem.Fields, at string, p ai.Params, m *catalog.Model) {
	f.Check(p.MaxTokens >= 0 && p.MaxTokens <= m.MaxOutput, at+"/max_tokens", "out_of_range", fmt.Sprintf("This model answers with at most %d tokens.", m.MaxOutput))
	efforts := []ai.Effort{"", ai.NoThinking, ai.LowEffort, ai.MidEffort, ai.HighEffort}
	f.Check(slices.Contains(efforts, p.Effort), at+"/effort", "unknown", "There is no such effort.", "none", "low", "medium", "high")
	thinks := p.Effort != "" && p.Effort != ai.NoThinking
	f.Check(!thinks || m.Thinking != catalog.None, at+"/effort", "unsupported", "This model cannot think before it answers.")
	f.Check(p.Effort != ai.NoThinking || m.Thinking != catalog.Always && !m.NoMinimalThinking, at+"/effort", "unsupported", "This model always thinks.")
	if p.Temperature != nil {
		f.Check(!m.FixedSampling, at+"/temperature", "unsupported", "This model takes no temperature.")
		f.Check(!thinks, at+"/temperature", "unsupported", "A model that thinks takes no temperature.")
		f.Check(*p.Temperature >= 0 && *p.Temperature <= 2, at+"/temperature", "out_of_range", "A temperature is between 0 and 2.")
	}
	f.Check(p.Cache == "" || p.Cache == "5m" || p.Cache == "1h", at+"/cache", "unknown", "A prompt is kept for 5m or 1h.", "5m", "1h")
	f.Check(p.Cache == "" || m.Cache, at+"/cache", "unsupported", "This model cannot keep a prompt on request.")
}

func (p *Policy) checkTargets(f *problem.Fields, c *catalog.Catalog) {
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(p.Targets)) {
		share := p.Targets[name]
		_, ok := c.Provider(name)
		f.Check(ok, "/targets/"+name, "unknown", "There is no such provider.", providers(c)...)
		f.Check(share >= 0 && share <= 100, "/targets/"+name, "out_of_range", "A share is between 0 and 100 percent.")
		sum += share
	}
	f.Check(sum <= 100.001, "/targets", "out_of_range", "The shares are more than 100 percent together.")
	f.Check(p.Drift >= 0 && p.Drift <= 100, "/drift", "out_of_range", "A drift is between 0 and 100 points.")
}

func providers(c *catalog.Catalog) []string {
	out := []string{rules}
	for _, p := range c.Providers {
		out = append(out, p.Name)
	}
	return out
}

func models(c *catalog.Catalog, provider string) []string {
	var out []string
	for _, m := range c.Models {
		if m.Provider == provider {
			out = append(out, m.ID)
		}
	}
	return out
}
