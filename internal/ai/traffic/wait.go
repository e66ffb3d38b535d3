package traffic

import (
	"context"
	"errors"
	"slices"
	"time"
)

// waiter is a call that waits for one of several lanes.
type waiter struct {
	claims   []Claim
	lanes    []*lane
	deadline time.Time     // zero: none
	over     chan struct{} // closed when permit or late is set
	permit   *Permit
	which    int
	late     bool
}

// ErrLate says that a wait would not end in time.
var ErrLate = errors.New("closed beyond the deadline")

// Wait returns a permit for the first of claims that is admitted, and which it
// is. People are served before background, workspaces that hold less before
// those that hold more, and then who came first. It fails with ErrLate as soon
// as all of them are known to be closed beyond ctx's deadline.
func (t *Traffic) Wait(ctx context.Context, claims ...Claim) (*Permit, int, error) {
	w := &waiter{claims: claims, over: make(chan struct{})}
	w.deadline, _ = ctx.Deadline()
	t.enqueue(w)
	select {
	case <-w.over:
	case <-ctx.Done():
	}
	t.leave(w)
	switch {
	case w.permit != nil && ctx.Err() != nil:
		w.permit.Release()
		return nil, 0, ctx.Err()
	case w.permit != nil:
		return w.permit, w.which, nil
	case w.late:
		return nil, 0, ErrLate
	}
	return nil, 0, ctx.Err()
}

func (t *Traffic) enqueue(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range w.claims {
		l := t.lane(c.Lane)
		w.lanes = append(w.lanes, l)
		if !slices.Contains(l.house.waiting, w) {
			l.house.waiting = append(l.house.waiting, w)
			l.house.count(c.Interactive, 1)
		}
	}
	now := time.Now()
	for _, l := range w.lanes {
		t.dispatch(l.house, now)
	}
}

func (t *Traffic) leave(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(w)
	for _, l := range w.lanes {
		if len(l.house.waiting) == 0 && l.house.alarm != nil {
			l.house.alarm.Stop() // nobody is left to be woken
		}
	}
}

func (t *Traffic) forget(w *waiter) {
	for _, l := range w.lanes {
		if i := slices.Index(l.house.waiting, w); i >= 0 {
			l.house.waiting = slices.Delete(l.house.waiting, i, i+1)
			l.house.count(w.claims[0].Interactive, -1)
		}
	}
}

func (h *house) count(person bool, n int) {
	if person {
		h.people += n
	}
}

// dispatch lets in who waits for h, the first first, as long as there is room;
// who cannot be let in before the deadline is sent away. It is called again
// when the first of h's lanes opens by itself.
func (t *Traffic) dispatch(h *house, now time.Time) {
	for len(h.waiting) > 0 {
		t.round++
		var best, late *waiter
		var which, rank int
		var next time.Duration
		for _, w := range h.waiting {
			i, opens := t.admissible(w, now)
			switch {
			case i >= 0:
				if r := w.rank(w.lanes[i], t.profile.Breaker, now); best == nil || r < rank {
					best, which, rank = w, i, r
				}
			case opens > 0 && (next == 0 || opens < next):
				next = opens
			}
			if i < 0 && w.hopeless(now) {
				late = w
			}
		}
		switch {
		case best != nil:
			best.permit, best.which = t.admit(best.lanes[which], best.claims[which], now), which
			t.dismiss(best)
		case late != nil:
			late.late = true
			t.dismiss(late)
		default:
			t.wake(h, next)
			return
		}
	}
}

// dismiss ends a wait.
func (t *Traffic) dismiss(w *waiter) {
	t.forget(w)
	close(w.over)
}

// wake has h looked after again in a while; 0 leaves it to who ends a call.
func (t *Traffic) wake(h *house, in time.Duration) {
	switch {
	case in == 0:
	case h.alarm == nil:
		h.alarm = time.AfterFunc(in, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.dispatch(h, time.Now())
		})
	default:
		h.alarm.Reset(in)
	}
}

// admissible returns the first of w's lanes that takes it, or less than 0 and
// when the first of them opens by itself, if that is known.
func (t *Traffic) admissible(w *waiter, now time.Time) (i int, opens time.Duration) {
	who := w.who()
	for i, l := range w.lanes {
		if l.looked[who] != t.round {
			l.looked[who], l.bar[who] = t.round, t.barred(l, who == people, now) // for all of them
		}
		switch bar := l.bar[who]; {
		case bar.Open():
			if t.room(l, w.claims[i]).Open() {
				return i, 0
			}
		case !bar.Guessed && (opens == 0 || bar.Wait < opens):
			opens = bar.Wait
		}
	}
	return -1, opens
}

// hopeless reports whether all lanes of w are known to open after its deadline.
func (w *waiter) hopeless(now time.Time) bool {
	if w.deadline.IsZero() {
		return false
	}
	for _, l := range w.lanes {
		if bar := l.bar[w.who()]; bar.Open() || bar.Guessed || !now.Add(bar.Wait).After(w.deadline) {
			return false
		}
	}
	return true
}

// Who waits: an index of what bars their lanes.
const jobs, people = 0, 1

func (w *waiter) who() int {
	if w.claims[0].Interactive {
		return people
	}
	return jobs
}

// rank is the place in the queue: people first, then who holds less. Who has
// hardly time left for an answer does not find out whether l is back.
func (w *waiter) rank(l *lane, p Breaker, now time.Time) int {
	r := w.lanes[0].house.workspaces[w.claims[0].Workspace]
	if limit, _ := l.breaker.limit(p); l.probing() && !w.deadline.IsZero() && w.deadline.Sub(now) < limit {
		r += 1 << 21
	}
	if !w.claims[0].Interactive {
		r += 1 << 20
	}
	return r
}
