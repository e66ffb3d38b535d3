// Package sim plays the vendors of models, with everything that goes wrong with
// them: over sockets as an http.Handler, and within a process and its virtual
// time as an http.RoundTripper. It keeps the bill that they would keep.
package sim

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/sim/ask"
	"rapport/internal/ai/sim/content"
	"rapport/internal/ai/sim/meter"
	"rapport/internal/ai/sim/play"
	"rapport/internal/ai/sim/reply"
	"rapport/internal/ai/sim/schedule"
)

// Options are how a simulator is made. The zero value is a calm day: every
// model at once and without limits, for every key that begins with "sim-".
type Options struct {
	// Seed decides everything that is random, together with provider, model, key
	// and the ordinal of the call.
	Seed     uint64
	Schedule schedule.Schedule
	// Keys are those that are accepted; nil accepts every secret that begins
	// with "sim-".
	Keys []Key
	// Models are those that are offered; nil offers those of ask.Models. The
	// provider compatible has every model.
	Models []ask.Model
	// Brain answers the questions that it knows.
	Brain content.Brain
	// Obedient models do what quoted text tells them to.
	Obedient bool
	// Prices is what usage costs; nil costs nothing.
	Prices func(provider, model string, at time.Time, u ai.Usage) ai.Nano
	// Scale multiplies the latency of models; 0 is none. The times of faults
	// are not scaled.
	Scale float64
}

// Key is a key that a provider knows. Its name is what bills and rules call it.
type Key struct {
	Provider string
	Name     string
	Secret   string
}

// Sim plays all vendors. It is safe for concurrent use.
type Sim struct {
	o       Options
	start   time.Time
	bill    meter.Meter
	manners meter.Recorder

	mu       sync.Mutex
	ordinals map[line]int
	rooms    map[line]*room
	ramps    map[ramp]int
	kept     map[string]time.Time
	paused   map[string]string
	previous map[string]said
}

// line is the calls of one key to one model, or to its family.
type line struct{ provider, model, key string }

// said is an answer that was given to somebody.
type said struct{ id, model, text string }

// New makes a simulator whose time begins now. It fails for a schedule that is
// wrong.
func New(o Options) (*Sim, error) {
	if err := o.Schedule.Check(); err != nil {
		return nil, err
	}
	if o.Models == nil {
		o.Models = ask.Models()
	}
	return &Sim{
		o: o, start: time.Now(), ordinals: map[line]int{}, rooms: map[line]*room{}, ramps: map[ramp]int{}, kept: map[string]time.Time{},
		paused: map[string]string{}, previous: map[string]said{},
	}, nil
}

// Meter is the bill.
func (s *Sim) Meter() *meter.Meter { return &s.bill }

// Manners is how callers behaved so far, by provider.
func (s *Sim) Manners() map[string]meter.Manners { return s.manners.Seen() }

// State is everything there is to see from outside.
type State struct {
	Seed     uint64                   `json:"seed"`
	Schedule string                   `json:"schedule"`
	Running  schedule.Duration        `json:"running"`
	Faults   map[string]int           `json:"faults"`
	Nano     ai.Nano                  `json:"nano"`
	Bill     []meter.Sum              `json:"bill"`
	Manners  map[string]meter.Manners `json:"invariants"`
}

// State is the bill and the manners at this moment.
func (s *Sim) State() State {
	sums, faults := s.bill.Sums()
	return State{Seed: s.o.Seed, Schedule: s.o.Schedule.Name, Running: schedule.Duration{Duration: time.Since(s.start)},
		Faults: faults, Nano: s.bill.Total(), Bill: sums, Manners: s.manners.Seen()}
}

// call is one call on its way.
type call struct {
	*Sim
	at       time.Time
	provider string
	form     reply.Form
	ask      ask.Ask
	key      string // its name
	model    ask.Model
	event    schedule.Event
	hits     []schedule.Hit
	id       string
	input    int64
	bill     *bill
}

// answer decides all that will happen to a request.
func (s *Sim) answer(q ask.Request, host string, deadline time.Time) *play.Script {
	provider, path := ask.Find(host, q.Path)
	form := reply.Of(provider)
	if form == nil {
		return play.Whole(reply.Response{Status: http.StatusNotFound, Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("there is no such provider\n")})
	}
	q.Path = path
	asked, trouble := ask.Parse(provider, q)
	c := &call{Sim: s, at: time.Now(), provider: provider, form: form, ask: asked}
	c.key, _ = s.known(provider, asked.Key)
	c.model = s.offered(provider, asked.Model)
	if asked.Op != ask.Complete {
		return c.free(trouble)
	}
	c.count()
	c.arrive(q.Header, deadline)
	sc := c.first()
	if sc == nil {
		sc = c.refusal(trouble)
	}
	if sc == nil {
		sc = c.speak()
	}
	sc.Settle = c.bill.settle
	return sc
}

// known is the name of a key, and whether it is accepted.
func (s *Sim) known(provider, secret string) (string, bool) {
	if s.o.Keys == nil || provider == "compatible" {
		name := strings.TrimPrefix(secret, "sim-")
		return name[:min(len(name), 40)], name != secret || provider == "compatible"
	}
	for _, k := range s.o.Keys {
		if k.Provider == provider && k.Secret == secret && secret != "" {
			return k.Name, true
		}
	}
	return "", false
}

