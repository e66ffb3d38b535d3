// Command rapport is the whole product: server, workers and tools.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // time zones resolve on machines that have none

	"github.com/spf13/cobra"

	"rapport/internal/app"
	"rapport/internal/app/config"
	"rapport/internal/app/demo"
	"rapport/internal/platform/telemetry"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	defer stop()
	env := environ()
	collect(env)
	cmd := root(env, os.Stdout)
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "rapport:", err)
		stop()
		if errors.Is(err, errInterrupted) {
			os.Exit(130) // as shells count a Ctrl-C
		}
		os.Exit(1)
	}
}

// endings are the signals that end everything in good order: a terminal that
// is closed is one of them, unless nohup says otherwise.
func endings() []os.Signal {
	all := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// outlive lets a process that holds a database go on when nobody reads what it
// prints: by default it would be killed at the next line, and the database
// left behind.
func outlive() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// errInterrupted says that somebody pressed Ctrl-C.
var errInterrupted = errors.New("interrupted")

func environ() map[string]string {
	out := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		out[k] = v
	}
	return out
}

func root(env map[string]string, out io.Writer) *cobra.Command {
	cmd := group("rapport", "A CRM that reads your team's conversations", serve(env), configure(env), migrateCmd(env), routes(env), importCmd(env), searchCmd(env),
		userCmd(env), keyCmd(env), secretCmd(env), cacheCmd(env), demoCmd(env), aiCmd(env), agentCmd(env), limitsCmd(env), alertCmd(env), topCmd(env), monitoring(), benchCommand(out))
	cmd.SilenceUsage, cmd.SilenceErrors, cmd.Version = true, true, app.Version
	cmd.SetFlagErrorFunc(unknownFlag)
	cmd.SetOut(out)
	return cmd
}

func serve(env map[string]string) *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Run the server until it is told to stop", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			outlive()
			c, err := config.Load(env)
			if err != nil {
				return err
			}
			log, closeLog, err := logger(c)
			if err != nil {
				return err
			}
			defer closeLog()
			a, err := app.Open(cmd.Context(), c, log)
			if err == nil {
				defer a.Close()
				err = a.Serve(cmd.Context(), func(url string) {
					greet(cmd.OutOrStdout(), c, url)
					settle()
				})
			}
			if cmd.Context().Err() != nil && errors.Is(err, context.Canceled) {
				return nil // told to stop, perhaps before it was up
			}
			return err
		},
	}
}

func greet(w io.Writer, c config.Config, url string) {
	fmt.Fprintf(w, "\n  Rapport is running at %s\n", url)
	if c.Demo {
		fmt.Fprintf(w, "  Sign in as %s with the password %q\n", demo.Email, demo.Password)
	}
	fmt.Fprintf(w, "  Data is kept in %s. Ctrl-C stops everything.\n\n", c.Data)
}

// logger writes to standard error, or to a file so that a terminal stays
// readable.
func logger(c config.Config) (*slog.Logger, func(), error) {
	if c.LogFile == "" {
		return telemetry.NewLogger(os.Stderr, c.LogLevel), func() {}, nil
	}
	f, err := os.OpenFile(c.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the log: %w", err)
	}
	return telemetry.NewLogger(f, c.LogLevel), func() { _ = f.Close() }, nil
}
