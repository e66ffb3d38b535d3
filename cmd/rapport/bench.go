package main

import (
	"fmt"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"

	"rapport/internal/ai/arena"
)

// benchCommand measures what needs no server.
func benchCommand(out io.Writer) *cobra.Command {
	var seeds int
	var from uint64
	var scale, rate float64
	var raw bool
	var again time.Duration
	ai := &cobra.Command{
		Use: "ai", Short: "Let the AI router compete with other policies, in virtual time", Args: cobra.NoArgs,
		Long: "Lets the AI router and rival policies of retry and failover meet the same requests, providers and troubles, in virtual time.\nThe providers are invented and nothing leaves the machine. It takes some minutes.",
		RunE: func(*cobra.Command, []string) error {
			b := arena.Bench{Contenders: append(arena.Rivals(), arena.Ours()), Scale: scale, Again: again}
			for _, s := range arena.Scenes() {
				if rate == 0 || s.Rate == rate {
					b.Scenes = append(b.Scenes, s)
				}
			}
			for n := range seeds {
				b.Seeds = append(b.Seeds, from+uint64(n))
			}
			results, err := b.Run(inBubbles)
			if err != nil {
				return err
			}
			if raw {
				return arena.WriteJSON(out, results)
			}
			return arena.Write(out, results)
		},
	}
	ai.Flags().IntVar(&seeds, "seeds", 20, "how many seeds")
	ai.Flags().Uint64Var(&from, "from", arena.Fresh()[0], "the first seed")
	ai.Flags().Float64Var(&scale, "scale", 1, "below 1: shorter schedules")
	ai.Flags().Float64Var(&rate, "rate", 0, "only scenes of so many requests a second, 5 or 15")
	ai.Flags().BoolVar(&raw, "json", false, "figures as JSON")
	ai.Flags().DurationVar(&again, "again", time.Minute, "when a request is asked again where the policy says nothing")
	return group("bench", "Measure what needs no server", ai)
}

// inBubbles runs jobs in virtual time, one on each processor. The only door to
// a bubble of testing/synctest is a test, so the command becomes a program of
// tests for as long as they take: see ADR 16.
func inBubbles(jobs []func()) {
	done := make(chan struct{})
	all := testing.InternalTest{Name: "arena", F: func(t *testing.T) {
		t.Run("runs", func(t *testing.T) {
			for i, job := range jobs {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(*testing.T) { job() })
				})
			}
		})
		close(done)
		select {} // the command goes on; testing.Main would end the process
	}}
	os.Args = os.Args[:1] // its flags are not ours
	go testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{all}, nil, nil)
	<-done
}
