// Package channel tells people of incidents: by mail, and by a webhook as Slack
// and its like take them; and tells a watcher elsewhere that we are alive.
package channel

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"rapport/internal/platform/alert/incident"
)

// heading is what an item comes to, in a line.
func heading(i incident.Item) string {
	switch i.Kind {
	case incident.Test:
		return "Test: " + i.Incident.Title
	case incident.Resolved:
		return "Resolved: " + i.Incident.Title
	case incident.Reminder:
		return "Still " + string(i.Incident.Severity) + ": " + i.Incident.Title
	case incident.Grew:
		return "Worse, now " + string(i.Incident.Severity) + ": " + i.Incident.Title
	}
	return string(i.Incident.Severity) + ": " + i.Incident.Title
}

// subject is what a notice comes to, in a line.
func subject(n incident.Notice) string {
	s := heading(n.Items[0])
	if more := len(n.Items) - 1; more > 0 {
		s += fmt.Sprintf(" (and %d more)", more)
	}
	return s
}

// fact is something that is known of an incident.
type fact struct{ name, value, link string }

// facts are what whoever is woken wants to know, with links under base.
func facts(i incident.Item, base string) []fact {
	in := i.Incident
	if i.Kind == incident.Test {
		return []fact{{name: "Meaning", value: "Whoever reads this is told of alerts."}}
	}
	var out []fact
	for _, f := range in.Rules {
		out = append(out, fact{f.Rule, fmt.Sprintf("%s: %s %s, threshold %s %s", f.Title, number(f.Value), f.Unit, number(f.Threshold), f.Unit), base + f.Runbook})
	}
	out = append(out, fact{"Began", clock(in.BeganAt), ""})
	if in.ResolvedAt != nil {
		out = append(out, fact{"Resolved", clock(*in.ResolvedAt) + ", after " + in.ResolvedAt.Sub(in.BeganAt).Round(time.Second).String(), ""})
	}
	if r := in.Release; r.Version != "" {
		text := r.Version
		if !r.Since.IsZero() {
			text += " since " + clock(r.Since)
		}
		if r.Before != "" {
			text += ", before it " + r.Before
		}
		out = append(out, fact{"Release", text, ""})
	}
	for _, trace := range in.Traces {
		out = append(out, fact{"Trace", trace, base + "/operations/traces/" + trace})
	}
	return append(out, fact{"Incident", in.ID, base + "/operations/incidents/" + in.ID})
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func number(f float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(f, 'f', 2, 64), "0"), ".")
}
