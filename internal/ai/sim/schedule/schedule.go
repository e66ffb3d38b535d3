// Package schedule says what goes wrong when: rules over time, providers and
// models, out of a catalogue of faults; and how fast and how large a simulated
// provider is.
package schedule

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Schedule is what goes wrong when, and what providers can do. Its zero value
// is a calm day without limits.
type Schedule struct {
	Name string `json:"name,omitempty"`
	// About says what it is good for.
	About    string     `json:"about,omitempty"`
	Faults   []Rule     `json:"faults,omitempty"`
	Capacity []Capacity `json:"capacity,omitempty"`
	Latency  []Latency  `json:"latency,omitempty"`
}

// Rule lets a fault happen to some of the calls for some of the time. Times
// count from the start of the simulation.
type Rule struct {
	From Duration `json:"from,omitzero"`
	To   Duration `json:"to,omitzero"` // zero: to the end
	// For of every Every the rule holds, for faults that come and go.
	Every Duration `json:"every,omitzero"`
	For   Duration `json:"for,omitzero"`
	// Provider and Model are patterns in which * stands for anything; "" is all.
	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
	// Key is the name of a key; "" is all.
	Key string `json:"key,omitempty"`
	// Form is "unary" or "stream"; "" is both.
	Form string `json:"form,omitempty"`
	// FirstCall and LastCall bound the ordinals, from 1, of the calls of one key
	// to one model; 0 does not.
	FirstCall int `json:"first_call,omitempty"`
	LastCall  int `json:"last_call,omitempty"`
	// Probability is that of a call to be hit; absent: all are.
	Probability *float64 `json:"probability,omitempty"`
	Fault       string   `json:"fault"`
	Params      Params   `json:"params,omitzero"`
}

// Params shape a fault. What each fault reads of them is in the catalogue.
type Params struct {
	// What is the variant of the fault; "" is its first.
	What string `json:"what,omitempty"`
	// Seconds is the wait that is told, as it is written.
	Seconds string `json:"seconds,omitempty"`
	// Status overrides the status of HTTP.
	Status int `json:"status,omitempty"`
	// After is how many parts of the answer come before the fault.
	After int `json:"after,omitempty"`
	// Factor multiplies: the latency, the price, the calls of the next second.
	Factor float64 `json:"factor,omitempty"`
	// Skew is how much the clock of the provider is ahead.
	Skew Duration `json:"skew,omitzero"`
	// Bytes is the size of what is too large.
	Bytes int `json:"bytes,omitempty"`
	// Billed says that the lost call is charged for.
	Billed bool `json:"billed,omitempty"`
	// Model is the one that disappears.
	Model string `json:"model,omitempty"`
}

// Capacity is what a model, or all that match together with their family, takes
// from one key before it limits.
type Capacity struct {
	Provider       string `json:"provider"`
	Model          string `json:"model,omitempty"`
	RequestsPerMin int64  `json:"requests_per_minute,omitempty"`
	TokensPerMin   int64  `json:"input_tokens_per_minute,omitempty"`
}

// Latency is how long a model takes: the first token after a wait that is
// spread log-normally around the median, and then so many a second.
type Latency struct {
	Provider  string   `json:"provider,omitempty"`
	Model     string   `json:"model,omitempty"`
	First     Duration `json:"first"`
	Sigma     float64  `json:"sigma"`
	PerSecond float64  `json:"tokens_per_second"`
}

// Duration is a time.Duration that is written as "1m30s".
type Duration struct{ time.Duration }

// UnmarshalText reads "1m30s".
func (d *Duration) UnmarshalText(b []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(b))
	return err
}

// MarshalText writes "1m30s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

//go:embed scenario/*.json
var scenarios embed.FS

// Names lists the scenarios that come with the simulator.
func Names() []string {
	files, err := scenarios.ReadDir("scenario")
	if err != nil {
		panic(err) // it is part of the program
	}
	var out []string
	for _, f := range files {
		out = append(out, strings.TrimSuffix(f.Name(), ".json"))
	}
	return out
}

// Named is one of the scenarios of Names.
func Named(name string) (Schedule, error) {
	if !slices.Contains(Names(), name) {
		return Schedule{}, fmt.Errorf("there is no scenario %q; there are %s", name, strings.Join(Names(), ", "))
	}
	text, err := scenarios.ReadFile("scenario/" + name + ".json")
	if err != nil {
		return Schedule{}, err
	}
	return Parse(text)
}

