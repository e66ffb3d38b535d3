// Package router is the way to a model. It alone decides on attempts: which
// engine is asked, when, how often, and what becomes of a request that none
// answers. Money is reserved before each attempt and settled after it; an
// answer counts when it satisfies its schema and its verifier.
package router

import (
	"context"
	"iter"
	"log/slog"
	"sync"

	"go.opentelemetry.io/otel/metric"

	"rapport/internal/ai"
	"rapport/internal/ai/attempt"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/signal"
	"rapport/internal/ai/traffic"
	"rapport/internal/ai/traffic/samples"
)

// Gateway takes requests to providers. It is safe for concurrent use.
type Gateway struct {
	Options
	providers map[string]ai.Provider
	maker     *attempt.Maker
	signals   *signal.Signals

	mu     sync.Mutex
	hedges float64 // how many may be made
	took   map[ai.Class]*samples.Samples
}

// Options are what a gateway works with. Only Providers is needed.
type Options struct {
	Providers []ai.Provider
	// Policy gives who may answer in the workspace of ctx; nil is the default.
	Policy  func(ctx context.Context) *policy.Policy
	Catalog *catalog.Catalog // nil is the default
	Keys    Keys             // nil: each provider has one key without a secret
	Purse   Purse            // nil: no money is counted
	Book    Book             // nil: nothing is recorded
	Cache   Cache            // nil: nothing is kept
	Traffic *traffic.Traffic // nil is one of its own
	Log     *slog.Logger     // nil is silent
	Meter   metric.MeterProvider
	Profile Profile // zero is Standard
}

// New returns a gateway.
func New(o Options) *Gateway {
	if o.Catalog == nil {
		o.Catalog = catalog.Default()
	}
	if o.Policy == nil {
		standard := policy.Default()
		o.Policy = func(context.Context) *policy.Policy { return standard }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Profile.Ladder == nil {
		o.Profile = Standard()
	}
	if o.Traffic == nil {
		o.Traffic = traffic.New(traffic.Standard(), nil, o.Log)
	}
	g := &Gateway{Options: o, providers: make(map[string]ai.Provider, len(o.Providers)), took: map[ai.Class]*samples.Samples{}, hedges: min(1, o.Profile.Hedge.Burst)}
	for _, p := range o.Providers {
		g.providers[p.Name()] = p
	}
	g.signals = signal.New(o.Meter)
	g.maker = &attempt.Maker{Catalog: o.Catalog, Signals: g.signals}
	return g
}

// Do answers r with output that satisfies its schema. When every engine is
// away for a while, rules stand in; where they cannot, it fails with
// ErrNoProvider if a person waits and answers with a Ticket if not. An answer
// that cannot be used is an error that wraps ErrBadOutput; nothing of it is
// returned. The response's attempts are filled in either case.
func (g *Gateway) Do(ctx context.Context, r ai.Request) (ai.Response, error) {
	c, ctx, err := g.begin(ctx, r)
	if err != nil {
		return ai.Response{}, err
	}
	err = c.answer(ctx)
	c.finish(ctx, err)
	return c.res, err
}

// Stream answers in pieces of prose, the last of which carries the response.
// What has a schema comes in one piece, once it is checked. A stream that
// breaks after its first piece begins anew at another engine if the request
// takes restarts; else the last piece has what is known, and an error.
func (g *Gateway) Stream(ctx context.Context, r ai.Request) iter.Seq2[ai.Piece, error] {
	return func(yield func(ai.Piece, error) bool) {
		c, ctx, err := g.begin(ctx, r)
		if err != nil {
			yield(ai.Piece{}, err)
			return
		}
		c.out = &outlet{yield: yield}
		err = c.answer(ctx)
		c.finish(ctx, err)
		c.out.end(c.res, err)
	}
}
