package main

import (
	"context"
	"time"
)

const crowd = 600

// measureOverload asks for three times as much as can be done. What is let in
// must be answered as fast as ever, and operators must be heard.
func measureOverload(ctx context.Context, b *bench) error {
	d, err := b.contacts(ctx)
	if err != nil {
		return err
	}
	p, l, err := b.listServer(ctx, d)
	if err != nil {
		return err
	}
	defer p.stop()
	var peaks, goods, quiets, slows, gain, slower, refused, unheard []float64
	for range b.rounds {
		peak, err := l.run(ctx)
		if err != nil {
			return err
		}
		calm, much := l, l
		calm.Rate = peak.rate() / 10
		quiet, err := calm.run(ctx)
		if err != nil {
			return err
		}
		much.Conns, much.Rate = crowd, 3*peak.rate()
		asking, stop := context.WithCancel(ctx)
		missed := make(chan float64, 1)
		go func() { missed <- p.heard(asking) }()
		o, err := much.run(ctx)
		stop()
		unheard = append(unheard, <-missed)
		if err != nil {
			return err
		}
		peaks, goods, gain = append(peaks, peak.rate()), append(goods, o.rate()), append(gain, o.rate()/peak.rate())
		quiets, slows, slower = append(quiets, quiet.P95), append(slows, o.P95), append(slower, o.P95/quiet.P95)
		refused = append(refused, o.failed()/o.Seconds)
	}
	b.report.add("overload", "peak, 50 connections", "1/s", peaks...)
	b.report.add("overload", "answered when three times as much is asked", "1/s", goods...)
	b.report.add("overload", "refused then", "1/s", refused...)
	b.report.atLeast(0.90, "overload", "answered / peak", "", gain...)
	b.report.add("overload", "p95 at a tenth of the peak", "ms", quiets...)
	b.report.add("overload", "p95 of what was let in", "ms", slows...)
	b.report.atMost(2, "overload", "p95 let in / unloaded", "×", slower...)
	b.report.atMost(0, "overload", "calls of operators that were refused", "", sum(unheard))
	return nil
}

// heard asks as an operator until ctx ends, and counts what was not answered.
func (p *process) heard(ctx context.Context) (missed float64) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return missed
		case <-tick.C:
		}
		if p.operator(context.WithoutCancel(ctx), "/v1/ops/cache", &struct{}{}) != nil {
			missed++
		}
	}
}
