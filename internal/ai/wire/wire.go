// Package wire carries the calls of adapters: one request a call, never
// repeated, within limits, and with a record of what was seen. What a vendor's
// library hides, such as headers or the body of an error, is in the record.
package wire

import (
	"context"
	"errors"
	"net/http"
	"time"

	"rapport/internal/ai/fault"
)

// Limits bound one call. Zero fields are those of Usual.
type Limits struct {
	// Connect bounds finding and reaching the provider, TLS the handshake, and
	// FirstByte the time until headers come.
	Connect, TLS, FirstByte time.Duration
	// Idle is how long the body may be silent, Semantic how long it may go
	// without what Capture.Progress is told of.
	Idle, Semantic time.Duration
	// Body is how many bytes an answer may have, unpacked.
	Body int64
	// Typical is how long a call of the class usually takes; 0 if nobody knows.
	// It limits nothing.
	Typical time.Duration
}

// Usual returns the limits of a call of which nothing else is known.
func Usual() Limits {
	return Limits{Connect: 3 * time.Second, TLS: 5 * time.Second, FirstByte: 30 * time.Second, Idle: 30 * time.Second, Semantic: 45 * time.Second, Body: 16 << 20}
}

type limitsKey struct{}

// WithLimits bounds the calls that are made with the context.
func WithLimits(ctx context.Context, l Limits) context.Context {
	usual := Usual()
	for _, p := range []struct {
		have *time.Duration
		or   time.Duration
	}{{&l.Connect, usual.Connect}, {&l.TLS, usual.TLS}, {&l.FirstByte, usual.FirstByte}, {&l.Idle, usual.Idle}, {&l.Semantic, usual.Semantic}} {
		if *p.have <= 0 {
			*p.have = p.or
		}
	}
	if l.Body <= 0 {
		l.Body = usual.Body
	}
	return context.WithValue(ctx, limitsKey{}, l)
}

// LimitsOf returns the limits of ctx.
func LimitsOf(ctx context.Context) Limits {
	if l, ok := ctx.Value(limitsKey{}).(Limits); ok {
		return l
	}
	return Usual()
}

// Transport sends requests by next within the limits of their context, and
// records them in its Capture.
type Transport struct{ next http.RoundTripper }

// New returns a transport over next: the shared one of Shared, or a simulator.
func New(next http.RoundTripper) *Transport { return &Transport{next: next} }

// Client returns a client that has no limits of its own and follows no
// redirect: that would be a second request.
func (t *Transport) Client() *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ErrTwice says that a second request was to be sent in one call.
var ErrTwice = errors.New("a call is one request")

// RoundTrip sends r once. A GET, which is free, may be sent again by net/http
// where its connection was closed before it was read.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	c := of(r.Context())
	if c == nil {
		_, c = Watch(r.Context())
	}
	if !c.begin(r) {
		drop(r)
		return nil, ErrTwice
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	w := &watch{capture: c, limits: LimitsOf(ctx), cancel: cancel}
	w.arm(fault.FirstByteLimit, w.limits.FirstByte)
	out := r.WithContext(w.trace(ctx))
	if out.Header.Get("Idempotency-Key") != "" || out.Header.Get("X-Idempotency-Key") != "" {
		out.GetBody = nil // net/http would send it again by itself
	}
	res, err := t.next.RoundTrip(out)
	w.disarm()
	if err != nil {
		cause := because(ctx, err)
		cancel(nil)
		return nil, cause
	}
	c.answered(res)
	res.Body = w.read(ctx, res)
	return res, nil
}

// because is the limit that ended ctx, if one did, and otherwise err.
func because(ctx context.Context, err error) error {
	if limit, ok := errors.AsType[fault.Limit](context.Cause(ctx)); ok {
		return limit
	}
	return err
}

// drop closes the body of a request that is not sent, as RoundTrip must.
func drop(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close() // nobody reads it
	}
}
