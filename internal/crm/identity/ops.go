package identity

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const org = "/v1/organizations/{organization}"
	const ws = "/v1/workspaces/{workspace}"
	entities := map[string]string{"organization": "organization", "user": "user", "key": "api_key", "session": "session"}
	return []op.Operation{
		op.New(op.Meta{Name: "auth.logout", Class: op.Vital, Method: "POST", Path: "/v1/auth/logout", Scope: op.Anyone, Status: 204, Secret: true,
			Summary: "Sign out"}, s.logout),
		op.New(op.Meta{Name: "me.get", Class: op.Vital, Method: "GET", Cached: op.Cached{Never: "Of the person, who has no log of their own."}, Path: "/v1/me", Scope: op.Anyone,
			Summary: "Who is signed in, and where they may go"}, s.getMe),
		op.New(op.Meta{Name: "session.list", Method: "GET", Cached: op.Cached{Never: "Of the person, who has no log of their own."}, Path: "/v1/me/sessions", Scope: op.Anyone,
			Summary: "Where one is signed in"}, s.sessions),
		op.New(op.Meta{Name: "session.revoke", Method: "DELETE", Path: "/v1/me/sessions/{session}", Scope: op.Anyone, Status: 204, Entities: entities,
			Summary: "Sign out elsewhere"}, s.revokeSession),
		op.New(op.Meta{Name: "session.revoke_others", Method: "DELETE", Path: "/v1/me/sessions", Scope: op.Anyone, Status: 204,
			Summary: "Sign out everywhere else"}, s.revokeOthers),
		op.New(op.Meta{Name: "organization.list", Method: "GET", Cached: op.Cached{Never: "For operators: the truth, when something is wrong."}, Path: "/v1/ops/organizations", Scope: op.Operator,
			Summary: "List the organizations of the installation"}, s.everything),
		op.New(op.Meta{Name: "account.create", Method: "POST", Path: "/v1/ops/accounts", Scope: op.Operator, Status: 201, Secret: true,
			Summary: "Make an account with an organization and a workspace", Example: example{"body": example{"email": "eva@example.com", "password": "correct horse battery", "name": "Eva Lind", "organization": "Fjord"}}}, s.addAccount),
		op.New(op.Meta{Name: "account.operator", Method: "PUT", Path: "/v1/ops/operators", Scope: op.Operator, Status: 204,
			Summary: "Make somebody an operator, or no longer", Example: example{"body": example{"email": "ana@example.com", "operator": true}}}, s.setOperator),
		op.New(op.Meta{Name: "audit.list", Method: "GET", Cached: op.Cached{Never: "Of the organization, which has no log of its own."}, Path: org + "/audit", Scope: "audit:read", Entities: entities,
			Summary: "Read the security log: who came in, who was let in, what was changed about it, newest first"}, s.audit),
		op.New(op.Meta{Name: "member.list", Method: "GET", Cached: op.Cached{Never: "Of the organization, which has no log of its own."}, Path: org + "/members", Scope: "member:read", Entities: entities,
			Summary: "List the members of an organization"}, s.members),
		op.New(op.Meta{Name: "member.add", Method: "POST", Path: org + "/members", Scope: "member:write", Status: 201, Secret: true, Entities: entities,
			Summary: "Add a member", Example: example{"body": example{"email": "ben@example.com", "password": "correct horse battery", "name": "Ben Ode", "role": "member"}}}, s.addMember),
		op.New(op.Meta{Name: "member.update", Method: "PATCH", Path: org + "/members/{user}", Scope: "member:write", Entities: entities,
			Summary: "Change a member's role or activity", Example: example{"body": example{"role": "viewer"}}}, s.setMember),
		op.New(op.Meta{Name: "member.remove", Method: "DELETE", Path: org + "/members/{user}", Scope: "member:delete", Status: 204, Entities: entities,
			Summary: "Remove a member"}, s.removeMember),
		op.New(op.Meta{Name: "workspace.list", Method: "GET", Cached: op.Cached{Never: "Of the organization, which has no log of its own."}, Path: org + "/workspaces", Scope: "workspace:read", Entities: entities,
			Summary: "List the workspaces of an organization"}, s.workspaces),
		op.New(op.Meta{Name: "workspace.create", Method: "POST", Path: org + "/workspaces", Scope: "workspace:write", Status: 201, Entities: entities,
			Summary: "Make a workspace", Example: example{"body": example{"name": "Second desk"}}}, s.addWorkspace),
		op.New(op.Meta{Name: "workspace.get", Method: "GET", Cached: op.Cached{Never: "Of the organization, which has no log of its own."}, Path: ws, Scope: "workspace:read",
			Summary: "Read a workspace and its settings"}, s.workspace),
		op.New(op.Meta{Name: "workspace.update", Method: "PATCH", Path: ws, Scope: "workspace:write",
			Summary: "Change a workspace's settings", Example: example{"If-Match": `"1"`, "body": example{"name": "Front desk"}}}, s.setWorkspace),
		op.New(op.Meta{Name: "api_key.list", Method: "GET", Cached: op.Cached{Never: "Of the organization, which has no log of its own."}, Path: org + "/api-keys", Scope: "api_key:read", Entities: entities,
			Summary: "List API keys"}, s.keys),
		op.New(op.Meta{Name: "api_key.create", Method: "POST", Path: org + "/api-keys", Scope: "api_key:write", Status: 201, Secret: true, Entities: entities,
			Summary: "Make an API key; its secret is shown once", Example: example{"body": example{"name": "Sync", "workspace": "demo", "scopes": []string{"contact:read"}}}}, s.addKey),
		op.New(op.Meta{Name: "api_key.revoke", Method: "DELETE", Path: org + "/api-keys/{key}", Scope: "api_key:delete", Status: 204, Entities: entities,
			Summary: "Revoke an API key, at once"}, s.revokeKey),
	}
}

// getMe shows a key no more than its own workspace.
func (s *Service) getMe(ctx context.Context, _ *struct{}) (*op.Body[Me], error) {
	who, _ := actor.From(ctx)
	if who.UserID == "" {
		return nil, errNobody
	}
	me, err := s.Me(ctx, who.UserID)
	if who.Kind == actor.APIKey {
		me = me.within(who.WorkspaceID)
	}
	return &op.Body[Me]{Body: me}, err
}
