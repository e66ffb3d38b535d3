package meter

import (
	"maps"
	"sync"
	"time"
)

// Manners is how the callers of a provider behaved.
type Manners struct {
	Calls int `json:"calls"`
	// Concurrent is the most that were open at once.
	Concurrent int `json:"max_concurrent"`
	// Closed are calls that came before the wait was over that the same key had
	// been told for the same family of models.
	Closed int `json:"calls_while_closed"`
	// Late are calls that came, or were still wanted, after their own deadline.
	Late int `json:"calls_after_deadline"`
	// Repeated are calls under an idempotency key that had come before.
	Repeated int `json:"repeated_idempotency_keys"`
	// Dead are calls while the schedule let nothing at all come of them.
	Dead int `json:"calls_while_dead"`
	// Open are calls that have not ended.
	Open int `json:"open"`
}

// Arrival is a call as its provider sees it come.
type Arrival struct {
	At       time.Time
	Provider string
	Key      string
	Family   string
	// Deadline is the caller's, zero where the provider is not told.
	Deadline    time.Time
	Idempotency string
	Dead        bool
}

type door struct{ provider, key, family string }

// Recorder watches manners. Its zero value has seen nothing; it is safe for
// concurrent use.
type Recorder struct {
	mu     sync.Mutex
	seen   map[string]*Manners
	closed map[door]time.Time
	keys   map[string]bool
}

func (r *Recorder) of(provider string) *Manners {
	if r.seen == nil {
		r.seen, r.closed, r.keys = map[string]*Manners{}, map[door]time.Time{}, map[string]bool{}
	}
	m := r.seen[provider]
	if m == nil {
		m = &Manners{}
		r.seen[provider] = m
	}
	return m
}

// Arrive counts a call that begins. The caller calls Leave when it ends.
func (r *Recorder) Arrive(a Arrival) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.of(a.Provider)
	m.Calls++
	m.Open++
	m.Concurrent = max(m.Concurrent, m.Open)
	if a.At.Before(r.closed[door{a.Provider, a.Key, a.Family}]) {
		m.Closed++
	}
	if !a.Deadline.IsZero() && !a.At.Before(a.Deadline) {
		m.Late++
	}
	if a.Idempotency != "" {
		id := a.Provider + "\x00" + a.Key + "\x00" + a.Idempotency
		if r.keys[id] {
			m.Repeated++
		}
		r.keys[id] = true
	}
	if a.Dead {
		m.Dead++
	}
}

// Late counts a call that was begun after its deadline, and not sent.
func (r *Recorder) Late(provider string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(provider).Late++
}

// Leave counts a call that ends.
func (r *Recorder) Leave(provider string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(provider).Open--
}

// Close notes that a key was told to leave a family of models alone until then.
func (r *Recorder) Close(provider, key, family string, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(provider)
	d := door{provider, key, family}
	if until.After(r.closed[d]) {
		r.closed[d] = until
	}
}

// Seen is what was seen, by provider.
func (r *Recorder) Seen() map[string]Manners {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]Manners{}
	for name, m := range maps.All(r.seen) {
		out[name] = *m
	}
	return out
}
