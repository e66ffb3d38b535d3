package anthropic_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/provider/anthropic"
	"rapport/internal/ai/sim"
	"rapport/internal/ai/sim/meter"
	"rapport/internal/ai/sim/schedule"
	"rapport/internal/ai/wire"
)

const simulated = "testdata/simulated.txt"

// Each fault that the simulator knows of Anthropic is met by one request, in
// virtual time, and means what the table says. What is said of the bill agrees
// with the provider's own.
func TestEachSimulatedFaultMeansWhatWasReviewed(t *testing.T) {
	t.Parallel()
	_, calm := meet(t, "", "", false)
	var got strings.Builder
	for _, f := range schedule.Catalogue() {
		if !f.Of("anthropic") || f.Not != "" {
			continue
		}
		variants := f.Variants
		if len(variants) == 0 {
			variants = []string{""}
		}
		for _, v := range variants {
			for _, stream := range []bool{false, true} {
				if !f.In(stream) {
					continue
				}
				result, text := meet(t, f.ID, v, stream)
				fmt.Fprintf(&got, "%s %s stream=%v: %s\n", f.ID, v, stream, result)
				if strings.Contains("F35 F44 F45 F46", f.ID) && text != "" && text != calm {
					t.Errorf("%s %s stream=%v: the answer is %s, want %s", f.ID, v, stream, text, calm)
				}
			}
		}
	}
	if *update {
		if err := os.WriteFile(simulated, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(simulated)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		all := strings.Split(string(want), "\n")
		for i, g := range strings.Split(got.String(), "\n") {
			if i >= len(all) || all[i] != g {
				t.Fatalf("%s differs, first:\n got %s\nwant %s", simulated, g, all[min(i, len(all)-1)])
			}
		}
	}
}

// meet makes a call while the fault holds, and describes what came of it.
func meet(t *testing.T, id, variant string, stream bool) (out, text string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var rules []schedule.Rule
		if id != "" {
			rules = append(rules, schedule.Rule{Fault: id, Params: schedule.Params{What: variant}})
		}
		s, err := sim.New(sim.Options{Seed: 4, Scale: 1, Schedule: schedule.Schedule{Faults: rules}})
		if err != nil {
			t.Fatal(err)
		}
		c := call()
		c.Key.Secret, c.Schema = "sim-1", answerSchema
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		a, _, err := ask(ctx, anthropic.New(wire.New(s), ""), c, stream)
		took := time.Since(begin).Round(time.Second)
		if m := s.Manners()["anthropic"]; m.Calls != 1 || m.Open != 0 {
			t.Errorf("%s %s stream=%v: %d calls, %d open, want 1 and none", id, variant, stream, m.Calls, m.Open)
		}
		text = a.Text
		usage, fault := a.Usage, ai.FaultOf(err)
		if err != nil {
			out = fmt.Sprintf("%s %s billed=%s", fault.Kind, fault.Scope, fault.Billed)
			usage = fault.Usage
			if fault.Wait != 0 {
				out += fmt.Sprintf(" wait=%v/%s", fault.Wait, fault.WaitFrom)
			}
			if fault.Repair != "" {
				out += " repair=" + string(fault.Repair)
			}
			if took > 5*time.Second {
				out += fmt.Sprintf(" after %v", took)
			}
		} else {
			out = "answered"
		}
		if usage.Estimated {
			out += " estimated"
		}
		agree(t, fmt.Sprintf("%s %s stream=%v: %s", id, variant, stream, out), s.Meter().Lines(), usage, fault)
	})
	return out, text
}

// agree checks what an attempt says of its bill against the meter.
func agree(t *testing.T, what string, lines []meter.Line, usage ai.Usage, f *ai.Fault) {
	t.Helper()
	var billed ai.Usage
	for _, l := range lines {
		billed.Add(l.Usage)
	}
	switch {
	case f != nil && f.Billed == ai.BilledNo && billed.Tokens() != 0:
		t.Errorf("%s, and the meter has %+v", what, billed)
	case (f == nil || f.Billed == ai.BilledYes) && !usage.Estimated && usage != billed:
		t.Errorf("%s: usage %+v, and the meter has %+v", what, usage, billed)
	}
}

// On a socket, where compression, lengths and resets are real, the same faults
// mean the same. Those that take time, or end before HTTP, are left out.
func TestASocketChangesNothing(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile(simulated)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		name, want, _ := strings.Cut(strings.TrimSpace(line), ": ")
		words := strings.SplitN(name, " ", 3)
		id, variant, stream := words[0], words[1], strings.HasSuffix(name, "true")
		if id >= "F25" && id <= "F32" || id == "F54" && variant == "refused" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := sim.New(sim.Options{Seed: 4, Schedule: schedule.Schedule{Faults: []schedule.Rule{{Fault: id, Params: schedule.Params{What: variant}}}}})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(s)
			defer server.Close()
			c := call()
			c.Key.Secret, c.Schema = "sim-1", answerSchema
			_, _, err = ask(t.Context(), provider(t, server.URL+"/anthropic"), c, stream)
			got := "answered"
			if f := ai.FaultOf(err); f != nil {
				got = string(f.Kind)
			}
			if kind, _, _ := strings.Cut(want, " "); got != kind {
				t.Errorf("got %s (%v), want %s", got, err, kind)
			}
			if n := s.Manners()["anthropic"].Calls; n != 1 {
				t.Errorf("%d requests arrived, want 1", n)
			}
		})
	}
}
