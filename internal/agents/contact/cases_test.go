package contact_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"rapport/internal/agents/contact"
)

// labelled is a contact of our own invention with what a careful reader thinks
// of it. The reported half was labelled before the rules saw it.
type labelled struct {
	Agent string
	ID    string
	Input contact.Input
	Want  map[string]any
	Half  string
}

func cases(t *testing.T) (all []labelled) {
	t.Helper()
	f, err := os.Open("testdata/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c labelled
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("case %d: %v", len(all)+1, err)
		}
		all = append(all, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// field reads a value of an answer by its path.
func field(t *testing.T, a contact.Assessment, path string) string {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Split(path, ".") {
		v = v.(map[string]any)[p]
	}
	return fmt.Sprint(v)
}

// floors are what the rules must not fall below, of each half, by field: the
// tuned half holds all of it.
var floors = map[string]map[string]float64{
	"tuned":    {"buying_intent": 1, "decision_stage": 1, "role_type": 1, "next_best_action.kind": 1, "engagement_velocity": 1},
	"reported": {"buying_intent": .8, "decision_stage": .8, "role_type": .8, "next_best_action.kind": .8, "engagement_velocity": 1},
}

func TestRulesAgreeWithTheLabelledContacts(t *testing.T) {
	t.Parallel()
	all := cases(t)
	if len(all) < 30 {
		t.Fatalf("there are %d cases, want 30 or more", len(all))
	}
	right, of := map[string]int{}, map[string]int{}
	for _, c := range all {
		a := contact.Rules(c.Input)
		for path, want := range c.Want {
			key := c.Half + " " + path
			of[key]++
			if got := field(t, a, path); got == fmt.Sprint(want) {
				right[key]++
			} else {
				t.Logf("%s %s: %s = %s, labelled %v", c.Half, c.ID, path, got, want)
			}
		}
	}
	for half, fields := range floors {
		for path, least := range fields {
			key := half + " " + path
			got := float64(right[key]) / float64(of[key])
			t.Logf("%s: %d of %d", key, right[key], of[key])
			if of[key] == 0 || got < least {
				t.Errorf("%s: %.2f are right, want %.2f", key, got, least)
			}
		}
	}
}
