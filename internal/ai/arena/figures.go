package arena

import (
	"cmp"
	"math"
	"slices"
	"time"

	"rapport/internal/ai"
)

// Figures are what came of a run.
type Figures struct {
	Requests, Persons int
	// InTime were answered by a model before their deadline, PersonsInTime the
	// same of those for which a person waited.
	InTime, PersonsInTime int
	Lost, Wrong           int
	// Calls of providers, and those of them made while none could succeed.
	Calls, Dead int
	Cost        ai.Nano // by the providers' meters
	// Any is how long each person waited for any answer, shortest first.
	Any []time.Duration
	// Recovery is how long after each outage, and after somebody wanted it, a
	// provider answered again: the time of the answer itself counts. Found is
	// the same until the call that was answered began.
	Recovery, Found []time.Duration
	// Sure calls have a known usage, and are booked as metered; Unsure were
	// broken off, and Over is by how much more they are booked.
	Sure, Unsure int
	Over         ai.Nano
}

func (w *world) figures() Figures {
	f := Figures{Requests: len(w.questions)}
	for _, r := range w.all {
		inTime := !r.lost && !r.wrong && r.answered <= r.deadline()
		if r.interactive {
			f.Persons++
			f.Any = append(f.Any, r.any)
		}
		f.InTime += one(inTime)
		f.PersonsInTime += one(inTime && r.interactive)
		f.Lost += one(r.lost)
		f.Wrong += one(r.wrong)
	}
	f.Lost += len(w.questions) - len(w.all)
	slices.Sort(f.Any)
	for _, e := range w.engines {
		f.Calls += e.calls
		f.Dead += e.dead
		for _, m := range e.bills {
			f.Cost += m.cost
		}
	}
	w.recoveries(&f)
	return f
}

func (w *world) recoveries(f *Figures) {
	for _, o := range outages(w.incidents) {
		wanted := slices.IndexFunc(w.questions, func(q question) bool { return q.at >= o.To && w.candidates(q)[0].Provider == o.Provider })
		success := w.engines[o.Provider].success
		slices.SortFunc(success, func(a, b span) int { return cmp.Compare(a.to, b.to) })
		first := slices.IndexFunc(success, func(s span) bool { return s.from >= o.To })
		if wanted < 0 || first < 0 || w.questions[wanted].at > o.To+20*time.Second {
			continue
		}
		from, s := w.questions[wanted].at, success[first]
		if from > s.from {
			from = o.To
		}
		f.Recovery, f.Found = append(f.Recovery, s.to-from), append(f.Found, s.from-from)
	}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// Share is the percentage of requests that a model answered in time.
func (f Figures) Share() float64 { return 100 * ratio(f.InTime, f.Requests) }

// PersonsShare is the same of those for which a person waited.
func (f Figures) PersonsShare() float64 { return 100 * ratio(f.PersonsInTime, f.Persons) }

// PerRequest is how many calls a request took.
func (f Figures) PerRequest() float64 { return ratio(f.Calls, f.Requests) }

// P95 is within what 95 % of persons saw an answer.
func (f Figures) P95() time.Duration {
	if len(f.Any) == 0 {
		return 0
	}
	return f.Any[min(int(0.95*float64(len(f.Any))), len(f.Any)-1)]
}

func ratio(a, b int) float64 { return float64(a) / math.Max(1, float64(b)) }
