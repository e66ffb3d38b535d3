package op

import (
	"context"
	"slices"
	"strings"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/problem"
)

// authorize decides whether a may do what m needs: its role must allow it, its
// credential must not exclude it, and a key keeps to its workspace.
func authorize(a actor.Actor, m Meta) error {
	switch {
	case m.Scope == Anyone:
		return nil
	case m.Scope == Operator:
		if a.Operator {
			return nil
		}
		return problem.New(problem.Forbidden, "forbidden", "Only an operator of this installation may do this.")
	case !a.Role.AtLeast(leastRole(m.Scope)):
		return problem.Newf(problem.Forbidden, "forbidden", "This needs the role %s or above.", leastRole(m.Scope))
	case a.Scopes != nil && !slices.Contains(a.Scopes, m.Scope) && !slices.Contains(a.Scopes, "*"):
		return problem.Newf(problem.Forbidden, "insufficient_scope", "This credential lacks the scope %s.", m.Scope)
	case a.Kind == actor.APIKey && m.aboveWorkspaces():
		return problem.New(problem.Forbidden, "forbidden", "An API key is bound to its workspace and cannot change the organization. Sign in to do so.")
	}
	return nil
}

// aboveWorkspaces reports whether m changes an organization.
func (m Meta) aboveWorkspaces() bool {
	return m.Effect != Read && strings.Contains(m.Path, "/{organization}/")
}

// Allowed is for an operation that reaches further than its own scope says.
func Allowed(ctx context.Context, scope string) error {
	a, _ := actor.From(ctx)
	return authorize(a, Meta{Scope: scope})
}

// leastRole is the lowest role that a scope asks for: reading is for viewers,
// writing for members, deleting for admins. The nouns that rule over others
// ask for more.
func leastRole(scope string) actor.Role {
	noun, verb, _ := strings.Cut(scope, ":")
	switch {
	case noun == "api_key", noun == "ai_budget":
		return actor.Owner
	case noun == "audit", noun == "invitation", noun == "ai_key", noun == "ai_policy", noun == "ai_cost":
		return actor.Admin
	case noun == "member" && verb != "read", noun == "custom_field" && verb != "read", noun == "workspace" && verb != "read",
		noun == "mailbox" && verb != "read", noun == "sender" && verb != "read", noun == "schedule" && verb != "read", noun == "agent" && verb != "read", noun == "agent_policy" && verb != "read":
		return actor.Admin
	case verb == "read", noun == "notification": // which are one's own
		return actor.Viewer
	case verb == "write", noun == "note", noun == "task", noun == "activity": // their own work, and it comes back
		return actor.Member
	}
	return actor.Admin
}

// Scopes lists every scope that a key may use, for the form that makes one.
func Scopes(ops []Operation) []string {
	var out []string
	for _, o := range ops {
		if strings.Contains(o.Scope, ":") && !o.aboveWorkspaces() && !slices.Contains(out, o.Scope) {
			out = append(out, o.Scope)
		}
	}
	slices.Sort(out)
	return out
}
