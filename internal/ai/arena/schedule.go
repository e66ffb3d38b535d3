package arena

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Trouble is what is wrong with a provider for a while.
type Trouble string

// The troubles. Those that name a share befall that share of the calls.
const (
	Overloaded Trouble = "overloaded" // 529 or 503, a share
	Reset      Trouble = "reset"      // the connection breaks, a share
	Capped     Trouble = "capped"     // few calls a minute, 429 says for how long
	Mute       Trouble = "mute"       // the same, and 429 does not say
	Down       Trouble = "down"       // 502 from an edge, or nobody there
	Slow       Trouble = "slow"       // everything takes eight times as long
	Odd        Trouble = "odd"        // 200 with an error in it, a share
	Garbled    Trouble = "garbled"    // answers that are of no use, a share
	Silent     Trouble = "silent"     // no byte ever comes, a share
)

// Incident is trouble at one provider from a time after the start to another.
type Incident struct {
	Provider string
	From, To time.Duration
	Trouble  Trouble
	Share    float64 // of calls, or calls a second for caps
}

// dead reports whether no call can succeed while it lasts.
func (i Incident) dead() bool {
	return i.Trouble == Down || i.Share >= 1 && (i.Trouble == Overloaded || i.Trouble == Silent)
}

func (i Incident) during(at time.Duration) bool { return at >= i.From && at < i.To }

// large, middle and small are the providers by their share of first choices.
const large, middle, small = "openrouter", "gemini", "anthropic"

func providers() []string { return []string{large, middle, small} }

// full is how long a schedule is.
const full = 28 * time.Minute

// Fixed is the schedule that is the same for each seed. A scale below 1 makes
// it shorter, with shorter incidents.
func Fixed(scale float64) []Incident {
	m := func(minutes float64) time.Duration { return time.Duration(minutes * scale * float64(time.Minute)) }
	list := []Incident{
		{large, m(2), m(4), Overloaded, 0.6},
		{large, m(6), m(7), Reset, 0.5},
		{large, m(8), m(9), Capped, 1},
		{large, m(11), m(14), Down, 1},
		{small, m(15), m(16), Overloaded, 1},
		{large, m(17), m(19), Slow, 1},
		{large, m(20), m(21), Odd, 0.3},
		{large, m(26), m(27), Garbled, 0.25},
	}
	for _, p := range providers() {
		list = append(list, Incident{p, m(22), m(24), Down, 1})
	}
	return list
}

// Random is two to five incidents at each provider, and in half of the
// schedules a total outage. A scale below 1 makes it shorter, with fewer.
func Random(seed uint64, scale float64) []Incident {
	r := rand.New(rand.NewPCG(seed, 0x5ced))
	length := time.Duration(scale * float64(full))
	var list []Incident
	for _, p := range providers() {
		n := max(1, int(float64(2+r.IntN(4))*scale+0.5))
		for range n {
			list = append(list, incident(r, p, length))
		}
	}
	if r.IntN(2) == 0 {
		from := time.Duration(r.Float64() * 0.9 * float64(length))
		to := min(length, from+time.Duration((60+60*r.Float64())*float64(time.Second)))
		for _, p := range providers() {
			list = append(list, Incident{p, from, to, Down, 1})
		}
	}
	return list
}

func incident(r *rand.Rand, provider string, length time.Duration) Incident {
	kinds := []Trouble{Overloaded, Overloaded, Reset, Capped, Mute, Down, Down, Slow, Odd, Garbled, Silent}
	from := time.Duration(r.Float64() * 0.95 * float64(length))
	i := Incident{Provider: provider, From: from, Trouble: kinds[r.IntN(len(kinds))], Share: 1}
	i.To = min(length, from+time.Duration((30+210*r.Float64())*float64(time.Second)))
	switch part := r.Float64(); i.Trouble {
	case Overloaded:
		i.Share = 0.3 + 0.7*part
		if part > 0.6 {
			i.Share = 1
		}
	case Reset, Silent:
		i.Share = 0.2 + 0.5*part
	case Odd, Garbled:
		i.Share = 0.1 + 0.35*part
	case Capped, Mute:
		i.Share = 0.3 + 0.7*part
	}
	return i
}

// outages are the dead incidents that nothing else at the provider touches, so
// that its recovery can be told. Answers that were of no use touch what comes
// within ten minutes: who gave them is avoided for another reason.
func outages(list []Incident) []Incident {
	const clear, grudge = 20 * time.Second, 10 * time.Minute
	var out []Incident
	for i, o := range list {
		touched := slices.ContainsFunc(slices.Delete(slices.Clone(list), i, i+1), func(x Incident) bool {
			return x.Provider == o.Provider && x.From < o.To+clear && (x.To > o.To-time.Second || x.Trouble == Garbled && x.To > o.To-grudge)
		})
		if o.dead() && !touched {
			out = append(out, o)
		}
	}
	return out
}
