package trace

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Why a trace was kept.
const (
	Sampled = "sampled"
	Failed  = "failed"
	Slow    = "slow"
)

// Kept is a trace that is over and can be looked at. It never changes.
type Kept struct {
	Trace         ID
	Parent        SpanID // of somebody else; zero for none
	Name          string
	Operation     string
	WorkspaceHash string
	Why           string
	Began         time.Time
	Took          time.Duration
	Failed        bool   // its first span did
	Error         string // the class of the first error
	Spans         []Part // in the order in which they began
	Dropped       int    // spans that there was no room for
}

// Part is a span of a kept trace.
type Part struct {
	ID, Parent SpanID
	Name       string
	Kind       Kind
	Offset     time.Duration // from the beginning of the trace
	Took       time.Duration
	Error      string // the class of its error
	Attrs      []Pair
	Links      []Link
	Unfinished bool // it went on when the trace was over
}

// Pair is something that is known about a span: a string, int64, float64 or bool.
type Pair struct {
	Key   string
	Value any
}

// Link leads to the span of another trace that was the cause.
type Link struct {
	Trace ID
	Span  SpanID
}

// copied is the record as it is kept.
func (r *record) copied(why string, took time.Duration) *Kept {
	k := &Kept{Trace: r.from.trace, Parent: r.from.span, Operation: r.operation, WorkspaceHash: hash(r.workspace), Why: why,
		Began: r.began, Took: took, Failed: r.spans[0].failed != "", Dropped: r.dropped, Spans: make([]Part, len(r.spans))}
	for i := range r.spans {
		s := &r.spans[i]
		p := Part{ID: spanID(r.seed, int32(i)), Parent: r.from.span, Name: withheld(s.name), Kind: s.kind, Offset: time.Duration(s.began),
			Took: time.Duration(s.ended - s.began), Error: withheld(s.failed), Attrs: s.pairs()}
		if s.parent >= 0 {
			p.Parent = spanID(r.seed, s.parent)
		}
		if s.ended == open {
			p.Took, p.Unfinished = took-p.Offset, true
		}
		if s.linked {
			p.Links = []Link{s.link}
		}
		if k.Error == "" {
			k.Error = p.Error
		}
		k.Spans[i] = p
	}
	if k.Spans[0].Kind == Consumer {
		k.Spans[0].Name = "job " + k.Spans[0].Name
	}
	k.Name = k.Spans[0].Name
	if k.Failed {
		k.Error = k.Spans[0].Error
	}
	return k
}

// pairs are what is known of a span; its statements are one of them.
func (s *span) pairs() []Pair {
	if s.n == 0 {
		return nil
	}
	out := make([]Pair, 0, s.n)
	var named []string
	for _, a := range s.attrs[:s.n] {
		if a.kind != statement {
			out = append(out, Pair{a.key, a.value()})
			continue
		}
		named = append(named, statementName(a.text))
	}
	if len(named) > 0 {
		out = append(out, Pair{statements, strings.Join(named, ", ")})
	}
	return out
}

// size is about how many bytes a kept trace takes.
func (k *Kept) size() int {
	n := 256 + len(k.Name) + len(k.Operation)
	for _, p := range k.Spans {
		n += 160 + len(p.Name) + len(p.Error) + 32*len(p.Links)
		for _, a := range p.Attrs {
			n += 40
			if text, ok := a.Value.(string); ok {
				n += len(text)
			}
		}
	}
	return n
}

// ring holds the latest traces that were kept.
type ring struct {
	most, bytes int
	mu          sync.Mutex
	kept        []*Kept // oldest first, from first on
	first, held int
}

func (r *ring) put(k *Kept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, k)
	r.held += k.size()
	for len(r.kept)-r.first > r.most || r.held > r.bytes && len(r.kept)-r.first > 1 {
		r.held -= r.kept[r.first].size()
		r.kept[r.first] = nil
		r.first++
	}
	if r.first > r.most { // so that what is gone takes no room
		r.kept = slices.Clone(r.kept[r.first:])
		r.first = 0
	}
}

func (t *Tracer) keep(k *Kept) {
	t.tally.count(k.Why)
	t.ring.put(k)
	if t.o.Sink != nil {
		t.o.Sink(k)
	}
}

// Look lists what is kept and satisfies want, the latest first, so many at
// most.
func (t *Tracer) Look(limit int, want func(*Kept) bool) []*Kept {
	t.ring.mu.Lock()
	defer t.ring.mu.Unlock()
	var out []*Kept
	for _, k := range slices.Backward(t.ring.kept[t.ring.first:]) {
		if len(out) == limit {
			break
		}
		if want(k) {
			out = append(out, k)
		}
	}
	return out
}

// Tally is how much was kept since the process began.
type Tally struct {
	Sampled int64 `json:"sampled"`
	Failed  int64 `json:"failed"`
	Slow    int64 `json:"slow"`
	Passed  int64 `json:"passed_over" doc:"Failed, slow, or asked for by callers, but too many in one second."`
	Held    int   `json:"held" doc:"How many can be looked at."`
	Bytes   int   `json:"bytes" doc:"About how much memory they take."`
}

// Tally counts what was kept.
func (t *Tracer) Tally() Tally {
	t.ring.mu.Lock()
	defer t.ring.mu.Unlock()
	return Tally{Sampled: t.tally.sampled.Load(), Failed: t.tally.failed.Load(), Slow: t.tally.slow.Load(), Passed: t.tally.passed.Load(),
		Held: len(t.ring.kept) - t.ring.first, Bytes: t.ring.held}
}

// tally counts, and bounds what is kept in a second.
type tally struct {
	sampled, failed, slow, passed atomic.Int64
	mu                            sync.Mutex
	second                        int64
	used                          int
}

func (t *tally) count(why string) {
	switch why {
	case Failed:
		t.failed.Add(1)
	case Slow:
		t.slow.Add(1)
	default:
		t.sampled.Add(1)
	}
}

// room takes one of so many places in this second.
func (t *tally) room(most int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now().Unix(); now != t.second {
		t.second, t.used = now, 0
	}
	if t.used >= most {
		t.passed.Add(1)
		return false
	}
	t.used++
	return true
}
