package router

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"rapport/internal/ai"
)

// A Meter is told of every attempt. It must be quick and safe for concurrent
// use.
type Meter interface {
	Record(task string, a ai.Attempt)
}

// Counters is a Meter in memory, since the start of the process.
type Counters struct {
	mu     sync.Mutex
	totals map[counterKey]*Stat
}

type counterKey struct{ task, engine, model string }

// Stat is what one engine did for one task.
type Stat struct {
	Task     string        `json:"task"`
	Engine   string        `json:"engine"`
	Model    string        `json:"model"`
	Calls    int64         `json:"calls"`
	Failures int64         `json:"failures"`
	Duration time.Duration `json:"duration_ns" doc:"Of all calls together."`
	ai.Usage
}

// Record counts one attempt.
func (c *Counters) Record(task string, a ai.Attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.totals == nil {
		c.totals = map[counterKey]*Stat{}
	}
	k := counterKey{task, a.Engine, a.Model}
	s := c.totals[k]
	if s == nil {
		s = &Stat{Task: task, Engine: a.Engine, Model: a.Model}
		c.totals[k] = s
	}
	s.Calls++
	if a.Error != "" {
		s.Failures++
	}
	s.Duration += a.Duration
	s.Usage.Add(a.Usage)
}

// Stats returns the counts so far, by task, engine and model.
func (c *Counters) Stats() []Stat {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Stat, 0, len(c.totals))
	for _, s := range c.totals {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Stat) int {
		return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.Engine, b.Engine), cmp.Compare(a.Model, b.Model))
	})
	return out
}
