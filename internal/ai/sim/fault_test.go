package sim

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai/sim/schedule"
)

var update = flag.Bool("update", false, "write what is seen into testdata")

// faults calls f with every fault in every variant and form that it has.
func faults(f func(label string, r schedule.Rule, stream bool)) {
	for _, c := range schedule.Catalogue() {
		if c.Not != "" {
			continue
		}
		variants := c.Variants
		if len(variants) == 0 {
			variants = []string{""}
		}
		for _, what := range variants {
			for _, p := range []string{"anthropic", "gemini", "openrouter", "compatible"} {
				for _, stream := range []bool{false, true} {
					if !c.Of(p) || !c.In(stream) {
						continue
					}
					form := "unary"
					if stream {
						form = "stream"
					}
					r := schedule.Rule{Fault: c.ID, Provider: p, Params: schedule.Params{What: what, Bytes: 1 << 16}}
					if c.ID == "F03" {
						r.Params.Skew.Duration = -3600e9
					}
					f(strings.Join(strings.Fields(fmt.Sprint(c.ID, " ", what, " ", p, " ", form)), " "), r, stream)
				}
			}
		}
	}
}

func begin(t *testing.T, rules ...schedule.Rule) *Sim {
	t.Helper()
	s, err := New(Options{Seed: 7, Schedule: schedule.Schedule{Faults: rules}, Prices: cheap})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryFaultIsSeenAsItsVendorShowsIt(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	faults(func(label string, r schedule.Rule, stream bool) {
		synctest.Test(t, func(t *testing.T) {
			s := begin(t, r)
			got := about(r.Provider, stream).ask(&http.Client{Transport: s}, "http://sim")
			fmt.Fprintf(&b, "%s: %s\n", label, got)
			synctest.Wait()
			if m := s.Manners()[r.Provider]; m.Open != 0 || m.Calls != 1 {
				t.Errorf("%s: %d calls, %d of them open", label, m.Calls, m.Open)
			}
		})
	})
	const golden = "testdata/faults.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := firstDifference(b.String(), string(want)); diff != "" {
		t.Errorf("what is seen changed: %s", diff)
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		x, y := "", ""
		if i < len(g) {
			x = g[i]
		}
		if i < len(w) {
			y = w[i]
		}
		if x != y {
			return fmt.Sprintf("line %d: got %q, want %q", i+1, x, y)
		}
	}
	return ""
}

// What cannot be shown on a socket is a reset there.
func TestSocketsShowTheSameFaults(t *testing.T) {
	t.Parallel()
	slow := []string{"F29", "F30", "F31", "F32"} // they end with the patience of the caller
	faults(func(label string, r schedule.Rule, stream bool) {
		for _, id := range slow {
			if r.Fault == id {
				return
			}
		}
		server := httptest.NewServer(begin(t, r))
		defer server.Close()
		client := server.Client()
		var want string
		synctest.Test(t, func(t *testing.T) {
			want = about(r.Provider, stream).ask(&http.Client{Transport: begin(t, r)}, "http://sim").String()
		})
		for _, e := range []string{"refused", "dns", "tls", "certificate", "stale"} {
			want = strings.Replace(want, "error: "+e, "error: reset", 1)
		}
		if got := about(r.Provider, stream).ask(client, server.URL).String(); got != want {
			t.Errorf("%s: on a socket %q, within the process %q", label, got, want)
		}
	})
}

func TestACallerThatLeavesASocketLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for fault, outcome := range map[string]string{"F29": "lost", "F30": "aborted", "F31": "aborted", "F32": "aborted"} {
		s := begin(t, schedule.Rule{Fault: fault})
		server := httptest.NewServer(s)
		ctx, leave := context.WithCancel(t.Context())
		if fault == "F29" {
			go func() { // when the call is there
				for tick := time.Tick(time.Millisecond); s.Manners()["openrouter"].Open == 0; <-tick {
				}
				leave()
			}()
		}
		if resp, err := server.Client().Do(about("openrouter", true).request(ctx, server.URL)); err == nil {
			leave()
			_ = resp.Body.Close() // somebody who leaves does not ask
		}
		server.Close() // waits for the handlers
		leave()
		lines := s.Meter().Lines()
		if len(lines) != 1 || lines[0].Outcome != outcome || s.Manners()["openrouter"].Open != 0 {
			t.Errorf("%s: %+v, %+v", fault, lines, s.Manners())
		}
	}
}