// offered is a model by its name; a name that is not offered has no family.
func (s *Sim) offered(provider, id string) ask.Model {
	if i := slices.IndexFunc(s.o.Models, func(m ask.Model) bool { return m.Provider == provider && m.ID == id }); i >= 0 {
		return s.o.Models[i]
	}
	if provider == "compatible" {
		return ask.Model{Provider: provider, ID: id, Family: "local", Context: 131_072, Output: 16_384}
	}
	return ask.Model{Provider: provider, ID: id}
}

// count gives the call its ordinal and, by it, its fate.
func (c *call) count() {
	at := line{c.provider, c.ask.Model, c.key}
	c.mu.Lock()
	c.ordinals[at]++
	n := c.ordinals[at]
	c.mu.Unlock()
	c.event = schedule.Event{At: c.at.Sub(c.start), Provider: c.provider, Model: c.ask.Model, Key: c.key, Ordinal: n, Stream: c.ask.Stream}
	c.hits = c.o.Schedule.Hits(c.o.Seed, c.event)
	r := schedule.Dice(c.o.Seed, c.event, "id", 0)
	id := make([]byte, 12)
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	c.id = hex.EncodeToString(id)
	var ids []string
	for _, h := range c.hits {
		ids = append(ids, h.Fault)
	}
	c.bill = &bill{call: c, line: meter.Line{ID: c.id, Provider: c.provider, Model: c.ask.Model, Key: c.key, At: c.at, Fault: strings.Join(ids, "+")}}
}

func (c *call) arrive(h http.Header, deadline time.Time) {
	c.manners.Arrive(meter.Arrival{
		At: c.at, Provider: c.provider, Key: c.key, Family: c.model.Family, Deadline: deadline, Idempotency: h.Get("Idempotency-Key"),
		Dead: c.o.Schedule.Dead(c.event.At, c.provider, c.key),
	})
}

// hit is the first of the faults that happens to the call.
func (c *call) hit(faults ...string) (schedule.Hit, bool) {
	for _, h := range c.hits {
		if slices.Contains(faults, h.Fault) {
			return h, true
		}
	}
	return schedule.Hit{}, false
}

// free answers what costs nothing.
func (c *call) free(trouble *ask.Trouble) *play.Script {
	if t := c.access(); t != nil {
		return play.Whole(c.form.Refuse(*t))
	}
	if trouble != nil {
		return play.Whole(c.form.Refuse(*trouble))
	}
	switch c.ask.Op {
	case ask.CountTokens:
		return play.Whole(reply.Counted(c.provider, c.tokens()))
	case ask.KeyInfo:
		return play.Whole(reply.KeyState(c.Sim.bill.Used(c.provider, c.key), 1000*ai.Dollar))
	case ask.OneModel:
		if c.model.Family == "" {
			return play.Whole(c.form.Refuse(ask.Trouble{Sort: ask.NoModel, Detail: c.ask.Model}))
		}
		return play.Whole(reply.One(c.provider, c.offer(c.model)))
	}
	var offers []reply.Offer
	for _, m := range c.o.Models {
		if m.Provider == c.provider && !c.retired(m.ID) {
			offers = append(offers, c.offer(m))
		}
	}
	return play.Whole(reply.Listed(c.provider, offers))
}

func (c *call) offer(m ask.Model) reply.Offer {
	const many = 1000 // so that fees are rounded once
	return reply.Offer{Model: m, In: c.price(m.ID, ai.Usage{InputTokens: many}) / many, Out: c.price(m.ID, ai.Usage{OutputTokens: many}) / many}
}

// price is what usage costs, after F49 perhaps another sum.
func (c *call) price(model string, u ai.Usage) ai.Nano {
	if c.o.Prices == nil {
		return 0
	}
	n := c.o.Prices(c.provider, model, c.at, u)
	e := schedule.Event{At: c.at.Sub(c.start), Provider: c.provider, Model: model, Key: c.key, Ordinal: c.event.Ordinal}
	for _, h := range c.o.Schedule.Hits(c.o.Seed, e) {
		if h.Fault == "F49" {
			factor := h.Params.Factor
			if factor == 0 {
				factor = 2
			}
			n = ai.Nano(float64(n) * factor)
		}
	}
	return n
}

// retired reports whether F49 took a model away.
func (c *call) retired(model string) bool {
	e := schedule.Event{At: c.at.Sub(c.start), Provider: c.provider, Model: c.ask.Model, Key: c.key}
	return slices.ContainsFunc(c.o.Schedule.Hits(c.o.Seed, e), func(h schedule.Hit) bool { return h.Fault == "F49" && h.Params.Model == model })
}

// access is the refusal of a key that is missing or not known.
func (c *call) access() *ask.Trouble {
	if _, ok := c.known(c.provider, c.ask.Key); ok {
		return nil
	}
	if c.ask.Key == "" {
		return &ask.Trouble{Sort: ask.NoKey, ID: c.id}
	}
	return &ask.Trouble{Sort: ask.BadKey, ID: c.id}
}

// tokens is the size of the prompt.
func (c *call) tokens() int64 {
	n := int64(8) + content.Tokens(c.ask.System) + int64(len(c.ask.Schema)+3)/4
	for _, t := range c.ask.Turns {
		n += 4 + content.Tokens(t.Text)
	}
	for _, t := range c.ask.Tools {
		n += content.Tokens(t.Name) + int64(len(t.Schema)+3)/4
	}
	return n
}

func (s *Sim) serveState(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(s.State()) // whoever asked may have gone
}