// Parse reads a schedule and reports everything that is wrong with it.
func Parse(text []byte) (Schedule, error) {
	var s Schedule
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Schedule{}, fmt.Errorf("read the schedule: %w", err)
	}
	if d.More() {
		return Schedule{}, errors.New("read the schedule: there is more after its end")
	}
	return s, s.Check()
}

// Check reports everything that is wrong with a schedule.
func (s Schedule) Check() error {
	var faults []error
	for i, r := range s.Faults {
		for _, err := range r.check() {
			faults = append(faults, fmt.Errorf("fault %d (%s): %w", i+1, r.Fault, err))
		}
	}
	for i, c := range s.Capacity {
		if c.RequestsPerMin < 0 || c.TokensPerMin < 0 || c.RequestsPerMin+c.TokensPerMin == 0 {
			faults = append(faults, fmt.Errorf("capacity %d: say how many requests or input tokens a minute", i+1))
		}
		if !slices.Contains(providers(), c.Provider) {
			faults = append(faults, fmt.Errorf("capacity %d: the provider is one of %s", i+1, strings.Join(providers(), ", ")))
		}
	}
	for i, l := range s.Latency {
		if l.First.Duration < 0 || l.Sigma < 0 || l.Sigma > 3 || l.PerSecond <= 0 {
			faults = append(faults, fmt.Errorf("latency %d: first is not negative, sigma is from 0 to 3, tokens_per_second more than 0", i+1))
		}
	}
	return errors.Join(faults...)
}

func (r Rule) check() []error {
	var out []error
	f, ok := Find(r.Fault)
	if !ok {
		return []error{errors.New("there is no such fault; the catalogue has F01 to F55")}
	}
	if f.Not != "" {
		return []error{errors.New(f.Not)}
	}
	if r.To.Duration != 0 && r.To.Duration <= r.From.Duration || r.From.Duration < 0 {
		out = append(out, errors.New("to comes after from, and from is not negative"))
	}
	if r.For.Duration < 0 || r.For.Duration > r.Every.Duration {
		out = append(out, errors.New("for is a part of every"))
	}
	if r.LastCall != 0 && r.LastCall < r.FirstCall || r.FirstCall < 0 {
		out = append(out, errors.New("last_call is not before first_call"))
	}
	if p := r.Probability; p != nil && (*p < 0 || *p > 1) {
		out = append(out, errors.New("a probability is from 0 to 1"))
	}
	if w := r.Params.What; w != "" && !slices.Contains(f.Variants, w) {
		out = append(out, fmt.Errorf("what is one of %q, not %q", f.Variants, w))
	}
	if !slices.Contains([]string{"", "unary", "stream"}, r.Form) {
		out = append(out, errors.New("form is unary or stream"))
	} else if r.Form != "" && !f.In(r.Form == "stream") {
		out = append(out, fmt.Errorf("it does not happen to a %s answer", r.Form))
	}
	if s := r.Params.Status; s != 0 && (s < 300 || s > 599) {
		out = append(out, errors.New("a status is from 300 to 599"))
	}
	if r.Params.After < 0 || r.Params.Factor < 0 || r.Params.Bytes < 0 || r.Params.Bytes > 1<<30 {
		out = append(out, errors.New("a parameter is not negative, and bytes at most 1 GiB"))
	}
	reach := slices.DeleteFunc(providers(), func(p string) bool { return !like(r.Provider, p) })
	switch {
	case len(reach) == 0:
		out = append(out, fmt.Errorf("there is no provider %q; there are %s", r.Provider, strings.Join(providers(), ", ")))
	case !slices.ContainsFunc(reach, f.Of):
		out = append(out, fmt.Errorf("it is a fault of %s, not of %s", strings.Join(f.Providers, ", "), r.Provider))
	}
	return out
}

func providers() []string { return []string{"anthropic", "gemini", "openrouter", "compatible"} }

// Event is a call, as rules match it.
type Event struct {
	At       time.Duration
	Provider string
	Model    string
	Key      string
	Ordinal  int
	Stream   bool
}

