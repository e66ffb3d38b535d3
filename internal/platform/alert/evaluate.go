package alert

import "time"

// State is how a rule is.
type State string

// The states. Whoever keeps watch makes Firing Silenced.
const (
	OK       State = "ok"
	Pending  State = "pending"
	Firing   State = "firing"
	Silenced State = "silenced"
	NoData   State = "no_data"
)

// Verdict is what one process finds of one rule.
type Verdict struct {
	State State   `json:"state"`
	Value float64 `json:"value"`
	// Began is when the rule was first seen broken, Since when the state began.
	Began time.Time `json:"began,omitzero"`
	Since time.Time `json:"since,omitzero"`
	// Mended is since when a rule that fires is not broken any more.
	Mended time.Time `json:"mended,omitzero"`
}

// Evaluator follows the rules over time, in one process.
type Evaluator struct {
	rules  []Rule
	source Source
	now    map[string]*condition
	last   time.Time
}

type condition struct {
	Verdict
	broken, mended time.Duration
}

// NewEvaluator returns one that has seen nothing yet.
func NewEvaluator(rules []Rule, s Source) *Evaluator {
	e := &Evaluator{rules: rules, source: s, now: map[string]*condition{}}
	for _, r := range rules {
		e.now[r.Name] = &condition{Verdict: Verdict{State: NoData}}
	}
	return e
}

// longest is the most that a pass counts for: a clock that jumps, or a machine
// that slept, breaks no rule for hours.
const longest = 30 * time.Second

// Pass looks at every rule.
func (e *Evaluator) Pass(now time.Time) map[string]Verdict {
	step := min(max(now.Sub(e.last), 0), longest)
	if e.last.IsZero() {
		step = 0
	}
	e.last = now
	out := make(map[string]Verdict, len(e.rules))
	for _, r := range e.rules {
		c := e.now[r.Name]
		c.follow(r, r.Read(e.source, c.State == Firing), now, step)
		out[r.Name] = c.Verdict
	}
	return out
}

func (c *condition) follow(r Rule, m Reading, now time.Time, step time.Duration) {
	c.Value = m.Value
	switch {
	case m.Broken:
		c.breaks(r, now, step)
	case c.State == Firing:
		c.mends(r, now, step)
	case !m.Known:
		c.turn(NoData, now)
	default:
		c.turn(OK, now)
	}
}

func (c *condition) breaks(r Rule, now time.Time, step time.Duration) {
	c.Mended, c.mended = time.Time{}, 0
	if c.State == Firing {
		return
	}
	if c.State != Pending {
		c.turn(Pending, now)
		c.Began, c.broken, step = now, 0, 0
	}
	c.broken += step
	if c.broken >= r.For {
		c.turn(Firing, now)
	}
}

func (c *condition) mends(r Rule, now time.Time, step time.Duration) {
	if c.Mended.IsZero() {
		c.Mended, c.mended, step = now, 0, 0
	}
	c.mended += step
	if c.mended >= r.Keep {
		c.turn(OK, now)
		c.Began, c.Mended = time.Time{}, time.Time{}
	}
}

func (c *condition) turn(s State, now time.Time) {
	if c.State != s || c.Since.IsZero() {
		c.State, c.Since = s, now
	}
}
