package op

import (
	"slices"
	"strings"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/problem"
)

// authorize decides whether a may do what scope names: its role must allow it,
// and its credential must not exclude it.
func authorize(a actor.Actor, scope string) error {
	switch {
	case scope == Anyone:
		return nil
	case scope == Operator:
		if a.Operator {
			return nil
		}
		return problem.New(problem.Forbidden, "forbidden", "Only an operator of this installation may do this.")
	case !a.Role.AtLeast(leastRole(scope)):
		return problem.Newf(problem.Forbidden, "forbidden", "This needs the role %s or above.", leastRole(scope))
	case a.Scopes != nil && !slices.Contains(a.Scopes, scope) && !slices.Contains(a.Scopes, "*"):
		return problem.Newf(problem.Forbidden, "insufficient_scope", "This credential lacks the scope %s.", scope)
	}
	return nil
}

// leastRole is the lowest role that a scope asks for: reading is for viewers,
// writing for members, deleting for admins. The nouns that rule over others
// ask for more.
func leastRole(scope string) actor.Role {
	noun, verb, _ := strings.Cut(scope, ":")
	switch {
	case noun == "api_key":
		return actor.Owner
	case noun == "member" && verb != "read", noun == "custom_field" && verb != "read", noun == "workspace" && verb != "read":
		return actor.Admin
	case verb == "read":
		return actor.Viewer
	case verb == "write":
		return actor.Member
	}
	return actor.Admin
}

// Scopes lists every scope that ops use, for the form that makes a key.
func Scopes(ops []Operation) []string {
	var out []string
	for _, o := range ops {
		if strings.Contains(o.Scope, ":") && !slices.Contains(out, o.Scope) {
			out = append(out, o.Scope)
		}
	}
	slices.Sort(out)
	return out
}
