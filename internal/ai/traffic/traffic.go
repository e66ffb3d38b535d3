// Package traffic says whether a call to a model may start now. What one call
// learned, all know: a gate closes for everybody until the time that the
// provider named and reopens slowly; a breaker keeps calls from who is down; a
// bulkhead shares what is left fairly among workspaces and keeps some of it for
// people who wait.
//
// The breaker is our own, not failsafe-go's: it opens on a run of failures or
// on a rate of them, whichever comes first, for longer each time, and takes a
// probe back that ended without a verdict, because its caller left. There a
// permit comes back with a result only, and a lost probe is a closed provider.
package traffic

import (
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/traffic/samples"
)

// Lane is where a call goes: what shares limits and fails together. A part that
// is "" means all of them.
type Lane struct {
	Provider string `json:"provider"`
	Key      string `json:"key,omitempty"`
	Family   string `json:"family,omitempty"`
	Model    string `json:"model,omitempty"`
}

// Claim is a call that wants to start.
type Claim struct {
	Lane
	Workspace   string
	Interactive bool
}

// Refusal says why a call may not start now, and for how long at least. Its
// zero value is no refusal.
type Refusal struct {
	Wait time.Duration
	// Why is for people: "rate limit of openrouter, retry-after".
	Why string
	// Kind is what went wrong; LocalLimit for limits of our own.
	Kind ai.Kind
	// Guessed says that Wait is an estimate: it depends on other calls.
	Guessed bool
	// Queued says that others wait for the same provider already.
	Queued bool
}

// Open reports whether nothing is refused.
func (r Refusal) Open() bool { return r.Wait == 0 }

// Traffic admits calls. It holds no goroutine: those who wait do the work.
type Traffic struct {
	profile  Profile
	closures Closures
	log      *slog.Logger

	mu       sync.Mutex
	houses   map[string]*house
	lanes    map[Lane]*lane
	gates    map[Lane]*gate
	breakers map[Lane]*breaker // by provider and family
	round    int64             // of dispatch
	most     int               // lanes, before those that are idle are forgotten
}

// New returns traffic that knows of no trouble. Closures may be nil: then they
// end with the process.
func New(p Profile, c Closures, log *slog.Logger) *Traffic {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Traffic{profile: p, closures: c, log: log, houses: map[string]*house{}, lanes: map[Lane]*lane{}, gates: map[Lane]*gate{},
		breakers: map[Lane]*breaker{}, most: sweepFrom}
}

// TryAdmit returns a permit, or why there is none. The permit must be ended by
// Done or Release.
func (t *Traffic) TryAdmit(c Claim) (*Permit, Refusal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, now := t.lane(c.Lane), time.Now()
	if len(l.house.waiting) > 0 {
		t.dispatch(l.house, now) // who waits was here before
	}
	if r := t.check(l, c, now); !r.Open() {
		return nil, r
	}
	return t.admit(l, c, now), Refusal{}
}

// Standing is how a lane has done of late.
type Standing struct {
	P50, P95 time.Duration // of answers; 0 where there are few
	// Slow and Unfit lanes answer late, or answer what cannot be used: they are
	// asked after others.
	Slow, Unfit bool
	// Down lanes failed, and take no time to speak of to be tried again.
	Down bool
}

// Look is what TryAdmit would say, without taking a permit, and how the lane
// has done.
func (t *Traffic) Look(c Claim) (Refusal, Standing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, now := t.lane(c.Lane), time.Now()
	s := Standing{P50: l.took.Quantile(0.5), Slow: l.doubted(now, c, t.profile.Breaker), Unfit: l.quality.unfit(now)}
	if l.took.Len() >= enough {
		s.P95 = l.took.Quantile(0.95)
	}
	r := t.behind(l, c, t.check(l, c, now), now)
	s.Down = l.breaker.tripped && l.breaker.quick
	r.Queued = len(l.house.waiting) > 0
	return r, s
}

// behind adds to a person's refusal what those who wait already will take.
func (t *Traffic) behind(l *lane, c Claim, r Refusal, now time.Time) Refusal {
	ahead := l.house.people
	if r.Open() || ahead == 0 || !c.Interactive {
		return r
	}
	slowest := 0.0 // of the paces, in calls a second
	for _, g := range l.gates {
		if limit := g.pace.limit(now); g.pace.set() && (slowest == 0 || limit < slowest) {
			slowest = limit
		}
	}
	if slowest > 0 {
		r.Wait += time.Duration(float64(ahead) / slowest * float64(time.Second))
	}
	return r
}

// enough samples make a tail.
const enough = 20

// TryRetry takes one repetition from the provider's budget, and reports whether
// there was one.
func (t *Traffic) TryRetry(provider string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.house(provider).budget.take(t.profile, time.Now())
}

// house is a provider: what all of its lanes share.
type house struct {
	name       string
	breaker    *breaker
	failing    map[string]bool // families that failed since one succeeded
	inFlight   int
	background int
	workspaces map[string]int
	waiting    []*waiter
	people     int         // of those who wait
	alarm      *time.Timer // when a lane that is waited for opens
	budget     budget
}

