// Package cache keeps ready answers of reads for as long as they hold. What
// ends one is the log of what happened, which every change is written to, not
// the care of whoever makes the change.
//
// An answer is valid up to a count of changes in its workspace that is looked
// at before the answer is read from the database: a change that comes between
// costs a miss, never a stale answer. The process's own changes are counted
// after their commit and before their author hears of it; those of others when
// the log tells them. Without a look at the log nothing is taken from here.
package cache

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"rapport/internal/platform/trace"
)

const (
	// Life is how long an answer is taken without a look at the database.
	Life = 60 * time.Second
	// Missing is Life of the answer that a record is not there.
	Missing = 5 * time.Second
	// AfterLife is how much longer it may be shown while the database is away.
	AfterLife = 5 * time.Minute
	// Blind is how old the last look at the log may be.
	Blind = 2 * time.Second
	// loading bounds a read for many.
	loading = 30 * time.Second
)

// Cache keeps the answers of one process. Make it with New.
type Cache struct {
	kept    *otter.Cache[Key, *entry]
	journal *journal
	most    int
	looked  atomic.Int64 // when the last look at the log began, in nanoseconds

	position atomic.Pointer[position] // of the last look; nil where nobody said
	shared   *Shared                  // nil: there is no second layer

	mu      sync.Mutex
	flights map[Key]*flight
	kinds   map[string]*Kind
}

// Key names an answer. Two callers who may see different things have different
// keys: Viewer stands for what the caller may see.
type Key struct{ Workspace, Kind, Viewer, Query string }

// Answer is what a read answers, ready to be sent.
type Answer struct {
	Status            int
	ContentType, ETag string
	Body              []byte
	// Age is how old it is, where it is older than it should be.
	Age time.Duration
}

// Rules say how the answers of a kind are kept.
type Rules struct {
	Sources []Source
	// For is how long an answer holds at most; Life if zero.
	For time.Duration
	// While is how much longer others get it while one reads it anew.
	While time.Duration
}

type entry struct {
	Answer
	*parts
	kind *Kind
	room *room
	at   atomic.Uint64
	made time.Time
	ends time.Time
	size uint32
	hits atomic.Uint32
}

// New returns a cache of so many bytes, of answers up to a sixteenth of that;
// with shared, one that gives them to other processes and takes theirs.
func New(bytes uint64, shared *Shared) *Cache {
	c := &Cache{journal: newJournal(), shared: shared, most: int(bytes / 16), flights: map[Key]*flight{}, kinds: map[string]*Kind{}}
	c.kept = otter.Must(&otter.Options[Key, *entry]{
		MaximumWeight: bytes,
		Weigher:       func(_ Key, e *entry) uint32 { return e.size },
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[Key, *entry]) time.Duration {
			if e.Value.Status != ok {
				return Missing
			}
			return time.Until(e.Value.ends) + AfterLife
		}),
	})
	return c
}

const (
	ok       = 200
	notFound = 404
)

// Request is a read that may be answered from here.
type Request struct {
	Key  Key
	Kind *Kind
	// IDs are the values of the parameters of the kind's sources, in their order.
	IDs []string
	// Fresh has the database asked, whatever is kept.
	Fresh bool
}

// Read answers r: with what is kept, or else with what load reads. Of many who
// miss the same at once, one loads; its context outlives its caller. Away
// reports whether an answer says that the database cannot be reached: what is
// kept may stand in for it.
func (c *Cache) Read(ctx context.Context, r Request, load func(context.Context) Answer, away func(Answer) bool) Answer {
	if !c.Sighted() {
		r.Kind.blind.Add(1)
		return c.instead(r, c.load(ctx, r, load, nil), away)
	}
	if r.Fresh {
		return c.load(ctx, r, load, c.journal.room(r.Key.Workspace))
	}
	if e, found := c.kept.GetIfPresent(r.Key); found && e.valid(c) {
		now := time.Now()
		if now.Before(e.ends) {
			r.Kind.hits.Add(1)
			trace.From(ctx).Set(trace.Word("cache", "hit"))
			e.hits.Add(1)
			return e.Answer
		}
		if now.Before(e.ends.Add(r.Kind.While)) && c.busy(r.Key) {
			r.Kind.stale.Add(1)
			trace.From(ctx).Set(trace.Word("cache", "stale"))
			return e.late(now)
		}
		r.Kind.expired()
	}
	return c.instead(r, c.together(ctx, r, load), away)
}

// valid reports whether nothing has happened to what e shows, and drops it
// otherwise.
func (e *entry) valid(c *Cache) bool {
	holds, upTo, cause := e.room.check(e.parts, e.at.Load())
	if holds {
		e.at.Store(upTo)
		return true
	}
	e.kind.dropped(cause)
	return false
}

func (e *entry) late(now time.Time) Answer {
	a := e.Answer
	a.Age = now.Sub(e.made)
	return a
}

// Sighted reports whether the log was looked at just now, so that what others
// changed is known: nothing is taken from here otherwise, nor kept.
func (c *Cache) Sighted() bool { return time.Since(time.Unix(0, c.looked.Load())) < Blind }

// instead returns what is kept where a is that the database is away: only what
// nothing is known to have changed, and not for long.
func (c *Cache) instead(r Request, a Answer, away func(Answer) bool) Answer {
	if a.Status < 500 || !away(a) {
		return a
	}
	e, found := c.kept.GetIfPresent(r.Key)
	now := time.Now()
	if !found || e.Status != ok || now.After(e.ends.Add(AfterLife)) || !e.valid(c) {
		return a
	}
	r.Kind.stood.Add(1)
	return e.late(now)
}

