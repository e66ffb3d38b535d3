package eval

import (
	"os"
	"strings"
	"testing"

	"rapport/internal/agents/email"
)

func suites(t *testing.T) []Suite {
	t.Helper()
	all, err := Suites()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRulesStayAboveTheirFloors(t *testing.T) {
	t.Parallel()
	ask := Rules(email.RulesTasks())
	for _, s := range suites(t) {
		for _, half := range []Half{Tuned, Reported} {
			r, err := Run(t.Context(), s, half, ask, 2)
			if err != nil || r.Failed > 0 {
				t.Fatalf("%s: %v, %q", s.Agent, err, r.Errors)
			}
			t.Logf("%s %s: %d cases, macro %.3f", s.Agent, half, r.Cases, r.MacroF1)
			for _, f := range r.Fields {
				t.Logf("  %-20s %.3f %.3f %.3f %d", f.Name, f.Precision, f.Recall, f.F1, f.N)
			}
			if os.Getenv("NOTES") == string(half) {
				t.Log(strings.Join(r.Notes, "\n"))
			}
		}
	}
}
