package app

import (
	"time"

	"rapport/internal/ops/alerts"
	"rapport/internal/platform/alert"
	"rapport/internal/platform/alert/channel"
	"rapport/internal/platform/alert/incident"
	"rapport/internal/platform/trace"
)

// buildWatch builds what tells operators that something is wrong.
func (a *App) buildWatch(p *parts, now func() time.Time) {
	o := incident.Options{Source: a.measured(), Channels: a.Config.channels(), Version: Version, URL: a.Config.URL, Evidence: a.evidence, Log: a.log, Now: now}
	if a.Config.HeartbeatURL != "" {
		o.Beat = channel.Heartbeat(string(a.Config.HeartbeatURL))
	}
	p.watch = incident.NewWatch(a.DB, o)
	p.alerts = alerts.New(a.DB, p.watch)
}

// measured is what alerts look at.
func (a *App) measured() alert.Source { return alert.Nothing{} }

// evidence is the last traces of calls that failed or were slow, those that
// failed first.
func (a *App) evidence() (ids []string, profile string) {
	since := time.Now().Add(-2 * time.Minute)
	ids = []string{}
	for _, why := range []string{trace.Failed, trace.Slow} {
		for _, k := range a.traces.Look(traced-len(ids), func(k *trace.Kept) bool { return k.Why == why && k.Began.After(since) }) {
			ids = append(ids, k.Trace.String())
		}
	}
	return ids, ""
}

// traced is how many traces an incident names.
const traced = 5
