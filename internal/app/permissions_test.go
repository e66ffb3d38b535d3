package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"rapport/internal/app"
)

const permissionsIntro = `# Who may do what

Written from the contract by ` + "`go test ./internal/app -run Golden -update`" + `; do not edit.

A member of an organization has one role, and each role may do all that the one before it may: **viewer** < **member** < **admin** < **owner**. The table says which is the least that a scope asks for. An API key has scopes of its own besides; it can do what both they and the role of its maker allow, in its one workspace, and never changes the organization itself. Nobody gives, takes or invites to a role above their own. An **operator** is a user who runs the installation, which is no role in an organization.

`

// The table of roles is what the code decides, not what somebody remembers.
func TestPermissionsAreTheGoldenFile(t *testing.T) {
	const path = "../../docs/permissions.md"
	contract, err := app.Contract().API.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			ID    string `json:"operationId"`
			Scope string `json:"x-scope"`
			Role  string `json:"x-role"`
		}
	}
	if err := json.Unmarshal(contract, &doc); err != nil {
		t.Fatal(err)
	}
	roles, operations := map[string]string{}, map[string][]string{}
	for _, methods := range doc.Paths {
		for _, o := range methods {
			roles[o.Scope] = o.Role
			operations[o.Scope] = append(operations[o.Scope], "`"+strings.ReplaceAll(o.ID, "-", ".")+"`")
		}
	}
	mark := func(min, role string) string {
		order := []string{"viewer", "member", "admin", "owner"}
		return map[bool]string{true: "yes", false: "–"}[slices.Index(order, role) >= slices.Index(order, min)]
	}
	var b strings.Builder
	b.WriteString(permissionsIntro + "| scope | viewer | member | admin | owner | operations |\n|---|---|---|---|---|---|\n")
	for _, scope := range slices.Sorted(maps.Keys(roles)) {
		slices.Sort(operations[scope])
		if strings.Contains(scope, ":") {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", scope, mark(roles[scope], "viewer"), mark(roles[scope], "member"),
				mark(roles[scope], "admin"), mark(roles[scope], "owner"), strings.Join(operations[scope], " "))
		}
	}
	for scope, words := range map[string]string{"*": "Whoever is signed in", "operator": "Operators", "": "Anybody"} {
		slices.Sort(operations[scope])
		operations[words] = operations[scope]
	}
	for _, words := range []string{"Whoever is signed in", "Operators", "Anybody"} {
		fmt.Fprintf(&b, "\n**%s:** %s\n", words, strings.Join(operations[words], " "))
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Error("docs/permissions.md is not what the code decides: run make generate and review the diff")
	}
}
