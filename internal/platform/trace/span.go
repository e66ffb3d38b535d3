package trace

import (
	"time"
)

// Span is a part of a trace that is under way. Its zero value and nil are of no
// trace: all of its methods do nothing then, as they do once the trace is over.
// It is safe for concurrent use.
type Span struct {
	rec     *record
	gen     uint32 // of the record: it serves another trace afterwards
	at      int32
	lost    bool // there was no room for it; at is the next one above
	sampled bool
	trace   ID
	seed    uint64
}

// Child begins a span within s that is not in a context: for what begins no
// spans of its own.
func (s *Span) Child(name string, attrs ...Attr) Span { return s.child(name, Internal, attrs) }

// Call is Child for a call of somebody else: a database, a model, a mail server.
func (s *Span) Call(name string, attrs ...Attr) Span { return s.child(name, Client, attrs) }

func (s *Span) child(name string, kind Kind, attrs []Attr) Span {
	if !s.lock() {
		return Span{}
	}
	defer s.rec.mu.Unlock()
	c := *s
	made := s.rec.add(name, s.at)
	if c.lost = made == nil; c.lost {
		return c
	}
	c.at = int32(len(s.rec.spans) - 1)
	made.kind, made.began, made.ended = kind, s.rec.now(), open
	made.set(attrs)
	return c
}

// Set notes more about the span; what was noted under a name before is gone.
func (s *Span) Set(attrs ...Attr) {
	if !s.lock() {
		return
	}
	defer s.rec.mu.Unlock()
	if !s.lost {
		s.rec.spans[s.at].set(attrs)
	}
}

// Serves says what operation the trace is about, and in which workspace: the
// first to say so counts.
func (s *Span) Serves(operation, workspace string) {
	if !s.lock() {
		return
	}
	defer s.rec.mu.Unlock()
	if s.rec.operation == "" {
		s.rec.operation = operation
	}
	if s.rec.workspace == "" {
		s.rec.workspace = workspace
	}
}

// Waits says that the trace takes as long as others let it, and is slow much
// later; or, if it is endless, never.
func (s *Span) Waits(endless bool) {
	if !s.lock() {
		return
	}
	defer s.rec.mu.Unlock()
	s.rec.slow = s.rec.tracer.o.SlowJob
	if endless {
		s.rec.slow = 0
	}
}

// Fail says that the span failed, by the class of err; nil says nothing. A
// fault of ours has the trace kept, that of a caller does not.
func (s *Span) Fail(err error) {
	if err == nil || s == nil || s.rec == nil {
		return
	}
	class, ours := classOf(err)
	s.fail(class, ours)
}

// FailAs is Fail for who knows the class: a constant of the program.
func (s *Span) FailAs(class string) { s.fail(class, true) }

func (s *Span) fail(class string, ours bool) {
	if !s.lock() {
		return
	}
	defer s.rec.mu.Unlock()
	if !s.lost {
		s.rec.spans[s.at].failed = class
	}
	s.rec.failed = s.rec.failed || ours
}

// End ends the span, and the trace with its first one, and notes the last of it.
// Ending it again does nothing.
func (s *Span) End(attrs ...Attr) {
	if !s.lock() {
		return
	}
	r := s.rec
	if s.at != 0 || s.lost {
		if p := &r.spans[s.at]; !s.lost && p.ended == open {
			p.ended = r.now()
			p.set(attrs)
		}
		r.mu.Unlock()
		return
	}
	r.spans[0].ended = r.now()
	r.spans[0].set(attrs)
	s.over()
}

// Over ends the first span of a trace, and with it the trace: it took so long,
// and has a name now.
func (s *Span) Over(took time.Duration, name string, attrs ...Attr) {
	if !s.lock() {
		return
	}
	first := &s.rec.spans[0]
	first.name, first.ended = name, int64(took)
	first.set(attrs)
	s.over()
}

// over gives back the record, which is locked.
func (s *Span) over() {
	r := s.rec
	t, kept := r.tracer, r.keep()
	r.reset()
	r.mu.Unlock()
	t.pool.Put(r)
	if kept != nil {
		t.keep(kept)
	}
}

// Carry is the span as a traceparent; "" for one of no trace.
func (s *Span) Carry() string {
	if s == nil || s.trace == (ID{}) {
		return ""
	}
	return format(s.trace, spanID(s.seed, s.at), s.sampled)
}

// lock reports whether the trace of s still goes on; its record is locked then.
func (s *Span) lock() bool {
	if s == nil || s.rec == nil {
		return false
	}
	s.rec.mu.Lock()
	if s.rec.gen != s.gen || len(s.rec.spans) == 0 {
		s.rec.mu.Unlock()
		return false
	}
	return true
}

// Kind says on which side of a call a span stands.
type Kind uint8

// The kinds, in the order of OpenTelemetry.
const (
	Internal Kind = iota
	Server
	Client
	Consumer
)

// String names the kind.
func (k Kind) String() string { return [...]string{"internal", "server", "client", "consumer"}[k] }

// since is how long ago, in nanoseconds.
func since(t time.Time) int64 { return int64(time.Since(t)) }
