package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
)

// screens opens pages of the workspace in a browser and scrolls them, by
// e2e/measure.js. It needs the browser tests' modules and Chromium.
func (b *bench) screens(ctx context.Context, base, cookie, place string) error {
	cmd := exec.CommandContext(ctx, "node", "e2e/measure.js")
	cmd.Env = append(os.Environ(), "RAPPORT_URL="+base, "RAPPORT_COOKIE="+cookie, "RAPPORT_PLACE="+place)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("screens: %w", err)
	}
	var f map[string][]float64
	if err := json.Unmarshal(out, &f); err != nil {
		return fmt.Errorf("screens: %w in %s", err, out)
	}
	for _, list := range []string{"grid", "inbox"} {
		b.report.atMost(300, "screens", list+", navigation to first rows", "ms", f[list+"_first_rows_ms"]...)
		b.report.atLeast(10_000, "screens", list+", rows scrolled", "", f[list+"_scrolled_rows"]...)
		b.report.atMost(100, "screens", list+", longest blank", "ms", f[list+"_longest_blank_ms"]...)
		b.report.add("screens", list+", slowest frame", "ms", f[list+"_slowest_frame_ms"]...)
		b.report.add("screens", list+", scrolling took", "s", f[list+"_scroll_s"]...)
	}
	times := f["palette_ms"]
	b.report.add("screens", "palette, last key to answer", "ms", times...)
	slices.Sort(times)
	b.report.atMost(100, "screens", "palette, 95th percentile of the questions", "ms", times[len(times)*95/100])
	return nil
}
