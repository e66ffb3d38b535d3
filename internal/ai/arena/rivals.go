package arena

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/attempt"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/wire"
)

// Rivals are the policies that ours is compared with. What each does is said at
// its function; all have the candidates of the default policy, in its order.
func Rivals() []Contender {
	return []Contender{
		{Name: "naive", enter: plain(naive)},
		{Name: "sdk defaults", enter: plain(defaults)},
		{Name: "literal ladder", enter: plain(literal)},
		{Name: "bifrost-like, 0 retries", Gateway: true, enter: plain(bifrost(0))},
		{Name: "bifrost-like, 3 retries", Gateway: true, enter: plain(bifrost(3))},
		{Name: cooler, Gateway: true, enter: func(w *world) contender { return newCooling(w) }},
	}
}

// asking is one request on its way through a policy that remembers nothing.
type asking struct {
	*world
	ctx context.Context
	q   question
}

// stateless is such a policy. It returns nil where it has no answer.
type stateless func(a asking) []byte

type plainly struct {
	world  *world
	policy stateless
}

func plain(p stateless) func(*world) contender {
	return func(w *world) contender { return plainly{w, p} }
}

func (p plainly) ask(ctx context.Context, q question, _ bool) reply {
	return reply{output: p.policy(asking{p.world, ctx, q})}
}

// candidates are the models for a question.
func (w *world) candidates(q question) []policy.Candidate {
	var out []policy.Candidate
	for _, c := range w.policy.Candidates("arena", q.class) {
		if w.engines[c.Provider] != nil {
			out = append(out, c)
		}
	}
	return out
}

// try asks a candidate once and judges the answer as the router does.
func (a asking) try(c policy.Candidate, timeout time.Duration) ([]byte, *ai.Fault) {
	ctx, cancel := context.WithTimeout(a.ctx, timeout)
	defer cancel()
	call := ai.Call{Request: a.q.request(), Model: c.Model, Params: c.Params}
	answer, err := a.engines[c.Provider].Call(wire.WithLimits(ctx, wire.Limits{FirstByte: time.Hour}), call)
	if err != nil {
		return nil, ai.FaultOf(err)
	}
	out, fault := attempt.Judge(&call, c.Provider, answer)
	return out, fault
}

// pause waits, and reports whether there is time left.
func (a asking) pause(wait time.Duration) bool {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-a.ctx.Done():
		return false
	case <-t.C:
		return a.ctx.Err() == nil
	}
}

// repeatable reports whether clients repeat a call that failed so: by its
// status, or because the connection broke. Of errors in a 200 and of answers
// that are of no use no client knows.
func repeatable(f *ai.Fault) bool {
	switch f.Status {
	case 408, 409, 429:
		return true
	case 0:
		return f.Kind == ai.Network || f.Kind == ai.TimedOut
	}
	return f.Status >= 500
}

// hinted is what the provider says about when to come back, 0 if nothing.
func hinted(f *ai.Fault) time.Duration {
	if f.WaitFrom == "default" {
		return 0
	}
	return f.Wait
}

// naive asks the first candidate once.
func naive(a asking) []byte {
	out, _ := a.try(a.candidates(a.q)[0], 10*time.Minute)
	return out
}

// defaults asks the first candidate as its official client does: two
// repetitions after half a second and a second, less up to a quarter, or after
// what the provider says; Gemini's repeats nothing.
func defaults(a asking) []byte {
	c := a.candidates(a.q)[0]
	for n := range 3 {
		out, f := a.try(c, 10*time.Minute)
		if f == nil {
			return out
		}
		wait := time.Duration(float64(500*time.Millisecond) * float64(int(1)<<n) * (1 - 0.25*rand.Float64()))
		if h := hinted(f); h > 0 && h <= time.Minute {
			wait = h
		}
		if c.Provider == middle || n == 2 || !repeatable(f) || !a.pause(wait) {
			return nil
		}
	}
	return nil
}

// literal is the ladder as the product's brief has it: after each failure 1, 2,
// 4 and 8 s, after a 429 as long as the provider says, else 60 s; then the next
// candidate.
func literal(a asking) []byte {
	for _, c := range a.candidates(a.q) {
		for n := range 5 {
			out, f := a.try(c, 10*time.Minute)
			if f == nil {
				return out
			}
			wait := time.Second << n
			if f.Status == 429 {
				if wait = hinted(f); wait == 0 {
					wait = time.Minute
				}
			}
			if a.ctx.Err() != nil {
				return nil
			}
			if n < 4 && !a.pause(wait) {
				return nil
			}
		}
	}
	return nil
}

// bifrost asks each candidate with a budget of repetitions of its own, after
// 0.5 s and twice as long each time up to 5 s, ±20 %, whatever the provider
// says; a call has 30 s.
func bifrost(retries int) stateless {
	return func(a asking) []byte {
		for _, c := range a.candidates(a.q) {
			for n := 0; ; n++ {
				out, f := a.try(c, 30*time.Second)
				if f == nil {
					return out
				}
				if a.ctx.Err() != nil {
					return nil
				}
				if n == retries || !repeatable(f) {
					break
				}
				wait := min(5*time.Second, 500*time.Millisecond<<n)
				if !a.pause(time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64()))) {
					return nil
				}
			}
		}
		return nil
	}
}

// cooling is LiteLLM's router as documented: three repetitions, at once where
// another model is well; a model rests for 5 s, or as long as it says up to a
// minute, after a 429, and when more than half of at least five calls in the
// minute failed. When all rest it says to come back in 5 s.
type cooling struct {
	world *world

	mu     sync.Mutex
	models map[string]*rested
}

type rested struct {
	until        time.Time
	minute       time.Time
	good, failed int
}

const rest = 5 * time.Second

func newCooling(w *world) *cooling { return &cooling{world: w, models: map[string]*rested{}} }

func (l *cooling) ask(ctx context.Context, q question, _ bool) reply {
	a, failed := asking{l.world, ctx, q}, map[string]int{}
	for range 4 {
		c, ok := l.choose(a.candidates(q), failed)
		if !ok {
			return reply{after: rest}
		}
		out, f := a.try(c, 10*time.Minute)
		l.note(c.Model, f)
		if f == nil {
			return reply{output: out}
		}
		if ctx.Err() != nil {
			return reply{}
		}
		failed[c.Model]++
	}
	return reply{}
}

// choose takes the first model that does not rest, of those that failed the
// request least.
func (l *cooling) choose(candidates []policy.Candidate, failed map[string]int) (best policy.Candidate, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range candidates {
		if m := l.models[c.Model]; m != nil && time.Now().Before(m.until) {
			continue
		}
		if !ok || failed[c.Model] < failed[best.Model] {
			best, ok = c, true
		}
	}
	return best, ok
}

func (l *cooling) note(model string, f *ai.Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m, now := l.models[model], time.Now()
	if m == nil {
		m = &rested{}
		l.models[model] = m
	}
	if now.Sub(m.minute) >= time.Minute {
		m.minute, m.good, m.failed = now, 0, 0
	}
	if f == nil {
		m.good++
		return
	}
	m.failed++
	if f.Status == 429 {
		m.until = now.Add(max(rest, min(hinted(f), time.Minute)))
	} else if m.good+m.failed >= 5 && m.failed > m.good {
		m.until = now.Add(rest)
	}
}
