// Package plan says what a goal takes: steps of agents, some of which need the
// results of others. It only thinks: nothing here reads, writes or begins
// anything.
package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"rapport/internal/ai"
)

// The bounds of a plan. A plan at MaxDepth starts no orchestrator.
const (
	MaxSteps = 20
	MaxDepth = 2
)

// Conductor is the agent that carries out plans, as a step of one names it.
// Reading is a step that the conductor takes itself: it computes a report.
const (
	Conductor = "orchestrator"
	Reading   = "report"
)

// Plan is what is to be done for a goal.
type Plan struct {
	Title string `json:"title"`
	Steps []Step `json:"steps"`
	// Notes say what the plan leaves out and why, for people.
	Notes []string `json:"notes,omitempty"`
}

// Step is one run of an agent.
type Step struct {
	ID    string         `json:"id"`
	Agent string         `json:"agent"`
	Title string         `json:"title"`
	Input map[string]any `json:"input,omitempty"`
	// From fills fields of the input with results of steps that it needs, each
	// as "$step.field". Results pass by reference: ids and choices, never words,
	// for the words of a result may come from outside and would instruct.
	From  map[string]string `json:"from,omitempty"`
	Needs []string          `json:"needs,omitempty"`
}

// Worker is an agent that a plan may call on.
type Worker struct {
	Name    string
	Purpose string
	Input   *ai.Schema // nil takes any object
	// Outward says that it may act where others see it.
	Outward bool
}

// Crew are the agents that there are, by name.
type Crew map[string]Worker

// Fault is one thing that is wrong with a plan. It never repeats a value.
type Fault struct {
	Pointer string
	Code    string
	Message string
	Allowed []string
}

// String gives place and message, as a model is told it.
func (f Fault) String() string { return f.Pointer + ": " + f.Message }

var stepID = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Check lists what is wrong with the plan of a conductor at depth, the first
// being 1. None means that it can be carried out.
func (p Plan) Check(crew Crew, depth int) []Fault {
	c := check{plan: p, crew: crew, depth: depth, ids: map[string]bool{}}
	if len(p.Steps) == 0 {
		c.say("/steps", "empty", "A plan has at least one step.")
	}
	if len(p.Steps) > MaxSteps {
		c.say("/steps", "too_many", fmt.Sprintf("A plan has at most %d steps.", MaxSteps))
		return c.faults // and would only repeat itself
	}
	for _, s := range p.Steps {
		c.ids[s.ID] = true
	}
	seen := map[string]bool{}
	for i, s := range p.Steps {
		at := fmt.Sprintf("/steps/%d", i)
		if !stepID.MatchString(s.ID) || seen[s.ID] {
			c.say(at+"/id", "bad_id", "The id of a step is its own: small letters, digits and _, at most 40.")
		}
		seen[s.ID] = true
		c.step(at, s)
	}
	if circle := p.circle(); len(circle) > 0 {
		c.say("/steps", "cycle", "Steps wait for each other in a circle: "+strings.Join(circle, ", ")+".")
	}
	return c.faults
}

type check struct {
	plan   Plan
	crew   Crew
	depth  int
	ids    map[string]bool
	faults []Fault
}

func (c *check) say(pointer, code, message string, allowed ...string) {
	c.faults = append(c.faults, Fault{pointer, code, message, allowed})
}

func (c *check) step(at string, s Step) {
	if s.Title == "" || len([]rune(s.Title)) > 200 {
		c.say(at+"/title", "bad_title", "A step has a title of at most 200 characters.")
	}
	for i, n := range s.Needs {
		if !c.ids[n] || n == s.ID || slices.Index(s.Needs, n) < i {
			c.say(fmt.Sprintf("%s/needs/%d", at, i), "unknown_step", "A step needs other steps of the plan, each once.")
		}
	}
	for _, field := range slices.Sorted(maps.Keys(s.From)) {
		step, _, ok := Reference(s.From[field])
		if !ok || !slices.Contains(s.Needs, step) {
			c.say(at+"/from/"+field, "unknown_reference", "A reference is $step.field, of a step that is needed.")
		}
	}
	if s.Agent == Reading {
		return
	}
	if s.Agent == Conductor && c.depth >= MaxDepth {
		c.say(at+"/agent", "too_deep", fmt.Sprintf("Plans within plans go %d deep.", MaxDepth))
		return
	}
	w, ok := c.crew[s.Agent]
	if !ok {
		c.say(at+"/agent", "unknown_agent", "There is no such agent.", slices.Sorted(maps.Keys(c.crew))...)
		return
	}
	c.input(at, s, w)
}

// input checks what the agent is given; what comes from other steps is there
// as the least that its place takes.
func (c *check) input(at string, s Step, w Worker) {
	if w.Input == nil {
		return
	}
	given := maps.Clone(s.Input)
	if given == nil {
		given = map[string]any{}
	}
	fields := Fields(w.Input)
	for _, name := range slices.Sorted(maps.Keys(s.From)) {
		sample := fields[name].sample()
		if sample == nil {
			c.say(at+"/from/"+name, "not_a_reference", "Only ids and choices are filled from results.")
			return
		}
		given[name] = sample
	}
	b, err := json.Marshal(given)
	if err != nil {
		c.say(at+"/input", "not_json", "The input is a JSON object.")
		return
	}
	for _, v := range w.Input.Check(b) {
		c.say(at+"/input"+strings.TrimSuffix(v.Pointer, "/"), "bad_input", "Not what the agent takes: "+v.Rule+".")
	}
}

// circle names the steps that can never begin; none if all can.
func (p Plan) circle() []string {
	var left []string
	for _, s := range p.Steps {
		left = append(left, s.ID)
	}
	for {
		n := len(left)
		for _, s := range p.Steps {
			waits := slices.ContainsFunc(s.Needs, func(id string) bool { return slices.Contains(left, id) })
			if !waits {
				left = slices.DeleteFunc(left, func(id string) bool { return id == s.ID })
			}
		}
		if len(left) == 0 || len(left) == n {
			return left
		}
	}
}

// Level is how many steps come before each, one after the other, by id: those
// of one level may run side by side. The plan has no circle.
func (p Plan) Level() map[string]int {
	level := map[string]int{}
	for range p.Steps {
		for _, s := range p.Steps {
			for _, n := range s.Needs {
				level[s.ID] = max(level[s.ID], level[n]+1)
			}
		}
	}
	return level
}
