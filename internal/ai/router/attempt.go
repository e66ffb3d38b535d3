package router

import (
	"context"
	"log/slog"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/attempt"
	"rapport/internal/ai/traffic"
)

// result is what came of one attempt.
type result struct {
	attempt.Result
	option *option
	unsent bool // nothing was asked: there is no money for it
}

// attempt asks o once, and reports whether its answer, or that of a hedge, was
// taken.
func (c *call) attempt(ctx context.Context, o *option, p *traffic.Permit) bool {
	if c.last != nil && c.last != o {
		c.g.Log.LogAttrs(ctx, slog.LevelWarn, "AI call failed, failing over", slog.String("from", c.last.Provider), slog.String("provider", o.Provider), slog.String("model", o.Model),
			slog.Int("attempt", c.attempts+1), slog.Int("of", c.bounds.Attempts), slog.Duration("wait", c.waited), slog.String("kind", string(c.lastFault.Kind)), slog.String("task", c.r.Task))
	}
	repair := o == c.mending
	c.mending = nil
	results := c.race(ctx, o, p)
	results[0].Attempt.Waited, results[0].Attempt.Why, results[0].Attempt.Repair = c.waited, c.why, repair
	for _, r := range results {
		c.res.Attempts = append(c.res.Attempts, r.Attempt)
		c.res.Usage.Add(r.Attempt.Usage)
	}
	for _, r := range results {
		if r.Fault == nil {
			c.take(ctx, r)
			return true
		}
	}
	for _, r := range results {
		c.decide(ctx, r)
	}
	return false
}

// take makes an answer the response.
func (c *call) take(ctx context.Context, r result) {
	a := r.Answer
	c.res.Output = r.Output
	c.res.Engine, c.res.Model, c.res.Version = r.option.Provider, r.option.Model, a.Version
	c.g.noteTook(c.r.Class, r.Attempt.Duration)
	if c.attempts > 1 {
		c.g.Log.LogAttrs(ctx, slog.LevelInfo, "AI call answered after several attempts", slog.String("provider", r.option.Provider), slog.String("model", r.option.Model),
			slog.Int("attempt", c.attempts), slog.Int("of", c.bounds.Attempts), slog.Duration("took", time.Since(c.began)), slog.String("task", c.r.Task))
	}
	c.keep(ctx)
}

// try makes one attempt: reserves money, asks, settles. It changes nothing of c,
// so that two can run beside each other.
func (c *call) try(ctx context.Context, o *option, p *traffic.Permit, number int) result {
	defer p.Release()
	hold, err := c.hold(ctx, o, number)
	if err != nil {
		return unpaid(o, err)
	}
	defer hold.Release()
	r := result{option: o, Result: c.g.maker.Try(ctx, c.ask(o, number))}
	hold.Settle(r.Attempt)
	p.Done(outcome(r))
	return r
}

// unpaid is an attempt that was not made for want of money.
func unpaid(o *option, err error) result {
	r := result{option: o, unsent: true}
	r.Fault = &ai.Fault{Kind: ai.LocalLimit, Scope: ai.ScopeModel, TryOther: true, Billed: ai.BilledNo, Err: err}
	r.Attempt = ai.Attempt{Engine: o.Provider, Model: o.Model, Kind: ai.LocalLimit, Error: r.Fault.Error(), Billed: ai.BilledNo}
	return r
}

// noHold is the hold of a gateway that counts no money.
type noHold struct{}

func (noHold) Settle(ai.Attempt) {}
func (noHold) Release()          {}

func (c *call) hold(ctx context.Context, o *option, number int) (Hold, error) {
	if c.g.Purse == nil {
		return noHold{}, nil
	}
	return c.g.Purse.Hold(ctx, Spend{CallID: c.id, Attempt: number, Provider: o.Provider, Model: o.Model, Task: c.r.Task,
		Agent: c.r.Agent, RunID: c.r.RunID, Max: o.most, Interactive: c.r.Interactive})
}

// ask is the request as o is asked it.
func (c *call) ask(o *option, number int) attempt.Ask {
	params := o.Params
	params.MaxTokens = o.tokens
	if c.r.Effort != "" {
		params.Effort = c.r.Effort
	}
	a := attempt.Ask{Provider: o.provider, Model: o.model, Number: number, Size: c.size, Silence: c.silence(o), Idle: c.g.Profile.Idle, Longest: c.longest(o), Typical: o.typical,
		Call: ai.Call{Request: c.r, Model: o.Model, Key: o.keys[o.key], Params: params, System: c.system, User: c.user, Nonce: c.nonce,
			Mended: o.mended, Previous: o.previous, Violations: o.wrong}}
	if c.out != nil && c.r.Schema == nil {
		c.out.committed = false
		a.Pieces = c.out.put
	}
	return a
}

// longest is how long an attempt may take: what the answer's length allows, and
// no more than a few times what is usual.
func (c *call) longest(o *option) time.Duration {
	limit := c.silence(o)
	if o.usually > 0 {
		return max(limit, 3*o.usually)
	}
	return limit + time.Duration(o.tokens)*c.g.Profile.Token
}

// silence is how long an engine may take for its first byte.
func (c *call) silence(o *option) time.Duration {
	effort := o.Params.Effort
	if c.r.Effort != "" {
		effort = c.r.Effort
	}
	if effort == ai.MidEffort || effort == ai.HighEffort {
		return c.g.Profile.Thinking
	}
	return c.bounds.FirstByte
}

// outcome is what traffic learns of an attempt.
func outcome(r result) traffic.Outcome {
	o := traffic.Outcome{Took: r.Attempt.Duration}
	if r.Fault == nil {
		return o
	}
	switch r.Fault.Kind {
	case ai.BadOutput:
		o.Unfit = true
	case ai.Truncated, ai.PolicyRefused:
	default:
		o.Fault = r.Fault
	}
	return o
}
