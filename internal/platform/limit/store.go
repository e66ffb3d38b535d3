package limit

import (
	"context"
	"hash/maphash"
	"sync"
	"time"
)

const (
	shards = 64
	// most keys of a shard: a flood of addresses shares one key beyond it.
	most = 4096
	// settled is the time after which a key that owes nothing is forgotten.
	settled = 10 * time.Minute
)

// Store keeps what keys have taken, in this process, and in Redis where other
// nodes shall know.
type Store struct {
	clock  func() int64 // nanoseconds, never back
	shared *Shared      // nil: this node is the only one
	began  time.Time
	seed   maphash.Seed
	shards [shards]shard
}

type shard struct {
	mu      sync.RWMutex
	buckets map[Key]*bucket
}

// New returns a store of this process; with shared, one that agrees with
// others. The time is taken from a clock that does not follow when somebody
// sets it.
func New(shared *Shared) *Store {
	began := time.Now()
	return newStore(func() int64 { return int64(time.Since(began)) }, began, shared)
}

func newStore(clock func() int64, began time.Time, shared *Shared) *Store {
	s := &Store{clock: clock, shared: shared, began: began, seed: maphash.MakeSeed()}
	for i := range s.shards {
		s.shards[i].buckets = map[Key]*bucket{}
	}
	return s
}

// Demand asks for tokens of a key under a policy.
type Demand struct {
	Key    Key
	Policy *Policy // nil: no demand
}

// Ticket is one call: what it asks for, and what it was given. It belongs to
// one goroutine at a time.
type Ticket struct {
	Demands   [2]Demand
	Operation string // what the tokens are spent on
	Cost      Cost
	// Brief calls hold no place among those that are at a time.
	Brief bool

	taken [2]Cost
	holds [2]bool
}

// Decision is the answer to a ticket.
type Decision struct {
	Allowed bool
	Shadow  bool          // a policy in shadow would have refused
	Policy  *Policy       // whose window is the tightest, or refused; nil: nothing was limited
	Window  int           // of the policy; Windows for too many at a time
	Limit   int64         // the burst of the window
	Left    int64         // what can be taken now
	Reset   time.Duration // until all of the burst is back
	Retry   time.Duration // until the cost can be taken; 0 when allowed
}

// Take gives a ticket what it costs, from all windows of all its demands or
// from none.
func (s *Store) Take(ctx context.Context, t *Ticket) Decision { return s.take(ctx, t, t.Cost, true) }

// More takes cost besides, for a call that turns out to be larger.
func (s *Store) More(ctx context.Context, t *Ticket, cost Cost) Decision {
	d := s.take(ctx, t, cost, false)
	if d.Allowed {
		t.Cost.Tokens, t.Cost.AI = t.Cost.Tokens+cost.Tokens, t.Cost.AI+cost.AI
	}
	return d
}

func (s *Store) take(ctx context.Context, t *Ticket, cost Cost, enter bool) Decision {
	var held [2]*bucket
	now := s.clock()
	for i := range t.Demands {
		if t.Demands[i].Policy != nil {
			held[i] = s.locked(&t.Demands[i].Key, now)
			held[i].under(t.Demands[i].Policy, now)
			held[i].turn(s.day(now))
		}
	}
	d, from := s.decide(ctx, t, &held, cost, now)
	place := -1
	if d.Allowed && enter && !t.Brief {
		place = t.full(&held, s.nodes())
	}
	switch {
	case place >= 0:
		d = Decision{Policy: t.Demands[place].Policy, Window: Windows, Limit: int64(t.Demands[place].Policy.Concurrent), Retry: time.Second, Reset: time.Second}
		held[place].refused++
	case d.Allowed:
		s.give(t, &held, &from, cost, enter)
		s.tightest(t, &held, &d, now)
	}
	for _, b := range held {
		if b != nil {
			b.mu.Unlock()
		}
	}
	return d
}

// decide finds out whether every demand can be met, and with what. The buckets
// are locked, and nothing is taken yet.
func (s *Store) decide(ctx context.Context, t *Ticket, held *[2]*bucket, cost Cost, now int64) (d Decision, from [2]source) {
	d.Allowed = true
	if s.shared != nil {
		s.shared.fill(ctx, t, held, cost, now)
	}
	for i, b := range held {
		if b == nil {
			continue
		}
		p := t.Demands[i].Policy
		window, wait, how := b.afford(p, cost, now, s.portion(p))
		from[i] = how
		if wait == 0 {
			continue
		}
		if p.Shadow {
			from[i], d.Shadow = free, true
			b.shadowed++
			continue
		}
		b.refused++
		if d.Allowed || time.Duration(wait) > d.Retry {
			r := p.rates[window]
			d = Decision{Shadow: d.Shadow, Policy: p, Window: window, Limit: p.Quotas[window].Burst, Retry: time.Duration(wait), Reset: time.Duration(max(b.moment[window]-now, 0))}
			d.Left = min(r.left(b.moment[window], now), max(cost.of(window)-1, 0))
		}
	}
	return d, from
}

