package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rapport/internal/agents/control"
)

func agentCmd(env map[string]string) *cobra.Command {
	return group("agent", "Run and measure the agents", agentListCmd(env),
		group("run", "Have an agent work, and watch it", agentRunEmail(env), agentRunContact(env), agentRunContent(env), agentRunOrchestrator(env)),
		agentEvalCmd(env))
}

func agentListCmd(env map[string]string) *cobra.Command {
	var workspace string
	cmd := &cobra.Command{
		Use: "list", Short: "List the agents: what they are for, what they may do, and how they fare", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return inWorkspace(cmd.Context(), env, workspace, func(cl *client, id string) error {
				var all struct{ Data []control.Card }
				if err := cl.call(cmd.Context(), "GET", "/v1/workspaces/"+id+"/agents", nil, &all); err != nil {
					return err
				}
				return showAgents(cmd.OutOrStdout(), all.Data)
			})
		},
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "slug or id, where there are several")
	return cmd
}

func showAgents(out io.Writer, all []control.Card) error {
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tVERSION\tENABLED\tAUTONOMY\tRUNS\tSUCCESS\tPURPOSE")
	for _, a := range all {
		enabled, success := "yes", "-"
		if !a.Enabled {
			enabled = "no"
		}
		if a.Health.SuccessRate != nil {
			success = fmt.Sprintf("%.0f%%", *a.Health.SuccessRate*100)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", a.Name, a.Version, enabled, a.Autonomy, a.Health.Runs, success, a.Purpose)
	}
	return t.Flush()
}
