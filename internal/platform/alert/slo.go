package alert

import "time"

// Objective is what the installation promises of its requests.
type Objective struct {
	Name    string
	Title   string
	Spent   string  // how the budget is used up, in words
	Target  float64 // share of requests that are good
	Window  time.Duration
	Measure Measure // the share that is not
}

// Objectives lists what is promised: that requests succeed, and that they are
// answered soon.
func Objectives() []Objective {
	const month = 30 * 24 * time.Hour
	return []Objective{
		{Name: "availability", Title: "99.9 % of requests succeed", Spent: "Failures use up", Target: 0.999, Window: month, Measure: failures()},
		{Name: "latency", Title: "95 % of requests are answered within 80 ms", Spent: "Slow answers use up", Target: 0.95, Window: month,
			Measure: Measure{Kind: Slow, Bound: 0.08, Of: []Selector{{durations, nil}}, Except: Waits()}},
	}
}

// pace is how fast a budget may be used up, at most, over a long window while
// it still is over a short one.
type pace struct {
	name              string
	factor            float64
	long, short, last time.Duration
	severity          Severity
	title             string
}

// paces are those of the usual multi-window alerts: 2 % of a month's budget in
// an hour, 5 % in six, 10 % in three days. last lets the fast one end as soon as
// nothing fails any more.
var paces = [...]pace{
	{"fast", 14.4, time.Hour, 5 * time.Minute, time.Minute, P1, "2 % of the month's budget in an hour"},
	{"medium", 6, 6 * time.Hour, 30 * time.Minute, 5 * time.Minute, P2, "5 % of the month's budget in six hours"},
	{"slow", 1, 3 * 24 * time.Hour, 6 * time.Hour, time.Hour, P3, "10 % of the month's budget in three days"},
}

func burns() []Rule {
	var out []Rule
	for _, o := range Objectives() {
		for _, p := range paces {
			group := o.Name
			if p.name != "fast" {
				group += "_budget"
			}
			budget := 1 - o.Target
			out = append(out, Rule{
				Name: o.Name + "_burn_" + p.name, Title: o.Spent + " " + p.title, Severity: p.severity, Group: group,
				Unit: "× budget", Scale: 1 / budget, Measure: o.Measure, Op: AtLeast, Keep: 30 * time.Second,
				Any: [][]Look{{
					{Window: p.long, Threshold: p.factor * budget, Bad: 10, Beyond: p.short},
					{Window: p.short, Threshold: p.factor * budget, Bad: 3},
					{Window: p.last, Threshold: p.factor * budget / 2, Bad: 2},
				}},
			})
		}
	}
	return out
}

// Standing is how an objective is kept at the moment.
type Standing struct {
	Objective
	Known   bool
	Current float64 // share of good requests in the window
	Left    float64 // share of the budget that is left; negative: overdrawn
	Burn    map[string]float64
}

// Standings measures the objectives. Burn is how many times faster than
// allowed the budget goes, by window.
func Standings(s Source) []Standing {
	var out []Standing
	for _, o := range Objectives() {
		budget := 1 - o.Target
		all := o.Measure.read(s, o.Window, 0)
		st := Standing{Objective: o, Known: all.known && all.events > 0, Current: 1 - all.value, Left: 1 - all.value/budget, Burn: map[string]float64{}}
		for name, window := range map[string]time.Duration{"1h": time.Hour, "6h": 6 * time.Hour, "3d": 3 * 24 * time.Hour} {
			st.Burn[name] = o.Measure.read(s, window, 0).value / budget
		}
		out = append(out, st)
	}
	return out
}
