package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// report collects figures.
type report struct {
	Cores    int      `json:"cores"`
	MemoryMB int64    `json:"memory_mb"`
	Go       string   `json:"go"`
	Postgres string   `json:"postgres,omitempty"`
	At       string   `json:"at"`
	Load     float64  `json:"load_before"`
	Figures  []figure `json:"figures"`
}

// figure is one line of the table. Goal is empty where a figure is only
// recorded.
type figure struct {
	Scenario string    `json:"scenario"`
	Name     string    `json:"name"`
	Value    float64   `json:"value"`
	Unit     string    `json:"unit"`
	Goal     string    `json:"goal,omitempty"`
	OK       *bool     `json:"ok,omitempty"`
	Rounds   []float64 `json:"rounds,omitempty"`
}

func (r *report) machine() {
	r.Cores, r.Go, r.At = runtime.NumCPU(), runtime.Version(), time.Now().UTC().Format(time.RFC3339)
	r.MemoryMB = readKB("/proc/meminfo", "MemTotal:") / 1024
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		_, _ = fmt.Sscan(string(b), &r.Load)
	}
}

// add records a figure without a goal.
func (r *report) add(scenario, name, unit string, rounds ...float64) {
	r.Figures = append(r.Figures, figure{Scenario: scenario, Name: name, Unit: unit, Value: median(rounds), Rounds: several(rounds)})
}

// atLeast records a figure that should reach goal.
func (r *report) atLeast(goal float64, scenario, name, unit string, rounds ...float64) {
	r.add(scenario, name, unit, rounds...)
	r.judge(fmt.Sprintf("≥ %g", goal), func(v float64) bool { return v >= goal })
}

// atMost records a figure that should not pass goal.
func (r *report) atMost(goal float64, scenario, name, unit string, rounds ...float64) {
	r.add(scenario, name, unit, rounds...)
	r.judge(fmt.Sprintf("≤ %g", goal), func(v float64) bool { return v <= goal })
}

func (r *report) judge(goal string, met func(float64) bool) {
	f := &r.Figures[len(r.Figures)-1]
	ok := met(f.Value)
	f.Goal, f.OK = goal, &ok
}

func several(v []float64) []float64 {
	if len(v) < 2 {
		return nil
	}
	return v
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// write prints the table and keeps the figures as JSON.
func (r *report) write(dir string, w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%d cores, %d MB, load before %.1f, %s\n", r.Cores, r.MemoryMB, r.Load, r.Go)
	fmt.Fprintln(t, "SCENARIO\tFIGURE\tVALUE\tUNIT\tGOAL\t\tROUNDS")
	for _, f := range r.Figures {
		verdict := ""
		if f.OK != nil {
			verdict = map[bool]string{true: "met", false: "NOT MET"}[*f.OK]
		}
		rounds := ""
		if f.Rounds != nil {
			rounds = short(slices.Min(f.Rounds)) + " … " + short(slices.Max(f.Rounds))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Scenario, f.Name, short(f.Value), f.Unit, f.Goal, verdict, rounds)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "latest.json"), append(b, '\n'), 0o644)
}

// short is a number with three digits that say something.
func short(v float64) string {
	switch {
	case v >= 100 || v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v < 0.1:
		return fmt.Sprintf("%.2g", v)
	}
	return fmt.Sprintf("%.2f", v)
}
