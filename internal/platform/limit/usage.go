package limit

import (
	"cmp"
	"slices"
	"time"
)

// Spent is what an operation has taken from a key today (UTC), on this node.
type Spent struct {
	Operation string `json:"operation"`
	Calls     int64  `json:"calls"`
	Tokens    int64  `json:"tokens"`
}

// spending is what a bucket counts for people to see.
type spending struct {
	day               int64
	calls, tokens     int64
	refused, shadowed int64
	operations        map[string]*tally
}

type tally struct{ calls, tokens int64 }

// turn begins a new day.
func (s *spending) turn(day int64) {
	if s.day != day {
		*s = spending{day: day}
	}
}

// note counts a cost; the call itself is counted when it enters.
func (s *spending) note(operation string, tokens int64, enter bool) {
	var one int64
	if enter {
		one = 1
	}
	s.calls += one
	s.tokens += tokens
	if operation == "" {
		return
	}
	t := s.operations[operation]
	if t == nil {
		if s.operations == nil {
			s.operations = map[string]*tally{}
		}
		t = &tally{}
		s.operations[operation] = t
	}
	t.calls, t.tokens = t.calls+one, t.tokens+tokens
}

func (s *spending) unspend(operation string, tokens int64) {
	s.tokens = max(s.tokens-tokens, 0)
	if t := s.operations[operation]; t != nil {
		t.tokens = max(t.tokens-tokens, 0)
	}
}

// Usage is how a key stands.
type Usage struct {
	Levels   []Level
	Running  int
	Calls    int64
	Tokens   int64
	Refused  int64
	Shadowed int64
	Spent    []Spent // the dearest first
}

// Usage says how a key stands under p, without taking anything.
func (s *Store) Usage(k Key, p *Policy) Usage {
	now := s.clock()
	b := s.shard(&k).find(k)
	if b == nil {
		b = &bucket{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	u := Usage{Running: int(b.running), Levels: b.levels(p, now)}
	if b.day != s.day(now) {
		return u
	}
	u.Calls, u.Tokens, u.Refused, u.Shadowed = b.calls, b.tokens, b.refused, b.shadowed
	for name, t := range b.operations {
		u.Spent = append(u.Spent, Spent{name, t.calls, t.tokens})
	}
	slices.SortFunc(u.Spent, func(a, b Spent) int {
		return cmp.Or(cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(a.Operation, b.Operation))
	})
	return u
}

func (b *bucket) levels(p *Policy, now int64) []Level {
	var out []Level
	for w, r := range p.rates {
		if r.interval == 0 {
			continue
		}
		q := p.Quotas[w]
		reset := time.Duration(max(b.moment[w]-now, 0))
		out = append(out, Level{Window: Names()[w], Quota: q.Tokens, Period: int64(q.Period / time.Second), Burst: q.Burst,
			Left: min(r.left(b.moment[w], now)+b.leased(w), q.Burst), Reset: int64((reset + time.Second - 1) / time.Second)})
	}
	return out
}

// Consumer is a key with what it took today, on this node.
type Consumer struct {
	Key                              Key
	Calls, Tokens, Refused, Shadowed int64
}

// Top lists the keys of a kind that took the most, or were refused the most
// often.
func (s *Store) Top(kind Kind, n int) []Consumer {
	today := s.day(s.clock())
	var out []Consumer
	for k, b := range s.all(kind) {
		b.mu.Lock()
		if b.day == today {
			out = append(out, Consumer{k, b.calls, b.tokens, b.refused, b.shadowed})
		}
		b.mu.Unlock()
	}
	slices.SortFunc(out, func(a, b Consumer) int {
		return cmp.Or(cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(b.Refused, a.Refused), cmp.Compare(a.Key.Owner+a.Key.Part, b.Key.Owner+b.Key.Part))
	})
	return out[:min(n, len(out))]
}

// all returns the buckets of a kind. Whoever locks one holds no shard.
func (s *Store) all(kind Kind) map[Key]*bucket {
	out := map[Key]*bucket{}
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.RLock()
		for k, b := range sh.buckets {
			if k.Kind == kind {
				out[k] = b
			}
		}
		sh.mu.RUnlock()
	}
	return out
}
