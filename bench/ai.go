package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"

	"rapport/internal/ai/arena"
)

// measureAI has the binary play its arena, with a few of the fresh seeds.
func measureAI(ctx context.Context, b *bench) error {
	out, err := exec.CommandContext(ctx, b.binary, "bench", "ai", "--json", "--seeds", "3").Output()
	if err != nil {
		return fmt.Errorf("rapport bench ai: %w", err)
	}
	var rows []arena.Row
	if err := json.Unmarshal(out, &rows); err != nil {
		return fmt.Errorf("read its figures: %w", err)
	}
	for _, ours := range rows {
		if ours.Policy == "ours" {
			b.compare(ours, rows)
		}
	}
	return nil
}

// compare holds ours against the best of the gateways in a scene.
func (b *bench) compare(ours arena.Row, rows []arena.Row) {
	share, p95, dead := 0.0, 1e9, 1e9
	for _, r := range rows {
		if r.Scene == ours.Scene && r.Gateway {
			share, p95, dead = max(share, r.Sum.Share), min(p95, r.Sum.P95), min(dead, r.Sum.Dead)
		}
	}
	s := "ai, " + ours.Scene
	b.report.atLeast(-0.3, s, "answered in time, above the best gateway-like policy", "points", ours.Sum.Share-share)
	b.report.atMost(0.8, s, "p95 to a person's answer / the shortest of theirs", "", ours.Sum.P95/p95)
	b.report.atMost(0.8, s, "calls into dead providers / the fewest of theirs", "", ours.Sum.Dead/dead)
	b.report.atMost(1.12, s, "calls a request", "", ours.Sum.PerRequest)
	b.report.atMost(0, s, "lost or wrong", "", float64(ours.Sum.Lost+ours.Sum.Wrong))
	b.report.atMost(8, s, "longest until a provider that is back was found", "s", ours.Sum.Latest)
}
