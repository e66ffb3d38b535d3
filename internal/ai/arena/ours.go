package arena

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/provider/rules"
	"rapport/internal/ai/router"
	"rapport/internal/ai/traffic"
	"rapport/internal/platform/problem"
)

// Ours is the real router with its defaults.
func Ours() Contender {
	return Contender{Name: "ours", enter: func(w *world) contender { return newOurs(w, router.Standard(), traffic.Standard()) }}
}

type ours struct {
	gateway *router.Gateway
	traffic *traffic.Traffic
	profile router.Profile
	books   *books

	mu   sync.Mutex
	most [2]int // calls for one request, of a job and of a person
}

func newOurs(w *world, p router.Profile, t traffic.Profile) *ours {
	o := &ours{traffic: traffic.New(t, nil, nil), profile: p, books: &books{entries: map[string]entry{}}}
	own := rules.New(rules.Set{Version: "arena/1", Tasks: map[string]rules.Task{"arena": sorted}})
	options := router.Options{Catalog: w.catalog, Policy: func(context.Context) *policy.Policy { return w.policy }, Profile: p, Traffic: o.traffic,
		Purse: o.books, Providers: []ai.Provider{own}}
	for _, e := range w.engines {
		options.Providers = append(options.Providers, e)
	}
	o.gateway = router.New(options)
	return o
}

// sorted is the answer of rules.
func sorted(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
	var q verdict
	err := json.Unmarshal(input, &q)
	return fmt.Appendf(nil, `{"ticket":%d,"label":"question"}`, q.Ticket), err
}

func (o *ours) ask(ctx context.Context, q question, again bool) reply {
	r := q.request()
	if again {
		r.Interactive, r.NoRules = q.interactive && left(ctx) < patience, true
	}
	res, err := o.gateway.Do(ctx, r)
	o.count(r, res)
	var p *problem.Error
	switch {
	case err == nil && res.Deferred != nil:
		return reply{after: res.Deferred.After}
	case err == nil && res.Degraded:
		return reply{after: res.Upgrade}
	case err == nil:
		return reply{output: res.Output}
	case errors.As(err, &p):
		return reply{after: p.RetryAfter}
	}
	return reply{}
}

// count notes how many calls were made for one request.
func (o *ours) count(r ai.Request, res ai.Response) {
	made := 0
	for _, a := range res.Attempts {
		if a.RequestID != "" {
			made++
		}
	}
	who := 0
	if r.Interactive {
		who = 1
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.most[who] = max(o.most[who], made)
}

// audit reports what the router owes when all is over: permits and holds that
// were not given back, more attempts than allowed, and money that is not booked
// as the provider's meter says.
func (o *ours) audit(w *world, f *Figures) error {
	var faults []error
	for _, l := range o.traffic.State() {
		if l.InFlight != 0 || l.Waiting != 0 {
			faults = append(faults, fmt.Errorf("%s %s: %d permits and %d waiters are left", l.Provider, l.Model, l.InFlight, l.Waiting))
		}
	}
	if most := o.profile.Background.Attempts; o.most[0] > most {
		faults = append(faults, fmt.Errorf("a job made %d calls, want %d at most", o.most[0], most))
	}
	if most := o.profile.Interactive.Attempts; o.most[1] > most {
		faults = append(faults, fmt.Errorf("a person's request made %d calls, want %d at most", o.most[1], most))
	}
	return errors.Join(append(faults, o.books.audit(w, f))...)
}

// books are a purse that pays for everything and keeps what was booked.
type books struct {
	mu      sync.Mutex
	held    int
	entries map[string]entry // by the provider's name of the call
}

// entry is what was booked for a call; sure where its usage is known.
type entry struct {
	cost ai.Nano
	sure bool
}

func (*books) Cheap(context.Context) bool { return false }

func (b *books) Hold(_ context.Context, s router.Spend) (router.Hold, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held++
	return &hold{books: b, most: s.Max}, nil
}

type hold struct {
	books *books
	most  ai.Nano
	once  sync.Once
}

// Settle books what the attempt came to, or all that was reserved where nothing
// is known.
func (h *hold) Settle(a ai.Attempt) {
	h.end(func() {
		e := entry{ai.Nano(a.Usage.CostNano), a.Billed != ai.BilledMaybe && !a.Usage.Estimated}
		if a.Billed == ai.BilledMaybe && a.Usage.Tokens() == 0 {
			e.cost = h.most
		}
		h.books.entries[a.RequestID] = e
	})
}

func (h *hold) Release() { h.end(func() {}) }

func (h *hold) end(book func()) {
	h.once.Do(func() {
		h.books.mu.Lock()
		defer h.books.mu.Unlock()
		h.books.held--
		book()
	})
}

// audit compares each entry with the provider's bill.
func (b *books) audit(w *world, f *Figures) error {
	var faults []error
	if b.held != 0 {
		faults = append(faults, fmt.Errorf("%d holds are left", b.held))
	}
	billed := 0
	for _, e := range w.engines {
		for id, m := range e.bills {
			billed++
			booked, ok := b.entries[id]
			switch {
			case !ok:
				faults = append(faults, fmt.Errorf("%s is not booked", id))
			case m.sure && booked.sure && m.cost != booked.cost:
				faults = append(faults, fmt.Errorf("%s is booked with %v, the meter says %v", id, booked.cost, m.cost))
			case !m.sure || !booked.sure:
				f.Unsure++
				f.Over += booked.cost - m.cost
			default:
				f.Sure++
			}
		}
	}
	if billed != len(b.entries) {
		faults = append(faults, fmt.Errorf("%d calls are booked, %d were made", len(b.entries), billed))
	}
	return errors.Join(faults...)
}

// left is the time until ctx ends.
func left(ctx context.Context) time.Duration {
	at, _ := ctx.Deadline()
	return time.Until(at)
}
