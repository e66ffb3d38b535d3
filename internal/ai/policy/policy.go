// Package policy says which engine is asked what: chains of candidates by
// class of task, as data that people can read, change and take back.
package policy

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/guard"
	"rapport/internal/platform/problem"
)

// Policy is who may answer what, first choice first.
type Policy struct {
	// Chains are candidates by name. Those named after a class serve all its
	// tasks that no rule names.
	Chains map[string][]Candidate `json:"chains" doc:"Candidates by name, first choice first. fast, extract, standard and deep are needed."`
	// Rules choose a chain for a task; the first that fits counts.
	Rules []Rule `json:"rules,omitempty" doc:"Which chain serves which task; the first that fits counts."`
	// Targets are the shares of calls that are expected, in percent by
	// provider, and Drift is from how many points away a person is told.
	Targets map[string]float64 `json:"targets,omitempty" doc:"Expected share of calls by provider, in percent. It is compared, never enforced."`
	Drift   float64            `json:"drift,omitempty" doc:"From how many points beside its target a share is a warning; 10 unless set."`
	// Redact is what no model sees of what others wrote.
	Redact guard.Redaction `json:"redact,omitzero" doc:"What is replaced in all that others wrote, before any model sees it."`
}

// Rule gives the tasks that it matches a chain.
type Rule struct {
	Task  string   `json:"task" doc:"A task such as email.triage, or all of an agent: email.*"`
	Class ai.Class `json:"class,omitempty" enum:"fast,extract,standard,deep" doc:"Only tasks of this class."`
	Chain string   `json:"chain" doc:"The name of a chain."`
}

// Candidate is an engine that may answer, or another chain in its place.
type Candidate struct {
	Chain    string    `json:"chain,omitempty" doc:"Another chain, whose candidates stand here."`
	Provider string    `json:"provider,omitempty" doc:"anthropic, gemini, openrouter, compatible or rules."`
	Model    string    `json:"model,omitempty" doc:"As the catalog names it; empty for rules, and for the model that the installation set for compatible."`
	Params   ai.Params `json:"params,omitzero"`
	// MaxCost is the most that one call may cost; 0: whatever it costs.
	MaxCost ai.Nano `json:"max_cost_nano,omitempty" doc:"The most that one call may cost, in thousand-millionths of a dollar."`
}

//go:embed policy.json
var builtIn []byte

// Default is the policy that this release was built with.
func Default() *Policy {
	p, err := Parse(builtIn, catalog.Default())
	if err != nil {
		panic(err)
	}
	return p
}

// Load reads the policy at path; "" is the default one.
func Load(path string, c *catalog.Catalog) (*Policy, error) {
	if path == "" {
		return Default(), nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the routing policy: %w", err)
	}
	p, err := Parse(text, c)
	if err != nil {
		return nil, fmt.Errorf("the routing policy %s: %w", path, listed(err))
	}
	return p, nil
}

// listed says each fault of a policy in a line, for whoever starts the server.
func listed(err error) error {
	bad, ok := errors.AsType[*problem.Error](err)
	if !ok || len(bad.Fields) == 0 {
		return err
	}
	var lines []error
	for _, f := range bad.Fields {
		line := fmt.Sprintf("%s: %s", f.Pointer, f.Message)
		if len(f.Allowed) > 0 {
			line += " Possible: " + strings.Join(f.Allowed, ", ")
		}
		lines = append(lines, errors.New(line))
	}
	return errors.Join(lines...)
}

// Parse reads a policy and checks it against the catalog.
func Parse(text []byte, c *catalog.Catalog) (*Policy, error) {
	var p Policy
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, problem.New(problem.Invalid, "bad_policy", "The routing policy is not JSON of the expected form.").Because(err)
	}
	return &p, p.Check(c)
}

// Candidates are the engines for a task, with chains in chains resolved.
func (p *Policy) Candidates(task string, class ai.Class) []Candidate {
	chain := string(class)
	for _, r := range p.Rules {
		if r.matches(task, class) {
			chain = r.Chain
			break
		}
	}
	return p.flat(nil, chain, 0)
}

func (r Rule) matches(task string, class ai.Class) bool {
	if r.Class != "" && r.Class != class {
		return false
	}
	prefix, all := strings.CutSuffix(r.Task, "*")
	return all && strings.HasPrefix(task, prefix) || task == r.Task
}

// deepest is how many chains may stand in each other; Check refuses circles.
const deepest = 8

func (p *Policy) flat(out []Candidate, chain string, depth int) []Candidate {
	if depth > deepest {
		return out
	}
	for _, c := range p.Chains[chain] {
		if c.Chain != "" {
			out = p.flat(out, c.Chain, depth+1)
			continue
		}
		if !has(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func has(list []Candidate, c Candidate) bool {
	for _, o := range list {
		if o.Provider == c.Provider && o.Model == c.Model {
			return true
		}
	}
	return false
}

// DriftPoints is Drift, or 10 where it is not set.
func (p *Policy) DriftPoints() float64 {
	if p.Drift == 0 {
		return 10
	}
	return p.Drift
}
