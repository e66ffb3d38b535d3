package router

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"rapport/internal/ai/traffic"
)

// answer makes attempts until one is taken, or nothing more is to be tried.
func (c *call) answer(ctx context.Context) error {
	if c.recall(ctx) {
		return nil
	}
	for {
		o, p := c.pick(ctx)
		switch {
		case o != nil:
			if c.attempt(ctx, o, p) {
				return nil
			}
			if c.broken() {
				return c.incomplete(ctx)
			}
		case c.hasty:
			if c.rules(ctx) {
				return nil
			}
			c.hasty, c.local = false, nil
		default:
			return c.unanswered(ctx)
		}
	}
}

// choice is an option with what stands in its way now.
type choice struct {
	*option
	index   int
	wait    time.Duration
	own     bool // the wait is its own backoff
	refusal traffic.Refusal
	traffic.Standing
}

// pick chooses who is asked next, waits for it, and takes its permit. There is
// nobody when attempts or time are used up, or when a person shall not wait:
// then c.hasty is set.
func (c *call) pick(ctx context.Context) (*option, *traffic.Permit) {
	c.waited, c.why = 0, ""
	for ctx.Err() == nil && c.attempts < c.bounds.Attempts {
		choices := c.look(ctx)
		if len(choices) == 0 {
			return nil, nil
		}
		best := c.prefer(choices)
		if !fits(ctx, best) {
			return nil, nil
		}
		if c.hasty = c.impatient(best.wait); c.hasty {
			return nil, nil
		}
		if best.wait > 0 {
			o, p := c.wait(ctx, best, choices)
			if p == nil {
				continue
			}
			if c.affords(o) {
				return o, p
			}
			p.Release()
			continue
		}
		if !c.affords(best.option) {
			continue
		}
		if p, _ := c.g.Traffic.TryAdmit(c.claim(ctx, best.option)); p != nil {
			return best.option, p
		}
	}
	return nil, nil
}

// look lists who may still be asked, best first: those that do well, then those
// that were not asked yet, then in the order of the policy.
func (c *call) look(ctx context.Context) []choice {
	now := time.Now()
	choices := make([]choice, 0, len(c.plan))
	for i, o := range c.plan {
		if !o.live() {
			continue
		}
		ch := choice{option: o, index: i}
		ch.refusal, ch.Standing = c.openKey(ctx, o)
		o.typical, o.usually = ch.P50, ch.P95
		ch.wait = ch.refusal.Wait
		if own := o.due.Sub(now); own > 0 && own >= ch.wait {
			ch.wait, ch.own = own, true
		}
		choices = append(choices, ch)
	}
	if len(choices) > 1 {
		slices.SortFunc(choices, func(a, b choice) int { return cmp.Compare(c.rank(a), c.rank(b)) })
	}
	return choices
}

// openKey turns o to the first of its keys that is open, or that opens first.
func (c *call) openKey(ctx context.Context, o *option) (traffic.Refusal, traffic.Standing) {
	refusal, standing := c.g.Traffic.Look(c.claim(ctx, o))
	first, best := o.key, o.key
	for k := best + 1; k < len(o.keys) && !refusal.Open(); k++ {
		o.key = k
		if r, s := c.g.Traffic.Look(c.claim(ctx, o)); r.Wait < refusal.Wait {
			refusal, standing, best = r, s, k
		}
	}
	if o.key = best; best != first {
		o.due = time.Time{} // the backoff was the other key's
	}
	return refusal, standing
}

func (c *call) rank(ch choice) int {
	n := ch.index
	if ch.tried > 0 {
		n += 100
	}
	if ch.Slow || ch.Unfit {
		n += 1000
	}
	switch {
	case ch.option == c.mending:
		n -= 10_000
	case c.finds(ch):
		n -= 2000
	}
	return n
}

// finds reports whether the call shall find out if an engine that was down is
// back: a job, at any engine that may be tried now, and at its own first choice
// after a moment. Else nobody may want it for long after it is back.
func (c *call) finds(ch choice) bool {
	return ch.Down && !c.r.Interactive && ch.tried == 0 && !ch.Unfit && (ch.wait == 0 || ch.index == 0 && ch.wait <= moment && c.idle == 0)
}

// moment is what a job does not mind to wait.
const moment = 2 * time.Second

// prefer returns the first that is open, or one before it whose gate opens
// sooner than the other is worth; where none is open, the one that opens first.
func (c *call) prefer(choices []choice) choice {
	first, open := choices[0], -1
	for i, ch := range choices {
		if ch.wait < first.wait {
			first = ch
		}
		if ch.wait == 0 {
			open = i
			break
		}
	}
	if open < 0 {
		return first
	}
	for _, ch := range choices[:open] {
		if !c.insisted && !ch.own && !ch.refusal.Guessed && !ch.refusal.Queued && (c.finds(ch) || ch.wait <= c.dearer(ch, choices[open])) {
			return ch
		}
	}
	return choices[open]
}

