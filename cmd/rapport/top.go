package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rapport/internal/ops/series"
)

func topCmd(env map[string]string) *cobra.Command {
	var once bool
	var every time.Duration
	cmd := &cobra.Command{
		Use: "top", Short: "Watch how the server does: requests, errors, times, pools, jobs, models", Args: none,
		Long: "Rates and percentiles are over the last minute, charts over the last ten. Ctrl-C ends it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			return cl.watchTop(cmd.Context(), cmd.OutOrStdout(), once, max(every, time.Second))
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "print once and end")
	cmd.Flags().DurationVar(&every, "every", 2*time.Second, "how often to look")
	return cmd
}

// watchTop shows the overview until ctx ends: over and over at the same place
// where somebody watches, else one after the other.
func (cl *client) watchTop(ctx context.Context, out io.Writer, once bool, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		var o series.Overview
		err := cl.call(ctx, "GET", "/v1/ops/overview", nil, &o)
		if ctx.Err() != nil {
			return nil // Ctrl-C is how it ends
		}
		if err != nil {
			return err
		}
		if !once && terminal(out) {
			fmt.Fprint(out, "\x1b[H\x1b[2J")
		}
		if err := printTop(out, o); err != nil || once {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func printTop(out io.Writer, o series.Overview) error {
	fmt.Fprintf(out, "Rapport %s, up %s, at %s\n\n", o.Version, o.At.Sub(o.StartedAt).Round(time.Second), o.At.Local().Format(time.TimeOnly))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "REQUESTS\t%.1f/s\t%s\n", o.Requests, spark(o.Trend.Requests))
	fmt.Fprintf(w, "FAILED\t%s\t%s\n", percentage(o.ErrorShare), spark(o.Trend.Errors))
	fmt.Fprintf(w, "p95\t%s\t%s\n", ms(o.P95MS), spark(o.Trend.P95MS))
	fmt.Fprintf(w, "p50, p99\t%s, %s\t\n", ms(o.P50MS), ms(o.P99MS))
	fmt.Fprintf(w, "REFUSED\t%.1f/s\tby limits, or for want of room\n", o.Refused)
	fmt.Fprintf(w, "REMEMBERED\t%s\tof reads\n", percentage(o.HitShare))
	fmt.Fprintf(w, "PEOPLE\t%s\tseen in five minutes\n", whole(o.ActiveUsers))
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, p := range o.Connections {
		fmt.Fprintf(w, "POOL %s\t%.0f of %.0f connections in use, %.1f waits/s\n", p.Pool, p.Active, p.Open, p.Waits)
	}
	fmt.Fprintf(w, "JOBS\t%s; %.1f/s done, %.1f/s failed; the oldest is due for %s\n", counts(o.Queue.States), o.Queue.Done, o.Queue.Failed, seconds(o.Queue.OldestS))
	if len(o.Mailboxes) > 0 {
		fmt.Fprintf(w, "MAILBOXES\t%s\n", counts(o.Mailboxes))
	}
	for _, p := range o.Providers {
		state := "open"
		if p.Closed {
			state = "left out"
		}
		fmt.Fprintf(w, "MODELS %s\t%s, %.2f calls/s, p95 %s\n", p.Provider, state, p.Calls, ms(p.P95MS))
	}
	fmt.Fprintf(w, "BUDGET\t%s of the fullest workspace's for models is spent\n", percentage(o.SpendShare))
	fmt.Fprintf(w, "MACHINE\t%s of the disk free, %s MB of memory, %s goroutines\n", percentage(o.DiskFree), megabytes(o.MemoryBytes), whole(o.Goroutines))
	if err := w.Flush(); err != nil || len(o.Busiest) == 0 {
		return err
	}
	fmt.Fprintln(out)
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "OPERATION\tREQUESTS/S\tp95\tFAILED/S")
	for _, r := range o.Busiest {
		fmt.Fprintf(w, "%s\t%.2f\t%s\t%.2f\n", r.Operation, r.Requests, ms(r.P95MS), r.Errors)
	}
	return w.Flush()
}

const bars = "▁▂▃▄▅▆▇█"

// spark is a line of bars, as high as the highest value; a dot where nothing
// was measured.
func spark(values []*float64) string {
	most := 0.0
	for _, v := range values {
		if v != nil {
			most = max(most, *v)
		}
	}
	steps := []rune(bars)
	var b strings.Builder
	for _, v := range values {
		switch {
		case v == nil:
			b.WriteRune('·')
		case most == 0:
			b.WriteRune(steps[0])
		default:
			b.WriteRune(steps[int(math.Round(*v/most*float64(len(steps)-1)))])
		}
	}
	return b.String()
}

func known(v *float64, format string, scale float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf(format, *v*scale)
}

func percentage(v *float64) string { return known(v, "%.1f %%", 100) }
func ms(v *float64) string         { return known(v, "%.0f ms", 1) }
func seconds(v *float64) string    { return known(v, "%.0f s", 1) }
func whole(v *float64) string      { return known(v, "%.0f", 1) }
func megabytes(v *float64) string  { return known(v, "%.0f", 1.0/(1<<20)) }

func counts(all []series.Count) string {
	var parts []string
	for _, c := range all {
		if c.Count > 0 {
			parts = append(parts, fmt.Sprintf("%.0f %s", c.Count, c.State))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
