// Package trace tells where the time of a request or a job went, and what
// failed in it. What each does is noted in memory, in a record that is used
// again; only of those that are chosen, failed or were slow, a copy is kept.
//
// Nothing that people wrote or are called by goes into a trace: names are
// constants of the program, statements are named by their first words, errors
// by their class, workspaces by a hash.
package trace

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Tracer begins traces and keeps those that are worth it. Its zero value and
// nil trace nothing. Make it with New.
type Tracer struct {
	o     Options
	bound uint64 // traces whose number is below are chosen
	pool  sync.Pool
	ring  ring
	tally tally
}

// Options say what is kept.
type Options struct {
	// Ratio is the share of traces that are kept whatever comes of them, 0 to 1.
	// Who calls with a traceparent has chosen already.
	Ratio float64
	// Slow is from when on a request is kept for having taken long; 500 ms if
	// zero. SlowJob is the same for a job, and for what waits for others; 10 s.
	Slow, SlowJob time.Duration
	// Most is how many traces a second are kept that nobody here chose by Ratio;
	// 200 if zero. Errors come in storms, and callers may ask for all.
	Most int
	// Kept and Bytes bound what can be looked at; 2,000 and 24 MiB if zero.
	Kept, Bytes int
	// Sink takes what is kept elsewhere, too. It must not wait for anything.
	Sink func(*Kept)
}

// New returns a tracer.
func New(o Options) *Tracer {
	o.Slow, o.SlowJob = cmp.Or(o.Slow, 500*time.Millisecond), cmp.Or(o.SlowJob, 10*time.Second)
	o.Most, o.Kept, o.Bytes = cmp.Or(o.Most, 200), cmp.Or(o.Kept, 2000), cmp.Or(o.Bytes, 24<<20)
	t := &Tracer{o: o, ring: ring{most: o.Kept, bytes: o.Bytes}}
	t.bound = uint64(math.Min(max(o.Ratio, 0), 1) * (1 << 63))
	t.pool.New = func() any { return &record{spans: make([]span, 0, usual)} }
	return t
}

// ID names a trace.
type ID [16]byte

// String is the ID in 32 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// SpanID names a span within the world.
type SpanID [8]byte

// String is the ID in 16 hexadecimal digits.
func (id SpanID) String() string { return hex.EncodeToString(id[:]) }

// Key is what a context answers with the *Span that is under way in it: for
// contexts that hold more than one value.
type Key struct{}

// From is the span that is under way in ctx, nil outside of one.
func From(ctx context.Context) *Span {
	s, _ := ctx.Value(Key{}).(*Span)
	return s
}

// node is a context with a span in it, in one allocation.
type node struct {
	context.Context
	span Span
}

// Value implements context.Context.
func (n *node) Value(key any) any {
	if key == (Key{}) {
		return &n.span
	}
	return n.Context.Value(key)
}

// Start begins a span within that of ctx; outside of one it does nothing. The
// span is ended with End.
func Start(ctx context.Context, name string, attrs ...Attr) (context.Context, *Span) {
	return start(ctx, name, Internal, attrs)
}

// StartCall is Start for a call of somebody else: a model, a mail server.
func StartCall(ctx context.Context, name string, attrs ...Attr) (context.Context, *Span) {
	return start(ctx, name, Client, attrs)
}

func start(ctx context.Context, name string, kind Kind, attrs []Attr) (context.Context, *Span) {
	parent := From(ctx)
	if !parent.Traced() {
		return ctx, nil
	}
	n := &node{Context: ctx, span: parent.child(name, kind, attrs)}
	return n, &n.span
}

// Traced reports whether s is of a trace.
func (s *Span) Traced() bool { return s != nil && s.rec != nil }

// ID of the trace of s, in 32 hexadecimal digits; "" outside of one.
func (s *Span) ID() string {
	if s == nil || s.trace == (ID{}) {
		return ""
	}
	return s.trace.String()
}

// InContext is the ID of the trace of ctx, "" outside of one.
func InContext(ctx context.Context) string { return From(ctx).ID() }

// Carry is the span of ctx as a traceparent, for others to go on from; ""
// outside of one.
func Carry(ctx context.Context) string { return From(ctx).Carry() }

// Request begins the trace of a request, which goes on from the traceparent
// that came with it, if that is one. The span is ended with End.
func (t *Tracer) Request(carried string, began time.Time) Span {
	from, ok := parse(carried)
	if !ok {
		return t.begin(caller{trace: newID()}, began, Server)
	}
	return t.begin(from, began, Server)
}

// Job begins the trace of a job of a kind, which was added by who is carried.
// It is a trace of its own, with a link to that one: a job may come much later,
// and many times.
func (t *Tracer) Job(ctx context.Context, kind, carried string) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	by, linked := parse(carried)
	n := &node{Context: ctx, span: t.begin(caller{trace: newID(), sampled: by.sampled}, time.Now(), Consumer)}
	r := n.span.rec
	r.spans[0].name, r.operation, r.slow = kind, kind, t.o.SlowJob
	if linked {
		r.spans[0].link, r.spans[0].linked = Link{by.trace, by.span}, true
	}
	return n, &n.span
}

func (t *Tracer) begin(from caller, began time.Time, kind Kind) Span {
	if t == nil || t.pool.New == nil {
		return Span{}
	}
	r := t.pool.Get().(*record)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tracer, r.from, r.began, r.slow = t, from, began, t.o.Slow
	chosen := binary.BigEndian.Uint64(from.trace[8:])>>1 < t.bound
	r.chosen = chosen && from.span == SpanID{}
	seed := rand.Uint64()
	r.seed = seed
	first := r.add("", -1)
	first.kind, first.began, first.ended = kind, 0, open
	return Span{rec: r, gen: r.gen, trace: from.trace, seed: seed, sampled: chosen || from.sampled}
}

func newID() (id ID) {
	binary.BigEndian.PutUint64(id[:8], rand.Uint64()|1)
	binary.BigEndian.PutUint64(id[8:], rand.Uint64())
	return id
}

// spanID is that of the span at a place of the record with seed: it is made
// when somebody wants it.
func spanID(seed uint64, at int32) (id SpanID) {
	z := seed + uint64(at+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	binary.BigEndian.PutUint64(id[:], (z^z>>31)|1)
	return id
}
