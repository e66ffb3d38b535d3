package arena

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/fault"
	"rapport/internal/ai/wire"
)

// engine is a provider whose nth call comes out the same for each policy that
// asks it: by the seed, its name and n. What depends on the schedule depends on
// the time besides.
type engine struct {
	name      string
	seed      uint64
	began     time.Time
	incidents []Incident
	catalog   *catalog.Catalog

	mu      sync.Mutex
	calls   int
	dead    int // calls while nothing could succeed
	running int
	room    bucket            // its capacity
	caps    map[int]*bucket   // of incidents
	success []span            // of good answers
	bills   map[string]*money // by request id
}

// span is when a call began, and when it was answered.
type span struct{ from, to time.Duration }

// money is what one call costs; it is sure when the caller is told the usage.
type money struct {
	cost ai.Nano
	sure bool
}

func newEngine(name string, w *world) *engine {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	e := &engine{name: name, seed: w.setup.Seed ^ h.Sum64(), began: w.began, catalog: w.catalog, caps: map[int]*bucket{}, bills: map[string]*money{}}
	for _, i := range w.incidents {
		if i.Provider == name {
			e.incidents = append(e.incidents, i)
		}
	}
	e.room = newBucket(capacity[name])
	return e
}

// capacity is calls a second. At 15 requests a second the two others cannot
// take all of the large provider's.
var capacity = map[string]float64{large: 30, middle: 8, small: 4}

func (e *engine) Name() string { return e.name }
func (*engine) Local() bool    { return false }

// fate is what becomes of a call.
type fate struct {
	id       string
	takes    time.Duration
	evidence *fault.Evidence // nil: an answer
	garbled  int             // 0: of use
	usage    ai.Usage
}

// Call takes its time and answers, or fails as the vendor would.
func (e *engine) Call(ctx context.Context, c ai.Call) (ai.Answer, error) {
	f, began := e.draw(), time.Since(e.began)
	defer e.leave()
	limit := wire.LimitsOf(ctx).FirstByte // whole answers have no first byte before the last
	t := time.NewTimer(min(f.takes, limit))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ai.Answer{}, e.cut(c, f, ctx)
	case <-t.C:
	}
	if f.takes > limit {
		return ai.Answer{}, e.cut(c, f, ctx)
	}
	if f.evidence != nil {
		e.bill(f.id, 0, true)
		failed := fault.Classify(*f.evidence)
		failed.RequestID = f.id
		return ai.Answer{}, failed
	}
	e.bill(f.id, e.price(c.Model, f.usage), true)
	if f.garbled == 0 {
		e.answered(began)
	}
	return ai.Answer{Text: text(c.Input, f.garbled), Model: c.Model, RequestID: f.id, Usage: f.usage}, nil
}

// cut is the fault of a call that was broken off, by its caller or by a limit.
// It is paid for in part, where that stops the bill, else in whole.
func (e *engine) cut(c ai.Call, f fate, ctx context.Context) *ai.Fault {
	var cost ai.Nano
	if f.evidence == nil {
		u := f.usage
		if m, ok := e.catalog.Model(e.name, c.Model); ok && m.AbortStopsBilling {
			u.OutputTokens /= 2
		}
		cost = e.price(c.Model, u)
	}
	e.bill(f.id, cost, false)
	evidence := fault.Evidence{Provider: e.name, Err: fault.FirstByteLimit, At: time.Now()}
	if ctx.Err() != nil {
		evidence = fault.Evidence{Provider: e.name, Err: ctx.Err(), Ended: fault.EndOf(ctx), At: time.Now()}
	}
	failed := fault.Classify(evidence)
	failed.RequestID, failed.Billed = f.id, ai.BilledMaybe
	return failed
}

// price is the meter's own arithmetic, from the price list.
func (e *engine) price(model string, u ai.Usage) ai.Nano {
	m, ok := e.catalog.Model(e.name, model)
	if !ok {
		return 0
	}
	p, now := m.Prices[0], time.Now()
	for _, other := range m.Prices {
		if !other.From.After(now) && other.AboveTokens == 0 && !other.From.Before(p.From.Time) {
			p = other
		}
	}
	who, _ := e.catalog.Provider(e.name)
	sum := ai.Nano(u.InputTokens)*p.Input + ai.Nano(u.OutputTokens)*p.Output
	return sum + ai.Nano(math.Ceil(float64(sum)*float64(who.FeePermille)/1000))
}

func (e *engine) bill(id string, cost ai.Nano, sure bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bills[id] = &money{cost, sure}
}

// answered notes a good answer to a call that began then.
func (e *engine) answered(began time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.success = append(e.success, span{began, time.Since(e.began)})
}

func (e *engine) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running--
}

