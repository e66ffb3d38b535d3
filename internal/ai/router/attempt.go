package router

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/traffic"
)

// result is what came of one attempt.
type result struct {
	option  *option
	answer  ai.Answer
	output  json.RawMessage
	fault   *ai.Fault
	attempt ai.Attempt
	unsent  bool // nothing was asked: there is no money for it
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
	results[0].attempt.Waited, results[0].attempt.Why, results[0].attempt.Repair = c.waited, c.why, repair
	for _, r := range results {
		c.res.Attempts = append(c.res.Attempts, r.attempt)
		c.res.Usage.Add(r.attempt.Usage)
	}
	for _, r := range results {
		if r.fault == nil {
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
	a := r.answer
	c.res.Output, c.res.Calls, c.res.State = r.output, a.Calls, a.State
	c.res.Engine, c.res.Model, c.res.Version = r.option.Provider, r.option.Model, a.Version
	c.g.noteTook(c.r.Class, r.attempt.Duration)
	if c.attempts > 1 {
		c.g.Log.LogAttrs(ctx, slog.LevelInfo, fmt.Sprintf("AI call answered after %d attempts", c.attempts), slog.String("provider", r.option.Provider), slog.String("model", r.option.Model),
			slog.Int("attempt", c.attempts), slog.Int("of", c.bounds.Attempts), slog.Duration("took", time.Since(c.began)), slog.String("task", c.r.Task))
	}
	c.keep(ctx)
}

// try makes one attempt: reserves money, asks, checks, settles. It changes
// nothing of c, so that two can run beside each other.
func (c *call) try(ctx context.Context, o *option, p *traffic.Permit, number int) result {
	defer p.Release()
	r := result{option: o, attempt: ai.Attempt{Engine: o.Provider, Model: o.Model, Billed: ai.BilledNo}}
	hold, err := c.hold(ctx, o, number)
	if err != nil {
		r.unsent = true
		r.fault = &ai.Fault{Kind: ai.LocalLimit, Scope: ai.ScopeModel, TryOther: true, Billed: ai.BilledNo, Err: err}
		r.attempt.Kind, r.attempt.Error = ai.LocalLimit, r.fault.Error()
		return r
	}
	ctx, end := c.g.obs.attempt(ctx, c, o)
	limited, cancel := c.limit(ctx, o)
	defer cancel()
	began := time.Now()
	if c.streams(o) {
		r.answer, err = c.stream(limited, o)
	} else {
		r.answer, err = ask(limited, o.provider, c.ask(o))
	}
	r.attempt.StartedAt, r.attempt.Duration = began, time.Since(began)
	if err != nil {
		r.fault = faultOf(ctx, limited, err)
	} else {
		r.output, r.fault = c.judge(o, r.answer)
	}
	c.settle(&r)
	hold.Settle(r.attempt)
	p.Done(outcome(r))
	end(r)
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

// ask calls the provider. A panic over one odd answer is the failure of that
// call alone.
func ask(ctx context.Context, p ai.Provider, call ai.Call) (answer ai.Answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			answer, err = ai.Answer{}, &ai.Fault{Kind: ai.Unknown, Scope: ai.ScopeRequest, TryOther: true, Billed: ai.BilledMaybe, Err: fmt.Errorf("%s panicked: %v", p.Name(), v)}
		}
	}()
	return p.Call(ctx, call)
}

// ask is the request as o is asked it.
func (c *call) ask(o *option) ai.Call {
	params := o.Params
	params.MaxTokens = o.tokens
	if c.r.Effort != "" {
		params.Effort = c.r.Effort
	}
	return ai.Call{Request: c.r, Model: o.Model, Key: o.keys[o.key], Params: params, System: c.system, User: c.user, Nonce: c.nonce,
		Mended: o.mended, Previous: o.previous, Violations: o.wrong}
}

// errSilent ends an attempt that takes too long.
var errSilent = errors.New("no answer within the limit of an attempt")

// limit bounds how long an attempt may take.
func (c *call) limit(ctx context.Context, o *option) (context.Context, context.CancelFunc) {
	if c.streams(o) {
		return ctx, func() {} // each piece has its own limit
	}
	return context.WithTimeoutCause(ctx, c.longest(o), errSilent)
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

// faultOf makes any failure of an attempt a fault that says who ended it.
func faultOf(ctx, limited context.Context, err error) *ai.Fault {
	f := ai.FaultOf(err)
	if f == nil {
		f = &ai.Fault{Kind: ai.Unknown, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Billed: ai.BilledMaybe, Err: err}
	}
	var kind ai.Kind
	switch {
	case errors.Is(context.Cause(ctx), errLost), errors.Is(ctx.Err(), context.Canceled):
		kind = ai.Cancelled
	case ctx.Err() != nil:
		kind = ai.DeadlinePast
	case errors.Is(context.Cause(limited), errSilent):
		kind = ai.TimedOut
	default:
		return f
	}
	ended := *f
	ended.Kind, ended.RetrySame, ended.TryOther = kind, kind == ai.TimedOut, kind == ai.TimedOut
	if kind == ai.TimedOut && ended.Scope == "" || ended.Scope == ai.ScopeRequest {
		ended.Scope = ai.ScopeModel
	}
	if ended.Billed == "" || f.Kind == ai.Unknown {
		ended.Billed = ai.BilledMaybe
	}
	return &ended
}

// outcome is what traffic learns of an attempt.
func outcome(r result) traffic.Outcome {
	o := traffic.Outcome{Took: r.attempt.Duration}
	if r.fault == nil {
		return o
	}
	switch r.fault.Kind {
	case ai.BadOutput:
		o.Unfit = true
	case ai.Truncated, ai.PolicyRefused:
	default:
		o.Fault = r.fault
	}
	return o
}

// settle prices the attempt and says what it came to.
func (c *call) settle(r *result) {
	a := &r.attempt
	a.Usage, a.RequestID = r.answer.Usage, r.answer.RequestID
	a.Billed = ai.BilledYes
	if f := r.fault; f != nil {
		a.Kind, a.Error, a.Status = f.Kind, f.Error(), f.Status
		if f.Billed != "" {
			a.Billed = f.Billed
		}
		if f.RequestID != "" {
			a.RequestID = f.RequestID
		}
		if f.Usage != (ai.Usage{}) {
			a.Usage = f.Usage
		}
	}
	c.estimate(r)
	cost, _ := c.g.Catalog.Cost(r.option.Provider, r.option.Model, a.Usage, a.StartedAt)
	a.Usage.CostNano = int64(cost)
}

// estimate replaces a usage that is missing from a paid answer, or that cannot
// be: more than was sent or allowed, or less than nothing.
func (c *call) estimate(r *result) {
	u, o := &r.attempt.Usage, r.option
	sane := min(u.InputTokens, u.OutputTokens, u.CachedTokens, u.CacheWriteTokens, u.CacheWriteLongTokens, u.ThinkingTokens) >= 0 &&
		u.Tokens() <= 2*int64(c.size+o.tokens)+10_000
	broken := r.fault != nil && r.attempt.Billed == ai.BilledMaybe
	switch {
	case r.attempt.Billed == ai.BilledNo:
		*u = ai.Usage{}
		return
	case sane && u.Tokens() > 0:
		return
	case broken && !(r.fault.Kind == ai.Cancelled && o.model.AbortStopsBilling):
		*u = ai.Usage{} // the purse keeps what was reserved
		return
	}
	written := len(r.answer.Text) + len(r.answer.Output)
	if broken {
		written = max(written, int(r.attempt.Duration.Seconds()*speed))
	}
	*u = ai.Usage{InputTokens: int64(c.size/4 + 1), OutputTokens: int64(min(written/4+1, o.tokens)), ChargedNano: u.ChargedNano, Estimated: true}
}

// speed is how many bytes a model writes in a second, about.
const speed = 400
