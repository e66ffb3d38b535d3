package app_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/actor"
)

// goal is a goal as its page has it.
type goal struct {
	ID, State, Summary, Error string
	Risk                      int
	Plan                      []struct {
		ID, Agent, State, Error string
		Approvals               int
	}
	Approvals []struct {
		ID   string
		Plan bool
	}
	Result json.RawMessage
}

// sets sets a goal.
func (n *tenant) sets(t *testing.T, words string, arguments map[string]any) string {
	t.Helper()
	var made struct {
		RunID string `json:"run_id"`
	}
	n.call(t, "POST", "{w}/goals", map[string]any{"goal": words, "arguments": arguments}).want(t, 202).decode(t, &made)
	return made.RunID
}

// rests waits until a goal is over, or only a person can make it go on.
func (n *tenant) rests(t *testing.T, id string) (g goal) {
	t.Helper()
	eventually(t, "the goal rests", func() bool {
		g = goal{}
		n.call(t, "GET", "{w}/goals/"+id, nil).want(t, 200).decode(t, &g)
		asked := len(g.Approvals) > 0
		for _, s := range g.Plan {
			asked = asked && s.State != "queued" && s.State != "running" && (s.State != "waiting" || s.Approvals > 0)
		}
		return slices.Contains([]string{"done", "failed", "dead", "cancelled", "paused"}, g.State) || g.State == "waiting" && asked
	})
	return g
}

// approve allows what waits.
func (n *tenant) approve(t *testing.T, id string) response {
	t.Helper()
	var a struct{ Hash string }
	n.call(t, "GET", "{w}/approvals/"+id, nil).want(t, 200).decode(t, &a)
	return n.call(t, "POST", "{w}/approvals/"+id+"/approve", map[string]any{"hash": a.Hash, "password": "correct horse battery"})
}

// scored gives the tenant's contact a score, and a quiet past.
func (n *tenant) scored(t *testing.T, contact string, score int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), n.w.app.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `UPDATE contacts SET score = $3, last_interaction_at = now() - interval '100 days' WHERE workspace_id = $1 AND id = $2`,
		n.workspace, contact, score); err != nil {
		t.Fatal(err)
	}
}

// Each known goal runs with the agents of the release, rules answering, to its
// end or to a person's decision.
func TestEachKnownGoalRunsWithTheAgentsThereAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newTenant(t, "goals")
	n.receive(t)
	var people struct{ Data []struct{ ID string } }
	n.call(t, "GET", "{w}/contacts", nil).want(t, 200).decode(t, &people)
	if len(people.Data) != 1 {
		t.Fatalf("%d contacts, want the one who wrote", len(people.Data))
	}
	ben := people.Data[0].ID
	ada := n.addContact(t, map[string]any{"name": "Ada Berg", "email": "ada@fjord.example"}).ID
	var all struct {
		Templates []struct {
			Name, Reason string
			Available    bool
		}
	}
	n.call(t, "GET", "{w}/goals", nil).want(t, 200).decode(t, &all)
	arguments := map[string]map[string]any{
		"new_lead_intake": {"contact_id": ada}, "client_onboarding": {"contact_id": ada}, "meeting_request": {"thread_id": n.ids["thread"]},
		"content_week": {"topic": "Calm mornings"}, "re_engagement": {"days": 60}, "hot_lead_followup": {}, "weekly_report": {},
	}
	for _, k := range all.Templates {
		if k.Available != (k.Name != "campaign_postmortem") {
			t.Errorf("%s is available: %v (%s)", k.Name, k.Available, k.Reason)
		}
		if !k.Available {
			if res := n.call(t, "POST", "{w}/goals", map[string]any{"goal": k.Name}); res.code() != "goal_unavailable" {
				t.Errorf("%s: %d %s, want goal_unavailable", k.Name, res.status, res.body)
			}
			continue
		}
		score := 40 // letters are wanted all the same where a goal names whom
		if k.Name == "hot_lead_followup" {
			score = 80
		}
		n.scored(t, ben, score)
		given, known := arguments[k.Name]
		if !known {
			t.Errorf("%s is not played here", k.Name)
			continue
		}
		g := n.rests(t, n.sets(t, k.Name, given))
		t.Logf("%s: %s, risk %d, %s %s", k.Name, g.State, g.Risk, g.Summary, fmt.Sprint(g.Plan))
		if n.plays(t, &g); g.State != "done" && len(g.Approvals) == 0 {
			t.Errorf("%s: %s %s; want it done, or a question to a person", k.Name, g.State, g.Error)
		}
		if len(g.Plan) == 0 {
			t.Errorf("%s has an empty plan: %s", k.Name, g.Summary)
		}
		for _, s := range g.Plan {
			if s.State != "done" && s.Approvals == 0 {
				t.Errorf("%s: step %s is %s: %s", k.Name, s.ID, s.State, s.Error)
			}
		}
	}
}

