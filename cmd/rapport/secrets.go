package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// sealing is how the stored secrets are sealed, as the server answers.
type sealing struct {
	Keys []struct {
		ID                 string
		Environment, Seals bool
	}
	Columns []struct {
		Name   string
		Values int
	}
	Resealed, Stale, Unreadable int
}

func secretCmd(env map[string]string) *cobra.Command {
	return group("secret", "Look after the key that seals stored passwords and tokens", secretRotate(env), secretStatus(env))
}

func secretRotate(env map[string]string) *cobra.Command {
	var given, forget bool
	cmd := &cobra.Command{
		Use: "rotate", Short: "Seal everything with a new key, while the server runs", Args: none,
		Long: "Makes a new key and seals every stored password and token with it. Interrupted, run it again: it goes on where it was.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			body := map[string]any{"forget": forget}
			if given {
				b, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), 1<<10))
				if err != nil {
					return fmt.Errorf("read the key from standard input: %w", err)
				}
				body["key"] = strings.TrimSpace(string(b))
			}
			return sealings(cmd, env, "POST", "/v1/ops/secrets/rotate", body)
		},
	}
	cmd.Flags().BoolVar(&given, "given", false, "read the new key, 32 bytes as base64 or hex, from standard input")
	cmd.Flags().BoolVar(&forget, "forget", false, "remove the old keys afterwards; backups of before need them still")
	return cmd
}

func secretStatus(env map[string]string) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show the keys by their ids, and whether they open everything", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return sealings(cmd, env, "GET", "/v1/ops/secrets", nil)
		},
	}
}

// sealings asks the server and prints how things are sealed.
func sealings(cmd *cobra.Command, env map[string]string, method, path string, body any) error {
	cl, err := dial(cmd.Context(), env)
	if err != nil {
		return err
	}
	defer cl.stop()
	var s sealing
	if err := cl.call(cmd.Context(), method, path, body, &s); err != nil {
		return err
	}
	s.print(cmd.OutOrStdout())
	return nil
}

func (s sealing) print(w io.Writer) {
	for _, k := range s.Keys {
		from, use := "data directory", "opens"
		if k.Environment {
			from = "RAPPORT_SECRET_KEY"
		}
		if k.Seals {
			use = "seals and opens"
		}
		fmt.Fprintf(w, "key %s  %s, from %s\n", k.ID, use, from)
	}
	for _, c := range s.Columns {
		fmt.Fprintf(w, "%s  %d\n", c.Name, c.Values)
	}
	fmt.Fprintf(w, "%d sealed anew, %d still sealed with an older key, %d that no key opens\n", s.Resealed, s.Stale, s.Unreadable)
}
