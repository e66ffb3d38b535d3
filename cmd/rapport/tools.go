package main

import (
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rapport/internal/app"
	"rapport/internal/app/config"
)

func configure(env map[string]string) *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "Print the configuration, with secrets masked", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(env)
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			v := reflect.ValueOf(c)
			for _, f := range reflect.VisibleFields(v.Type()) {
				if name, _, _ := strings.Cut(f.Tag.Get("env"), ","); name != "" {
					fmt.Fprintf(w, "%s\t%s\n", name, mask(fmt.Sprint(v.FieldByIndex(f.Index).Interface())))
				}
			}
			if flushErr := w.Flush(); flushErr != nil {
				return flushErr
			}
			return err
		},
	}
}

var inParameter = regexp.MustCompile(`(?i)(password|passfile|sslkey|sslpassword)=('[^']*'|[^\s&]*)`)

// mask hides the password of an address, in each form that an address has.
func mask(s string) string {
	if u, err := url.Parse(s); err == nil && u.User != nil {
		s = u.Redacted()
	} else if err != nil && strings.Contains(s, "@") {
		return "xxxxx (cannot be parsed)"
	}
	return inParameter.ReplaceAllString(s, "$1=xxxxx")
}

func migrateCmd(env map[string]string) *cobra.Command {
	var contract bool
	cmd := &cobra.Command{
		Use: "migrate", Short: "Bring the schema of DATABASE_URL up to date", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(env)
			if err != nil {
				return err
			}
			if c.Embedded() {
				return fmt.Errorf("the private PostgreSQL is migrated by rapport serve; set DATABASE_URL to migrate another")
			}
			url := c.DatabaseURL
			if c.DatabaseSessionURL != "" {
				url = c.DatabaseSessionURL
			}
			return app.Migrate(cmd.Context(), url, slog.Default(), contract)
		},
	}
	cmd.Flags().BoolVar(&contract, "contract", false, "also run the steps that remove what the release before still uses")
	return cmd
}

func routes(_ map[string]string) *cobra.Command {
	return &cobra.Command{
		Use: "routes", Short: "List every operation with its address, scope and cost", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, o := range app.Contract().Ops() {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\n", o.Name, o.Method, o.Path, o.Scope, o.Cost)
			}
			return w.Flush()
		},
	}
}
