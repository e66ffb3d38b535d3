// Package goal holds the goals that need no planning: templates whose steps are
// known, filled with what the workspace holds.
package goal

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"rapport/internal/agents/orchestrator/plan"
	"rapport/internal/ai"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Template is a goal that needs no planning: its steps are known.
type Template struct {
	Name, Title, About string
	// Schema is what its arguments must satisfy.
	Schema string
	// Needs are the agents without which it is unavailable; Wants are those
	// that would add something to it, with what that is.
	Needs []string
	Wants map[string]string
	// Lacking says why an agent that it needs is not there yet.
	Lacking string
	// words are what rules know it by in free text.
	words *regexp.Regexp
	// find looks up what the plan is about; nil where there is nothing to.
	find func(*pg.Tx, Arguments, time.Time) (Facts, error)
	// make writes the steps. It is pure.
	make func(*draft, Arguments, Facts)
}

// Arguments are what templates take; each takes some of them.
type Arguments struct {
	ContactID    string `json:"contact_id,omitempty"`
	ThreadID     string `json:"thread_id,omitempty"`
	Limit        int    `json:"limit,omitempty"`
	Days         int    `json:"days,omitempty"`
	Back         int    `json:"weeks_back,omitempty"`
	Topic        string `json:"topic,omitempty"`
	Platform     string `json:"platform,omitempty"`
	Instructions string `json:"instructions,omitempty"`
}

var schemas = sync.OnceValue(func() map[string]*ai.Schema {
	out := map[string]*ai.Schema{}
	for _, t := range Templates() {
		out[t.Name] = ai.MustCompile("goal."+t.Name, "1", []byte(t.Schema))
	}
	return out
})

// Find returns the template of a name.
func Find(name string) (Template, bool) {
	all := Templates()
	i := slices.IndexFunc(all, func(t Template) bool { return t.Name == name })
	if i < 0 {
		return Template{}, false
	}
	return all[i], true
}

// Read checks arguments and returns them; pointers name them as goal.create does.
func (t Template) Read(given map[string]any) (args Arguments, err error) {
	if given == nil {
		given = map[string]any{}
	}
	b, err := json.Marshal(given)
	if err != nil {
		return args, fmt.Errorf("encode the arguments of a goal: %w", err)
	}
	var f problem.Fields
	for _, v := range t.Compiled().Check(b) {
		f.Check(false, "/arguments"+strings.TrimSuffix(v.Pointer, "/"), "invalid", "Not what this goal takes: "+v.Rule+".")
	}
	if err := f.Err(); err != nil {
		return args, err
	}
	return args, json.Unmarshal(b, &args)
}

// Missing are the agents that it needs and nobody registered.
func (t Template) Missing(crew plan.Crew) []string {
	var out []string
	for _, name := range t.Needs {
		if _, ok := crew[name]; !ok {
			out = append(out, name)
		}
	}
	return out
}

// Reason says why it is unavailable, "" if it is not.
func (t Template) Reason(crew plan.Crew) string {
	missing := t.Missing(crew)
	if len(missing) == 0 {
		return ""
	}
	s := fmt.Sprintf("There is no agent %s here yet.", strings.Join(missing, ", "))
	if t.Lacking != "" {
		s = t.Lacking
	}
	return s
}

// Compiled is the schema of its arguments.
func (t Template) Compiled() *ai.Schema { return schemas()[t.Name] }

// Speaks reports whether free words may mean this goal.
func (t Template) Speaks(text string) bool { return t.words.MatchString(text) }

// Look reads what the plan is about.
func (t Template) Look(tx *pg.Tx, a Arguments, now time.Time) (Facts, error) {
	if t.find == nil {
		return Facts{}, nil
	}
	return t.find(tx, a, now)
}

// Plan writes the steps for the agents of crew. It is pure.
func (t Template) Plan(crew plan.Crew, a Arguments, f Facts) plan.Plan {
	d := draft{crew: crew, Plan: plan.Plan{Title: t.Title, Steps: []plan.Step{}}}
	t.make(&d, a, f)
	d.note(t.Without(crew)...)
	return d.Plan
}

// Without says what is left out because an agent is not there.
func (t Template) Without(crew plan.Crew) []string {
	var out []string
	for name, what := range t.Wants {
		if _, ok := crew[name]; !ok {
			out = append(out, fmt.Sprintf("Left out: %s. There is no agent %s here yet.", what, name))
		}
	}
	slices.Sort(out)
	return out
}

// Unavailable is the problem of whoever wants the goal while agents are missing.
func (t Template) Unavailable(missing []string) error {
	p := problem.Newf(problem.NotBuilt, "goal_unavailable", "This goal cannot be carried out here: %s is missing.", strings.Join(missing, ", "))
	if t.Lacking != "" {
		p.Detail = "This goal cannot be carried out here. " + t.Lacking
	}
	return p
}

// draft is a plan that is being written. Steps of agents that are not there are
// left out, and so is the need for them.
type draft struct {
	plan.Plan
	crew plan.Crew
}

// step adds a step and reports whether it did.
func (d *draft) step(s plan.Step) bool {
	if _, ok := d.crew[s.Agent]; !ok && s.Agent != plan.Reading {
		return false
	}
	s.Needs = slices.DeleteFunc(s.Needs, func(id string) bool {
		return !slices.ContainsFunc(d.Steps, func(have plan.Step) bool { return have.ID == id })
	})
	s.Title = plan.Clip(s.Title, 200)
	d.Steps = append(d.Steps, s)
	return true
}

func (d *draft) note(text ...string) { d.Notes = append(d.Notes, text...) }
