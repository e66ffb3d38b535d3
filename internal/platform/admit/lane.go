package admit

import (
	"container/list"
	"math/rand/v2"
	"time"

	"rapport/internal/platform/problem"
)

// lane is where the calls of a class wait, and what became of them.
type lane struct {
	waiting *list.List
	inside  int
	reserve int     // places of its own; 0 if it shares
	share   float64 // of the shared places, at most
	length  int     // who waits at most
	wait    time.Duration
	again   time.Duration // when to come again, before jitter
	// tells says that a refusal here means an overload; sheds, that an overload is
	// met here: by taking the newest first and giving up the others soon.
	tells, sheds bool
	// measured says that its work tells how the server keeps up.
	measured                     bool
	admitted, refused, abandoned uint64
}

func (l *lane) own() bool { return l.reserve > 0 }

// lanes are as patient as a person can be expected to be. A crowd of a thousand
// that each ask one thing is no overload: it is through within the wait.
func lanes(o Options) [classes]lane {
	return [classes]lane{
		Vital:       {reserve: max(4, o.Connections), length: 10_000, wait: 10 * time.Second, again: time.Second},
		Entry:       {reserve: max(4, o.Connections/2), length: 500, wait: 5 * time.Second, again: 2 * time.Second},
		Interactive: {share: 1, length: 2000, wait: 2 * time.Second, again: time.Second, tells: true, sheds: true, measured: true},
		Browsing:    {share: 1, length: 2000, wait: time.Second, again: time.Second, tells: true, sheds: true, measured: true},
		Background:  {share: 0.5, length: 200, wait: 5 * time.Second, again: 5 * time.Second, sheds: true, measured: true},
		Inside:      {share: 0.5, length: 1000, wait: time.Minute, again: 10 * time.Second},
	}
}

// queue lets w stand in line; where that is too long, the one who has waited
// longest is refused in an overload, and it begins one.
func (l *Limiter) queue(c Class, w *waiter) {
	lane := &l.lanes[c]
	w.place = lane.waiting.PushBack(w)
	for lane.waiting.Len() > l.length(c, w.since) {
		e := lane.waiting.Front()
		if !lane.sheds {
			e = w.place // who was first stays first
		}
		l.refuse(c, e)
		l.refusing(c, w.since)
	}
}

func (l *Limiter) refuse(c Class, e *list.Element) {
	lane := &l.lanes[c]
	w := e.Value.(*waiter)
	lane.waiting.Remove(e)
	w.place = nil
	lane.refused++
	w.verdict <- false
}

func (l *Limiter) length(c Class, now time.Time) int {
	lane := &l.lanes[c]
	if lane.sheds && l.trouble.on(now) {
		return max(8, l.pace.places())
	}
	return lane.length
}

func (l *Limiter) patience(c Class, now time.Time) time.Duration {
	lane := &l.lanes[c]
	switch {
	case lane.sheds && l.trouble.on(now):
		return min(lane.wait, max(20*time.Millisecond, 2*l.pace.typical()))
	case lane.sheds && l.trouble.near(now): // a trial is short, since it is paid for in waiting
		return lane.wait / 4
	}
	return lane.wait
}

// refusing notes that a call of c is refused. If that means an overload, whoever
// waits longer than makes sense now is refused with it.
func (l *Limiter) refusing(c Class, now time.Time) {
	if !l.lanes[c].tells || !l.trouble.more(now) {
		return
	}
	l.o.Log.Warn("overload begins: calls are refused until the server keeps up", "places", l.pace.places(), "waiting", l.waiting())
	for c := range classes {
		lane := &l.lanes[c]
		for lane.sheds && lane.waiting.Len() > l.length(c, now) {
			l.refuse(c, lane.waiting.Front())
		}
	}
}

func (l *Limiter) waiting() int {
	n := 0
	for c := range l.lanes {
		n += l.lanes[c].waiting.Len()
	}
	return n
}

var errOverloaded = problem.New(problem.Unavailable, "overloaded", "More is asked of the server than it can do at the moment. Nothing was done; try again after the time in Retry-After.")

// refusal says when to come again, to each somebody else, so that they do not
// all come at once.
func (l *Limiter) refusal(c Class) error {
	d := l.lanes[c].again
	return errOverloaded.Retry(d + rand.N(3*d))
}

// trouble is an overload: it lasts as long as calls are refused, but now and
// then the patience of quiet times is tried again, since a crowd that comes back
// at once looks like an overload for ever.
type trouble struct {
	until, trial, last time.Time
	pause              time.Duration
	total              uint64
}

const (
	calmAfter  = time.Second
	firstPause = 3 * time.Second
	lastPause  = 30 * time.Second
	forgotten  = time.Minute
)

func (t *trouble) on(now time.Time) bool { return now.Before(t.until) && now.Before(t.trial) }

// near says that calls were refused a moment ago, be it on trial now.
func (t *trouble) near(now time.Time) bool { return now.Before(t.until) }

// more goes on with an overload; true if it begins.
func (t *trouble) more(now time.Time) bool {
	begins := !t.on(now)
	if begins {
		t.total++
		t.pause = min(3*t.pause, lastPause)
		if t.pause == 0 || now.Sub(t.last) > forgotten {
			t.pause = firstPause
		}
		t.trial = now.Add(t.pause)
	}
	t.last = now
	t.until = now.Add(calmAfter)
	return begins
}
