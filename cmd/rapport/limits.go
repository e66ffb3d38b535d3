package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// consumer is who took tokens today, as the server answers.
type consumer struct {
	WorkspaceID string `json:"workspace_id"`
	Slug        string
	Address     string
	Policy      string

	Calls, Tokens, Refused, Shadowed int64
}

// limitStatus is how limits are used, as the server answers.
type limitStatus struct {
	Default string
	Sharing struct {
		Nodes, Commands int64
		Redis           *struct{ Up bool }
	}
	Workspaces, Addresses []consumer
	Own                   []struct {
		WorkspaceID string `json:"workspace_id"`
		Slug, Tier  string
		Shadow      bool
	}
}

func limitsCmd(env map[string]string) *cobra.Command {
	return group("limits", "See who uses up what, and set what a workspace may do", limitsTop(env), limitsSet(env))
}

func limitsTop(env map[string]string) *cobra.Command {
	return &cobra.Command{
		Use: "top", Short: "Show who spent the most tokens today, and whom limits refused", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			var s limitStatus
			if err := cl.call(cmd.Context(), "GET", "/v1/ops/limits", nil, &s); err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout())
		},
	}
}

func (s limitStatus) print(out io.Writer) error {
	shared := "each process counts by itself"
	if r := s.Sharing.Redis; r != nil {
		shared = fmt.Sprintf("%d processes share them by Redis, which was asked %d times", s.Sharing.Nodes, s.Sharing.Commands)
		if !r.Up {
			shared += " and is away now: each keeps to its part"
		}
	}
	fmt.Fprintf(out, "Tier unless set: %s; %s.\n\n", s.Default, shared)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WHO\tLIMIT\tCALLS\tTOKENS\tREFUSED\tWOULD BE REFUSED")
	for _, c := range append(s.Workspaces, s.Addresses...) {
		who := c.Slug
		switch {
		case c.Address != "":
			who = c.Address
		case who == "" && c.WorkspaceID != "":
			who = c.WorkspaceID // erased meanwhile
		case who == "":
			who = "other addresses"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\n", who, c.Policy, c.Calls, c.Tokens, c.Refused, c.Shadowed)
	}
	if len(s.Workspaces)+len(s.Addresses) == 0 {
		fmt.Fprintln(w, "nobody yet")
	}
	if len(s.Own) > 0 {
		fmt.Fprintln(w, "\nWITH LIMITS OF THEIR OWN\tTIER\t\t\t\t")
	}
	for _, o := range s.Own {
		tier := o.Tier
		if o.Shadow {
			tier += " (in shadow)"
		}
		fmt.Fprintf(w, "%s\t%s\t\t\t\t\n", o.Slug, tier)
	}
	return w.Flush()
}

func limitsSet(env map[string]string) *cobra.Command {
	var shadow bool
	cmd := &cobra.Command{
		Use: "set WORKSPACE TIER", Short: "Give a workspace a tier: FREE, STARTER, PRO, ENTERPRISE, or default",
		Long: "Holds at once, and in other processes within ten seconds. What was overridden for the workspace by the API is gone then.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("%d arguments where a workspace and a tier are needed: %s", len(args), cmd.UseLine())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			body := map[string]any{"workspace": args[0], "shadow": shadow}
			if tier := strings.ToUpper(args[1]); tier != "DEFAULT" {
				body["tier"] = tier
			}
			var l struct{ Tier string }
			if err := cl.call(cmd.Context(), "PUT", "/v1/ops/limits", body, &l); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s has the limits of %s.\n", args[0], l.Tier)
			return nil
		},
	}
	cmd.Flags().BoolVar(&shadow, "shadow", false, "count what would be refused, and refuse nothing")
	return cmd
}
