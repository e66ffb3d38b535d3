package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func userCmd(env map[string]string) *cobra.Command {
	return group("user", "Make accounts and operators, and set passwords", userAdd(env), userPassword(env), userOperator(env), userList(env))
}

func userAdd(env map[string]string) *cobra.Command {
	var name, pass, org, role, workspace, zone string
	cmd := &cobra.Command{
		Use: "add EMAIL", Short: "Make an account, with a new organization or as a member of one", Args: one,
		RunE: func(cmd *cobra.Command, args []string) error {
			secret, err := password(cmd, pass)
			if err != nil {
				return err
			}
			if name == "" {
				name, _, _ = strings.Cut(args[0], "@")
			}
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			if org != "" {
				body := map[string]string{"email": args[0], "password": secret, "name": name, "organization": org, "time_zone": zone}
				err = cl.call(cmd.Context(), "POST", "/v1/ops/accounts", body, nil)
			} else {
				var orgID string
				orgID, err = cl.organization(cmd.Context(), workspace)
				if errors.Is(err, errNoWorkspace) {
					return errors.New("nobody has an account yet: name the first organization with --organization")
				}
				if err != nil {
					return err
				}
				body := map[string]string{"email": args[0], "password": secret, "name": name, "role": role}
				err = cl.call(cmd.Context(), "POST", "/v1/organizations/"+orgID+"/members", body, nil)
			}
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%s can sign in now.\n", args[0])
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "the person's name; what stands before the @ unless given")
	f.StringVar(&pass, "password", "", "the password; read from standard input unless given")
	f.StringVar(&org, "organization", "", "make a new organization of this name, with a workspace")
	f.StringVar(&zone, "time-zone", "UTC", "time zone of the new workspace")
	f.StringVar(&role, "role", "member", "role in the existing organization: viewer, member, admin or owner")
	f.StringVar(&workspace, "workspace", "", "a workspace of the existing organization, if there are several organizations")
	return cmd
}

// userPassword is for somebody who has no other way in; it needs the machine.
func userPassword(env map[string]string) *cobra.Command {
	var pass string
	cmd := &cobra.Command{
		Use: "password EMAIL", Short: "Set somebody's password, and sign them out everywhere", Args: one,
		RunE: func(cmd *cobra.Command, args []string) error {
			secret, err := password(cmd, pass)
			if err != nil {
				return err
			}
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			if err := cl.call(cmd.Context(), "PUT", "/v1/ops/passwords", map[string]string{"email": args[0], "password": secret}, nil); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s signs in with the new password now.\n", args[0])
			return nil
		},
	}
	cmd.Flags().StringVar(&pass, "password", "", "the password; read from standard input unless given")
	return cmd
}

func userOperator(env map[string]string) *cobra.Command {
	var revoke bool
	cmd := &cobra.Command{
		Use: "operator EMAIL", Short: "Let somebody operate this installation", Args: one,
		RunE: func(cmd *cobra.Command, args []string) error {
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			if err := cl.call(cmd.Context(), "PUT", "/v1/ops/operators", map[string]any{"email": args[0], "operator": !revoke}, nil); err != nil {
				return err
			}
			said := "%s operates this installation now.\n"
			if revoke {
				said = "%s operates this installation no more.\n"
			}
			fmt.Fprintf(cmd.OutOrStdout(), said, args[0])
			return nil
		},
	}
	cmd.Flags().BoolVar(&revoke, "revoke", false, "take it back")
	return cmd
}

func userList(env map[string]string) *cobra.Command {
	var workspace string
	cmd := &cobra.Command{
		Use: "list", Short: "List the members of an organization", Args: none,
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
			var members struct {
				Data []struct{ Email, Name, Role string }
			}
			if err := cl.call(cmd.Context(), "GET", "/v1/organizations/"+org+"/members", nil, &members); err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, m := range members.Data {
				fmt.Fprintf(w, "%s\t%s\t%s\n", m.Email, m.Name, m.Role)
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "a workspace of the organization, if there are several organizations")
	return cmd
}

func keyCmd(env map[string]string) *cobra.Command {
	var workspace string
	cmd := group("key", "Make, list and revoke API keys", keyCreate(env, &workspace), keyList(env, &workspace), keyRevoke(env, &workspace))
	cmd.PersistentFlags().StringVar(&workspace, "workspace", "", "slug or id of the workspace, if there are several")
	return cmd
}

func keyCreate(env map[string]string, workspace *string) *cobra.Command {
	var name string
	var scopes []string
	cmd := &cobra.Command{
		Use: "create", Short: "Make an API key and print its secret, this once", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			org, ws, err := cl.workspace(cmd.Context(), *workspace)
			if err != nil {
				return err
			}
			var made struct{ Secret string }
			body := map[string]any{"name": name, "workspace": ws, "scopes": scopes}
			if err := cl.call(cmd.Context(), "POST", "/v1/organizations/"+org+"/api-keys", body, &made); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), made.Secret)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "Command line", "what the key is for")
	cmd.Flags().StringSliceVar(&scopes, "scope", []string{"*"}, "what it may do, such as contact:read; repeatable")
	return cmd
}

func keyList(env map[string]string, workspace *string) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List API keys", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			org, err := cl.organization(cmd.Context(), *workspace)
			if err != nil {
				return err
			}
			var keys struct {
				Data []struct {
					ID, Name, Prefix string
					Scopes           []string
					RevokedAt        *string `json:"revoked_at"`
				}
			}
			if err := cl.call(cmd.Context(), "GET", "/v1/organizations/"+org+"/api-keys", nil, &keys); err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, k := range keys.Data {
				state := "active"
				if k.RevokedAt != nil {
					state = "revoked"
				}
				fmt.Fprintf(w, "%s\t%s…\t%s\t%s\t%s\n", k.ID, k.Prefix, k.Name, strings.Join(k.Scopes, ","), state)
			}
			return w.Flush()
		},
	}
}

func keyRevoke(env map[string]string, workspace *string) *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "Revoke an API key, at once", Args: one,
		RunE: func(cmd *cobra.Command, args []string) error {
			cl, err := dial(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer cl.stop()
			org, err := cl.organization(cmd.Context(), *workspace)
			if err != nil {
				return err
			}
			if err := cl.call(cmd.Context(), "DELETE", "/v1/organizations/"+org+"/api-keys/"+args[0], nil, nil); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "The key opens nothing any more.")
			return nil
		},
	}
}