// Hit is a fault that happens to a call.
type Hit struct {
	Fault  string
	Params Params
	// Since is how long its rule has been in force.
	Since time.Duration
	// Rule is its place in the schedule.
	Rule int
}

// Hits lists the faults that happen to a call, in the order of the schedule. It
// depends on nothing but its arguments.
func (s Schedule) Hits(seed uint64, e Event) []Hit {
	var out []Hit
	for i, r := range s.Faults {
		f, _ := Find(r.Fault)
		if !r.holds(e.At) || !r.matches(e) || !f.Of(e.Provider) || !f.In(e.Stream) {
			continue
		}
		p := 1.0
		if r.Probability != nil {
			p = *r.Probability
		}
		if r.Fault == "F47" {
			if (e.At-r.From.Duration)/(5*time.Second)%2 == 1 { // it flaps
				continue
			}
			if r.Probability == nil {
				p = 0.3
			}
		}
		if p < 1 && Dice(seed, e, "rule", i).Float64() >= p {
			continue
		}
		out = append(out, Hit{Fault: r.Fault, Params: r.Params, Since: e.At - r.From.Duration, Rule: i})
	}
	return out
}

// Dead reports whether nothing at all comes from a provider for a key at a time,
// by the schedule: every call of every model is hit by a fault of the whole
// provider.
func (s Schedule) Dead(at time.Duration, provider, key string) bool {
	return slices.ContainsFunc(s.Faults, func(r Rule) bool {
		f, _ := Find(r.Fault)
		sure := r.Probability == nil || *r.Probability == 1
		return f.Kills && sure && r.Form == "" && r.FirstCall == 0 && r.LastCall == 0 && (r.Model == "" || r.Model == "*") && f.Of(provider) &&
			like(r.Provider, provider) && (r.Key == "" || r.Key == key) && r.holds(at)
	})
}

// holds reports whether the rule is in force at a time.
func (r Rule) holds(at time.Duration) bool {
	if at < r.From.Duration || r.To.Duration != 0 && at >= r.To.Duration {
		return false
	}
	return r.Every.Duration == 0 || (at-r.From.Duration)%r.Every.Duration < r.For.Duration
}

func (r Rule) matches(e Event) bool {
	return like(r.Provider, e.Provider) && like(r.Model, e.Model) && (r.Key == "" || r.Key == e.Key) &&
		(r.Form == "" || (r.Form == "stream") == e.Stream) && e.Ordinal >= r.FirstCall && (r.LastCall == 0 || e.Ordinal <= r.LastCall)
}

// Dice are random numbers that depend on nothing but their arguments, whatever
// else is going on.
func Dice(seed uint64, e Event, purpose string, n int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%d\x00%s\x00%d", e.Provider, e.Model, e.Key, e.Ordinal, purpose, n)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// Room is the capacity of a model, or nil where there is none.
func (s Schedule) Room(provider, model string) *Capacity {
	for i, c := range s.Capacity {
		if c.Provider == provider && like(c.Model, model) {
			return &s.Capacity[i]
		}
	}
	return nil
}

// Pace is the latency of a model.
func (s Schedule) Pace(provider, model string) Latency {
	for _, l := range s.Latency {
		if like(l.Provider, provider) && like(l.Model, model) {
			return l
		}
	}
	first, speed := 700*time.Millisecond, 80.0
	for _, k := range []struct {
		part  string
		first time.Duration
		speed float64
	}{
		{"lite", 350 * time.Millisecond, 220}, {"luna", 450 * time.Millisecond, 160}, {"haiku", 500 * time.Millisecond, 150}, {"flash", 450 * time.Millisecond, 180},
		{"opus", 1500 * time.Millisecond, 55}, {"fable", 2500 * time.Millisecond, 40}, {"argon", 1800 * time.Millisecond, 90}, {"astra", 2 * time.Second, 50},
	} {
		if strings.Contains(model, k.part) {
			first, speed = k.first, k.speed
			break
		}
	}
	return Latency{First: Duration{first}, Sigma: 0.4, PerSecond: speed}
}

// like reports whether a name fits a pattern, in which * stands for anything.
func like(pattern, name string) bool {
	if pattern == "" || pattern == "*" {
		return true
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(name, p)
		if i < 0 {
			return false
		}
		name = name[i+len(p):]
	}
	return strings.HasSuffix(name, parts[len(parts)-1])
}
