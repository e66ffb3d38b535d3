package limit

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"rapport/internal/platform/redis"
)

//go:embed lend.lua
var lendScript string

//go:embed greet.lua
var greetScript string

const (
	// worth of a lease, of the rate of its shortest window.
	worth = 250 * time.Millisecond
	// pause is how long a key goes on alone after Redis did not answer for it.
	pause = 250 * time.Millisecond
	// slack is taken off what a node remembers of the moments in Redis, so that
	// the time that messages take does not add up to tokens.
	slack = 20 * time.Millisecond

	answered = 9 // numbers for each key
)

// Shared is what nodes know of each other: what Redis lends, and how many there
// are. Each node takes a lease of a key's tokens and spends it by itself.
type Shared struct {
	redis          *redis.Client
	node           string
	lend, greeting *rueidis.Lua
	count          atomic.Int64
	commands       atomic.Int64
}

// NewShared returns what node, a name of its own, shares through r.
func NewShared(r *redis.Client, node string) *Shared {
	s := &Shared{redis: r, node: node, lend: rueidis.NewLuaScript(lendScript), greeting: rueidis.NewLuaScript(greetScript)}
	s.count.Store(1)
	return s
}

// Nodes is how many there were when Redis was last asked.
func (s *Shared) Nodes() int64 { return s.count.Load() }

// Sharing is how a store agrees with others.
type Sharing struct {
	Nodes, Commands int64
	Redis           *redis.Health // nil: the store is of this process alone
}

// Sharing says how limits are shared.
func (s *Store) Sharing() Sharing {
	if s.shared == nil {
		return Sharing{Nodes: 1}
	}
	h := s.shared.redis.Health()
	return Sharing{s.shared.Nodes(), s.shared.commands.Load(), &h}
}

// greet tells the others that this node is there, and counts them.
func (s *Shared) greet(ctx context.Context) {
	_ = s.redis.Do(ctx, func(ctx context.Context, r rueidis.Client) error { // away: the last count holds
		n, err := s.greeting.Exec(ctx, r, []string{"rapport:nodes"}, []string{s.node}).AsInt64()
		if err == nil {
			s.count.Store(max(n, 1))
		}
		return err
	})
}

// fill sees to it that the leases of a ticket cover cost, if Redis lends: the
// buckets are locked. A refusal is remembered; while Redis does not answer, the
// keys go on alone.
func (s *Shared) fill(ctx context.Context, t *Ticket, held *[2]*bucket, cost Cost, now int64) {
	short := false
	for i, b := range held {
		if b == nil {
			continue
		}
		p := t.Demands[i].Policy
		if b.alone > now || b.refuses(cost, now) && !p.Shadow {
			return
		}
		short = short || b.lease[0] < cost.Tokens || b.lease[1] < p.ai(cost)
	}
	if short {
		s.borrow(ctx, t, held, cost, now)
	}
}

func (s *Shared) borrow(ctx context.Context, t *Ticket, held *[2]*bucket, cost Cost, now int64) {
	var l loan
	for i, b := range held {
		if b == nil {
			continue
		}
		p := t.Demands[i].Policy
		if need := (Cost{Tokens: max(cost.Tokens-b.lease[0], 0), AI: max(p.ai(cost)-b.lease[1], 0)}); need != (Cost{}) {
			l.add(t.Demands[i].Key, b, p, need, now)
		}
	}
	s.commands.Add(1)
	err := s.redis.Do(context.WithoutCancel(ctx), func(ctx context.Context, r rueidis.Client) error {
		got, err := s.lend.Exec(ctx, r, l.keys, l.args).AsIntSlice()
		if err == nil && len(got) != answered*len(l.keys) {
			err = fmt.Errorf("the script answered %d numbers", len(got))
		}
		l.got = got
		return err
	})
	if err != nil {
		l.alone(now + int64(pause))
		return
	}
	l.take(now)
}

// refuses says whether Redis has refused such a cost, and not long enough ago.
func (b *bucket) refuses(cost Cost, now int64) bool {
	for i, n := range [...]int64{cost.Tokens, cost.AI} {
		if b.barred[i].until > now && n > 0 && n >= b.barred[i].cost {
			return true
		}
	}
	return false
}

// loan is one question to Redis.
type loan struct {
	keys, args []string
	buckets    []*bucket
	policies   []*Policy
	needs      []Cost
	got        []int64
}

func (l *loan) add(k Key, b *bucket, p *Policy, need Cost, now int64) {
	l.keys = append(l.keys, "rapport:limit:{"+k.Owner+"}:"+strconv.Itoa(int(k.Kind))+":"+k.Part)
	l.buckets, l.policies, l.needs = append(l.buckets, b), append(l.policies, p), append(l.needs, need)
	for w, r := range p.rates {
		l.args = append(l.args, micros(r.interval), micros(r.tolerance), micros(max(b.moment[w]-now-int64(slack), 0)))
	}
	for i, n := range [...]int64{need.Tokens, need.AI} {
		w := [...]int{Minute, AIDay}[i]
		l.args = append(l.args, strconv.FormatInt(n, 10), strconv.FormatInt(max(n, p.slice(w)), 10))
	}
	l.args = append(l.args, strconv.FormatInt(p.few(Minute), 10), strconv.FormatInt(p.few(AIDay), 10))
}

// slice is the most tokens that a lease has: what comes back in a moment, or a
// third of the burst if that is more. The script lends at most a third of what
// is left, so that no node takes it all, or else what comes back in a moment.
func (p *Policy) slice(window int) int64 {
	return max(p.Quotas[window].Burst/3, p.few(window), 1)
}

// few is how many tokens come back in a moment.
func (p *Policy) few(window int) int64 {
	q := p.Quotas[window]
	if q.Tokens == 0 {
		return 16
	}
	return q.Tokens * int64(min(worth, time.Duration(p.rates[window].tolerance/10))) / int64(q.Period)
}

func (l *loan) alone(until int64) {
	for _, b := range l.buckets {
		b.alone = until
	}
}

func (l *loan) take(now int64) {
	for i, b := range l.buckets {
		got := l.got[answered*i:]
		b.lease[0] += got[0]
		b.lease[1] += got[1]
		for w := range b.moment {
			b.moment[w] = now + got[5+w]*int64(time.Microsecond)
		}
		if window := int(got[2]) - 1; window >= 0 {
			b.bar(l.policies[i], window, l.needs[i], now, got[3]*int64(time.Microsecond))
		}
	}
}

// bar remembers a refusal. A key that has nothing left is asked for again when
// a lease has come together, so that a flood does not reach Redis.
func (b *bucket) bar(p *Policy, window int, need Cost, now, wait int64) {
	i := 0
	if window == AIDay {
		i = 1
	}
	wait = max(wait, min(int64(worth), p.rates[window].tolerance/10))
	b.barred[i] = bar{until: now + wait, cost: need.of(window)}
}

// micros is a time as the script takes it.
func micros(ns int64) string { return strconv.FormatFloat(float64(ns)/1000, 'f', 3, 64) }