// give takes what was decided.
func (s *Store) give(t *Ticket, held *[2]*bucket, from *[2]source, cost Cost, enter bool) {
	for i, b := range held {
		if b == nil {
			continue
		}
		p := t.Demands[i].Policy
		if from[i] != free {
			b.pay(p, cost, from[i], s.portion(p))
			t.taken[i] = Cost{t.taken[i].Tokens + cost.Tokens, t.taken[i].AI + cost.AI}
		}
		if enter && !t.Brief && p.Concurrent > 0 {
			b.running++
			t.holds[i] = true
		}
		b.note(t.Operation, cost.Tokens, enter)
	}
}

// full says which demand has as many calls at a time as it may, -1 for none.
func (t *Ticket) full(held *[2]*bucket, nodes int64) int {
	for i, b := range held {
		if b == nil || t.Demands[i].Policy.Concurrent == 0 {
			continue
		}
		p := t.Demands[i].Policy
		if int64(b.running) < (int64(p.Concurrent)+nodes-1)/nodes {
			continue
		}
		if p.Shadow {
			b.shadowed++
			continue
		}
		return i
	}
	return -1
}

// tightest describes the window with the least left.
func (s *Store) tightest(t *Ticket, held *[2]*bucket, d *Decision, now int64) {
	for i, b := range held {
		if b == nil {
			continue
		}
		p := t.Demands[i].Policy
		for w := range p.rates {
			if p.rates[w].interval == 0 || w == AIDay && t.Cost.AI == 0 {
				continue
			}
			left := p.rates[w].left(b.moment[w], now) + b.leased(w)
			if d.Policy == nil || left < d.Left {
				d.Policy, d.Window, d.Limit, d.Left = p, w, p.Quotas[w].Burst, min(left, p.Quotas[w].Burst)
				d.Reset = time.Duration(max(b.moment[w]-now, 0))
			}
		}
	}
}

// Done ends a call: its place is free again, and all of its cost beyond keep
// comes back.
func (s *Store) Done(t *Ticket, keep Cost) {
	now := s.clock()
	for i := range t.Demands {
		p := t.Demands[i].Policy
		back := Cost{max(t.taken[i].Tokens-keep.Tokens, 0), max(t.taken[i].AI-keep.AI, 0)}
		if p == nil || !t.holds[i] && back == (Cost{}) {
			continue
		}
		b := s.locked(&t.Demands[i].Key, now)
		if t.holds[i] {
			b.running--
			t.holds[i] = false
		}
		b.refund(t, p, back, s.shared != nil)
		t.taken[i] = Cost{t.taken[i].Tokens - back.Tokens, t.taken[i].AI - back.AI}
		b.mu.Unlock()
	}
}

// portion is how many this node has to think of when it cannot ask the others.
func (s *Store) portion(p *Policy) int64 {
	n := s.nodes()
	if s.shared != nil && p.Strict {
		n *= 2
	}
	return n
}

func (s *Store) nodes() int64 {
	if s.shared == nil {
		return 1
	}
	return s.shared.Nodes()
}

func (s *Store) day(now int64) int64 { return (s.began.UnixNano() + now) / int64(24*time.Hour) }

// locked returns the bucket of a key, locked. Two are locked in the order of
// their kinds.
func (s *Store) locked(k *Key, now int64) *bucket {
	for {
		b := s.shard(k).get(*k)
		if b == nil {
			*k = Key{Kind: k.Kind} // strangers share one beyond what is kept
			b = s.shard(k).get(*k)
		}
		b.mu.Lock()
		if !b.gone {
			b.meet(now)
			return b
		}
		b.mu.Unlock()
	}
}

func (s *Store) shard(k *Key) *shard { return &s.shards[maphash.String(s.seed, k.Owner)%shards] }

// find returns the bucket of a key, nil if there is none.
func (sh *shard) find(k Key) *bucket {
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	return sh.buckets[k]
}

// get makes the bucket that there is not; nil where there is no room for a
// stranger's.
func (sh *shard) get(k Key) *bucket {
	if b := sh.find(k); b != nil {
		return b
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	b := sh.buckets[k]
	if b == nil && (k.Kind != Address || k.Owner == "" || len(sh.buckets) < most) {
		b = &bucket{}
		sh.buckets[k] = b
	}
	return b
}

// Sweep forgets keys that have paid for all that they took.
func (s *Store) Sweep() {
	now := s.clock()
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for k, b := range sh.buckets {
			if !b.mu.TryLock() { // somebody who holds it may wait for the shard
				continue
			}
			if b.idle(now) {
				b.gone = true
				delete(sh.buckets, k)
			}
			b.mu.Unlock()
		}
		sh.mu.Unlock()
	}
}

// Run sweeps, and keeps in touch with the other nodes, until ctx ends.
func (s *Store) Run(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for n := 1; ; n++ {
		if s.shared != nil {
			s.shared.greet(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if n%12 == 0 {
			s.Sweep()
		}
	}
}
