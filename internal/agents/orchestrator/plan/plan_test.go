package plan

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"rapport/internal/ai"
)

const contactInput = `{"type": "object", "additionalProperties": false, "required": ["contact_id"],
	"properties": {"contact_id": {"type": "string", "format": "uuid"}, "deep": {"type": "boolean"}, "kind": {"type": "string", "enum": ["a", "b"]}, "instructions": {"type": "string"}}}`

const someone = "0190d6a0-0000-7000-8000-000000000001"

func crew() Crew {
	return Crew{
		"contact": {Name: "contact", Input: ai.MustCompile("contact", "1", []byte(contactInput))},
		"content": {Name: "content", Outward: true},
		Conductor: {Name: Conductor},
		"email":   {Name: "email"},
	}
}

func step(id string, needs ...string) Step {
	return Step{ID: id, Agent: "email", Title: "Do " + id, Needs: needs}
}

func codes(faults []Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, f.Pointer+" "+f.Code)
	}
	return out
}

func TestWhatIsWrongWithAPlanIsPointedAt(t *testing.T) {
	t.Parallel()
	assess := Step{ID: "assess", Agent: "contact", Title: "Assess", Input: map[string]any{"contact_id": someone}}
	many := make([]Step, MaxSteps+1)
	for i := range many {
		many[i] = step(fmt.Sprintf("s%d", i))
	}
	with := func(change func(*Step)) Step { s := assess; change(&s); return s }
	for name, tc := range map[string]struct {
		steps []Step
		depth int
		want  []string
	}{
		"a good plan":                {steps: []Step{assess, step("write", "assess"), step("mail", "write", "assess")}},
		"nothing to do":              {want: []string{"/steps empty"}},
		"too many steps":             {steps: many, want: []string{"/steps too_many"}},
		"an unknown agent":           {steps: []Step{{ID: "a", Agent: "nobody", Title: "A"}}, want: []string{"/steps/0/agent unknown_agent"}},
		"a circle of two":            {steps: []Step{step("a", "b"), step("b", "a")}, want: []string{"/steps cycle"}},
		"a step that needs itself":   {steps: []Step{step("a", "a")}, want: []string{"/steps/0/needs/0 unknown_step", "/steps cycle"}},
		"a step that is not there":   {steps: []Step{step("a", "b")}, want: []string{"/steps/0/needs/0 unknown_step"}},
		"two steps of one id":        {steps: []Step{step("a"), step("a")}, want: []string{"/steps/1/id bad_id"}},
		"a step without a title":     {steps: []Step{{ID: "a", Agent: "email"}}, want: []string{"/steps/0/title bad_title"}},
		"an input that is not taken": {steps: []Step{with(func(s *Step) { s.Input = map[string]any{"contact_id": "me"} })}, want: []string{"/steps/0/input/contact_id bad_input"}},
		"a missing input":            {steps: []Step{with(func(s *Step) { s.Input = nil })}, want: []string{"/steps/0/input bad_input"}},
		"a plan in a plan":           {steps: []Step{{ID: "a", Agent: Conductor, Title: "A"}}, depth: 1},
		"a plan too deep":            {steps: []Step{{ID: "a", Agent: Conductor, Title: "A"}}, depth: 2, want: []string{"/steps/0/agent too_deep"}},
		"an id from a result": {steps: []Step{step("find"), with(func(s *Step) {
			s.Input, s.From, s.Needs = nil, map[string]string{"contact_id": "$find.contact_id"}, []string{"find"}
		})}},
		"a result that is not needed": {steps: []Step{step("find"), with(func(s *Step) { s.From = map[string]string{"kind": "$find.kind"} })},
			want: []string{"/steps/1/from/kind unknown_reference"}},
		"a reference that is none": {steps: []Step{step("find"), with(func(s *Step) { s.Needs, s.From = []string{"find"}, map[string]string{"kind": "find.kind"} })},
			want: []string{"/steps/1/from/kind unknown_reference"}},
		"words of a result that would instruct": {steps: []Step{step("find"), with(func(s *Step) {
			s.Needs, s.From = []string{"find"}, map[string]string{"instructions": "$find.summary"}
		})}, want: []string{"/steps/1/from/instructions not_a_reference"}},
	} {
		if got := codes(Plan{Title: name, Steps: tc.steps}.Check(crew(), max(1, tc.depth))); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// Whatever arrows are drawn between steps: either there is a circle, or each
// step comes after those that it needs.
func TestAPlanWithoutACircleHasAnOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	circles := 0
	for range 2000 {
		p := Plan{Title: "any"}
		n := 1 + r.IntN(MaxSteps)
		for i := range n {
			s := step(fmt.Sprintf("s%d", i))
			for range r.IntN(3) {
				if need := fmt.Sprintf("s%d", r.IntN(n)); need != s.ID && !slices.Contains(s.Needs, need) {
					s.Needs = append(s.Needs, need)
				}
			}
			p.Steps = append(p.Steps, s)
		}
		if faults := p.Check(crew(), 1); len(faults) > 0 {
			circles++
			continue
		}
		level := p.Level()
		for _, s := range p.Steps {
			for _, need := range s.Needs {
				if level[need] >= level[s.ID] {
					t.Fatalf("%s of level %d needs %s of level %d: %v", s.ID, level[s.ID], need, level[need], p)
				}
			}
		}
	}
	if circles == 0 || circles == 2000 {
		t.Errorf("%d of 2000 plans had a circle; want some", circles)
	}
}

func TestResultsPassByReference(t *testing.T) {
	t.Parallel()
	s := Step{Input: map[string]any{"kind": "follow_up"}, From: map[string]string{"contact_id": "$assess.contact"}}
	got, err := s.Fill(map[string]json.RawMessage{"assess": json.RawMessage(`{"contact": "c1"}`)})
	if err != nil || got["contact_id"] != "c1" || got["kind"] != "follow_up" || len(s.Input) != 1 {
		t.Errorf("Fill() = %v, %v; the step's own input is %v", got, err, s.Input)
	}
	for _, result := range []string{`{}`, `{"contact": null}`, `[]`, ``} {
		if got, err := s.Fill(map[string]json.RawMessage{"assess": json.RawMessage(result)}); err == nil {
			t.Errorf("Fill() of %q = %v, want an error", result, got)
		}
	}
}

func TestARiskIsThatOfTheRiskiestStepAndMore(t *testing.T) {
	t.Parallel()
	contact := Step{ID: "a", Agent: "contact", Title: "A"}
	content := Step{ID: "b", Agent: "content", Title: "B"}
	other := Step{ID: "c", Agent: Conductor, Title: "C"}
	six := []Step{contact, contact, contact, contact, contact, contact}
	for name, tc := range map[string]struct {
		steps []Step
		free  bool
		want  int
	}{
		"nothing":                 {want: 0},
		"a look at a contact":     {steps: []Step{contact}, want: 20},
		"a draft that may go out": {steps: []Step{contact, content}, want: 50},
		"another agent":           {steps: []Step{other}, want: 30},
		"mail":                    {steps: []Step{step("m")}, want: 25},
		"many":                    {steps: six, want: 25},
		"free":                    {steps: []Step{contact}, free: true, want: 40},
		"a report":                {steps: []Step{{ID: "r", Agent: Reading, Title: "R"}}, want: 0},
	} {
		if got := (Plan{Steps: tc.steps}).Risk(crew(), tc.free); got.Score != tc.want {
			t.Errorf("%s: %d of %v, want %d", name, got.Score, got.Factors, tc.want)
		}
	}
}
