package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// group is a command that does nothing but hold others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: none, DisableFlagsInUseLine: true, SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(commands...)
	return cmd
}

// none refuses arguments. Those of a group are commands that it lacks.
func none(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasSubCommands():
		return fmt.Errorf("%s takes no argument, and was given %q%s", cmd.CommandPath(), args[0], hint(cmd))
	}
	near := cmd.SuggestionsFor(args[0])
	if len(near) == 0 {
		return fmt.Errorf("unknown command %q%s", args[0], hint(cmd))
	}
	return fmt.Errorf("unknown command %q; do you mean %s %s?", args[0], cmd.CommandPath(), strings.Join(near, " or "))
}

// one demands the argument that the usage names.
func one(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments where one is needed: %s", len(args), cmd.UseLine())
	}
	return nil
}

// unknownFlag adds to what is wrong with a flag where to read on.
func unknownFlag(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w%s", err, hint(cmd))
}

func hint(cmd *cobra.Command) string {
	return fmt.Sprintf(" (%s --help tells more)", cmd.CommandPath())
}
