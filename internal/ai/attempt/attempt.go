// Package attempt asks one engine once: within limits, with the answer checked
// and priced. Whether it is asked, and what follows, is the router's.
package attempt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/signal"
	"rapport/internal/ai/wire"
)

// Maker makes attempts.
type Maker struct {
	Catalog *catalog.Catalog
	Signals *signal.Signals
}

// Ask is one attempt to be made.
type Ask struct {
	Provider ai.Provider
	Model    *catalog.Model
	Call     ai.Call
	// Number of the attempt, from 1.
	Number int
	// Size is how many bytes are sent.
	Size int
	// Longest is how long an answer in one piece may take. Of one in pieces the
	// first may take Silence, each later one Idle.
	Silence, Idle, Longest time.Duration
	// Typical is how long the engine usually takes; 0 if nobody knows.
	Typical time.Duration
	// Pieces takes the answer as it comes, until it returns false; nil takes it
	// as a whole.
	Pieces func(text string) bool
}

// Result is what came of it.
type Result struct {
	Answer ai.Answer
	// Output may be used: it satisfies the schema and the verifier. It is nil
	// when there is a fault, or calls of tools.
	Output  json.RawMessage
	Fault   *ai.Fault
	Attempt ai.Attempt
}

var errSilent = errors.New("no answer within the limit of an attempt")

// Try makes the attempt. The result has a fault for whatever went wrong.
func (m *Maker) Try(ctx context.Context, a Ask) Result {
	r := Result{Attempt: ai.Attempt{Engine: a.Provider.Name(), Model: a.Call.Model, StartedAt: time.Now()}}
	ctx, end := m.Signals.Attempt(ctx, &a.Call, r.Attempt.Engine, a.Number)
	var err error
	if s, ok := a.Provider.(ai.Streamer); ok && a.Pieces != nil {
		r.Answer, err = a.stream(ctx, s, &r.Attempt)
	} else {
		r.Answer, err = a.whole(ctx)
	}
	r.Attempt.Duration = time.Since(r.Attempt.StartedAt)
	if err != nil {
		r.Fault = faultOf(ctx, err)
	} else {
		r.Output, r.Fault = Judge(&a.Call, r.Attempt.Engine, r.Answer)
	}
	m.price(&r, a)
	end(r.Attempt, r.Answer.Model)
	return r
}

// whole takes the answer in one.
func (a *Ask) whole(ctx context.Context) (ai.Answer, error) {
	// The first byte of an answer in one piece comes when it is written.
	ctx, cancel := context.WithTimeoutCause(a.bounded(ctx, a.Longest), a.Longest, errSilent)
	defer cancel()
	answer, err := Safely(ctx, a.Provider, a.Call)
	if err != nil && errors.Is(context.Cause(ctx), errSilent) {
		return answer, silent(err)
	}
	return answer, err
}

func (a *Ask) bounded(ctx context.Context, first time.Duration) context.Context {
	l := wire.Usual()
	l.FirstByte, l.Semantic, l.Typical = first, a.Idle, a.Typical
	return wire.WithLimits(ctx, l)
}

func silent(err error) *ai.Fault {
	f := ai.Fault{Billed: ai.BilledMaybe}
	if was := ai.FaultOf(err); was != nil {
		f = *was
	}
	f.Kind, f.Scope, f.RetrySame, f.TryOther, f.Repair = ai.TimedOut, ai.ScopeModel, true, true, ai.NoRepair
	f.Err = errors.Join(errSilent, f.Err)
	return &f
}

// Safely calls the provider. A panic over one odd answer is the failure of that
// call alone.
func Safely(ctx context.Context, p ai.Provider, call ai.Call) (answer ai.Answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			answer, err = ai.Answer{}, &ai.Fault{Kind: ai.Unknown, Scope: ai.ScopeModel, TryOther: true, Billed: ai.BilledMaybe, Err: fmt.Errorf("%s panicked: %v", p.Name(), v)}
		}
	}()
	return p.Call(ctx, call)
}

// faultOf makes any failure a fault, and a failure of who left or lost its own
// kind.
func faultOf(ctx context.Context, err error) *ai.Fault {
	f := ai.FaultOf(err)
	if f == nil {
		f = &ai.Fault{Kind: ai.Unknown, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Billed: ai.BilledMaybe, Err: err}
	}
	if ctx.Err() == nil {
		return f
	}
	ended := *f
	ended.Kind, ended.RetrySame, ended.TryOther, ended.Repair = ai.Cancelled, false, false, ai.NoRepair
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		ended.Kind = ai.DeadlinePast
	}
	if ended.Billed == "" {
		ended.Billed = ai.BilledMaybe
	}
	return &ended
}