// plays allows the plan of a goal that waits for that, and waits for the rest.
func (n *tenant) plays(t *testing.T, g *goal) {
	t.Helper()
	if len(g.Approvals) == 1 && g.Approvals[0].Plan {
		n.approve(t, g.Approvals[0].ID).want(t, 200)
		n.settles(t, g.Approvals[0].ID)
		*g = n.rests(t, g.ID)
	}
}

// settles waits until the decision on an approval has reached its run.
func (n *tenant) settles(t *testing.T, approval string) {
	t.Helper()
	eventually(t, "the decision is known", func() bool {
		var a struct{ State string }
		n.call(t, "GET", "{w}/approvals/"+approval, nil).want(t, 200).decode(t, &a)
		return a.State != "pending"
	})
}

func TestAWeeklyReportEndsWithItsReport(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "weekly")
	g := n.rests(t, n.sets(t, "weekly_report", nil))
	var result struct {
		Page   string
		Report map[string]any
	}
	if err := json.Unmarshal(g.Result, &result); err != nil || g.State != "done" || len(result.Report) == 0 || !strings.Contains(result.Page, "#") {
		t.Errorf("the goal is %s with %s (%v), want done with a report and its page", g.State, g.Result, err)
	}
}

// A plan of free words waits; nobody gets it going past its approval.
func TestAFreePlanBeginsWhenItsApprovalIsGiven(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "free")
	g := n.rests(t, n.sets(t, "Please write a week of posts about quiet offices", map[string]any{"topic": "Quiet offices"}))
	if g.State != "waiting" || len(g.Approvals) != 1 || !g.Approvals[0].Plan || len(g.Plan) == 0 {
		t.Fatalf("the goal is %+v, want its plan to wait", g)
	}
	body := map[string]any{"title": "A plan", "steps": []any{}}
	for who, by := range map[string]*tenant{"the owner": n, "a member": n.member(t, string(actor.Member))} {
		if res := by.call(t, "POST", "{w}/goals/"+g.ID+"/confirm", body); res.status != 409 || res.code() != "goal_approval" {
			t.Errorf("%s confirms by hand: %d %s, want 409 goal_approval", who, res.status, res.body)
		}
	}
	for _, s := range n.rests(t, g.ID).Plan {
		if s.State != "planned" {
			t.Errorf("step %s is %s before the plan was allowed", s.ID, s.State)
		}
	}
	for range 4 { // the plan, then each draft that the agents want to keep
		for _, a := range g.Approvals {
			n.approve(t, a.ID).want(t, 200)
		}
		eventually(t, "the goal has gone on", func() bool {
			var now goal
			n.call(t, "GET", "{w}/goals/"+g.ID, nil).want(t, 200).decode(t, &now)
			return now.State == "done" || len(now.Approvals) > 0
		})
		if g = n.rests(t, g.ID); g.State == "done" {
			break
		}
	}
	if g.State != "done" || len(g.Plan) == 0 {
		t.Errorf("the goal is %s after all was allowed, want done", g.State)
	}
	for _, s := range g.Plan {
		if s.State != "done" {
			t.Errorf("step %s is %s %s", s.ID, s.State, s.Error)
		}
	}
}
