package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

func searchCmd(env map[string]string) *cobra.Command {
	return group("search", "Look after what search goes by", searchRebuild(env))
}

func searchRebuild(env map[string]string) *cobra.Command {
	var workspace string
	cmd := &cobra.Command{
		Use: "rebuild", Short: "Write the words that search goes by anew, while it is used", Args: none,
		Long: "Write the words that search goes by anew, of all workspaces or of one.\n" +
			"It is the server's work: Ctrl-C leaves it running there, and a restart goes on where it was.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			places, err := cl.places(cmd.Context(), workspace)
			if err != nil {
				return err
			}
			for _, p := range places {
				if err := rebuild(cmd.Context(), cl, p, cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "slug or id of one workspace")
	return cmd
}

// places are all workspaces, or the one that was named.
func (cl *client) places(ctx context.Context, name string) ([]string, error) {
	if name != "" {
		_, _, err := cl.workspace(ctx, name)
		return []string{name}, err
	}
	var all struct{ Data []organization }
	if err := cl.call(ctx, "GET", "/v1/ops/organizations", nil, &all); err != nil {
		return nil, err
	}
	var out []string
	for _, o := range all.Data {
		for _, w := range o.Workspaces {
			out = append(out, w.Slug)
		}
	}
	if len(out) == 0 {
		return nil, errNoWorkspace
	}
	return out, nil
}

// rebuild asks for a rebuild and waits for its end.
func rebuild(ctx context.Context, cl *client, workspace string, out io.Writer) error {
	var at struct {
		State, Kind string
		Done        int64
	}
	path := "/v1/workspaces/" + workspace + "/search/rebuild"
	if err := cl.call(ctx, "POST", path, struct{}{}, &at); err != nil {
		return err
	}
	tick := time.NewTicker(redraws)
	defer tick.Stop()
	for at.State != "done" {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: the server goes on with it", errInterrupted)
		case <-tick.C:
		}
		if err := cl.call(ctx, "GET", path, nil, &at); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s: %d records and messages\n", workspace, at.Done)
	return nil
}
