package router

import "rapport/internal/ai"

// Candidate is an engine that may answer.
type Candidate struct {
	Provider string
	Model    string
}

// Policy is who may answer what, first choice first. A candidate whose
// provider is not configured does not count.
type Policy struct {
	Tasks   map[string][]Candidate
	Classes map[ai.Class][]Candidate // for tasks without an entry of their own
	Default []Candidate
}

func (p Policy) candidates(task string, class ai.Class) []Candidate {
	if c, ok := p.Tasks[task]; ok {
		return c
	}
	if c, ok := p.Classes[class]; ok {
		return c
	}
	return p.Default
}
