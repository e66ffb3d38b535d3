// Package arena lets the way to a model compete. Policies of retry and failover
// meet the same providers, troubles and requests in virtual time, each with the
// same validation of answers and the same care for what it did not answer:
// ours, which is the real router, and rivals as their documents and sources
// describe them. It compares policies, not products: no rival's program runs.
package arena

import (
	"context"
	"fmt"
	"sync"
	"time"

	"rapport/internal/ai/catalog"
	"rapport/internal/ai/policy"
	"rapport/internal/platform/actor"
)

// Setup is one run.
type Setup struct {
	Seed uint64
	// Rate is requests a second.
	Rate float64
	// Fixed takes the fixed schedule, else the seed's own.
	Fixed bool
	// Scale below 1 shortens the run.
	Scale float64
	// Again is when a request that was not answered is asked again, where the
	// policy says nothing; 0 is a minute.
	Again time.Duration
}

// world is a run under way.
type world struct {
	setup     Setup
	incidents []Incident
	questions []question
	catalog   *catalog.Catalog
	policy    *policy.Policy
	engines   map[string]*engine
	began     time.Time

	mu  sync.Mutex
	all []fateOf
}

// fateOf is what became of a request.
type fateOf struct {
	question
	any      time.Duration // until a person saw an answer, of a model or not
	answered time.Duration // until a model's answer
	lost     bool
	wrong    bool
}

// Run lets one policy meet one setup. It must be called in a bubble of
// testing/synctest, the clock of which it moves.
func Run(s Setup, c Contender) (Figures, error) {
	if s.Again == 0 {
		s.Again = time.Minute
	}
	w := &world{setup: s, catalog: catalog.Default(), policy: policy.Default()}
	<-time.After(time.Until(w.catalog.AsOf.AddDate(0, 0, 1))) // prices have dates
	w.began = time.Now()
	w.incidents = Random(s.Seed, s.Scale)
	if s.Fixed {
		w.incidents = Fixed(s.Scale)
	}
	w.engines = map[string]*engine{}
	for _, name := range providers() {
		w.engines[name] = newEngine(name, w)
	}
	w.questions = questions(s.Seed, s.Rate, time.Duration(s.Scale*float64(full)))
	p := c.enter(w)
	var wait sync.WaitGroup
	for _, q := range w.questions {
		<-time.After(time.Until(w.began.Add(q.at)))
		wait.Go(func() { w.serve(q, p) })
	}
	wait.Wait()
	f := w.figures()
	if o, ok := p.(*ours); ok {
		return f, o.audit(w, &f)
	}
	return f, nil
}

// contender is a policy in one world.
type contender interface {
	// ask answers q before ctx ends, or does not. Again says that rules have
	// answered meanwhile, and nobody waits.
	ask(ctx context.Context, q question, again bool) reply
}

// reply is what a policy makes of a request.
type reply struct {
	output []byte // nil: none
	// after is when to ask again, if the policy says.
	after time.Duration
}

// Contender is a policy that can enter any world.
type Contender struct {
	Name string
	// Gateway says that it is the policy of a gateway, not of a client.
	Gateway bool
	enter   func(*world) contender
}

// serve takes a request to a policy and cares for it until a model answered,
// the same for all: a person is shown the answer of rules as soon as the policy
// gives up, and what no model answered is asked again.
func (w *world) serve(q question, p contender) {
	f := fateOf{question: q}
	began := time.Now()
	ctx := actor.InWorkspace(context.Background(), fmt.Sprintf("w%d", q.ticket%4))
	limit := q.deadline()
	for again := false; ; again = true {
		r := once(ctx, p, q, limit, again)
		if !again {
			f.any = time.Since(began)
		}
		if r.output != nil {
			f.answered, f.wrong = time.Since(began), !q.right(r.output)
			break
		}
		if time.Since(w.began) > time.Duration(w.setup.Scale*float64(full))+time.Hour {
			f.lost = true
			break
		}
		if r.after <= 0 {
			r.after = w.setup.Again
		}
		<-time.After(r.after)
		if limit = q.deadline() - time.Since(began); limit < time.Second {
			limit = leisure
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, f)
}

func once(ctx context.Context, p contender, q question, limit time.Duration, again bool) reply {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return p.ask(ctx, q, again)
}
