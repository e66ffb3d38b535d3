package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func agentRunOrchestrator(env map[string]string) *cobra.Command {
	e := &errand{agent: "orchestrator"}
	var goal string
	var arguments []string
	cmd := &cobra.Command{
		Use: `orchestrator --goal "…"`, Short: "Set a goal, by its name or in words, and watch its plan", Args: none,
		Long: "Sets a goal: a known one by its name, such as weekly_report, or another in a sentence.\n" +
			"A plan that was made of a sentence waits for a person before it begins.\n" +
			"The goal is the server's: Ctrl-C leaves it going on there. It fails when a step fails; one that waits for a person has not.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			given, err := argumentsOf(arguments)
			if err != nil {
				return err
			}
			if strings.TrimSpace(goal) == "" {
				return errors.New("say what is wanted with --goal, such as weekly_report or a sentence")
			}
			return e.start(cmd.Context(), env, cmd.OutOrStdout(), func(ctx context.Context) error { return e.goal(ctx, goal, given) })
		},
	}
	e.common(cmd)
	f := cmd.Flags()
	f.StringVar(&goal, "goal", "", "name of a known goal, or what is wanted in words")
	f.StringArrayVar(&arguments, "argument", nil, "what the goal takes, as name=value; once for each")
	return cmd
}

// argumentsOf reads name=value; numbers and truth are what they look like.
func argumentsOf(given []string) (map[string]any, error) {
	out := map[string]any{}
	for _, text := range given {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--argument %q is not of the form name=value", text)
		}
		var v any
		if json.Unmarshal([]byte(value), &v) != nil || v == nil {
			v = value
		}
		out[name] = v
	}
	return out, nil
}

func (e *errand) goal(ctx context.Context, goal string, arguments map[string]any) error {
	var made struct {
		RunID string `json:"run_id"`
	}
	if err := e.cl.call(ctx, "POST", e.place+"/goals", map[string]any{"goal": goal, "arguments": arguments}, &made); err != nil {
		return err
	}
	j := &job{id: made.RunID, title: clipped(goal, 60), goal: true}
	if err := e.follow(ctx, []*job{j}); err != nil {
		return err
	}
	if j.page != "" {
		fmt.Fprintf(e.out, "\n%s\n", j.page)
	}
	return nil
}
