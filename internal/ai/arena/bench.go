package arena

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"rapport/internal/ai"
)

// Tuning are the seeds by which the router's numbers were chosen; what they
// show is not reported. Fresh are those of the report.
func Tuning() []uint64 { return append(seeds(1, 6), seeds(1001, 1020)...) }

// Fresh are the seeds of the report.
func Fresh() []uint64 { return seeds(4001, 4020) }

func seeds(from, to uint64) []uint64 {
	var out []uint64
	for s := from; s <= to; s++ {
		out = append(out, s)
	}
	return out
}

// Scene is a kind of schedule at a rate.
type Scene struct {
	Fixed bool
	Rate  float64
}

// String is "random, 5/s".
func (s Scene) String() string {
	if s.Fixed {
		return fmt.Sprintf("fixed, %g/s", s.Rate)
	}
	return fmt.Sprintf("random, %g/s", s.Rate)
}

// Scenes are those of the report. At 15 requests a second two providers cannot
// take over what the third leaves.
func Scenes() []Scene { return []Scene{{false, 5}, {true, 5}, {false, 15}, {true, 15}} }

// Host runs jobs, each in a bubble of testing/synctest of its own.
type Host func(jobs []func())

// Bench lets contenders meet the same scenes and seeds. The last of them is
// ours, with whom the others are compared.
type Bench struct {
	Contenders []Contender
	Scenes     []Scene
	Seeds      []uint64
	Scale      float64
	Again      time.Duration
}

// Run plays everything. The error says what the router owes in any run.
func (b Bench) Run(host Host) ([]Result, error) {
	out := make([]Result, 0, len(b.Scenes)*len(b.Contenders))
	for _, s := range b.Scenes {
		for _, c := range b.Contenders {
			out = append(out, Result{Scene: s, Contender: c, Runs: make([]Figures, len(b.Seeds))})
		}
	}
	var mu sync.Mutex
	var faults []error
	var jobs []func()
	for i := range out {
		for n, seed := range b.Seeds {
			jobs = append(jobs, func() {
				r := out[i]
				f, err := Run(Setup{Seed: seed, Rate: r.Rate, Fixed: r.Fixed, Scale: b.Scale, Again: b.Again}, r.Contender)
				out[i].Runs[n] = f
				if err != nil {
					mu.Lock()
					defer mu.Unlock()
					faults = append(faults, fmt.Errorf("%s, %s, seed %d: %w", r.Name, r.Scene, seed, err))
				}
			})
		}
	}
	host(jobs)
	return out, errors.Join(faults...)
}

// Result is what became of a contender in a scene, a run for each seed.
type Result struct {
	Scene
	Contender
	Runs []Figures
}

// Sum is the runs of a result in one: means, and sums of what must not be.
type Sum struct {
	Share, PersonsShare, P95, PerRequest, Dead, Dollars float64
	Lost, Wrong                                         int
	// Recovery is the mean after outages in seconds, and Slowest the longest;
	// Found and Latest are the same of when the call that was answered began.
	Recovery, Slowest, Found, Latest float64
}

// Sum returns it.
func (r Result) Sum() Sum {
	var s Sum
	var all, found time.Duration
	times := 0
	for _, f := range r.Runs {
		s.Share += f.Share()
		s.PersonsShare += f.PersonsShare()
		s.P95 += f.P95().Seconds()
		s.PerRequest += f.PerRequest()
		s.Dead += float64(f.Dead)
		s.Dollars += float64(f.Cost) / float64(ai.Dollar)
		s.Lost += f.Lost
		s.Wrong += f.Wrong
		for i, d := range f.Recovery {
			all += d
			found += f.Found[i]
			times++
			s.Slowest, s.Latest = max(s.Slowest, d.Seconds()), max(s.Latest, f.Found[i].Seconds())
		}
	}
	for _, mean := range []*float64{&s.Share, &s.PersonsShare, &s.P95, &s.PerRequest, &s.Dead, &s.Dollars} {
		*mean /= float64(len(r.Runs))
	}
	s.Recovery, s.Found = all.Seconds()/max(1, float64(times)), found.Seconds()/max(1, float64(times))
	return s
}

// against counts the seeds in which ours answers more in time, and less.
func (r Result) against(ours Result) (better, worse int) {
	for i := range r.Runs {
		better += one(ours.Runs[i].InTime > r.Runs[i].InTime)
		worse += one(ours.Runs[i].InTime < r.Runs[i].InTime)
	}
	return better, worse
}

// last returns the result of ours in the scene of r.
func last(results []Result, s Scene) (out Result) {
	for _, r := range results {
		if r.Scene == s {
			out = r
		}
	}
	return out
}

// Write writes a table of results as Markdown, and which goals were missed.
func Write(w io.Writer, results []Result) error {
	var scene Scene
	for _, r := range results {
		if r.Scene != scene {
			scene = r.Scene
			if _, err := fmt.Fprintf(w, "\n%s\n\n| policy | in time %% | a person's %% | ours better/worse in seeds | p95 to a person, s | calls a request | calls into dead | lost | wrong | $ | recovered, mean / slowest, s | found, mean / slowest, s |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n", scene); err != nil {
				return err
			}
		}
		s, pair := r.Sum(), "–"
		if ours := last(results, r.Scene); ours.Name != r.Name {
			better, worse := r.against(ours)
			pair = fmt.Sprintf("%d/%d", better, worse)
		}
		_, err := fmt.Fprintf(w, "| %s | %.2f | %.2f | %s | %.2f | %.3f | %.0f | %d | %d | %.2f | %.1f / %.1f | %.1f / %.1f |\n",
			r.Name, s.Share, s.PersonsShare, pair, s.P95, s.PerRequest, s.Dead, s.Lost, s.Wrong, s.Dollars, s.Recovery, s.Slowest, s.Found, s.Latest)
		if err != nil {
			return err
		}
	}
	for _, miss := range Standard().Misses(results) {
		if _, err := fmt.Fprintln(w, "\nmissed:", miss); err != nil {
			return err
		}
	}
	return nil
}

// Row is a line of the table, for programs.
type Row struct {
	Scene, Policy string
	Gateway       bool
	Sum           Sum
}

// WriteJSON writes the table for programs.
func WriteJSON(w io.Writer, results []Result) error {
	rows := make([]Row, len(results))
	for i, r := range results {
		rows[i] = Row{r.String(), r.Name, r.Gateway, r.Sum()}
	}
	return json.NewEncoder(w).Encode(rows)
}
