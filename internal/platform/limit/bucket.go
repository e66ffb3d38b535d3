package limit

import (
	"sync"
	"time"
)

// bucket is what one key has taken.
type bucket struct {
	mu      sync.Mutex
	policy  *Policy // that the moments are of
	moment  [Windows]int64
	lease   [2]int64 // tokens, and those for AI, that Redis has lent and nobody has taken
	barred  [2]bar   // what Redis refused, not to be asked for again until then
	alone   int64    // until then Redis is not asked
	seen    int64
	running int32
	gone    bool
	spending
}

// bar is a cost that is refused until a time.
type bar struct{ until, cost int64 }

// source is where tokens come from.
type source uint8

const (
	own    source = iota // the moments of this node
	leased               // what Redis has lent
	denied               // Redis has said no
	free                 // nothing is taken: a policy in shadow
)

// step is how far a clock may seem to go back because two calls overtake each
// other.
const step = int64(time.Second)

// meet notes the time. Where a clock was set back after all, the moments go
// with it, so that nobody waits for a time that has been.
func (b *bucket) meet(now int64) {
	if back := b.seen - now; back > step {
		for w := range b.moment {
			b.moment[w] = max(b.moment[w]-back, 0)
		}
		b.barred, b.alone = [2]bar{}, 0
		b.seen = now
		return
	}
	b.seen = max(b.seen, now)
}

// under makes the moments those of p: what was taken stays taken.
func (b *bucket) under(p *Policy, now int64) {
	was := b.policy
	if was == p {
		return
	}
	b.policy, b.barred = p, [2]bar{}
	if was == nil {
		return
	}
	for w, r := range p.rates {
		ahead := b.moment[w] - now
		if before := was.rates[w]; ahead > 0 && before.interval > 0 && r.interval > 0 {
			b.moment[w] = now + min(ahead/before.interval*r.interval, r.tolerance)
		}
	}
}

// afford says how long p keeps a cost waiting at now, by which window, and
// where the tokens would come from; portion is as of Store.portion.
func (b *bucket) afford(p *Policy, cost Cost, now, portion int64) (window int, wait int64, from source) {
	if b.lease[0] >= cost.Tokens && b.lease[1] >= p.ai(cost) && b.lease != [2]int64{} {
		return 0, 0, leased
	}
	for i, w := range [...]int{Minute, AIDay} {
		if bar := b.barred[i]; bar.until > now && cost.of(w) >= bar.cost && cost.of(w) > 0 {
			return b.latest(p, w, now), bar.until - now, denied
		}
	}
	for w, r := range p.rates {
		if r.interval == 0 {
			continue
		}
		if d := r.share(portion).wait(b.moment[w], now, cost.of(w)); d > wait {
			window, wait = w, d
		}
	}
	return window, wait, own
}

// latest is the window that is the longest until it is whole, of those that
// are counted like w.
func (b *bucket) latest(p *Policy, w int, now int64) int {
	if w == AIDay {
		return w
	}
	for _, other := range [...]int{Hour, Day} {
		if r := p.rates[other]; r.interval > 0 && r.left(b.moment[other], now) < p.rates[w].left(b.moment[w], now) {
			w = other
		}
	}
	return w
}

// ai is what cost takes for AI under p, which need not count it.
func (p *Policy) ai(cost Cost) int64 {
	if p.rates[AIDay].interval == 0 {
		return 0
	}
	return cost.AI
}

func (b *bucket) pay(p *Policy, cost Cost, from source, portion int64) {
	if from == leased {
		b.lease[0] -= cost.Tokens
		b.lease[1] -= p.ai(cost)
		return
	}
	for w, r := range p.rates {
		if n := cost.of(w); r.interval > 0 && n > 0 {
			b.moment[w] = r.share(portion).after(b.moment[w], b.seen, n)
		}
	}
}

// refund gives back. What Redis has lent stays on this node.
func (b *bucket) refund(t *Ticket, p *Policy, back Cost, shared bool) {
	if back == (Cost{}) {
		return
	}
	b.unspend(t.Operation, back.Tokens)
	if shared {
		b.lease[0] += back.Tokens
		b.lease[1] += p.ai(back)
		return
	}
	for w, r := range p.rates {
		b.moment[w] -= back.of(w) * r.interval
	}
}

func (b *bucket) leased(window int) int64 {
	if window == AIDay {
		return b.lease[1]
	}
	return b.lease[0]
}

func (b *bucket) idle(now int64) bool {
	if b.running > 0 || now-b.seen < int64(settled) {
		return false
	}
	for _, m := range b.moment {
		if m > now {
			return false
		}
	}
	return true
}
