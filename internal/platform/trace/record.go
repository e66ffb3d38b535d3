package trace

import (
	"sync"
	"time"
)

const (
	// usual is how many spans a record has room for without growing; one that
	// has grown beyond large is not used again.
	usual, large = 12, 64
	// most is how many spans a trace has; more are counted, not kept.
	most = 512
	// about is how many things are noted about a span.
	about = 8
	// open is the end of a span that goes on.
	open = -1
)

// record is what a trace has done so far. It is used again by the next one.
type record struct {
	mu        sync.Mutex
	gen       uint32
	tracer    *Tracer
	from      caller
	began     time.Time
	seed      uint64
	chosen    bool // by our own ratio
	failed    bool // by a fault of ours
	slow      time.Duration
	operation string
	workspace string
	spans     []span
	dropped   int
}

// span is a part of a record; its times are nanoseconds since the beginning.
type span struct {
	name         string
	failed       string // the class of the error
	parent       int32
	kind         Kind
	n            uint8 // of attrs
	linked       bool
	link         Link
	began, ended int64
	attrs        [about]Attr
}

func (r *record) now() int64 { return since(r.began) }

// add returns a new span, nil if there are too many. What is behind the spans
// of a record is clear, so that none is copied.
func (r *record) add(name string, parent int32) *span {
	n := len(r.spans)
	switch {
	case n >= most:
		r.dropped++
		return nil
	case n < cap(r.spans):
		r.spans = r.spans[:n+1]
	default:
		r.spans = append(r.spans, span{})
	}
	s := &r.spans[n]
	s.name, s.parent = name, parent
	return s
}

func (s *span) set(attrs []Attr) {
	for _, a := range attrs {
		i := uint8(0)
		for i < s.n && (s.attrs[i].key != a.key || a.kind == statement) {
			i++
		}
		if i == about {
			continue
		}
		s.attrs[i] = a
		s.n = max(s.n, i+1)
	}
}

// reset makes the record ready for another trace; spans of this one find
// themselves of none.
func (r *record) reset() {
	r.gen++
	spans := r.spans
	if cap(spans) > large {
		spans = make([]span, 0, usual)
	}
	for i := range spans {
		s := &spans[i]
		clear(s.attrs[:s.n])
		s.name, s.failed, s.kind, s.n, s.linked = "", "", Internal, 0, false
	}
	r.spans, r.dropped = spans[:0], 0
	r.tracer, r.from, r.chosen, r.failed, r.operation, r.workspace = nil, caller{}, false, false, "", ""
}

// keep copies the record if its trace is worth it; else nil.
func (r *record) keep() *Kept {
	took := time.Duration(r.spans[0].ended)
	why := ""
	switch {
	case r.failed:
		why = Failed
	case r.slow > 0 && took >= r.slow:
		why = Slow
	case r.chosen || r.from.sampled:
		why = Sampled
	}
	if why == "" {
		return nil
	}
	if !r.chosen && !r.tracer.tally.room(r.tracer.o.Most) {
		return nil
	}
	return r.copied(why, took)
}
