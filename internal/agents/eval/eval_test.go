package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"rapport/internal/agents/contact"
	judging "rapport/internal/agents/contact/prompt"
	writing "rapport/internal/agents/content/prompt"
	"rapport/internal/agents/content/stencil"
	"rapport/internal/agents/email"
	mailing "rapport/internal/agents/email/prompt"
	"rapport/internal/agents/email/reply"
	"rapport/internal/ai/guard"
)

func suites(t *testing.T) []Suite {
	t.Helper()
	all, err := Suites()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func rules() map[string]func(context.Context, json.RawMessage) (json.RawMessage, error) {
	all := email.RulesTasks()
	for _, more := range []map[string]func(context.Context, json.RawMessage) (json.RawMessage, error){reply.RulesTasks(), contact.RulesTasks(), stencil.Tasks()} {
		maps.Copy(all, more)
	}
	return all
}

// TestRulesStayAboveTheirFloors measures the rules. NOTES=tuned says what they
// get wrong in the half that may be read.
func TestRulesStayAboveTheirFloors(t *testing.T) {
	t.Parallel()
	report := Report{Engines: []Engine{{Name: "rules"}}}
	for _, s := range suites(t) {
		for _, half := range []Half{Tuned, Reported} {
			r, err := Run(t.Context(), s, half, Rules(rules()), 2)
			if err != nil || r.Failed > 0 {
				t.Errorf("%s: %v, %q", s.Agent, err, r.Errors)
			}
			report.Engines[0].Results = append(report.Engines[0].Results, r)
			if half == Tuned && os.Getenv("NOTES") == "tuned" {
				t.Log(strings.Join(r.Notes, "\n"))
			}
		}
	}
	var table strings.Builder
	if err := report.Write(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	below, err := Below(report.Engines[0].Results)
	if err != nil || len(below) > 0 {
		t.Errorf("%v, %s", err, strings.Join(below, "\n"))
	}
}

// TestRulesUnderstandTheMailsOfAnotherHand leaves out the cases whose author
// wrote words of the rules as well (their ids begin with q).
func TestRulesUnderstandTheMailsOfAnotherHand(t *testing.T) {
	t.Parallel()
	s := suites(t)[0]
	s.Cases = slices.DeleteFunc(s.Cases, func(c Case) bool { return c.Half != Reported || c.ID[0] == 'q' })
	r, err := Run(t.Context(), s, Reported, Rules(rules()), 2)
	if got := r.Field("intent").F1; err != nil || r.Cases < 100 || got < 0.8 || r.MacroF1 < 0.8 {
		t.Errorf("%d cases, %v: intent %.3f, macro %.3f; want at least 0.8 each", r.Cases, err, got, r.MacroF1)
	}
	t.Logf("%d cases: intent %.3f, macro %.3f", r.Cases, r.Field("intent").F1, r.MacroF1)
}

func TestThereAreCasesEnoughInBothHalves(t *testing.T) {
	t.Parallel()
	least := map[string]int{"email.triage": 80, "email.intelligence": 30, "email.reply": 20, "contact.intelligence": 30, "content": 15}
	for _, s := range suites(t) {
		halves, seen := map[Half]int{}, map[string]bool{}
		for _, c := range s.Cases {
			if seen[c.ID] {
				t.Errorf("%s: %s is there twice", s.Agent, c.ID)
			}
			seen[c.ID] = true
			halves[c.Half]++
		}
		if len(s.Cases) < least[s.Agent] || 3*halves[Reported] < len(s.Cases) {
			t.Errorf("%s has %d cases, %v; want %d, a third of them reported", s.Agent, len(s.Cases), halves, least[s.Agent])
		}
	}
}

func TestASilentEngineScoresNothing(t *testing.T) {
	t.Parallel()
	silent := func(context.Context, Case) (json.RawMessage, error) { return nil, errors.New("away") }
	for _, s := range suites(t) {
		r, err := Run(t.Context(), s, Reported, silent, 2)
		if err != nil || r.Failed != r.Cases || r.MacroF1 > 0.3 {
			t.Errorf("%s: %v, failed %d of %d, macro %.2f", s.Agent, err, r.Failed, r.Cases, r.MacroF1)
		}
		if below, err := Below([]Result{r}); err != nil || len(below) == 0 {
			t.Errorf("%s: %v, nothing is below the floors", s.Agent, err)
		}
	}
}

// asked is a model that is told what a vendor's would be told, and answers by
// the schema: nothing but the words of the prompt reaches it.
func asked(_ context.Context, c Case) (json.RawMessage, error) {
	p := c.Agent.Prompt(c.Work)
	_, user := p.Render("0011223344556677")
	title := strings.ReplaceAll(c.Agent.Schema.Name, ".", "_")
	for _, brain := range []func(string, map[string]string) (json.RawMessage, bool){mailing.Brain, reply.Brain, judging.Brain, writing.Brain} {
		out, ok := brain(title, guard.Sections(user))
		if !ok {
			continue
		}
		if faults := c.Agent.Schema.Check(out); len(faults) > 0 {
			return nil, fmt.Errorf("not of the schema: %v", faults)
		}
		return c.Agent.Verify(c.Work, p.Restore(out))
	}
	return nil, errors.New("nobody knows the question")
}

// TestASimulatedModelIsMeasuredAsAVendorsIs: what is lost on the way into a
// prompt and out of an answer would show here.
func TestASimulatedModelIsMeasuredAsAVendorsIs(t *testing.T) {
	t.Parallel()
	report := Report{Engines: []Engine{{Name: "rules"}, {Name: "simulated"}}}
	for _, s := range suites(t) {
		for i, ask := range []Ask{Rules(rules()), asked} {
			r, err := Run(t.Context(), s, Reported, ask, 2)
			if err != nil || r.Failed > r.Cases/10 {
				t.Errorf("%s by %s: %v, %d of %d failed: %q", s.Agent, report.Engines[i].Name, err, r.Failed, r.Cases, r.Errors)
			}
			report.Engines[i].Results = append(report.Engines[i].Results, r)
		}
	}
	var table strings.Builder
	if err := report.Write(&table); err != nil || strings.Count(table.String(), "simulated: precision") != len(suites(t)) {
		t.Errorf("%v; a table each is wanted of\n%s", err, table.String())
	}
	for i, r := range report.Engines[1].Results {
		if rules := report.Engines[0].Results[i]; r.MacroF1 < rules.MacroF1-0.15 {
			t.Errorf("%s: told in words it is %.3f, the rules alone %.3f", r.Agent, r.MacroF1, rules.MacroF1)
		}
	}
}
