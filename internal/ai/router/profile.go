package router

import (
	"time"

	"rapport/internal/ai"
)

// Profile is the numbers of the way to a model.
type Profile struct {
	// Jitter spreads each wait of the ladder over all of it.
	Jitter bool
	// Ladder are the waits before the second, third … attempt, where the
	// attempt is not the first of another engine.
	Ladder      []time.Duration
	Interactive Bounds
	Background  Bounds
	// Thinking is how long a thinking model may be silent.
	Thinking time.Duration
	// Idle is how long a stream may bring nothing once it began.
	Idle time.Duration
	// Token is how long an engine may take for each token that it may write.
	Token time.Duration
	Hedge Hedge
	// EarlyDegrade gives a person the answer of rules when no engine takes a
	// call within their Patience.
	EarlyDegrade bool
	// Away is when to ask again where nobody says.
	Away time.Duration
	// MaxPrompt is bytes.
	MaxPrompt int
	// MaxTokens of an answer, where neither request nor policy says.
	MaxTokens int
}

// Bounds are the numbers of a request that a person waits for, or that nobody
// waits for.
type Bounds struct {
	// Attempts is how many calls are made in all, at all engines.
	Attempts int
	// Fixes is how often a model is told what is wrong with its answer.
	Fixes int
	// FirstByte is how long an engine may be silent.
	FirstByte time.Duration
	// Patience is the wait that is preferred to the answer of rules.
	Patience time.Duration
	// Enough is how long engines are tried, after which rules answer.
	Enough time.Duration
	// Second is what a second is worth: a dearer engine is asked rather than
	// waiting for a cheaper one if it costs less than the wait.
	Second ai.Nano
}

// Hedge says when a second engine is asked beside a slow first one.
type Hedge struct {
	// Share of all requests; 0 never hedges. Burst is how many may be saved up.
	Share, Burst float64
	// After is the silence that calls for it, at least; Most at most. Between
	// them it is the 95th percentile of the class.
	After, Most time.Duration
	// Cheap is the price of a call that may be paid for nothing, where breaking
	// off does not stop the bill.
	Cheap ai.Nano
}

// Standard are the defaults.
func Standard() Profile {
	return Profile{
		Jitter:       true,
		Ladder:       []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second},
		Interactive:  Bounds{Attempts: 4, Fixes: 1, FirstByte: 8 * time.Second, Patience: time.Second, Enough: 8 * time.Second, Second: 5_000_000},
		Background:   Bounds{Attempts: 6, Fixes: 2, FirstByte: 30 * time.Second, Patience: time.Hour, Enough: time.Hour, Second: 500_000},
		Thinking:     time.Minute,
		Idle:         45 * time.Second,
		Token:        15 * time.Millisecond,
		Hedge:        Hedge{Share: 0.03, Burst: 10, After: 2500 * time.Millisecond, Most: 5 * time.Second, Cheap: 2_000_000},
		EarlyDegrade: true,
		Away:         time.Minute,
		MaxPrompt:    1 << 20,
		MaxTokens:    2048,
	}
}

// Exact is Standard without chance and without a hedge, for contract tests.
func Exact() Profile {
	p := Standard()
	p.Jitter, p.Hedge.Share = false, 0
	return p
}

func (p Profile) bounds(r ai.Request) Bounds {
	if r.Interactive {
		return p.Interactive
	}
	return p.Background
}
