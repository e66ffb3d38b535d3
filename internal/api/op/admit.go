package op

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/platform/admit"
	"rapport/internal/platform/problem"
)

// Class is how much a call matters when there is more to do than can be done.
type Class = admit.Class

// The classes: by scope and effect unless an operation says so.
const (
	Vital       = admit.Vital
	Entry       = admit.Entry
	Interactive = admit.Interactive
	Browsing    = admit.Browsing
	Background  = admit.Background
)

// An Admitter lets calls in as long as the server keeps up. It answers the work
// that was let in, to be ended, or a problem of kind Unavailable.
type Admitter interface {
	Admit(ctx context.Context, c Class, operation string) (*admit.Work, error)
}

// deadlines are how long the work of a call may take. Nobody waits longer for
// a page; and whoever gave up must not be worked for.
var deadlines = map[Class]time.Duration{Vital: 30 * time.Second, Entry: 30 * time.Second, Interactive: 20 * time.Second, Browsing: 15 * time.Second, Background: time.Minute}

// bodyTime is how long the body of a call may take to arrive, where it is read
// as a whole.
const bodyTime = 20 * time.Second

type placeKey struct{}

// place says that a call is part of one that was let in, of which class, and
// whether that one holds its place while it goes on.
type place struct {
	context.Context
	class Class
	held  bool
}

// Value implements context.Context.
func (p *place) Value(key any) any {
	if key == (placeKey{}) {
		return p
	}
	return p.Context.Value(key)
}

// admitted calls next when there is room for it. The body is read before, so
// that a slow sender holds no place; the answer is sent after, so that a slow
// reader holds none; and what trickles or waits for others, holds none at all.
func (d *Door) admitted(hc huma.Context, m Meta, next func(huma.Context)) {
	ctx := hc.Context()
	outer, nested := ctx.Value(placeKey{}).(*place)
	if nested && outer.held {
		next(hc)
		return
	}
	class, inside := m.Class, ctx.Value(insideKey{}) != nil
	switch {
	case nested:
		class = outer.class
	case inside:
		class = admit.Inside
	}
	body, err := wholeBody(hc, m)
	if err != nil {
		d.Fail(hc, err)
		return
	}
	work, err := d.admit(ctx, class, m.Name)
	if err != nil {
		d.Fail(hc, err)
		return
	}
	defer work.Done()
	p := &placed{request: hc, header: headerOf(hc), body: body, work: work, at: place{ctx, class, true}}
	p.ctx = &p.at
	if m.trickles() {
		work.Done()
		p.at.held = false
		next(p)
		return
	}
	if !inside {
		var cancel context.CancelFunc
		p.ctx, cancel = context.WithTimeout(p.ctx, m.within())
		defer cancel()
	}
	next(p)
}

func (d *Door) admit(ctx context.Context, c Class, operation string) (*admit.Work, error) {
	if d.Admit == nil {
		return nil, nil
	}
	return d.Admit.Admit(ctx, c, operation)
}

// trickles reports whether a call of m takes as long as others let it.
func (m Meta) trickles() bool { return m.Stream || m.Media != "" || m.Outside }

func (m Meta) within() time.Duration {
	if m.Within > 0 {
		return m.Within
	}
	return deadlines[m.Class]
}

// most is the size of a body that m takes: strangers have little to say.
func (m Meta) most() int64 {
	switch {
	case m.Stream:
		return -1
	case m.Scope == Public:
		return 16 << 10
	}
	return 1 << 20
}

// request is huma's context by a name that does not hide its method.
type request = huma.Context

// placed is a call that was let in, with its body at hand. Its place is free as
// soon as the first byte of the answer is ready.
type placed struct {
	request
	at     place
	ctx    context.Context // at, with its deadline
	header Header
	work   *admit.Work
	body   io.Reader // nil if it was not read
}

// Context is the call's, with its deadline.
func (p *placed) Context() context.Context { return p.ctx }

// Unwrap is what huma asks of a context around another.
func (p *placed) Unwrap() huma.Context { return p.request }

// BodyReader is the body as it was read.
func (p *placed) BodyReader() io.Reader {
	if p.body == nil {
		return p.request.BodyReader()
	}
	return p.body
}

// SetHeader implements huma.Context.
func (p *placed) SetHeader(name, value string) { p.header.SetHeader(name, value) }

// BodyWriter gives the place back when something is written.
func (p *placed) BodyWriter() io.Writer {
	if !p.at.held {
		return p.request.BodyWriter()
	}
	return (*leaving)(p)
}

// leaving is a placed call that sends its answer.
type leaving placed

// Write implements io.Writer.
func (l *leaving) Write(b []byte) (int, error) {
	l.work.Done()
	return l.request.BodyWriter().Write(b)
}

var (
	errTooLarge = problem.New(problem.TooLarge, "body_too_large", "The body is larger than this operation takes.")
	errSlowBody = problem.New(problem.RequestTimeout, "body_timeout", "The body did not arrive in time.")
	errHalfBody = problem.New(problem.BadRequest, "bad_request", "The body broke off.")
)

// wholeBody reads the body of a call that has one, within its size and time.
func wholeBody(hc huma.Context, m Meta) (io.Reader, error) {
	in := hc.BodyReader()
	if m.Stream || in == nil || hc.Method() == "GET" {
		return nil, nil
	}
	_ = hc.SetReadDeadline(time.Now().Add(bodyTime)) // a call from inside has none
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(in, m.most()))
	_ = hc.SetReadDeadline(time.Time{})
	switch {
	case errors.Is(slow(err), errSlowBody):
		return nil, errSlowBody.Because(err)
	case err != nil:
		return nil, errHalfBody.Because(err)
	case n == m.most():
		return nil, tooLarge(m)
	}
	return &b, nil
}

func tooLarge(m Meta) error {
	p := *errTooLarge
	p.Detail = problem.Newf(problem.TooLarge, "", "The body is larger than the %d KiB that this operation takes.", m.most()>>10).Detail
	return &p
}
