package ai

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Gateway takes requests to providers.
type Gateway struct {
	policy    Policy
	providers map[string]Provider
	meter     Meter
}

// New returns a gateway that asks providers in the order of policy and tells
// meter of each attempt.
func New(policy Policy, meter Meter, providers ...Provider) *Gateway {
	byName := make(map[string]Provider, len(providers))
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
func (g *Gateway) Do(ctx context.Context, r Request) (Response, error) {
	plan := g.plan(r)
	if len(plan) == 0 {
		return Response{}, ErrNoProvider.Because(fmt.Errorf("nobody is configured for %s", r.Task))
	}
	var res Response
	var faults []error
	for _, c := range plan {
		answer, err := g.ask(ctx, c, r, &res)
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

// plan lists the candidates whose providers exist.
func (g *Gateway) plan(r Request) []Candidate {
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

func (g *Gateway) local(c Candidate) bool { return g.providers[c.Provider].Caps(c.Model).Local }

// ask makes one attempt, and another to repair a bad answer where the model
// can.
func (g *Gateway) ask(ctx context.Context, c Candidate, r Request, res *Response) (Answer, error) {
	answer, err := g.attempt(ctx, Call{Request: r, Model: c.Model}, c.Provider, res)
	bad, ok := errors.AsType[*BadOutput](err)
	if !ok || !g.providers[c.Provider].Caps(c.Model).Repairs {
		return answer, err
	}
	return g.attempt(ctx, Call{Request: r, Model: c.Model, Violations: bad.Violations}, c.Provider, res)
}

func (g *Gateway) attempt(ctx context.Context, call Call, provider string, res *Response) (Answer, error) {
	start := time.Now()
	answer, err := g.providers[provider].Call(ctx, call)
	if err == nil {
		if v := call.Schema.Check(answer.Output); len(v) > 0 {
			err = &BadOutput{Engine: provider, Violations: v}
		}
	}
	a := Attempt{Engine: provider, Model: call.Model, Billed: billed(answer, err), Usage: answer.Usage, Duration: time.Since(start)}
	if err != nil {
		a.Error = err.Error()
	}
	res.Attempts = append(res.Attempts, a)
	res.Usage.Add(a.Usage)
	g.meter.Record(call.Task, a)
	if err != nil {
		return Answer{}, err
	}
	return answer, nil
}

func billed(a Answer, err error) Billing {
	if f, ok := errors.AsType[*Fault](err); ok && f.Billed != "" {
		return f.Billed
	}
	if a.Usage.CostNano > 0 {
		return BilledYes
	}
	return BilledNo
}

// patience is how long a deferred request waits when no provider says.
const patience = time.Minute

// unanswered decides what a request becomes that nobody answered.
func unanswered(r Request, res Response, faults []error) (Response, error) {
	all := errors.Join(faults...)
	after, away := shortest(faults)
	if !away {
		return res, fmt.Errorf("%s: %w", r.Task, all)
	}
	if r.Interactive {
		return res, ErrNoProvider.Because(all).Retry(after)
	}
	res.Deferred = &Ticket{After: after, Reason: all.Error()}
	return res, nil
}

// shortest returns the shortest wait of the temporary faults, and whether
// there are any.
func shortest(faults []error) (time.Duration, bool) {
	var after time.Duration
	away := false
	for _, err := range faults {
		f, ok := errors.AsType[*Fault](err)
		if !ok || !f.Temporary {
			continue
		}
		wait := f.RetryAfter
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