// dearer is how much waiting it is worth to ask a and not b, by what they
// usually take and may cost.
func (c *call) dearer(a, b choice) time.Duration {
	worth := max(0, b.P50-a.P50)
	if b.most > a.most && c.bounds.Second > 0 {
		worth += time.Duration(float64(b.most-a.most) / usual / float64(c.bounds.Second) * float64(time.Second))
	}
	return min(worth, c.bounds.Patience)
}

// usual is how much less than the most a call costs.
const usual = 4

// fits reports whether there is time for the wait, and most likely for the
// answer after it.
func fits(ctx context.Context, ch choice) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > ch.wait+ch.P50/2
}

// impatient reports whether a person is better served by rules than by a wait.
func (c *call) impatient(wait time.Duration) bool {
	late := c.attempts > 0 && time.Since(c.began)+wait > c.bounds.Enough
	return c.degradable() && (late || wait > 0 && c.idle+wait > c.bounds.Patience)
}

// degradable reports whether a person is given rules rather than a long wait.
func (c *call) degradable() bool {
	return c.r.Interactive && c.g.Profile.EarlyDegrade && c.local != nil
}

// affords takes a repetition from the provider's budget; without one the option
// is out.
func (c *call) affords(o *option) bool {
	if o.tried == 0 || o == c.mending || c.g.Traffic.TryRetry(o.Provider) {
		return true
	}
	c.g.Log.Warn("AI retry budget is used up", "provider", o.Provider, "model", o.Model, "task", c.r.Task)
	o.dropped = "the retry budget of " + o.Provider + " is used up"
	return false
}

// wait waits for best, or for another that opens earlier than expected. It
// returns no permit when the choice is to be made anew.
func (c *call) wait(ctx context.Context, best choice, choices []choice) (*option, *traffic.Permit) {
	c.announce(ctx, best)
	began := time.Now()
	defer func() { c.waited += time.Since(began); c.idle += time.Since(began) }()
	if best.own {
		pause(ctx, best.wait)
		return nil, nil
	}
	var claims []traffic.Claim
	var options []*option
	var soonest time.Duration // when the choice is to be made anew
	if c.degradable() {
		soonest = c.bounds.Patience - c.idle
	}
	for _, ch := range choices {
		switch {
		case !ch.own && ch.wait > 0:
			claims, options = append(claims, c.claim(ctx, ch.option)), append(options, ch.option)
		case ch.own && (soonest == 0 || ch.wait < soonest):
			soonest = ch.wait
		}
	}
	if best.option == c.mending || slices.ContainsFunc(choices, func(ch choice) bool { return ch.wait == 0 }) {
		c.insisted = true // once is enough
		claims, options, soonest = []traffic.Claim{c.claim(ctx, best.option)}, []*option{best.option}, best.wait
	}
	if soonest > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, soonest)
		defer cancel()
	}
	p, i, err := c.g.Traffic.Wait(ctx, claims...)
	if err != nil {
		return nil, nil
	}
	return options[i], p
}

// announce logs a wait before it begins.
func (c *call) announce(ctx context.Context, best choice) {
	n := c.attempts + 1
	c.why = best.refusal.Why
	if best.own {
		c.why = fmt.Sprintf("backoff %v, attempt %d/%d", best.wait.Round(time.Millisecond), n, c.bounds.Attempts)
	}
	kind := best.refusal.Kind
	if c.lastFault != nil {
		kind = c.lastFault.Kind
	}
	message := "AI call waiting"
	if c.lastFault != nil {
		message = "AI call failed, waiting"
	}
	c.g.Log.LogAttrs(ctx, slog.LevelWarn, message, slog.String("provider", best.Provider), slog.String("model", best.Model), slog.Int("attempt", n),
		slog.Int("of", c.bounds.Attempts), slog.Duration("wait", best.wait), slog.String("kind", string(kind)), slog.String("why", c.why), slog.String("task", c.r.Task))
}

// backoff is the wait before the next attempt at the same engine.
func (c *call) backoff() time.Duration {
	ladder := c.g.Profile.Ladder
	wait := ladder[min(max(c.attempts-1, 0), len(ladder)-1)]
	if c.g.Profile.Jitter {
		return time.Duration(rand.Float64() * float64(wait))
	}
	return wait
}

func pause(ctx context.Context, wait time.Duration) {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
