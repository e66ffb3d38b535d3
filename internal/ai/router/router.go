// Package router is the way to a model: the Gateway takes a request to the
// engines that may answer it, in the order of a policy, checks the answer
// against its schema and says who gave it.
package router

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"rapport/internal/ai"
)

// Gateway takes requests to providers.
type Gateway struct {
	policy    Policy
	providers map[string]ai.Provider
	meter     Meter
}

// New returns a gateway that asks providers in the order of policy and tells
// meter of each attempt.
func New(policy Policy, meter Meter, providers ...ai.Provider) *Gateway {
	byName := make(map[string]ai.Provider, len(providers))
	for _, p := range providers {
		byName[p.Name()] = p
	}
	return &Gateway{policy: policy, providers: byName, meter: meter}
}

// Do answers r with output that satisfies its schema. When every engine is
// away for a while it fails with ErrNoProvider if a person waits, and answers
// with a Ticket if not. An answer that cannot be used is an error that wraps
// ErrBadOutput; nothing of it is returned. The response's attempts are filled
// in either case.
func (g *Gateway) Do(ctx context.Context, r ai.Request) (ai.Response, error) {
	plan := g.plan(r)
	if len(plan) == 0 {
		return ai.Response{}, ai.ErrNoProvider.Because(fmt.Errorf("nobody is configured for %s", r.Task))
	}
	var res ai.Response
	var faults []error
	for _, c := range plan {
		answer, err := g.attempt(ctx, ai.Call{Request: r, Model: c.Model}, c.Provider, &res)
		if err == nil {
			res.Output, res.Engine, res.Model, res.Version = answer.Output, c.Provider, c.Model, answer.Version
			res.Degraded = g.standsIn(c, plan)
			return res, nil
		}
		if ctx.Err() != nil {
			return res, ctx.Err()
		}
		faults = append(faults, err)
	}
	return unanswered(r, res, faults)
}

// Stream answers in one piece.
func (g *Gateway) Stream(ctx context.Context, r ai.Request) iter.Seq2[ai.Piece, error] {
	return func(yield func(ai.Piece, error) bool) {
		res, err := g.Do(ctx, r)
		yield(ai.Piece{Text: string(res.Output), Done: &res}, err)
	}
}

// plan lists the candidates whose providers exist.
func (g *Gateway) plan(r ai.Request) []Candidate {
	var plan []Candidate
	for _, c := range g.policy.candidates(r.Task, r.Class) {
		if _, ok := g.providers[c.Provider]; ok {
			plan = append(plan, c)
		}
	}
	return plan
}

// standsIn reports whether c is a local engine that answered for want of
// another that is configured for the task. Where none is, it is the engine.
func (g *Gateway) standsIn(c Candidate, plan []Candidate) bool {
	if !g.local(c) {
		return false
	}
	for _, other := range plan {
		if other == c {
			return false
		}
		if !g.local(other) {
			return true
		}
	}
	return false
}

func (g *Gateway) local(c Candidate) bool { return g.providers[c.Provider].Local() }

func (g *Gateway) attempt(ctx context.Context, call ai.Call, provider string, res *ai.Response) (ai.Answer, error) {
	start := time.Now()
	answer, err := g.providers[provider].Call(ctx, call)
	if err == nil {
		if v := call.Schema.Check(answer.Output); len(v) > 0 {
			err = &ai.Refused{Engine: provider, Violations: v}
		}
	}
	a := ai.Attempt{Engine: provider, Model: call.Model, Billed: billed(answer, err), Usage: answer.Usage, Duration: time.Since(start)}
	if err != nil {
		a.Error = err.Error()
	}
	res.Attempts = append(res.Attempts, a)
	res.Usage.Add(a.Usage)
	g.meter.Record(call.Task, a)
	if err != nil {
		return ai.Answer{}, err
	}
	return answer, nil
}

func billed(a ai.Answer, err error) ai.Billing {
	if f := ai.FaultOf(err); f != nil && f.Billed != "" {
		return f.Billed
	}
	if a.Usage.CostNano > 0 {
		return ai.BilledYes
	}
	return ai.BilledNo
}

// patience is how long a deferred request waits when no provider says.
const patience = time.Minute

// unanswered decides what a request becomes that nobody answered.
func unanswered(r ai.Request, res ai.Response, faults []error) (ai.Response, error) {
	all := errors.Join(faults...)
	after, away := shortest(faults)
	if !away {
		return res, fmt.Errorf("%s: %w", r.Task, all)
	}
	if r.Interactive {
		return res, ai.ErrNoProvider.Because(all).Retry(after)
	}
	res.Deferred = &ai.Ticket{After: after, Reason: all.Error()}
	return res, nil
}

// shortest returns the shortest wait of the faults that pass, and whether
// there are any.
func shortest(faults []error) (time.Duration, bool) {
	var after time.Duration
	away := false
	for _, err := range faults {
		f := ai.FaultOf(err)
		if f == nil || !f.Kind.Passing() {
			continue
		}
		wait := f.Wait
		if wait <= 0 {
			wait = patience
		}
		if !away || wait < after {
			after = wait
		}
		away = true
	}
	return after, away
}
