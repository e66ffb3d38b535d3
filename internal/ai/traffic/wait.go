package traffic

import (
	"context"
	"errors"
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

// ErrLate says that a wait would not end in time.
var ErrLate = errors.New("closed beyond the deadline")

// Wait returns a permit for the first of claims that is admitted, and which it
// is. People are served before background, workspaces that hold less before
// those that hold more, and then who came first. It fails with ErrLate as soon
// as all of them are known to be closed beyond ctx's deadline.
func (t *Traffic) Wait(ctx context.Context, claims ...Claim) (*Permit, int, error) {
	w := &waiter{claims: claims, granted: make(chan struct{})}
	deadline, bounded := ctx.Deadline()
	due := t.enqueue(w)
	timer := time.NewTimer(due.next)
	defer timer.Stop()
	for {
		if due.all && bounded && time.Now().Add(due.next).After(deadline) {
			return t.leave(w, ErrLate)
		}
		var opens <-chan time.Time
		if due.known {
			opens = timer.C
		}
		select {
		case <-w.granted:
			return w.permit, w.which, nil
		case <-ctx.Done():
			return t.leave(w, ctx.Err())
		case <-opens:
		}
		due = t.poll(w)
		timer.Reset(due.next)
	}
}

// opening is when the first of a waiter's lanes opens by itself: whether that
// is known of one, and whether of all.
type opening struct {
	next       time.Duration
	known, all bool
}

func (t *Traffic) enqueue(w *waiter) opening {
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

// leave takes w out of its queues, with the permit that it was given meanwhile
// or with err.
func (t *Traffic) leave(w *waiter, err error) (*Permit, int, error) {
	t.mu.Lock()
	t.forget(w)
	t.mu.Unlock()
	if w.permit != nil {
		return w.permit, w.which, nil
	}
	return nil, 0, err
}

func (t *Traffic) forget(w *waiter) {
	for _, l := range w.lanes {
		l.house.waiting = slices.DeleteFunc(l.house.waiting, func(o *waiter) bool { return o == w })
	}
}

// poll serves the queues that w stands in, and tells when gates and breakers in
// its way open by themselves.
func (t *Traffic) poll(w *waiter) opening {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for _, l := range w.lanes {
		if w.permit != nil {
			return opening{}
		}
		t.dispatch(l.house, now)
	}
	due := opening{all: w.permit == nil}
	for i, l := range w.lanes {
		r := t.check(l, w.claims[i], now)
		switch {
		case r.Guessed || r.Open(): // woken by who leaves
			due.all = false
		case !due.known || r.Wait < due.next:
			due.next, due.known = r.Wait, true
		}
	}
	return due
}

// dispatch lets in who waits for h, the first first, as long as there is room.
func (t *Traffic) dispatch(h *house, now time.Time) {
	for len(h.waiting) > 0 && h.inFlight < t.profile.Concurrent {
		t.round++
		var best *waiter
		var which, rank int
		for _, w := range h.waiting {
			if r := w.rank(h); best == nil || r < rank {
				if i := t.admissible(w, h, now); i >= 0 {
					best, which, rank = w, i, r
				}
			}
		}
		if best == nil {
			return
		}
		t.forget(best)
		best.permit, best.which = t.admit(best.lanes[which], best.claims[which], now), which
		close(best.granted)
	}
}

// admissible returns the first lane of h that takes w, or less than 0.
func (t *Traffic) admissible(w *waiter, h *house, now time.Time) int {
	for i, l := range w.lanes {
		if l.house != h || l.barred == t.round {
			continue
		}
		if !t.barred(l, now).Open() {
			l.barred = t.round // for everybody
			continue
		}
		if t.room(l, w.claims[i]).Open() {
			return i
		}
	}
	return -1
}

// rank is the place in the queue: people first, then who holds less.
func (w *waiter) rank(h *house) int {
	r := h.workspaces[w.claims[0].Workspace]
	if !w.claims[0].Interactive {
		r += 1 << 20
	}
	return r
}
