package op

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/platform/problem"
)

// A Limiter takes the cost of a call from what the caller has left: the actor
// of ctx, or nobody in particular at the address of the call. A refusal is a
// problem of kind TooMany that says when to come again; its charge holds the
// headers of the answer all the same. No charge: the call is not limited.
type Limiter interface {
	Take(ctx context.Context, m Meta) (Charge, error)
}

// A Charge is what a Limiter took for one call.
type Charge interface {
	// Headers are sent with the answer, whatever it is.
	Headers(h Header)
	// More takes tokens besides, or is a problem of kind TooMany.
	More(ctx context.Context, tokens int) error
	// Settle ends the call, which was answered with status.
	Settle(status int)
}

// A Header is where the headers of an answer are set.
type Header interface{ SetHeader(name, value string) }

// headerOf is the header of the answer to hc: the writer's own, where it has one
// that costs nothing, or else huma's.
func headerOf(hc huma.Context) Header {
	if h, ok := hc.BodyWriter().(Header); ok {
		return h
	}
	return hc
}

// Spend takes tokens besides those of the operation, for a call that turns out
// to be larger than most: before it does what they are for. Nothing is taken
// outside of a call, or of one that is not limited.
func Spend(ctx context.Context, tokens int) error {
	c := callFrom(ctx)
	if c == nil || c.charge == nil || tokens <= 0 {
		return nil
	}
	err := c.charge.More(ctx, tokens)
	c.charge.Headers(c.header)
	return err
}

// Stray charges a request that leads to no operation to its address, and sets
// the headers of the limit. done ends it.
func (d *Door) Stray(r *http.Request, h Header) (done func(status int), err error) {
	if d.Limit == nil {
		return func(int) {}, nil
	}
	c := &call{Context: r.Context(), ip: d.Proxies.Client(r.RemoteAddr, r.Header.Values("X-Forwarded-For"))}
	charge, err := d.Limit.Take(c, Meta{Name: "stray", Scope: Public, Cost: 1})
	if charge == nil {
		return func(int) {}, err
	}
	charge.Headers(h)
	return charge.Settle, err
}

type freeKey struct{}

// Free returns a context in which calls cost nobody anything: nobody has made
// them.
func Free(ctx context.Context) context.Context { return context.WithValue(ctx, freeKey{}, true) }

// RowCost is what a change to so many records costs besides the call: a token
// for each ten beyond the first.
func RowCost(rows int) int { return max(rows-1, 0) / 10 }

// limited calls next for who has something left. A call that was refused
// before costs a token, so that refusals cannot be had for nothing; except where
// nobody could tell who calls, which is not the caller's fault.
func (d *Door) limited(hc huma.Context, m Meta, refused error, next func(huma.Context)) {
	if p, ok := errors.AsType[*problem.Error](refused); ok && p.Kind == problem.Unavailable {
		d.Fail(hc, refused)
		return
	}
	if refused != nil {
		m.Cost, m.AI = 1, false
		next = func(hc huma.Context) { d.Fail(hc, refused) }
	}
	if d.Limit == nil || hc.Context().Value(freeKey{}) != nil {
		next(hc)
		return
	}
	charge, err := d.Limit.Take(hc.Context(), m)
	header := headerOf(hc)
	if charge != nil {
		charge.Headers(header)
	}
	if err != nil {
		d.Fail(hc, err)
		return
	}
	if charge == nil {
		next(hc)
		return
	}
	c := callFrom(hc.Context())
	c.charge, c.header = charge, header
	ended := false
	defer func() {
		status := hc.Status()
		if !ended {
			status = 500 // it panics
		}
		charge.Settle(status)
	}()
	next(hc)
	ended = true
}
