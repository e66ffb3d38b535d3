package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// alerts is how the rules are, as the server answers.
type alerts struct {
	Data []struct {
		Rule, Title, Severity, State, Unit string
		Value                              *float64
		Threshold                          float64
		Since                              *time.Time
		IncidentID                         string `json:"incident_id"`
	}
	LookedAt     *time.Time `json:"looked_at"`
	DatabaseAway bool       `json:"database_away"`
	Replicas     int
	Channels     []struct {
		Channel, Error          string
		Sent, Failures, Waiting int
	}
}

func alertCmd(env map[string]string) *cobra.Command {
	return group("alert", "See what alerts, try the ways to tell of it, and silence rules", alertList(env), alertTest(env), alertSilence(env))
}

func alertList(env map[string]string) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "Show the rules that alert, and who is told", Args: none,
		Long: "Shows rules that fire, are about to, or are silenced; with --all also those that are well.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var a alerts
			if err := ask(cmd, env, "GET", "/v1/ops/alerts", nil, &a); err != nil {
				return err
			}
			return a.print(cmd.OutOrStdout(), all)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "also rules that are well")
	return cmd
}

func (a alerts) print(out io.Writer, all bool) error {
	looked := "The rules have not been looked at yet."
	if a.LookedAt != nil {
		looked = fmt.Sprintf("Looked at %s; %d watch.", a.LookedAt.Local().Format("15:04:05"), a.Replicas)
	}
	if a.DatabaseAway {
		looked += " The database is away: nothing is written down for now."
	}
	fmt.Fprintf(out, "%s\n\n", looked)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STATE\tGRADE\tRULE\tVALUE\tTHRESHOLD\tSINCE\tMEANING")
	shown := 0
	for _, r := range a.Data {
		if !all && (r.State == "ok" || r.State == "no_data") {
			continue
		}
		value, since := "-", "-"
		if r.Value != nil {
			value = fmt.Sprintf("%.4g %s", *r.Value, r.Unit)
		}
		if r.Since != nil {
			since = r.Since.Local().Format("01-02 15:04:05")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.4g %s\t%s\t%s\n", r.State, r.Severity, r.Rule, value, r.Threshold, r.Unit, since, r.Title)
		shown++
	}
	if shown == 0 {
		fmt.Fprintln(w, "nothing fires")
	}
	fmt.Fprintln(w)
	for _, c := range a.Channels {
		line := fmt.Sprintf("told by %s: %d sent, %d failed, %d waiting", c.Channel, c.Sent, c.Failures, c.Waiting)
		if c.Error != "" {
			line += "; " + c.Error
		}
		fmt.Fprintln(w, line)
	}
	if len(a.Channels) == 0 {
		fmt.Fprintln(w, "Nobody is told: set RAPPORT_ALERT_EMAILS or RAPPORT_ALERT_WEBHOOK.")
	}
	return w.Flush()
}

var errUntold = errors.New("a test was not sent")

func alertTest(env map[string]string) *cobra.Command {
	var channel string
	cmd := &cobra.Command{
		Use: "test", Short: "Send a notice that says that it is a test", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			body := map[string]any{}
			if channel != "" {
				body["channel"] = channel
			}
			var done struct {
				Data []struct {
					Channel, Error string
					Sent           bool
				}
			}
			if err := ask(cmd, env, "POST", "/v1/ops/alerts/test", body, &done); err != nil {
				return err
			}
			var err error
			for _, c := range done.Data {
				if c.Sent {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: sent\n", c.Channel)
					continue
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: not sent: %s\n", c.Channel, c.Error)
				err = errUntold
			}
			return err
		},
	}
	cmd.Flags().StringVar(&channel, "channel", "", "only by this one: mail or webhook")
	return cmd
}

// silence is one, as the server answers.
type silence struct {
	ID, Rule, Kind, Reason string
	EndsAt                 time.Time `json:"ends_at"`
}

func alertSilence(env map[string]string) *cobra.Command {
	var minutes int
	var reason string
	var maintenance bool
	var end string
	cmd := &cobra.Command{
		Use: "silence [RULE]", Short: "Keep a rule from telling anybody for a while; without one, list the silences", Args: cobra.MaximumNArgs(1),
		Long: "The rule is looked at all the same, and shown as silenced where it would fire. Use '*' for all of them, as during maintenance.",
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if end != "" {
				return ask(cmd, env, "DELETE", "/v1/ops/silences/"+end, nil, nil)
			}
			if len(args) == 0 {
				return listSilences(cmd, env)
			}
			body := map[string]any{"rule": args[0], "minutes": minutes, "reason": strings.TrimSpace(reason)}
			if maintenance {
				body["kind"] = "maintenance"
			}
			var s silence
			if err := ask(cmd, env, "POST", "/v1/ops/silences", body, &s); err != nil {
				return err
			}
			fmt.Fprintf(out, "%s is silent until %s (%s)\n", s.Rule, s.EndsAt.Local().Format("2006-01-02 15:04"), s.ID)
			return nil
		},
	}
	f := cmd.Flags()
	f.IntVar(&minutes, "minutes", 60, "for how long")
	f.StringVar(&reason, "reason", "From the command line", "why, for whoever wonders later")
	f.BoolVar(&maintenance, "maintenance", false, "it is for work that was planned")
	f.StringVar(&end, "end", "", "end the silence with this id")
	return cmd
}

func listSilences(cmd *cobra.Command, env map[string]string) error {
	var all struct{ Data []silence }
	if err := ask(cmd, env, "GET", "/v1/ops/silences", nil, &all); err != nil {
		return err
	}
	for _, s := range all.Data {
		fmt.Fprintf(cmd.OutOrStdout(), "%s  %s until %s: %s (%s)\n", s.ID, s.Rule, s.EndsAt.Local().Format("2006-01-02 15:04"), s.Reason, s.Kind)
	}
	if len(all.Data) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "There are no silences.")
	}
	return nil
}
