package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
)

// agentOf is the context of an agent that acts for the owner of n.
func (n *tenant) agentOf(t *testing.T, scopes ...string) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{Kind: actor.Agent, Name: "test", OnBehalfOf: n.email, UserID: n.user, OrganizationID: n.org,
		WorkspaceID: n.workspace, Role: actor.Owner, Scopes: scopes})
}

func TestACallFromInsidePassesTheDoor(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), false)
	n := w.newTenant(t, "inside")
	ada := json.RawMessage(`{"name":"Ada Berg","email":"ada@fjord.example"}`)
	for _, c := range []struct {
		name, operation string
		args            json.RawMessage
		scopes          []string
		code            string
	}{
		{"with its scope", "contact.create", ada, []string{"contact:write"}, ""},
		{"without its scope", "contact.create", ada, []string{"contact:read"}, "insufficient_scope"},
		{"with a field that there is not", "contact.create", json.RawMessage(`{"name":"B","colour":"red"}`), []string{"contact:write"}, "validation_failed"},
		{"without what it is about", "contact.get", json.RawMessage(`{}`), []string{"contact:read"}, "bad_arguments"},
		{"of another tenant", "contact.get", json.RawMessage(`{"id":"01890a5d-ac96-774b-bcce-b302099a8057"}`), []string{"contact:read"}, "not_found"},
		{"that is none", "contact.invent", json.RawMessage(`{}`), []string{"contact:read"}, "unknown_operation"},
		{"with arguments that are no object", "contact.create", json.RawMessage(`[]`), []string{"contact:write"}, "bad_arguments"},
		{"with a parameter of the query", "contact.list", json.RawMessage(`{"limit":1}`), []string{"contact:read"}, ""},
	} {
		_, err := w.app.API.Call(n.agentOf(t, c.scopes...), c.operation, c.args)
		p, _ := errors.AsType[*problem.Error](err)
		if got := codeOf(p); got != c.code || err != nil && p == nil {
			t.Errorf("%s: %v, want the problem %q", c.name, err, c.code)
		}
	}
}

func codeOf(p *problem.Error) string {
	if p == nil {
		return ""
	}
	return p.Code
}

func TestACallFromInsideIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), false)
	n := w.newTenant(t, "joined")
	ctx := n.agentOf(t, "contact:write", "contact:read")
	broken := errors.New("no")
	err := w.app.DB.Write(ctx, func(tx *pg.Tx) error {
		if _, err := w.app.API.Call(pg.Within(ctx, tx), "contact.create", json.RawMessage(`{"name":"Ada Berg"}`)); err != nil {
			t.Error(err)
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatalf("Write() = %v, want its own error", err)
	}
	out, err := w.app.API.Call(ctx, "contact.list", nil)
	if err != nil || strings.Contains(string(out), "Ada") {
		t.Errorf("contact.list after a rollback = %s, %v; want nobody", out, err)
	}
}
