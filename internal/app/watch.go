package app

import (
	"context"
	"time"

	"rapport/internal/ops/alerts"
	"rapport/internal/platform/alert"
	"rapport/internal/platform/alert/incident"
)

// buildWatch builds what tells operators that something is wrong.
func (a *App) buildWatch(p *parts, now func() time.Time) {
	p.watch = incident.NewWatch(a.DB, incident.Options{Source: a.measured(), Version: Version, Log: a.log, Now: now})
	p.alerts = alerts.New(a.DB, p.watch)
}

// measured is what alerts look at.
func (a *App) measured() alert.Source { return alert.Nothing{} }

// keepWatch looks at the rules until ctx ends.
func (a *App) keepWatch(ctx context.Context) error { return a.parts.watch.Run(ctx) }
