package traffic

import (
	"context"
	"time"

	"rapport/internal/ai"
)

// Closures keeps closures where other replicas see them.
type Closures interface {
	// Load lists those that have not ended.
	Load(ctx context.Context) ([]Closure, error)
	// Save keeps c in place of what was known of its lane; an Until of zero
	// ends it.
	Save(ctx context.Context, c Closure) error
}

// Closure is a gate that stays closed for long: a quota of the day, an empty
// account, a refused key.
type Closure struct {
	Lane
	Until time.Time `json:"until"`
	Why   string    `json:"why"`
	Kind  ai.Kind   `json:"kind"`
}

// Refresh takes over the closures that other replicas learned of, and drops
// those that they saw end.
func (t *Traffic) Refresh(ctx context.Context) error {
	if t.closures == nil {
		return nil
	}
	list, err := t.closures.Load(ctx)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now, known := time.Now(), map[Lane]bool{}
	for _, c := range list {
		known[c.Lane] = true
		if g := t.gate(c.Lane); !g.long && now.Before(c.Until) {
			g.close(now, c.Until, c.Why, c.Kind)
			g.long, g.probe = true, now.Add(t.profile.Probe)
		}
	}
	for at, g := range t.gates {
		if g.long && !known[at] {
			g.until, g.long = now, false
		}
	}
	for _, h := range t.houses {
		t.dispatch(h, now)
	}
	return nil
}

// share tells other replicas. They learn it by themselves where that fails.
func (t *Traffic) share(c Closure) {
	if t.closures == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := t.closures.Save(ctx, c); err != nil {
		t.log.WarnContext(ctx, "an AI closure was not shared", "provider", c.Provider, "kind", c.Kind, "error", err)
	}
}
