package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rapport/internal/ai"
	"rapport/internal/ai/check"
	"rapport/internal/ai/console"
)

func aiCheckCmd(env map[string]string) *cobra.Command {
	var workspace string
	cmd := &cobra.Command{
		Use: "check", Short: "Tell which providers of models are configured and usable, at no cost", Args: cobra.NoArgs,
		Long: "Asks each provider that has a key which models it lists for it, and compares them with the routing policy.\n" +
			"No model is asked anything. It fails when a provider that is configured cannot be used.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return inWorkspace(cmd.Context(), env, workspace, func(cl *client, id string) error {
				var r check.Report
				if err := cl.call(cmd.Context(), "POST", "/v1/workspaces/"+id+"/ai/check", nil, &r); err != nil {
					return err
				}
				return showCheck(cmd.OutOrStdout(), r)
			})
		},
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "slug or id, where there are several")
	return cmd
}

// inWorkspace does something with the server and one workspace.
func inWorkspace(ctx context.Context, env map[string]string, name string, do func(cl *client, id string) error) error {
	cl, err := dial(ctx, env)
	if err != nil {
		return err
	}
	defer cl.stop()
	_, id, err := cl.workspace(ctx, name)
	if err != nil {
		return err
	}
	return do(cl, id)
}

var errUnusable = errors.New("a provider that is configured cannot be used")

func showCheck(w io.Writer, r check.Report) error {
	if r.Simulated {
		fmt.Fprintln(w, "Simulated: no provider was asked, and no key is needed.")
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "PROVIDER\tKEY\tSTATE\tREACHABLE\tMODELS\tTOOK")
	keys := 0
	for _, f := range r.Data {
		key, reachable, models, took := "-", "-", "-", "-"
		if f.State != check.NotConfigured {
			keys++
			key, reachable = f.Key, "no"
			if key == "" {
				key = "environment"
			}
		}
		if f.Reachable {
			reachable, took = "yes", fmt.Sprintf("%d ms", f.LatencyMS)
		}
		if n := len(f.Present) + len(f.Missing); f.Reachable && n > 0 {
			models = fmt.Sprintf("%d of %d", len(f.Present), n)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", f.Provider, key, strings.ReplaceAll(string(f.State), "_", " "), reachable, models, took)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, f := range r.Data {
		if f.Advice != "" {
			fmt.Fprintf(w, "\n%s: %s\n", f.Provider, f.Advice)
		}
		for _, m := range f.Missing {
			fmt.Fprintf(w, "  not listed: %s\n", m)
		}
	}
	if keys == 0 {
		fmt.Fprintln(w, "\nNothing is configured: rules answer, at no cost. RAPPORT_AI=sim tries out models without a key.")
	}
	if !r.Usable {
		return errUnusable
	}
	return nil
}

// question is what `rapport ai ask` is told.
type question struct {
	workspace, task, class, quote string
	fresh                         bool
}

func aiAskCmd(env map[string]string) *cobra.Command {
	var q question
	cmd := &cobra.Command{
		Use: `ask "…"`, Short: "Ask a model, and show who answered, what it cost and what was tried", Args: cobra.ExactArgs(1),
		Long: "Asks in your own words. What others wrote goes into --quote: it is material, and instructs nobody.",
		RunE: func(cmd *cobra.Command, args []string) error {
			body, err := q.body(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			return inWorkspace(cmd.Context(), env, q.workspace, func(cl *client, id string) error {
				var a console.Answer
				if err := cl.call(cmd.Context(), "POST", "/v1/workspaces/"+id+"/ai/complete", body, &a); err != nil {
					return err
				}
				return showAnswer(cmd.OutOrStdout(), a)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.workspace, "workspace", "", "slug or id, where there are several")
	f.StringVar(&q.task, "task", "ask", "ask or summarize; summarize needs no model")
	f.StringVar(&q.class, "class", "standard", "how much thought it takes: fast, extract, standard or deep")
	f.StringVar(&q.quote, "quote", "", "a file with what others wrote; - is the standard input")
	f.BoolVar(&q.fresh, "fresh", false, "ask anew although the same was answered within a day")
	return cmd
}

func (q question) body(instruction string, stdin io.Reader) (map[string]any, error) {
	body := map[string]any{"task": q.task, "class": q.class, "instruction": instruction, "fresh": q.fresh}
	switch q.quote {
	case "":
		return body, nil
	case "-":
		text, err := io.ReadAll(stdin)
		body["material"] = strings.ToValidUTF8(string(text), "")
		return body, err
	}
	text, err := os.ReadFile(q.quote)
	if err != nil {
		return nil, fmt.Errorf("--quote: %w", err)
	}
	body["material"] = strings.ToValidUTF8(string(text), "")
	return body, nil
}

func showAnswer(w io.Writer, a console.Answer) error {
	switch {
	case a.Deferred != nil:
		fmt.Fprintf(w, "No answer yet: %s Ask again in %d s.\n", a.Deferred.Reason, a.Deferred.AfterSeconds)
	case a.Text != "":
		fmt.Fprintln(w, readable(a.Text))
	case len(a.Output) > 0:
		fmt.Fprintln(w, readable(string(a.Output)))
	}
	by := a.Engine
	if a.Model != "" {
		by += " " + a.Model
	}
	for _, note := range []struct {
		on   bool
		word string
	}{{a.Simulated, "simulated"}, {a.Cached, "answered before"}, {a.Degraded, "rules in place of a model"}} {
		if note.on {
			by += ", " + note.word
		}
	}
	if by != "" {
		fmt.Fprintf(w, "\nAnswered by %s for %s; %d tokens in, %d out.\n", by, ai.Nano(a.CostNano), a.Usage.InputTokens+a.Usage.CachedTokens, a.Usage.OutputTokens)
	}
	return showTrail(w, a.Attempts)
}

// showTrail lists what was tried, in its order.
func showTrail(w io.Writer, attempts []ai.Attempt) error {
	if len(attempts) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "\n#\tENGINE\tMODEL\tRESULT\tWAITED\tTOOK\tCOST")
	for i, a := range attempts {
		result := "answered"
		if a.Error != "" {
			result = string(a.Kind)
			if result == "" {
				result = "failed"
			}
		}
		if a.Hedge {
			result += " (beside)"
		}
		if a.Repair {
			result += " (repair)"
		}
		waited := "-"
		if a.Waited > 0 {
			waited = a.Waited.Round(time.Millisecond).String() + " " + a.Why
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", i+1, a.Engine, a.Model, result, waited, a.Duration.Round(time.Millisecond), ai.Nano(a.Usage.CostNano))
	}
	return t.Flush()
}

// readable is what a terminal may show of words from elsewhere.
func readable(text string) string {
	if json.Valid([]byte(text)) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}
