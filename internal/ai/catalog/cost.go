package catalog

import (
	"time"

	"rapport/internal/ai"
)

// Cost is what u costs with a model, the provider's fee included, rounded up to
// the nano-dollar. It reports false where no price is known: then it is the
// most that any model of the provider costs, so that nothing is ever spent
// unseen.
func (c *Catalog) Cost(provider, model string, u ai.Usage, at time.Time) (ai.Nano, bool) {
	who, _ := c.Provider(provider)
	if who.Free {
		return 0, true
	}
	prompt := u.InputTokens + u.CachedTokens + u.CacheWriteTokens + u.CacheWriteLongTokens
	if m, ok := c.Model(provider, model); ok {
		if p, ok := m.price(prompt, at); ok {
			return who.withFee(p.of(u)), true
		}
	}
	var most ai.Nano
	for _, m := range c.Models {
		if p, ok := m.price(prompt, at); ok && m.Provider == provider {
			most = max(most, p.of(u))
		}
	}
	return who.withFee(most), false
}

func (p Price) of(u ai.Usage) ai.Nano {
	return p.Input*ai.Nano(u.InputTokens) + p.Output*ai.Nano(u.OutputTokens) + p.Cached*ai.Nano(u.CachedTokens) +
		p.CacheWrite*ai.Nano(u.CacheWriteTokens) + p.CacheWriteLong*ai.Nano(u.CacheWriteLongTokens)
}

func (p Provider) withFee(n ai.Nano) ai.Nano {
	return n + (n*ai.Nano(p.FeePermille)+999)/1000
}

// Most is what a call can cost at most: every byte of the prompt a token that
// is written to the dearest cache, and an answer of maxOutput tokens.
func (c *Catalog) Most(provider, model string, promptBytes, maxOutput int, at time.Time) (ai.Nano, bool) {
	// A token has a byte or more; a thinking model may use all that it is given.
	prompt, out := int64(promptBytes), int64(maxOutput)
	most, known := c.Cost(provider, model, ai.Usage{InputTokens: prompt, OutputTokens: out}, at)
	for _, u := range []ai.Usage{{CacheWriteTokens: prompt, OutputTokens: out}, {CacheWriteLongTokens: prompt, OutputTokens: out}} {
		kept, _ := c.Cost(provider, model, u, at)
		most = max(most, kept)
	}
	return most, known
}
