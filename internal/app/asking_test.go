package app_test

import "testing"

// The example of docs/agents.md: a client without the right to change contacts
// asks, a person allows it, and it is done once.
func TestAnotherClientAsksAndAPersonDecides(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	ana := n.addContact(t, map[string]any{"name": "Ana Duarte", "title": "Buyer"})
	key := n.key(t, "approval:read", "approval:write")
	change := map[string]any{"id": ana.ID, "If-Match": `"1"`, "title": "Director"}
	n.by(t, key, "PATCH", "{w}/contacts/"+ana.ID, map[string]any{"title": "Director"}).want(t, 403)
	wish := func(operation string, args map[string]any) response {
		return n.by(t, key, "POST", "{w}/approvals", map[string]any{"operation": operation, "title": "Ana is a director now", "why": "Her signature says so.", "args": args,
			"entity": "contact", "entity_id": ana.ID})
	}
	var asked struct {
		ID, State, Hash, Agent string
	}
	wish("contact.update", change).want(t, 201).decode(t, &asked)
	if asked.State != "pending" || asked.Agent != "" {
		t.Fatalf("asked: %+v, want it pending and no agent's", asked)
	}
	wish("import.create", map[string]any{}).want(t, 422)
	wish("contact.update", map[string]any{"id": "01890a5d-ac96-774b-bcce-b302099a8057", "If-Match": `"1"`, "title": "Director"}).want(t, 422)
	approve := func() response {
		return n.call(t, "POST", "{w}/approvals/"+asked.ID+"/approve", map[string]any{"hash": asked.Hash})
	}
	approve().want(t, 200).decode(t, &asked)
	approve().want(t, 409)
	var now struct{ Title string }
	n.call(t, "GET", "{w}/contacts/"+ana.ID, nil).want(t, 200).decode(t, &now)
	if asked.State != "done" || now.Title != "Director" {
		t.Errorf("after it was allowed: %s and %q, want done and Director", asked.State, now.Title)
	}
}
