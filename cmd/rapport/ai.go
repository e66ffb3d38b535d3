package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/sim"
	"rapport/internal/ai/sim/schedule"
)

func aiCmd(env map[string]string) *cobra.Command {
	return group("ai", "Try and check the way to models", aiCheckCmd(env), aiAskCmd(env), aiSimCmd())
}

// simulation is what `rapport ai sim` is told.
type simulation struct {
	listen   string
	seed     uint64
	schedule string
	scale    float64
	obedient bool
	list     bool
}

func aiSimCmd() *cobra.Command {
	var o simulation
	cmd := &cobra.Command{
		Use: "sim", Short: "Play the providers of models on this machine, with what goes wrong with them", Args: cobra.NoArgs,
		Long: "Plays Anthropic, Gemini, OpenRouter and a server of local models on loopback. What goes wrong is a scenario or a file of your own: rapport ai sim --list.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.list {
				return listFaults(cmd.OutOrStdout())
			}
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:4010", "a loopback address")
	f.Uint64Var(&o.seed, "seed", 1, "what decides everything that is random")
	f.StringVar(&o.schedule, "schedule", "calm", "a file, or one of: "+strings.Join(schedule.Names(), ", "))
	f.Float64Var(&o.scale, "scale", 1, "what the latency of models is multiplied by; 0 is none")
	f.BoolVar(&o.obedient, "obedient", false, "models do what the text that they read tells them to")
	f.BoolVar(&o.list, "list", false, "list scenarios and faults, and do nothing else")
	return cmd
}

func (o simulation) run(ctx context.Context, out io.Writer) error {
	if o.scale < 0 {
		return errors.New("--scale is not negative")
	}
	plan, err := readSchedule(o.schedule)
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(o.listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--listen %s: the simulator is for this machine alone; give a loopback address such as 127.0.0.1:4010", o.listen)
	}
	prices := catalog.Default()
	s, err := sim.New(sim.Options{Seed: o.seed, Schedule: plan, Scale: o.scale, Obedient: o.obedient, Prices: func(provider, model string, at time.Time, u ai.Usage) ai.Nano {
		n, _ := prices.Cost(provider, model, u, at) // the most that any model costs, where it is not known
		return n
	}})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", o.listen, err)
	}
	explainSim(out, "http://"+l.Addr().String(), o, plan)
	return serveSim(ctx, l, s)
}

// readSchedule is a scenario by its name, or else a file.
func readSchedule(name string) (schedule.Schedule, error) {
	plan, unnamed := schedule.Named(name)
	if unnamed == nil {
		return plan, nil
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return plan, fmt.Errorf("--schedule: %w, and no such file", unnamed)
	}
	if err != nil {
		return plan, fmt.Errorf("--schedule: %w", err)
	}
	plan, err = schedule.Parse(text)
	if err != nil {
		return plan, fmt.Errorf("--schedule %s:\n%w", name, err)
	}
	if plan.Name == "" {
		plan.Name = name
	}
	return plan, nil
}

// serveSim serves until ctx ends. Calls that hang are ended with it.
func serveSim(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // which makes Serve return
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the simulator: %w", err)
	}
	return nil
}

func explainSim(w io.Writer, url string, o simulation, plan schedule.Schedule) {
	fmt.Fprintf(w, "\n  Simulated providers of models, scenario %s, seed %d. Nothing leaves this machine and nothing costs anything.\n", plan.Name, o.seed)
	if plan.About != "" {
		fmt.Fprintf(w, "  %s\n", plan.About)
	}
	fmt.Fprintf(w, `
    anthropic   %[1]s/anthropic
    gemini      %[1]s/gemini
    openrouter  %[1]s/openrouter/api/v1
    compatible  %[1]s/compatible/v1      any model name
    state       %[1]s/sim/state          the bill and the manners of callers

  Every key that begins with sim- is accepted. For a server that shall use them:

    export ANTHROPIC_API_KEY=sim-anthropic RAPPORT_AI_ANTHROPIC_URL=%[1]s/anthropic
    export GEMINI_API_KEY=sim-gemini RAPPORT_AI_GEMINI_URL=%[1]s/gemini
    export OPENROUTER_API_KEY=sim-openrouter RAPPORT_AI_OPENROUTER_URL=%[1]s/openrouter/api/v1
    export RAPPORT_AI_COMPATIBLE_URL=%[1]s/compatible/v1 RAPPORT_AI_COMPATIBLE_KEY=sim-local RAPPORT_AI_COMPATIBLE_MODEL=local

  Ctrl-C ends it.

`, url)
}

func listFaults(w io.Writer) error {
	fmt.Fprintln(w, "Scenarios:")
	for _, name := range schedule.Names() {
		plan, err := schedule.Named(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %-12s %s\n", name, plan.About)
	}
	fmt.Fprintln(w, "\nFaults, for the rules of a schedule such as {\"faults\": [{\"from\": \"1m\", \"to\": \"3m\", \"provider\": \"gemini\", \"probability\": 0.3, \"fault\": \"F13\"}]}:")
	for _, f := range schedule.Catalogue() {
		about := f.About
		if f.Not != "" {
			about = "not here: " + f.Not
		}
		for _, more := range [][]string{f.Providers, f.Variants} {
			if len(more) > 0 {
				about += " [" + strings.Join(more, " ") + "]"
			}
		}
		fmt.Fprintf(w, "  %s  %s\n", f.ID, about)
	}
	return nil
}
