package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"rapport/internal/agents/eval"
	"rapport/internal/app/config"
	"rapport/internal/app/engines"
)

// evaluation is what to measure.
type evaluation struct {
	agent, half, workspace   string
	rules, model, check, raw bool
}

func agentEvalCmd(env map[string]string) *cobra.Command {
	var e evaluation
	cmd := &cobra.Command{
		Use: "eval", Short: "Measure the agents against labelled cases", Args: cobra.NoArgs,
		Long: "Has the rules answer labelled cases of our own, and prints precision, recall and F1 of each field.\n" +
			"With a model that is configured, or RAPPORT_AI=sim, the same cases are asked of it and shown beside; that costs what so many mails cost.\n" +
			"The reported half is the one to believe: nobody tunes on it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(env)
			if err != nil {
				return err
			}
			e.model = e.model || c.AI == "sim" || c.AI != "off" && (c.AnthropicKey != "" || c.GeminiKey != "" || c.OpenRouterKey != "")
			return e.run(cmd.Context(), cmd.OutOrStdout(), env)
		},
	}
	cmd.Flags().StringVar(&e.agent, "agent", "", "only this agent, such as email.triage")
	cmd.Flags().StringVar(&e.half, "half", "", "only this half: tuned or reported")
	cmd.Flags().StringVar(&e.workspace, "workspace", "", "slug or id of the workspace whose models are asked, where there are several")
	cmd.Flags().BoolVar(&e.rules, "rules", false, "rules alone, whatever is configured")
	cmd.Flags().BoolVar(&e.model, "model", false, "ask models also where only the workspace has a key")
	cmd.Flags().BoolVar(&e.check, "check", false, "fail when the rules are under their floors")
	cmd.Flags().BoolVar(&e.raw, "json", false, "as JSON")
	return cmd
}

func (e evaluation) run(ctx context.Context, out io.Writer, env map[string]string) error {
	suites, err := e.suites()
	if err != nil {
		return err
	}
	var report eval.Report
	rules, err := e.measure(ctx, suites, "rules", eval.Rules(engines.RulesTasks()), 2)
	if err != nil {
		return err
	}
	report.Engines = append(report.Engines, rules)
	if e.model && !e.rules {
		err := inWorkspace(ctx, env, e.workspace, func(cl *client, id string) error {
			var spent atomic.Int64
			models, err := e.measure(ctx, suites, "models", byServer(cl, id, &spent), 4)
			models.CostNano = spent.Load()
			report.Engines = append(report.Engines, models)
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := e.show(out, report); err != nil {
		return err
	}
	below, err := eval.Below(rules.Results)
	if err != nil || !e.check || len(below) == 0 {
		return err
	}
	return fmt.Errorf("under the floors:\n%s", strings.Join(below, "\n"))
}

func (e evaluation) show(out io.Writer, report eval.Report) error {
	if e.raw {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(report)
	}
	return report.Write(out)
}

// suites are those that were asked for.
func (e evaluation) suites() ([]eval.Suite, error) {
	all, err := eval.Suites()
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"", string(eval.Tuned), string(eval.Reported)}, e.half) {
		return nil, errors.New("--half is tuned or reported")
	}
	var names []string
	for _, s := range all {
		names = append(names, s.Agent)
		if s.Agent == e.agent {
			return []eval.Suite{s}, nil
		}
	}
	if e.agent != "" {
		return nil, fmt.Errorf("there are no cases for %q; there are some for %s", e.agent, strings.Join(names, ", "))
	}
	return all, nil
}

func (e evaluation) measure(ctx context.Context, suites []eval.Suite, engine string, ask eval.Ask, flight int) (eval.Engine, error) {
	out := eval.Engine{Name: engine}
	for _, s := range suites {
		for _, half := range []eval.Half{eval.Tuned, eval.Reported} {
			if e.half != "" && e.half != string(half) {
				continue
			}
			r, err := eval.Run(ctx, s, half, ask, flight)
			if err != nil {
				return out, err
			}
			out.Results = append(out.Results, r)
		}
	}
	return out, nil
}

var errStoodIn = errors.New("no model answered, rules stood in")

// byServer asks the server, which pays and keeps account.
func byServer(cl *client, workspace string, spent *atomic.Int64) eval.Ask {
	return func(ctx context.Context, c eval.Case) (json.RawMessage, error) {
		var got eval.Asked
		err := cl.call(ctx, "POST", "/v1/workspaces/"+workspace+"/agents/cases/"+c.ID+"/ask", map[string]string{"agent": c.Agent.Name}, &got)
		spent.Add(got.CostNano)
		if err == nil && got.Engine == "rules" {
			err = errStoodIn
		}
		if err != nil {
			return nil, err
		}
		return got.Output, nil
	}
}
