package sim

import (
	"sync"

	"rapport/internal/ai"
	"rapport/internal/ai/sim/meter"
)

// bill is what a call will have cost, settled once.
type bill struct {
	call  *call
	line  meter.Line
	once  sync.Once
	full  ai.Usage
	told  bool
	spent bool // something is due, because a model was at work
	// instead is the outcome of an answer that arrived and is none.
	instead string
}

// settle ends the call: outcome is that of a meter.Line, made the tokens of
// output that exist by then. A provider that cannot stop a model bills all.
func (b *bill) settle(outcome string, made int64) {
	if b == nil {
		return
	}
	b.once.Do(func() {
		if outcome == "answered" && b.instead != "" {
			outcome = b.instead
		}
		b.line.Outcome = outcome
		if b.spent {
			b.line.Usage = b.due(outcome, made)
		}
		c := b.call
		b.line.Nano = c.price(c.ask.Model, b.line.Usage)
		b.line.Usage.CostNano = int64(b.line.Nano)
		b.line.Told = b.told && outcome == "answered" || b.line.Nano == 0
		c.Sim.bill.Add(b.line)
		c.manners.Leave(c.provider)
	})
}

func (b *bill) due(outcome string, made int64) ai.Usage {
	u := b.full
	if outcome != "answered" && !b.call.model.Owed {
		u.OutputTokens = min(made, u.OutputTokens)
		u.ThinkingTokens = min(u.ThinkingTokens, u.OutputTokens)
	}
	if b.call.provider == "openrouter" && u.OutputTokens == 0 { // an empty answer is free
		return ai.Usage{}
	}
	return u
}
