package router

import (
	"context"
	"errors"
	"slices"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/attempt"
)

// decide says what follows from a failed attempt: who is out, who is asked
// again and when, and with what repair.
func (c *call) decide(ctx context.Context, r result) {
	o, f := r.option, r.Fault
	c.faults = append(c.faults, attempt.Cause(f))
	if f.Kind == ai.Cancelled && ctx.Err() == nil {
		return // the hedge lost
	}
	c.last, c.lastFault = o, f
	o.due = time.Now().Add(c.backoff())
	switch {
	case r.unsent:
		o.dropped = f.Error()
	case f.Repair != ai.NoRepair && c.mend(o, f, r.Answer):
		c.mending, o.due = o, time.Time{}
	case f.Kind == ai.PolicyRefused:
		c.drop(f, o)
		if c.refused++; c.refused > 1 {
			c.dropAll("two models declined")
		}
	case f.Scope == ai.ScopeKey && o.key+1 < len(o.keys):
		c.nextKey(o)
	case f.Kind == ai.BadOutput || !f.RetrySame && !f.Kind.Passing():
		c.drop(f, o)
	case !f.RetrySame && f.Kind != ai.RateLimited:
		c.drop(f, o)
	}
	if !f.TryOther && !f.RetrySame && c.mending == nil && f.Kind != ai.Cancelled {
		c.dropAll(f.Error())
	}
}

// mend changes o so that the request may be accepted, and reports whether there
// is a change that was not tried.
func (c *call) mend(o *option, f *ai.Fault, a ai.Answer) bool {
	if f.Repair == ai.FixOutput {
		return c.fix(o, f, a)
	}
	if slices.Contains(o.mended, f.Repair) {
		return false
	}
	switch f.Repair {
	case ai.RaiseMax:
		more := min(2*o.tokens, o.model.MaxOutput)
		if more == o.tokens {
			return false
		}
		most, _ := c.g.Catalog.Most(o.Provider, o.Model, c.size, more, c.began)
		if o.MaxCost > 0 && most > o.MaxCost {
			return false
		}
		o.tokens, o.most = more, most
	case ai.Compact:
		c.dropSmaller(o)
		return false
	}
	o.mended = append(o.mended, f.Repair)
	return true
}

// fix has the model told what is wrong with its answer.
func (c *call) fix(o *option, f *ai.Fault, a ai.Answer) bool {
	refused, ok := errors.AsType[*ai.Refused](f)
	if !ok || c.fixes >= c.bounds.Fixes {
		return false
	}
	c.fixes++
	o.previous, o.wrong = a.Text, refused.Violations
	if o.previous == "" {
		o.previous = string(a.Output)
	}
	if !slices.Contains(o.mended, ai.FixOutput) {
		o.mended = append(o.mended, ai.FixOutput)
	}
	return true
}

// dropSmaller leaves only models that read more than o does.
func (c *call) dropSmaller(o *option) {
	for _, other := range c.plan {
		if other.model.Context <= o.model.Context {
			other.dropped = "the prompt is longer than this model's context"
		}
	}
	c.tooLarge = true
}

// drop takes out all whom the fault concerns.
func (c *call) drop(f *ai.Fault, o *option) {
	for _, other := range c.plan {
		same := other == o
		switch f.Scope {
		case ai.ScopeProvider, ai.ScopeKey:
			same = other.Provider == o.Provider
		case ai.ScopeFamily:
			same = other.Provider == o.Provider && other.model.Family == o.model.Family
		}
		if same {
			other.dropped = f.Error()
		}
	}
}

func (c *call) dropAll(why string) {
	for _, o := range c.plan {
		o.dropped = why
	}
}

// nextKey has all models of o's provider asked with the next key.
func (c *call) nextKey(o *option) {
	for _, other := range c.plan {
		if other.Provider == o.Provider {
			other.key, other.due = min(o.key+1, len(other.keys)-1), time.Time{}
		}
	}
}
