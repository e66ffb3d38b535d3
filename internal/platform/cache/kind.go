package cache

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Kind is a sort of answer, with what it is made of and how well it keeps.
type Kind struct {
	Name string
	Rules
	hits, misses, stale, stood, joined, blind, large, old atomic.Int64
	shared, beyond                                        atomic.Int64
	loading                                               atomic.Int64 // nanoseconds

	mu     sync.Mutex
	causes map[string]int64
}

// Kind returns the kind of that name, with rules that are given once.
func (c *Cache) Kind(name string, r Rules) *Kind {
	if r.For == 0 {
		r.For = Life
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &Kind{Name: name, Rules: r, causes: map[string]int64{}}
	c.kinds[name] = k
	return k
}

func (k *Kind) dropped(cause string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.causes[cause]++
}

func (k *Kind) expired() { k.old.Add(1) }

func (k *Kind) loaded(took time.Duration) {
	k.misses.Add(1)
	k.loading.Add(int64(took))
}

// Stats is how well a kind keeps, since the process began.
type Stats struct {
	Kind    string  `json:"kind" doc:"The operation."`
	Hits    int64   `json:"hits"`
	Misses  int64   `json:"misses" doc:"Answers that were read from the database."`
	Joined  int64   `json:"joined" doc:"Answers that were read for another who asked at the same time."`
	Stale   int64   `json:"stale" doc:"Answers past their time, given while another read them anew."`
	Stood   int64   `json:"stood_in" doc:"Answers past their time, given while the database was away."`
	Blind   int64   `json:"blind" doc:"Reads while the log was not heard of."`
	Shared  int64   `json:"shared" doc:"Answers that another process had read, taken from Redis."`
	Beyond  int64   `json:"beyond" doc:"Answers that were found in Redis and not taken, since something may have changed."`
	Rate    float64 `json:"hit_rate" doc:"Hits, joined, shared and stale of all."`
	Entries int64   `json:"entries"`
	Bytes   int64   `json:"bytes"`
	Large   int64   `json:"too_large" doc:"Answers that were not kept because of their size."`
	Saved   float64 `json:"saved_seconds" doc:"What the hits would have taken to read."`
	// Dropped counts by cause: the entity that changed, "time" or "flush".
	Dropped map[string]int64 `json:"dropped" doc:"Answers that ceased to hold, by cause: the entity that changed, time, or flush."`
}

// Count is how often a kind was answered from here, and how often not.
type Count struct {
	Kind         string
	Hits, Misses int64 // hits are those that were given, joined or stale too
}

// Counts is Stats without what takes a look at every answer.
func (c *Cache) Counts() []Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Count, 0, len(c.kinds))
	for _, k := range c.kinds {
		out = append(out, Count{k.Name, k.hits.Load() + k.joined.Load() + k.stale.Load(), k.misses.Load()})
	}
	return out
}

// Stats describes every kind, in order of name.
func (c *Cache) Stats() []Stats {
	type held struct{ entries, bytes int64 }
	sizes := map[string]held{}
	for k, e := range c.kept.All() {
		h := sizes[k.Kind]
		sizes[k.Kind] = held{h.entries + 1, h.bytes + int64(e.size)}
	}
	c.mu.Lock()
	kinds := slices.Collect(maps.Values(c.kinds))
	c.mu.Unlock()
	out := make([]Stats, 0, len(kinds))
	for _, k := range kinds {
		s := k.stats()
		s.Entries, s.Bytes = sizes[k.Name].entries, sizes[k.Name].bytes
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Stats) int {
		if a.Kind < b.Kind {
			return -1
		}
		return 1
	})
	return out
}

func (k *Kind) stats() Stats {
	s := Stats{Kind: k.Name, Hits: k.hits.Load(), Misses: k.misses.Load(), Joined: k.joined.Load(), Stale: k.stale.Load(),
		Stood: k.stood.Load(), Blind: k.blind.Load(), Large: k.large.Load(), Shared: k.shared.Load(), Beyond: k.beyond.Load()}
	k.mu.Lock()
	s.Dropped = maps.Clone(k.causes)
	k.mu.Unlock()
	if n := k.old.Load(); n > 0 {
		s.Dropped["time"] = n
	}
	if all := s.Given() + s.Misses; all > 0 {
		s.Rate = float64(s.Given()) / float64(all)
	}
	if s.Misses > 0 {
		s.Saved = time.Duration(k.loading.Load() / s.Misses * s.Hits).Seconds()
	}
	return s
}

// Given is how many answers cost the database nothing.
func (s *Stats) Given() int64 { return s.Hits + s.Joined + s.Stale + s.Shared }
