package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// measureClients counts the server's connections while many clients ask.
func measureClients(ctx context.Context, b *bench) error {
	d, err := b.contacts(ctx)
	if err != nil {
		return err
	}
	p, l, err := b.listServer(ctx, d)
	if err != nil {
		return err
	}
	defer p.stop()
	l.Conns = many
	watch, stop := context.WithCancel(ctx)
	defer stop()
	most := make(chan connections, 1)
	go func() { most <- d.watch(watch) }()
	o, err := l.run(ctx)
	if err != nil {
		return err
	}
	stop()
	m := <-most
	b.report.add("clients", "HTTP at 500 connections", "1/s", o.rate())
	b.report.add("clients", "latency p50 at saturation", "ms", o.P50)
	b.report.add("clients", "latency p99 at saturation", "ms", o.P99)
	b.report.atMost(20, "clients", "most server connections", "", float64(m.open))
	b.report.add("clients", "most of them active", "", float64(m.active))
	b.report.add("clients", "samples", "", float64(m.samples))
	b.report.atMost(0, "clients", "errors", "", o.failed())
	return nil
}

// connections are the most that were seen.
type connections struct{ open, active, samples int }

// watch asks until ctx ends.
func (d *database) watch(ctx context.Context) (most connections) {
	_ = d.query(context.WithoutCancel(ctx), func(conn *pgx.Conn) error { // no samples say that it failed
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			var open, active int
			err := conn.QueryRow(context.WithoutCancel(ctx), `
				SELECT count(*), count(*) FILTER (WHERE state = 'active') FROM pg_stat_activity
				WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&open, &active)
			if err != nil {
				return err
			}
			most = connections{open: max(most.open, open), active: max(most.active, active), samples: most.samples + 1}
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	})
	return most
}
