package main

import "github.com/spf13/cobra"

func importCmd(_ map[string]string) *cobra.Command {
	return &cobra.Command{Use: "import", Short: "Bring data in"}
}
