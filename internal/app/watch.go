package app

import (
	"time"

	"rapport/internal/ops/alerts"
	"rapport/internal/platform/alert/channel"
	"rapport/internal/platform/alert/incident"
)

// buildWatch builds what tells operators that something is wrong.
func (a *App) buildWatch(p *parts, now func() time.Time) {
	o := incident.Options{Source: p.meters.History, Channels: a.Config.channels(), Version: Version, URL: a.Config.URL, Log: a.log, Now: now}
	if a.Config.HeartbeatURL != "" {
		o.Beat = channel.Heartbeat(string(a.Config.HeartbeatURL))
	}
	p.watch = incident.NewWatch(a.DB, o)
	p.alerts = alerts.New(a.DB, p.watch)
}
