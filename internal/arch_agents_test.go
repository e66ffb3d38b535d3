package internal_test

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// specialists are the agents that do the work. They never call each other: what
// one has found the next reads as a record, and the orchestrator plans who
// comes after whom.
var specialists = []string{"agents/email", "agents/contact", "agents/content"}

// borrowed are the imports from specialist to specialist that are there by
// design, each with its reason.
var borrowed = map[string]string{}

func specialist(pkg string) string {
	i := slices.IndexFunc(specialists, func(s string) bool { return pkg == s || strings.HasPrefix(pkg, s+"/") })
	if i < 0 {
		return ""
	}
	return specialists[i]
}

func TestSpecialistsDoNotKnowEachOther(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, s := range sources(t) {
		from := specialist(s.pkg)
		if from == "" {
			continue
		}
		for _, path := range s.imports() {
			to := strings.TrimPrefix(path, "rapport/internal/")
			if other := specialist(to); other == "" || other == from {
				if strings.HasPrefix(to, "agents/orchestrator") {
					t.Errorf("%s imports %s: a specialist knows nothing of plans", s.path, to)
				}
				continue
			}
			used[s.pkg+" > "+to] = true
			if borrowed[s.pkg+" > "+to] == "" {
				t.Errorf("%s imports %s: specialists do not import each other; if it must be, say why in borrowed", s.path, to)
			}
		}
	}
	for edge := range borrowed {
		if !used[edge] {
			t.Errorf("%s is allowed and not there any more", edge)
		}
	}
}

// Who starts child runs decides what they may do: that is the orchestrator's
// alone.
func TestOnlyTheOrchestratorStartsChildren(t *testing.T) {
	t.Parallel()
	conducts := false
	for _, s := range sources(t) {
		if !slices.Contains(s.imports(), "rapport/internal/agents/flow") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			x, ok := n.(*ast.SelectorExpr)
			if !ok || x.Sel.Name != "Child" {
				return true
			}
			if s.pkg != "agents/orchestrator" {
				t.Errorf("%s: only agents/orchestrator starts children", s.set.Position(x.Pos()))
			}
			conducts = true
			return true
		})
	}
	if !conducts {
		t.Error("nobody starts children: has flow.Run.Child another name now?")
	}
}
