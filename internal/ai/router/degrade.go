package router

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/attempt"
)

// rules has the engine of our own answer, and reports whether it did. Where a
// model could have answered the response is degraded.
func (c *call) rules(ctx context.Context) bool {
	if c.local == nil {
		return false
	}
	tried := ai.Attempt{Engine: c.local.Provider, StartedAt: time.Now(), Billed: ai.BilledNo}
	question := ai.Call{Request: c.r}
	answer, err := attempt.Safely(ctx, c.local.provider, question)
	var output json.RawMessage
	if err == nil {
		var fault *ai.Fault
		if output, fault = attempt.Judge(&question, tried.Engine, answer); fault != nil {
			err = attempt.Cause(fault)
		}
	}
	tried.Duration = time.Since(tried.StartedAt)
	if err != nil {
		if f := ai.FaultOf(err); f != nil {
			tried.Kind = f.Kind
		}
		tried.Error = err.Error()
		c.res.Attempts, c.faults = append(c.res.Attempts, tried), append(c.faults, err)
		return false
	}
	after, _ := c.after(ctx)
	c.res.Attempts = append(c.res.Attempts, tried)
	c.res.Output, c.res.Engine, c.res.Version = output, c.local.Provider, answer.Version
	if c.configured {
		c.res.Degraded, c.res.Upgrade = true, after
	}
	return true
}

// unanswered decides what a request becomes that no model answered.
func (c *call) unanswered(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	if c.rules(context.WithoutCancel(ctx)) { // quick, and worth more than the deadline
		return nil
	}
	after, away := c.after(ctx)
	all := errors.Join(c.faults...)
	switch {
	case errors.Is(all, ai.ErrBudget):
		return ai.ErrBudget.Because(all)
	case !away && c.tooLarge:
		return ErrTooLarge.Because(all)
	case !away:
		return fmt.Errorf("%s: %w", c.r.Task, all)
	case c.r.Interactive:
		return ai.ErrNoProvider.Because(all).Retry(after)
	}
	c.res.Deferred = &ai.Ticket{After: after, Reason: "every engine is closed for now"}
	if all != nil {
		c.res.Deferred.Reason = all.Error()
	}
	return nil
}

// after is when to ask again: as soon as the first engine is open, or in a
// while where nobody says. It reports whether an engine is only away.
func (c *call) after(ctx context.Context) (time.Duration, bool) {
	var after time.Duration
	away := errors.Is(ctx.Err(), context.DeadlineExceeded)
	for _, err := range c.faults {
		if f := ai.FaultOf(err); f != nil && (f.Kind.Passing() && f.Kind != ai.LocalLimit || f.Kind == ai.DeadlinePast) {
			away = true
		}
	}
	for _, o := range c.plan {
		refusal, _ := c.openKey(ctx, o)
		if refusal.Open() {
			continue
		}
		if o.tried == 0 && o.live() {
			away = true
			c.note(o, refusal.Why)
			o.dropped = refusal.Why
		}
		if after == 0 || refusal.Wait < after {
			after = refusal.Wait
		}
	}
	if after == 0 && !c.hasty {
		return c.g.Profile.Away, away
	}
	return max(after, time.Second), away
}
