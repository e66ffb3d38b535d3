package main

import (
	"github.com/spf13/cobra"

	"rapport/internal/ops/board"
)

// monitoring writes what tools of others need. It asks no server.
func monitoring() *cobra.Command {
	rules := &cobra.Command{
		Use: "rules", Short: "Write Rapport's alert rules for Prometheus", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(board.Rules())
			return err
		},
	}
	dashboard := &cobra.Command{
		Use: "dashboard", Short: "Write a dashboard for Grafana", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := board.Dashboard()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(b)
			return err
		},
	}
	return group("monitoring", "Write what Prometheus and Grafana need to watch Rapport", rules, dashboard)
}
