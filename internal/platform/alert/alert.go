// Package alert says when something is wrong with the installation: rules as
// data, what they measure, and the state of each over time. It knows nothing of
// where measurements come from, who is told, or what is written down.
package alert

import (
	"time"
)

// Source is what was measured. Each method is false where nothing was. A value
// of match may end in * for everything that begins so.
type Source interface {
	// Increase is how much counters grew in the window, summed over what matches.
	Increase(name string, match map[string]string, window time.Duration) (float64, bool)
	// Quantile is of a histogram, in seconds.
	Quantile(name string, match map[string]string, q float64, window time.Duration) (float64, bool)
	// Share is that of the observations that were bound or less, and how many there were.
	Share(name string, match map[string]string, bound float64, window time.Duration) (share, count float64, ok bool)
	// Gauge is the largest in the window, over what matches.
	Gauge(name string, match map[string]string, window time.Duration) (float64, bool)
}

// Severity says how soon somebody has to look: P0 is down, P1 major, P2 has a
// way around, P3 can wait for the day.
type Severity string

// The severities, gravest first.
const (
	P0 Severity = "P0"
	P1 Severity = "P1"
	P2 Severity = "P2"
	P3 Severity = "P3"
)

// Op compares a value with a threshold.
type Op string

// The comparisons.
const (
	Over    Op = ">"
	AtLeast Op = ">="
	Under   Op = "<"
)

// holds reports whether v is to be alerted of.
func (o Op) holds(v, threshold float64) bool {
	switch o {
	case AtLeast:
		return v >= threshold
	case Under:
		return v < threshold
	}
	return v > threshold
}

// Rule is when to alert of what. The same rules are evaluated in the process
// and written for Prometheus.
type Rule struct {
	Name     string // of the runbook page, too
	Title    string // a sentence for whoever is woken by it
	Severity Severity
	// Group is what the rule is about. Rules of one group that fire together are
	// one incident.
	Group string
	// Unit is what values are shown in, after Scale.
	Unit    string
	Scale   float64
	Measure Measure
	Op      Op
	// Any are the ways in which the rule can be broken: all looks of one of them
	// must hold. The first look's threshold is the one that people are shown.
	Any [][]Look
	// For is how long it must be broken before it fires, Keep how long it must be
	// mended before it is resolved.
	For, Keep time.Duration
	// Stay is the share of the thresholds at which a rule that fires is still
	// broken, so that what hovers there does not end and begin; 0 for all of them.
	Stay float64
}

// Look is a measurement over a window that breaks a rule.
type Look struct {
	Window    time.Duration
	Threshold float64
	// Events and Bad are how many there must be of all, and of the bad ones, for
	// the look to say anything: one failure at night is not an error rate.
	Events, Bad float64
	// Beyond, if given, is a shorter window: the look says nothing before it has
	// seen twice the events of that one, so that minutes are not taken for hours.
	Beyond time.Duration
}

// Runbook is where the page about the rule is.
func (r Rule) Runbook() string { return "/runbooks/" + r.Name }

// Threshold is the one that people are shown, in Unit.
func (r Rule) Threshold() float64 { return r.Any[0][0].Threshold * r.Scale }

// Reading is what a rule's measure was.
type Reading struct {
	Value  float64 // in Unit
	Broken bool
	Known  bool // false: nothing was measured
}

// Read measures now, for a rule that fires or does not.
func (r Rule) Read(s Source, firing bool) Reading {
	var out Reading
	share := 1.0
	if firing && r.Stay > 0 {
		share = r.Stay
	}
	for i, looks := range r.Any {
		all := true
		for j, l := range looks {
			m := r.Measure.read(s, l.Window, l.Threshold)
			if i == 0 && j == 0 || m.known && !out.Known {
				out.Value, out.Known = m.value*r.Scale, m.known
			}
			all = all && m.known && r.Op.holds(m.value, l.Threshold*share) && m.events >= l.Events && m.bad >= l.Bad && r.seenEnough(s, l, m)
		}
		if all && !out.Broken {
			out.Broken = true
			out.Value = r.Measure.read(s, looks[0].Window, looks[0].Threshold).value * r.Scale
		}
	}
	return out
}

func (r Rule) seenEnough(s Source, l Look, m amount) bool {
	if l.Beyond == 0 {
		return true
	}
	recent := r.Measure.read(s, l.Beyond, l.Threshold)
	return m.events >= 2*recent.events
}