// draw decides the fate of the next call.
func (e *engine) draw() fate {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls++
	e.running++
	r := rand.New(rand.NewPCG(e.seed, uint64(e.calls)))
	f := fate{id: fmt.Sprintf("%s-%d", e.name, e.calls)}
	f.takes = time.Duration(1.2 * math.Exp(0.5*r.NormFloat64()) * float64(time.Second))
	quick, tail := r.Float64(), r.Float64()
	if r.Float64() < 0.01 {
		f.takes = time.Duration((10 + 10*tail) * float64(time.Second))
	}
	f.usage = ai.Usage{InputTokens: 600 + r.Int64N(1800), OutputTokens: 80 + r.Int64N(500)}
	rejected := time.Duration((50 + 200*quick) * float64(time.Millisecond))
	chance, at := r.Float64(), time.Since(e.began)
	dead := false
	for i, in := range e.incidents {
		lot := r.Float64()
		if in.during(at) {
			dead = dead || in.dead()
			if f.evidence == nil {
				e.strike(&f, i, lot, rejected)
			}
		}
	}
	if dead {
		e.dead++
	}
	now := time.Now()
	switch {
	case f.evidence != nil:
	case !e.room.take(now):
		f.takes, f.evidence = rejected, e.limited(e.room.next(), true)
	case chance < 0.01:
		f.takes, f.evidence = rejected, e.broken()
	}
	return f
}

// strike lets an incident befall a call.
func (e *engine) strike(f *fate, i int, lot float64, rejected time.Duration) {
	in := e.incidents[i]
	switch in.Trouble {
	case Slow:
		f.takes *= 8
		return
	case Capped, Mute:
		b := e.caps[i]
		if b == nil {
			fresh := newBucket(in.Share)
			b = &fresh
			e.caps[i] = b
		}
		if !b.take(time.Now()) {
			f.takes, f.evidence = rejected, e.limited(b.next(), in.Trouble == Capped)
		}
		return
	}
	if lot >= in.Share {
		return
	}
	switch in.Trouble {
	case Overloaded:
		f.takes, f.evidence = rejected, e.overloaded()
	case Reset:
		f.takes, f.evidence = rejected, &fault.Evidence{Provider: e.name, Err: fmt.Errorf("read: %w", syscall.ECONNRESET)}
	case Down:
		f.takes, f.evidence = rejected, &fault.Evidence{Provider: e.name, Status: 502, Header: map[string][]string{"Content-Type": {"text/html"}}, Body: []byte("<html><body>Bad gateway</body></html>")}
	case Odd:
		f.takes, f.evidence = f.takes/2, &fault.Evidence{Provider: e.name, Status: 200, Body: []byte(`{"error":{"code":502,"message":"upstream"}}`)}
	case Silent:
		f.takes, f.evidence = time.Hour, &fault.Evidence{Provider: e.name, Err: errors.New("silence")}
	case Garbled:
		f.garbled = 1 + int(lot*1e6)%4
	}
}

func (e *engine) broken() *fault.Evidence {
	return &fault.Evidence{Provider: e.name, Status: 500, Body: []byte(`{"error":{"type":"api_error","code":500,"status":"INTERNAL","message":"internal"}}`)}
}

func (e *engine) overloaded() *fault.Evidence {
	switch e.name {
	case small:
		return &fault.Evidence{Provider: e.name, Status: 529, Body: []byte(`{"type":"error","error":{"type":"overloaded_error","message":"overloaded"}}`)}
	case middle:
		return &fault.Evidence{Provider: e.name, Status: 503, Body: []byte(`{"error":{"code":503,"status":"UNAVAILABLE","message":"overloaded"}}`)}
	}
	return &fault.Evidence{Provider: e.name, Status: 503, Body: []byte(`{"error":{"code":503,"message":"overloaded"}}`)}
}

// limited is a 429, with the time until there is room or without.
func (e *engine) limited(wait time.Duration, hint bool) *fault.Evidence {
	v := &fault.Evidence{Provider: e.name, Status: 429, At: time.Now(), Body: []byte(`{"error":{"code":429,"message":"slow down"}}`)}
	seconds := int(math.Ceil(wait.Seconds()))
	switch {
	case e.name == middle && hint:
		v.Body = fmt.Appendf(nil, `{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"%ds"}]}}`, seconds)
	case e.name == middle:
		v.Body = []byte(`{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}`)
	case hint:
		v.Header = map[string][]string{"Retry-After": {fmt.Sprint(seconds)}}
	}
	return v
}

// text is an answer to the question with a ticket: the right one, or one of
// four that must not be taken.
func text(input json.RawMessage, garbled int) string {
	var q struct {
		Ticket int `json:"ticket"`
	}
	_ = json.Unmarshal(input, &q) // it is our own
	switch garbled {
	case 1:
		return fmt.Sprintf(`{"ticket":%d,"label":"ord`, q.Ticket)
	case 2:
		return fmt.Sprintf(`{"ticket":%d,"label":"of no kind"}`, q.Ticket)
	case 3:
		return fmt.Sprintf(`{"ticket":%d,"label":"order"}`, q.Ticket+1)
	case 4:
		return "I am sorry, I cannot read this."
	}
	return fmt.Sprintf(`{"ticket":%d,"label":%q}`, q.Ticket, truth(q.Ticket))
}

// bucket is a rate with a burst of five seconds.
type bucket struct {
	rate, have float64
	at         time.Time
}

func newBucket(rate float64) bucket { return bucket{rate: rate, have: max(1, 5*rate)} }

func (b *bucket) take(now time.Time) bool {
	if !b.at.IsZero() {
		b.have = min(max(1, 5*b.rate), b.have+now.Sub(b.at).Seconds()*b.rate)
	}
	b.at = now
	if b.have < 1 {
		return false
	}
	b.have--
	return true
}

// next is when one more call has room.
func (b *bucket) next() time.Duration {
	return time.Duration((1 - b.have) / b.rate * float64(time.Second))
}