// lane is a Lane with what is known about it.
type lane struct {
	Lane
	house    *house
	gates    [5]*gate
	breaker  *breaker // of the family
	inFlight int
	took     samples.Samples
	quality  quality
	doubt    doubt
	running  []time.Time // when the calls that are out began
	calls    int64
	answered int64
	used     time.Time
	looked   [2]int64   // the round of dispatch in which bar was found
	bar      [2]Refusal // by gates and breakers, for jobs and for people
}

func (t *Traffic) house(name string) *house {
	h := t.houses[name]
	if h == nil {
		h = &house{name: name, breaker: &breaker{}, failing: map[string]bool{}, workspaces: map[string]int{}, budget: budget{tokens: t.profile.RetryCap}}
		t.houses[name] = h
	}
	return h
}

func (t *Traffic) lane(at Lane) *lane {
	if l := t.lanes[at]; l != nil {
		return l
	}
	if len(t.lanes) >= t.most {
		t.sweep(time.Now())
	}
	l := &lane{Lane: at, house: t.house(at.Provider), used: time.Now()}
	for i, wide := range at.wider() {
		l.gates[i] = t.gate(wide)
	}
	family := Lane{Provider: at.Provider, Family: at.Family}
	if t.breakers[family] == nil {
		t.breakers[family] = &breaker{}
	}
	l.breaker = t.breakers[family]
	t.lanes[at] = l
	return l
}

// sweepFrom is how many lanes are kept whatever they did: each key of each
// workspace has its own.
const sweepFrom = 4096

// sweep forgets lanes without calls for an hour, and gates that are open.
func (t *Traffic) sweep(now time.Time) {
	used := map[*gate]bool{}
	for at, l := range t.lanes {
		if l.inFlight == 0 && len(l.house.waiting) == 0 && now.Sub(l.used) > time.Hour {
			delete(t.lanes, at)
			continue
		}
		for _, g := range l.gates {
			used[g] = true
		}
	}
	for at, g := range t.gates {
		if !used[g] && g.out == 0 && now.After(g.until) {
			delete(t.gates, at)
		}
	}
	t.most = max(sweepFrom, 2*len(t.lanes))
}

func (t *Traffic) gate(at Lane) *gate {
	g := t.gates[at]
	if g == nil {
		g = &gate{at: at}
		t.gates[at] = g
	}
	return g
}

// wider lists what the lane is part of, the widest first and itself last.
func (l Lane) wider() [5]Lane {
	return [5]Lane{
		{Provider: l.Provider},
		{Provider: l.Provider, Key: l.Key},
		{Provider: l.Provider, Family: l.Family},
		{Provider: l.Provider, Key: l.Key, Family: l.Family},
		l,
	}
}

// check says whether a call may start, and changes nothing.
func (t *Traffic) check(l *lane, c Claim, now time.Time) Refusal {
	if r := t.barred(l, c.Interactive, now); !r.Open() {
		return r
	}
	return t.room(l, c)
}

// barred says whether gates and breakers keep everybody out, or all jobs.
func (t *Traffic) barred(l *lane, person bool, now time.Time) Refusal {
	var worst Refusal
	spare := t.profile.Reserve
	if person {
		spare = 0
	}
	for _, g := range l.gates {
		if r := g.check(now, l, spare); r.Wait > worst.Wait {
			worst = r
		}
	}
	for _, b := range [2]*breaker{l.house.breaker, l.breaker} {
		if r := b.check(now, l); r.Wait > worst.Wait {
			worst = r
		}
	}
	return worst
}

// room is the bulkhead: how many calls a provider is given at once, how many of
// them may be background's, and how many one workspace's.
func (t *Traffic) room(l *lane, c Claim) Refusal {
	p, h := t.profile, l.house
	full := h.inFlight >= p.Concurrent || !c.Interactive && h.background >= p.backgroundMost()
	if full {
		return Refusal{Wait: l.patience(), Why: "all places at " + l.Provider + " are taken", Kind: ai.LocalLimit, Guessed: true}
	}
	if h.workspaces[c.Workspace] >= p.workspaceMost() {
		return Refusal{Wait: l.patience(), Why: "the workspace's places at " + l.Provider + " are taken", Kind: ai.LocalLimit, Guessed: true}
	}
	return Refusal{}
}

// patience is about how long until a call of the lane ends.
func (l *lane) patience() time.Duration {
	return max(l.took.Quantile(0.5), 200*time.Millisecond)
}

// admit takes the permit that check allowed.
func (t *Traffic) admit(l *lane, c Claim, now time.Time) *Permit {
	p := &Permit{traffic: t, lane: l, workspace: c.Workspace, interactive: c.Interactive, began: now}
	for i, g := range l.gates {
		p.held[i] = g.enter(now, t.profile)
	}
	p.probes[0] = l.house.breaker.enter(now)
	p.probes[1] = l.breaker.enter(now)
	p.trial = l.enter(now)
	l.used = now
	l.inFlight++
	l.house.inFlight++
	l.house.workspaces[c.Workspace]++
	if !c.Interactive {
		l.house.background++
	}
	return p
}

func (t *Traffic) jitter(wait time.Duration) time.Duration {
	if !t.profile.Jitter {
		return wait
	}
	return wait + time.Duration(rand.Float64()*0.1*float64(wait))
}
