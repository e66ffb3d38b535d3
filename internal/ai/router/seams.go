package router

import (
	"context"
	"time"

	"rapport/internal/ai"
)

// Purse reserves money before an attempt is made; ai/budget does.
type Purse interface {
	// Hold reserves s.Max in all scopes that s names, or fails with
	// ai.ErrBudget. A hold is settled or released, whatever happens.
	Hold(ctx context.Context, s Spend) (Hold, error)
	// Cheap reports whether only cheap models are to be asked, because the
	// budget is nearly spent.
	Cheap(ctx context.Context) bool
}

// Spend is what an attempt may cost at most, and on whose account.
type Spend struct {
	CallID      string
	Attempt     int // from 1
	Provider    string
	Model       string
	Task        string
	Agent       string
	RunID       string
	Max         ai.Nano
	Interactive bool
}

// Hold is money reserved for one attempt. Its methods are idempotent and safe
// for concurrent use; the first of them that is called counts.
type Hold interface {
	// Settle books what was spent: the cost of the attempt's usage, or the
	// reserved sum where it was maybe billed and nothing is known.
	Settle(a ai.Attempt)
	// Release gives all back: the attempt was never sent.
	Release()
}

// Book keeps the record of each call and its attempts.
type Book interface {
	Record(ctx context.Context, c Record)
}

// Record is a call that is over.
type Record struct {
	ID          string
	Task        string
	Class       ai.Class
	Agent       string
	RunID       string
	Interactive bool
	StartedAt   time.Time
	Duration    time.Duration
	// Outcome is "answered", "cached", "degraded", "deferred", "failed" or
	// "cancelled".
	Outcome  string
	Error    string
	Response ai.Response // without the output
}

// Cache keeps answers of models by what was asked, per workspace.
type Cache interface {
	Get(ctx context.Context, key [32]byte) (ai.Response, bool)
	Put(ctx context.Context, key [32]byte, r ai.Response)
}

// Keys lists the keys that the workspace of ctx may use with a provider, in
// the order in which they are tried; none means that it is not configured.
type Keys interface {
	Keys(ctx context.Context, provider string) ([]ai.Key, error)
}
