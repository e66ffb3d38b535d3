package traffic

import (
	"context"
	"slices"
	"time"
)

// waiter is a call that waits for one of several lanes.
type waiter struct {
	claims  []Claim
	lanes   []*lane
	granted chan struct{} // closed when permit is set
	permit  *Permit
	which   int
}

// Wait returns a permit for the first of claims that is admitted, and which it
// is. People are served before background, workspaces that hold less before
// those that hold more, and then who came first.
func (t *Traffic) Wait(ctx context.Context, claims ...Claim) (*Permit, int, error) {
	w := &waiter{claims: claims, granted: make(chan struct{})}
	next, known := t.enqueue(w)
	defer t.dequeue(w)
	timer := time.NewTimer(next)
	defer timer.Stop()
	for {
		var due <-chan time.Time
		if known {
			due = timer.C
		}
		select {
		case <-w.granted:
			return w.permit, w.which, nil
		case <-ctx.Done():
			t.dequeue(w)
			if w.permit != nil {
				w.permit.Release()
			}
			return nil, 0, ctx.Err()
		case <-due:
		}
		next, known = t.poll(w)
		timer.Reset(next)
	}
}

func (t *Traffic) enqueue(w *waiter) (next time.Duration, known bool) {
	t.mu.Lock()
	for _, c := range w.claims {
		l := t.lane(c.Lane)
		w.lanes = append(w.lanes, l)
		if !slices.Contains(l.house.waiting, w) {
			l.house.waiting = append(l.house.waiting, w)
		}
	}
	t.mu.Unlock()
	return t.poll(w)
}

func (t *Traffic) dequeue(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(w)
}

func (t *Traffic) forget(w *waiter) {
	for _, l := range w.lanes {
		l.house.waiting = slices.DeleteFunc(l.house.waiting, func(o *waiter) bool { return o == w })
	}
}

// poll serves the queues that w stands in, and tells when a gate or breaker in
// its way opens by itself, if one does.
func (t *Traffic) poll(w *waiter) (next time.Duration, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for _, l := range w.lanes {
		if w.permit != nil {
			return 0, false
		}
		t.dispatch(l.house, now)
	}
	for i, l := range w.lanes {
		r := t.check(l, w.claims[i], now)
		if !r.Guessed && !r.Open() && (!known || r.Wait < next) {
			next, known = r.Wait, true
		}
	}
	return next, known
}

// dispatch lets in who waits for h, the first first, as long as there is room.
func (t *Traffic) dispatch(h *house, now time.Time) {
	if len(h.waiting) > 1 {
		slices.SortStableFunc(h.waiting, func(a, b *waiter) int { return a.rank(h) - b.rank(h) })
	}
	for i := 0; i < len(h.waiting); {
		w := h.waiting[i]
		if !t.grant(w, h, now) {
			i++
			continue
		}
		t.forget(w)
		close(w.granted)
		t.dispatch(h, now) // ranks have changed
		return
	}
}

func (t *Traffic) grant(w *waiter, h *house, now time.Time) bool {
	for i, l := range w.lanes {
		if l.house != h || !t.check(l, w.claims[i], now).Open() {
			continue
		}
		w.permit, w.which = t.admit(l, w.claims[i], now), i
		return true
	}
	return false
}

func (w *waiter) rank(h *house) int {
	r := h.workspaces[w.claims[0].Workspace]
	if !w.claims[0].Interactive {
		r += 1 << 20
	}
	return r
}
