package plan

import (
	"cmp"
	"fmt"
	"slices"

	"rapport/internal/agents/approval"
)

// AsksFrom is the risk from which a person must allow a plan before it begins:
// the band that is called high.
const AsksFrom = 40

var risks = map[string]int{"email": 25, "content": 35, "contact": 20, Reading: 0}

const otherRisk = 30

// Risk is how much harm the plan could do. It is that of its riskiest step,
// with more for steps that reach outside, for many steps, and for a plan that
// was made of free words. What the steps do is judged again when they do it.
func (p Plan) Risk(crew Crew, free bool) approval.Risk {
	var r approval.Risk
	add := func(code string, points int, text string) {
		r.Score = min(100, r.Score+points)
		r.Factors = append(r.Factors, approval.Factor{Code: code, Points: points, Text: text})
	}
	if len(p.Steps) > 0 {
		top := slices.MaxFunc(p.Steps, func(a, b Step) int { return cmp.Compare(riskOf(a), riskOf(b)) })
		add("step", riskOf(top), fmt.Sprintf("Its riskiest step is one of the agent %s.", top.Agent))
	}
	if slices.ContainsFunc(p.Steps, func(s Step) bool { return crew[s.Agent].Outward }) {
		add("outward", 15, "A step may reach people outside; what it wants to send is asked for again.")
	}
	switch n := len(p.Steps); {
	case n > 10:
		add("many_steps", 10, fmt.Sprintf("It has %d steps.", n))
	case n > 5:
		add("many_steps", 5, fmt.Sprintf("It has %d steps.", n))
	}
	if free {
		add("free", 20, "It was planned from free words and is no template.")
	}
	return r
}

func riskOf(s Step) int {
	if n, ok := risks[s.Agent]; ok {
		return n
	}
	return otherRisk
}
