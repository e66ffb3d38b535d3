package approval_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"testing"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/approval/policies"
	"rapport/internal/agents/policy"
	"rapport/internal/platform/actor"
)

func charter(agent string, change map[string]any) map[string]any {
	all := map[string]any{"agent": agent, "enabled": true, "autonomy": "low", "operations": nil, "asks": []string{}, "daily_actions": 10, "daily_nano": 0, "links": []string{}, "pause_on_high": false,
		"hours_from": 0, "hours_to": 24, "weekends": true}
	maps.Copy(all, change)
	return all
}

// A policy that was changed meanwhile is not overwritten, nor is one that was
// made anew after a reset.
func TestAPolicyIsChangedAsItWasSeen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner := d.person("Ana", actor.Owner)
	update := func(tag string) (policies.Policies, string) {
		var out policies.Policies
		err := d.call(owner, "agent_policy.update", charter("contact", map[string]any{"If-Match": tag, "autonomy": "medium"}), &out)
		if err != nil {
			return out, code(err)
		}
		return out, ""
	}
	if _, got := update(""); got != "if_match_missing" {
		t.Errorf("without If-Match: %q, want if_match_missing", got)
	}
	made, got := update(`"0"`)
	if got != "" || made.Agents["contact"].Autonomy != policy.Medium || made.Agents["contact"].Version == 0 {
		t.Fatalf("the first: %+v, %q", made, got)
	}
	if _, got := update(`"0"`); got != "stale" {
		t.Errorf("the second from the same: %q, want stale", got)
	}
	var reset policies.Policies
	for tag, want := range map[string]string{"": "if_match_missing", `"0"`: "stale", `"1"`: "stale"} {
		if err := d.call(owner, "agent_policy.reset", map[string]any{"agent": "contact", "If-Match": tag}, nil); code(err) != want {
			t.Errorf("a reset with If-Match %q: %v, want %s", tag, err, want)
		}
	}
	tag := fmt.Sprintf("%q", strconv.FormatInt(made.Agents["contact"].Version, 10))
	d.must(owner, "agent_policy.reset", map[string]any{"agent": "contact", "If-Match": tag}, &reset)
	if len(reset.Agents) != 0 {
		t.Errorf("after the reset: %+v, want no policy of its own", reset.Agents)
	}
	if again, got := update(`"0"`); got != "" || again.Agents["contact"].Version < made.Agents["contact"].Version {
		t.Errorf("anew: %+v, %q; want a version at or above %d", again, got, made.Agents["contact"].Version)
	}
}

func TestAPolicyHasToMakeSense(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner := d.person("Ana", actor.Owner)
	for name, change := range map[string]map[string]any{
		"hours without length": {"hours_from": 8, "hours_to": 8},
		"a path":               {"links": []string{"https://docs.lumen.example/a"}},
		"free mail":            {"links": []string{"gmail.com"}},
		"ruling":               {"operations": []string{"member.update"}},
	} {
		change["If-Match"] = `"0"`
		if err := d.call(owner, "agent_policy.update", charter("", change), nil); code(err) != "validation_failed" {
			t.Errorf("%s: %v, want validation_failed", name, err)
		}
	}
	member := d.person("Ben", actor.Member)
	if err := d.call(member, "agent_policy.update", charter("", map[string]any{"If-Match": `"0"`}), nil); code(err) != "forbidden" {
		t.Errorf("a member: %v, want forbidden", err)
	}
}

// Of three approvals one is done at once under a bolder policy, and the answer
// says what people made of it.
func TestAPolicyIsRehearsedOnWhatWasAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner := d.person("Ana", actor.Owner)
	d.policy(owner, "contact", policy.Charter{Enabled: true, Autonomy: policy.Ask, DailyActions: 100})
	ben := d.contact(owner, "ben@fjord.example")
	by := agent("contact", owner)
	d.asks(by, "contact.tag", map[string]any{"id": ben.ID, "tags": []string{"Warm"}})
	refused := d.asks(by, "contact.tag", map[string]any{"id": ben.ID, "tags": []string{"Cold"}})
	d.asked(by, "contact.tag", map[string]any{"id": ben.ID, "tags": []string{"Odd"}}) // its program says that it asks
	d.must(owner, "approval.reject", map[string]any{"id": refused, "reason": "He is not."}, nil)
	rehearse := func(agent string, change map[string]any) (e policies.Effect) {
		d.must(owner, "agent_policy.rehearse", charter(agent, change), &e)
		return e
	}
	for name, c := range map[string]struct {
		agent  string
		change map[string]any
		want   policies.Effect
	}{
		"bolder":      {"contact", nil, policies.Effect{Of: 3, AtOnce: 2, Asked: 1, Refused: 1}},
		"as it is":    {"contact", map[string]any{"autonomy": "ask"}, policies.Effect{Of: 3, Asked: 3}},
		"never":       {"contact", map[string]any{"operations": []string{"note.create"}}, policies.Effect{Of: 3, Never: 3}},
		"another":     {"email", nil, policies.Effect{}},
		"all without": {"", nil, policies.Effect{}},
	} {
		if got := rehearse(c.agent, c.change); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// asks has an agent propose what its policy has it ask for.
func (d *desk) asks(a actor.Actor, operation string, args map[string]any) string {
	d.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		d.Fatal(err)
	}
	approvalID, j, err := d.propose(a, approval.Action{Operation: operation, Args: raw, Title: "Do it", Confidence: .9})
	if err != nil || j.Verdict != approval.Asked {
		d.Fatalf("%s was judged %+v, %v; want asked", operation, j, err)
	}
	return approvalID
}
