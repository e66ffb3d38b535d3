package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// remembered is how well answers are remembered, as the server answers.
type remembered struct {
	HitRate    float64 `json:"hit_rate"`
	Entries    int64
	Bytes      int64
	Limit      int64 `json:"limit_bytes"`
	Operations []struct {
		Kind                               string
		Hits, Misses, Joined, Stale, Blind int64
		HitRate                            float64 `json:"hit_rate"`
		Entries, Bytes                     int64
		Saved                              float64 `json:"saved_seconds"`
		Dropped                            map[string]int64
	}
}

func cacheCmd(env map[string]string) *cobra.Command {
	return group("cache", "See how well answers are remembered, or have them forgotten", cacheStats(env), cachePurge(env))
}

func cacheStats(env map[string]string) *cobra.Command {
	return &cobra.Command{
		Use: "stats", Short: "Show hits, sizes and what ended answers, by operation", Args: none,
		Long: "Of the process that answers, since its start. Operations that nobody asked for are left out.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var s remembered
			if err := ask(cmd, env, "GET", "/v1/ops/cache", nil, &s); err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%.1f %% of reads were remembered; %d answers in %.1f of %d MB\n", 100*s.HitRate, s.Entries, float64(s.Bytes)/(1<<20), s.Limit>>20)
			for _, k := range s.Operations {
				if k.Hits+k.Misses+k.Blind == 0 {
					continue
				}
				var causes []string
				for _, c := range slices.Sorted(maps.Keys(k.Dropped)) {
					causes = append(causes, fmt.Sprintf("%s %d", c, k.Dropped[c]))
				}
				fmt.Fprintf(out, "%s  %.1f %%, %d hits, %d joined, %d read, %d kB, %.2f s saved; ended by %s\n", k.Kind, 100*k.HitRate, k.Hits, k.Joined, k.Misses, k.Bytes>>10, k.Saved, strings.Join(causes, ", "))
			}
			return nil
		},
	}
}

func cachePurge(env map[string]string) *cobra.Command {
	body := map[string]any{}
	var workspace, operation string
	cmd := &cobra.Command{
		Use: "purge", Short: "Forget answers, of one workspace, one operation, or all", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if workspace != "" {
				body["workspace_id"] = workspace
			}
			if operation != "" {
				body["operation"] = operation
			}
			var done struct{ Entries int }
			if err := ask(cmd, env, "POST", "/v1/ops/cache/purge", body, &done); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d answers forgotten\n", done.Entries)
			return nil
		},
	}
	cmd.Flags().StringVar(&workspace, "id", "", "the id of a workspace")
	cmd.Flags().StringVar(&operation, "operation", "", "an operation, such as contact.list")
	return cmd
}

// ask calls the server for an operator.
func ask(cmd *cobra.Command, env map[string]string, method, path string, body, out any) error {
	cl, err := dial(cmd.Context(), env)
	if err != nil {
		return err
	}
	defer cl.stop()
	return cl.call(cmd.Context(), method, path, body, out)
}
