package attempt

import (
	"errors"

	"rapport/internal/ai"
)

// price says what the attempt came to, and whether it is paid for.
func (m *Maker) price(r *Result, a Ask) {
	t := &r.Attempt
	t.Usage, t.RequestID, t.Billed = r.Answer.Usage, r.Answer.RequestID, ai.BilledYes
	if f := r.Fault; f != nil {
		t.Kind, t.Error, t.Status = f.Kind, Cause(f).Error(), f.Status
		if f.Billed != "" {
			t.Billed = f.Billed
		}
		if f.RequestID != "" {
			t.RequestID = f.RequestID
		}
		if f.Usage != (ai.Usage{}) {
			t.Usage = f.Usage
		}
	}
	if a.writesOn(r.Fault) {
		t.Billed = ai.BilledMaybe
	}
	t.Usage = a.estimate(r)
	cost, _ := m.Catalog.Cost(t.Engine, t.Model, t.Usage, t.StartedAt)
	t.Usage.CostNano = int64(cost)
}

// Cause is the fault in words, which never hold the answer's.
func Cause(f *ai.Fault) error {
	if refused, ok := errors.AsType[*ai.Refused](f); ok {
		return refused
	}
	return f
}

// writesOn reports whether a model went on after its answer was cut, and is
// paid for what nobody saw: what it had said by then is no measure.
func (a *Ask) writesOn(f *ai.Fault) bool {
	known := f != nil && f.Usage.Tokens() > 0 && !f.Usage.Estimated
	return f != nil && !known && f.Billed != ai.BilledNo && cut(f.Kind) && !a.Model.AbortStopsBilling
}

func cut(k ai.Kind) bool {
	switch k {
	case ai.StreamBroken, ai.Network, ai.TimedOut, ai.Overloaded, ai.Transient, ai.RateLimited:
		return true
	}
	return false
}

// estimate is the usage of the attempt: as the engine says, unless it says
// nothing or what cannot be. Where a call broke and may be paid for, nothing
// stands for the unknown, and what was reserved is booked; but one that was
// broken off where that stops the bill is estimated.
func (a *Ask) estimate(r *Result) ai.Usage {
	u := r.Attempt.Usage
	least := min(u.InputTokens, u.OutputTokens, u.CachedTokens, u.CacheWriteTokens, u.CacheWriteLongTokens, u.ThinkingTokens)
	sane := least >= 0 && u.Tokens() <= 2*int64(a.Size+a.Call.Params.MaxTokens)+10_000
	stopped := r.Fault != nil && r.Fault.Kind == ai.Cancelled && a.Model.AbortStopsBilling
	switch {
	case r.Attempt.Billed == ai.BilledNo, a.writesOn(r.Fault):
		return ai.Usage{}
	case sane && r.Fault != nil && u.Estimated && cut(r.Fault.Kind):
		u.OutputTokens += underWay
		return u
	case sane && u.Tokens() > 0:
		return u
	case r.Attempt.Billed == ai.BilledMaybe && !stopped:
		return ai.Usage{}
	}
	written := len(r.Answer.Text) + len(r.Answer.Output)
	if stopped {
		written = max(written, int(r.Attempt.Duration.Seconds()*speed))
	}
	out := written/4 + 1
	if most := a.Call.Params.MaxTokens; most > 0 {
		out = min(out, most)
	}
	return ai.Usage{InputTokens: int64(a.Size/4 + 1), OutputTokens: int64(out), ChargedNano: u.ChargedNano, Estimated: true}
}

// underWay is how many tokens were written and not seen when an answer was cut,
// about.
const underWay = 16

// speed is how many bytes a model writes in a second, about.
const speed = 400
