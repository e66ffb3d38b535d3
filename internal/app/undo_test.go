package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
)

// ranWith keeps a run that started another, as a goal does, and returns both.
func (n *tenant) ranWith(t *testing.T) (parent, child string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), n.w.app.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	parent, child = id.New(), id.New()
	if _, err := conn.Exec(t.Context(), `
		INSERT INTO agent_runs (workspace_id, id, agent, version, state, subject_entity, subject_id, input_hash, actor, program, parent_id, root_id, depth, started_at, error)
		SELECT $1::uuid, r.id, r.agent, 'fixture/1', 'done', 'workspace', $1::uuid, r.id::text, '{}', true, r.parent, $2::uuid, r.depth, now(), ''
		FROM (VALUES ($2::uuid, 'orchestrator', NULL::uuid, 0), ($3::uuid, 'contact', $2::uuid, 1)) AS r (id, agent, parent, depth)`, n.workspace, parent, child); err != nil {
		t.Fatal(err)
	}
	return parent, child
}

// What a run and its child wrote is taken back field by field: one that a person
// has changed since stays, and is named with what is there now.
func TestUndoOfARunKeepsWhatWasChangedSinceInItsChildren(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	ana := n.addContact(t, map[string]any{"name": "Ana Duarte", "title": "Buyer", "phone": "+351 21 555 0100"})
	ben := n.addContact(t, map[string]any{"name": "Ben Ode", "title": "Clerk"})
	parent, child := n.ranWith(t)
	act := func(run string, args map[string]any) {
		a, _ := actor.From(n.agentOf(t, "contact:write"))
		a.RunID = run
		raw, err := json.Marshal(args)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.w.app.API.Call(actor.With(t.Context(), a), "contact.update", raw); err != nil {
			t.Fatal(err)
		}
	}
	act(child, map[string]any{"id": ana.ID, "If-Match": `"1"`, "title": "Director", "phone": "+351 21 555 0199"})
	act(parent, map[string]any{"id": ben.ID, "If-Match": `"1"`, "title": "Manager"})
	n.call(t, "PATCH", "{w}/contacts/"+ana.ID, map[string]any{"title": "Chair"}, "If-Match", `"2"`).want(t, 200)
	var undone struct {
		Undone []struct {
			EntityID string `json:"entity_id"`
			Fields   []string
		}
		Conflicts []struct {
			EntityID string `json:"entity_id"`
			Field    string
			Actual   any
		}
	}
	n.call(t, "POST", "{w}/runs/"+parent+"/undo", map[string]any{}).want(t, 200).decode(t, &undone)
	var took []string
	for _, u := range undone.Undone {
		took = append(took, fmt.Sprint(u.EntityID, u.Fields))
	}
	slices.Sort(took)
	want := []string{fmt.Sprint(ana.ID, []string{"phone"}), fmt.Sprint(ben.ID, []string{"title"})}
	slices.Sort(want)
	if !slices.Equal(took, want) {
		t.Errorf("took back %v, want %v", took, want)
	}
	if len(undone.Conflicts) != 1 || undone.Conflicts[0].EntityID != ana.ID || undone.Conflicts[0].Field != "title" || undone.Conflicts[0].Actual != "Chair" {
		t.Errorf("conflicts %+v, want Ana's title alone, which is Chair now", undone.Conflicts)
	}
	for record, want := range map[string][2]string{ana.ID: {"Chair", "+351 21 555 0100"}, ben.ID: {"Clerk", ""}} {
		var now struct{ Title, Phone string }
		n.call(t, "GET", "{w}/contacts/"+record, nil).want(t, 200).decode(t, &now)
		if got := [2]string{now.Title, now.Phone}; got != want {
			t.Errorf("the contact is %q, want %q", got, want)
		}
	}
	n.call(t, "POST", "{w}/runs/"+parent+"/undo", map[string]any{})
	var again struct{ Title string }
	n.call(t, "GET", "{w}/contacts/"+ana.ID, nil).want(t, 200).decode(t, &again)
	if again.Title != "Chair" {
		t.Errorf("after a second undo the title is %q, want what the person wrote", again.Title)
	}
}
