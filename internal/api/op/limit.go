package op

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

// A Limiter takes the cost of a call from what the caller has left. A refusal
// is a problem of kind TooMany that says when to come again; its charge holds
// the headers of the answer all the same.
type Limiter interface {
	Take(ctx context.Context, m Meta) (Charge, error)
}

// A Charge is what a Limiter took for one call.
type Charge interface {
	// Headers are sent with the answer, whatever it is.
	Headers(set func(name, value string))
	// Settle ends the call, which was answered with status.
	Settle(status int)
}

// limited calls next for who has something left.
func (d *Door) limited(hc huma.Context, m Meta, next func(huma.Context)) {
	if d.Limit == nil {
		next(hc)
		return
	}
	charge, err := d.Limit.Take(hc.Context(), m)
	if charge != nil {
		charge.Headers(hc.SetHeader)
	}
	if err != nil {
		d.Fail(hc, err)
		return
	}
	defer func() { charge.Settle(hc.Status()) }()
	next(hc)
}
