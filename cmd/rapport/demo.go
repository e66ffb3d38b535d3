package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"rapport/internal/app/demo"
)

func demoCmd(env map[string]string) *cobra.Command {
	var workspace string
	var remove bool
	cmd := &cobra.Command{
		Use: "demo", Short: "Make a workspace full of invented people and mail, or remove it", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			org, err := cl.organization(cmd.Context(), workspace)
			if err != nil {
				return err
			}
			path := "/v1/organizations/" + org + "/demos"
			if remove {
				return removeDemos(cmd, cl, path)
			}
			if cl.own {
				return errors.New("no server is running to fill a demo: start one with rapport serve")
			}
			var made demo.Workspace
			if err := cl.call(cmd.Context(), "POST", path, nil, &made); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is being filled: %s/w/%s\nRemove it with everything in it: rapport demo --remove\n", made.Name, cl.base, made.Slug)
			return nil
		},
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "a workspace of the organization, if there are several organizations")
	cmd.Flags().BoolVar(&remove, "remove", false, "remove all demo workspaces of the organization")
	return cmd
}

func removeDemos(cmd *cobra.Command, cl *client, path string) error {
	var demos struct{ Data []demo.Workspace }
	if err := cl.call(cmd.Context(), "GET", path, nil, &demos); err != nil {
		return err
	}
	if len(demos.Data) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "There is no demo workspace.")
	}
	for _, d := range demos.Data {
		if err := cl.call(cmd.Context(), "DELETE", path+"/"+d.ID, nil, nil); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s (%s) is gone, with everything in it.\n", d.Name, d.Slug)
	}
	return nil
}