// flight is a read under way that others wait for.
type flight struct {
	room   *room
	at     uint64
	done   chan struct{}
	answer Answer
	ended  bool // as it should
}

// together joins the read of the same that began after the last change, or
// begins one.
func (c *Cache) together(ctx context.Context, r Request, load func(context.Context) Answer) Answer {
	in := c.journal.room(r.Key.Workspace)
	at := in.last.Load()
	c.mu.Lock()
	f := c.flights[r.Key]
	if f == nil || f.room != in || f.at != at {
		f = &flight{room: in, at: at, done: make(chan struct{})}
		c.flights[r.Key] = f
		c.mu.Unlock()
		defer c.land(r.Key, f)
		if e := c.borrow(ctx, r, in); e != nil {
			r.Kind.shared.Add(1)
			c.hold(r, e)
			f.answer = e.Answer
		} else {
			f.answer = c.load(ctx, r, load, in)
		}
		f.ended = true
		return f.answer
	}
	c.mu.Unlock()
	span := trace.From(ctx).Child("cache wait", trace.Word("cache.kind", r.Key.Kind))
	defer span.End()
	select {
	case <-f.done:
	case <-ctx.Done():
		return c.load(ctx, r, load, nil) // which ends as the caller's context says
	}
	if !f.ended { // it panicked, in its own caller
		return c.load(ctx, r, load, nil)
	}
	r.Kind.joined.Add(1)
	return f.answer
}

func (c *Cache) land(k Key, f *flight) {
	c.mu.Lock()
	if c.flights[k] == f {
		delete(c.flights, k)
	}
	c.mu.Unlock()
	close(f.done)
}

// busy reports whether somebody reads k.
func (c *Cache) busy(k Key) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flights[k] != nil
}

// load reads, and keeps what it may in the room.
func (c *Cache) load(ctx context.Context, r Request, load func(context.Context) Answer, in *room) Answer {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loading)
	defer cancel()
	e := &entry{parts: &parts{sources: r.Kind.Sources, ids: r.IDs, page: &Page{}}, kind: r.Kind, room: in}
	if in != nil {
		e.at.Store(in.last.Load())
	}
	began := time.Now()
	ctx, span := trace.Start(Describing(ctx, e.page), "cache miss", trace.Word("cache.kind", r.Key.Kind), trace.Bool("cache.kept", in != nil))
	e.Answer = load(ctx)
	span.End()
	r.Kind.loaded(time.Since(began))
	if in != nil {
		c.keep(r, e)
	}
	return e.Answer
}

func (c *Cache) keep(r Request, e *entry) {
	if e.Status != ok && e.Status != notFound || e.at.Load() == closed {
		return
	}
	e.made = time.Now()
	e.ends = e.made.Add(jittered(r.Kind.For))
	c.hold(r, e)
	c.shared.offer(r.Key, e)
}

// hold keeps e as long as it says, unless it is too large.
func (c *Cache) hold(r Request, e *entry) {
	size := len(e.Body) + len(r.Key.Query) + len(r.Key.Viewer) + 48*len(e.page.IDs) + 512
	if size > c.most {
		r.Kind.large.Add(1)
		return
	}
	e.size = uint32(size)
	c.inherit(r.Key, e)
	c.kept.Set(r.Key, e)
}

// jittered is d, give or take a tenth, so that what was read together is not
// read again together.
func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}

// Wrote counts what this process has just committed in a workspace.
func (c *Cache) Wrote(workspace string, changes []Change) {
	c.journal.expect(changes)
	if r := c.journal.known(workspace); r != nil {
		r.add(changes)
	}
}

// Told counts what the log tells of a workspace, except what Wrote has counted.
func (c *Cache) Told(workspace string, changes []Change) {
	r := c.journal.known(workspace)
	var news []Change
	for _, ch := range changes {
		if !c.journal.recognise(ch) {
			news = append(news, ch)
		} else if r != nil {
			r.settle(ch)
		}
	}
	if r != nil && len(news) > 0 {
		r.add(news)
	}
}

// Lost has everything be read again: the log told less than happened.
func (c *Cache) Lost() { c.journal.flush() }

// Looked says that the log was looked at, and what it told of.
func (c *Cache) Looked(l Look) {
	if p, known := parse(l); known && c.shared != nil {
		c.position.Store(&p)
		c.journal.ground(&p)
		select {
		case c.shared.wake <- struct{}{}:
		default: // it is awake
		}
	}
	c.looked.Store(l.Began.UnixNano())
}

// Purge is Forget, and drops what other processes share of it, too, unless Redis
// is away.
func (c *Cache) Purge(ctx context.Context, workspace, kind string) int {
	if c.shared != nil {
		_ = c.shared.purge(ctx, workspace, kind) // what is there holds all the same
	}
	return c.Forget(workspace, kind)
}

// Forget drops what is kept here of a workspace and of a kind, "" for every, and
// answers how much that was.
func (c *Cache) Forget(workspace, kind string) int {
	n := 0
	for k := range c.kept.Keys() {
		if (workspace == "" || k.Workspace == workspace) && (kind == "" || k.Kind == kind) {
			c.kept.Invalidate(k)
			n++
		}
	}
	return n
}

// Limit is how many bytes are kept at most.
func (c *Cache) Limit() uint64 { return c.kept.GetMaximum() }

// Close ends what the cache does by itself.
func (c *Cache) Close() { c.kept.StopAllGoroutines() }
