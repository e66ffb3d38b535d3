// Package meter is the provider's side of the bill: what each call cost, whether
// or not its caller lived to hear it; and what a provider notices of the manners
// of its callers.
package meter

import (
	"maps"
	"slices"
	"sync"
	"time"

	"rapport/internal/ai"
)

// Line is one call on the bill.
type Line struct {
	// ID is how the provider named the call in its answer, "" where it did not
	// come to that.
	ID       string    `json:"id,omitempty"`
	Provider string    `json:"provider"`
	Model    string    `json:"model"`
	Key      string    `json:"key"`
	At       time.Time `json:"at"`
	// Outcome is "answered", "refused", "broken" where the provider or the net
	// cut it, "aborted" where the caller left, "lost" where no answer began.
	Outcome string `json:"outcome"`
	// Fault is what was made to go wrong, the ids in their order.
	Fault string   `json:"fault,omitempty"`
	Usage ai.Usage `json:"usage"`
	Nano  ai.Nano  `json:"nano"`
	// Told says that the caller was told the true usage.
	Told bool `json:"told"`
}

// Sum is the bill of one key for one model.
type Sum struct {
	Provider string         `json:"provider"`
	Model    string         `json:"model"`
	Key      string         `json:"key"`
	Calls    int            `json:"calls"`
	Outcomes map[string]int `json:"outcomes"`
	Usage    ai.Usage       `json:"usage"`
	Nano     ai.Nano        `json:"nano"`
	// Untold is the part of Nano that its caller was not told of.
	Untold ai.Nano `json:"untold_nano"`
}

type account struct{ provider, model, key string }

// kept is how many lines are kept; the sums count all.
const kept = 100_000

// Meter adds up calls. Its zero value is empty; it is safe for concurrent use.
type Meter struct {
	mu     sync.Mutex
	sums   map[account]*Sum
	lines  []Line
	faults map[string]int
}

// Add puts a call on the bill.
func (m *Meter) Add(l Line) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sums == nil {
		m.sums, m.faults = map[account]*Sum{}, map[string]int{}
	}
	key := account{l.Provider, l.Model, l.Key}
	s := m.sums[key]
	if s == nil {
		s = &Sum{Provider: l.Provider, Model: l.Model, Key: l.Key, Outcomes: map[string]int{}}
		m.sums[key] = s
	}
	s.Calls++
	s.Outcomes[l.Outcome]++
	s.Usage.Add(l.Usage)
	s.Nano += l.Nano
	if !l.Told {
		s.Untold += l.Nano
	}
	if l.Fault != "" {
		m.faults[l.Fault]++
	}
	if len(m.lines) < kept {
		m.lines = append(m.lines, l)
	}
}

// Lines lists the first 100,000 calls in the order of their ends.
func (m *Meter) Lines() []Line {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.lines)
}

// Sums lists the bills, and how often each fault happened.
func (m *Meter) Sums() (sums []Sum, faults map[string]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sums {
		c := *s
		c.Outcomes = maps.Clone(s.Outcomes)
		sums = append(sums, c)
	}
	slices.SortFunc(sums, func(a, b Sum) int {
		return slices.Compare([]string{a.Provider, a.Model, a.Key}, []string{b.Provider, b.Model, b.Key})
	})
	return sums, maps.Clone(m.faults)
}

// Total is all money.
func (m *Meter) Total() ai.Nano {
	sums, _ := m.Sums()
	var n ai.Nano
	for _, s := range sums {
		n += s.Nano
	}
	return n
}

// Used is the money of one key.
func (m *Meter) Used(provider, key string) ai.Nano {
	sums, _ := m.Sums()
	var n ai.Nano
	for _, s := range sums {
		if s.Provider == provider && s.Key == key {
			n += s.Nano
		}
	}
	return n
}
