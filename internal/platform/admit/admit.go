// Package admit lets work in as long as the server keeps up with it. How much
// may be in hand at once follows from how long the work takes compared with a
// quiet moment; what matters more goes first; and once more comes than can be
// done, it is refused at once rather than made to wait in vain.
package admit

import (
	"container/list"
	"context"
	"log/slog"
	"sync"
	"time"
)

// Class is how much a call matters when there is more to do than can be done.
type Class int

// The classes. Vital and Entry have places of their own, which nobody else
// fills and which they do not leave; the others share the rest, in this order.
const (
	Vital       Class = iota + 1 // what operators need to help, signing out, who am I
	Entry                        // signing in and whatever else strangers may ask
	Interactive                  // a person's write: it would be lost
	Browsing                     // a person's read: it can be asked again
	Background                   // bulk, exports, batches of AI
	Inside                       // calls of agents and jobs, for which nobody waits
	classes
)

var names = [classes]string{Vital: "vital", Entry: "entry", Interactive: "interactive", Browsing: "browsing", Background: "background", Inside: "inside"}

// String is the name of the class in snapshots and logs.
func (c Class) String() string { return names[c] }

// Options bound a Limiter; each has a default.
type Options struct {
	// Connections is how many the database serves at once, 12 if zero: with
	// fewer places than that, they would stand idle.
	Connections int
	// Most places that are shared, eight for each connection if zero. More would
	// only queue in front of the database.
	Most int
	// Held reports whether ctx holds what others wait for, a transaction, so that
	// it is let in at once; nil if nothing does.
	Held func(ctx context.Context) bool
	// Log is told when an overload begins; nil if nobody is.
	Log *slog.Logger
}

// Limiter holds the places. The zero value is of no use; make one with New.
type Limiter struct {
	o       Options
	mu      sync.Mutex
	lanes   [classes]lane
	taken   int // shared places
	turn    int
	pace    pace
	trouble trouble
}

// New returns a limiter in which nobody is.
func New(o Options) *Limiter {
	if o.Connections <= 0 {
		o.Connections = 12
	}
	if o.Most <= 0 {
		o.Most = 8 * o.Connections
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l := &Limiter{o: o, lanes: lanes(o), pace: newPace(o)}
	for c := range l.lanes {
		l.lanes[c].waiting = list.New()
	}
	return l
}

// A waiter stands in a lane until verdict is sent: in or not.
type waiter struct {
	verdict chan bool
	since   time.Time
	place   *list.Element
}

// Admit waits for a place for work of one kind, such as the name of an
// operation. The error is ctx's, or a problem of kind Unavailable that says when
// to come again. Whoever is let in says that the work with the database is done
// when it is.
func (l *Limiter) Admit(ctx context.Context, c Class, kind string) (*Work, error) {
	if c == Inside && l.o.Held != nil && l.o.Held(ctx) {
		return nil, nil
	}
	now := time.Now()
	l.mu.Lock()
	if l.lanes[c].waiting.Len() == 0 && l.room(c) {
		w := l.enter(c, kind, now)
		l.mu.Unlock()
		return w, nil
	}
	w := &waiter{verdict: make(chan bool, 1), since: now}
	l.queue(c, w)
	patience := l.patience(c, now)
	l.mu.Unlock()
	return l.wait(ctx, c, w, kind, patience)
}

func (l *Limiter) wait(ctx context.Context, c Class, w *waiter, kind string, patience time.Duration) (*Work, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var in, left bool
	select {
	case in = <-w.verdict:
	case <-timer.C:
	case <-ctx.Done():
		left = true
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !in {
		in = l.leave(c, w, left, now)
	}
	switch {
	case in && !left:
		return l.begin(c, kind, now), nil
	case in:
		l.free(c)
		l.next(now)
	}
	if left {
		return nil, ctx.Err()
	}
	return nil, l.refusal(c)
}

// leave ends the wait of w, unless it was answered at the same moment; true if
// it was let in then.
func (l *Limiter) leave(c Class, w *waiter, gone bool, now time.Time) bool {
	select {
	case in := <-w.verdict:
		return in
	default:
	}
	if w.place == nil { // refused, and the verdict taken before
		return false
	}
	lane := &l.lanes[c]
	lane.waiting.Remove(w.place)
	w.place = nil
	if gone {
		lane.abandoned++
		return false
	}
	lane.refused++
	l.refusing(c, now)
	return false
}

// enter takes a place and begins the work.
func (l *Limiter) enter(c Class, kind string, now time.Time) *Work {
	l.take(c)
	return l.begin(c, kind, now)
}

func (l *Limiter) take(c Class) {
	lane := &l.lanes[c]
	lane.inside++
	lane.admitted++
	if !lane.own() {
		l.taken++
	}
}

func (l *Limiter) free(c Class) {
	lane := &l.lanes[c]
	lane.inside--
	if !lane.own() {
		l.taken--
	}
}

// Work was let in. It is nil where there is nothing to give back.
type Work struct {
	limiter *Limiter
	class   Class
	kind    string
	since   time.Time
	quiet   bool
	over    bool
}

// begin is the work of c, which has its place.
func (l *Limiter) begin(c Class, kind string, now time.Time) *Work {
	return &Work{limiter: l, class: c, kind: kind, since: now, quiet: l.taken <= l.pace.quiet}
}

// Done gives the place back; a second time it does nothing.
func (w *Work) Done() {
	if w == nil {
		return
	}
	end, l := time.Now(), w.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.over {
		return
	}
	w.over = true
	if l.lanes[w.class].measured {
		l.pace.add(sample{w.kind, end.Sub(w.since), l.taken, w.quiet}, end, l.trouble.near(end))
	}
	l.free(w.class)
	l.next(end)
}

// room says whether c may take a place at once.
func (l *Limiter) room(c Class) bool {
	lane := &l.lanes[c]
	if lane.own() {
		return lane.inside < lane.reserve
	}
	limit := l.pace.places()
	return l.taken < limit && lane.inside < max(1, int(float64(limit)*lane.share))
}

// next lets in whoever there is room for.
func (l *Limiter) next(now time.Time) {
	stack := l.trouble.on(now)
	for {
		c := l.whose()
		if c == 0 {
			return
		}
		lane := &l.lanes[c]
		e := lane.waiting.Front()
		if stack && lane.sheds {
			e = lane.waiting.Back() // the others have most likely given up, or will
		}
		w := e.Value.(*waiter)
		lane.waiting.Remove(e)
		w.place = nil
		l.take(c)
		w.verdict <- true
	}
}

// whose is the class that gets the next place, 0 for none. One in sixteen goes
// to what matters least, so that it goes on at all.
func (l *Limiter) whose() Class {
	l.turn++
	for i := range classes - 1 {
		c := i + 1
		if l.turn%16 == 0 {
			c = classes - 1 - i
		}
		if l.lanes[c].waiting.Len() > 0 && l.room(c) {
			return c
		}
	}
	return 0
}
