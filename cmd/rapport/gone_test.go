package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/pg/pgtest"
)

// A workspace that is deleted in the middle of its runs takes them along: they
// end without a word, nothing of it is left, and nobody tries again for ever.
func TestAWorkspaceDeletedInMidRunLeavesNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	s := newSite(t, "DATABASE_URL="+url, "RAPPORT_AI=sim")
	s.account("Lumen")
	p := s.serve()
	s.must("demo")
	var all struct{ Data []organization }
	p.get("/v1/ops/organizations", &all)
	org, demo := all.Data[0].ID, ""
	for _, w := range all.Data[0].Workspaces {
		if strings.HasPrefix(w.Slug, "demo-") {
			demo = w.ID
		}
	}
	place := "/v1/workspaces/" + demo
	const many = 40
	for i := range many {
		var made struct {
			RunID string `json:"run_id"`
		}
		if code := p.post(place+"/agents/content/runs", map[string]any{"input": map[string]any{"kind": "seo", "topic": fmt.Sprintf("Calm mornings %d", i)}}, &made); code != http.StatusAccepted {
			t.Fatalf("run %d was answered with %d", i, code)
		}
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	count := func(sql string) (n int) {
		if err := conn.QueryRow(t.Context(), sql, demo).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	eventually(t, "a run is under way", func() bool {
		return count(`SELECT count(*) FROM agent_runs WHERE workspace_id = $1 AND program AND state <> 'queued'`) > 0
	})
	if open := count(`SELECT count(*) FROM agent_runs WHERE workspace_id = $1 AND program AND state IN ('queued', 'running')`); open == 0 {
		t.Fatal("all runs were over before the workspace was deleted")
	}
	if a := p.ask(p.key, "DELETE", "/v1/organizations/"+org+"/demos/"+demo, nil); a.status != http.StatusNoContent {
		t.Fatalf("deleting: %d %s", a.status, a.body)
	}
	eventually(t, "no turn is left", func() bool { return count(`SELECT count(*) FROM agent_lanes WHERE workspace = $1`) == 0 })
	for _, table := range []string{"agent_runs", "agent_steps", "agent_waits", "approvals", "content_drafts", "ai_calls", "contacts"} {
		eventually(t, "nothing is left in "+table, func() bool { return count(`SELECT count(*) FROM `+table+` WHERE workspace_id = $1`) == 0 })
	}
	eventually(t, "the log no longer names it while the server goes on with the others", func() bool {
		said := strings.Count(p.log.String(), demo)
		s.must("agent", "run", "content", "--kind", "seo", "--topic", "After")
		return strings.Count(p.log.String(), demo) == said
	})
	if strings.Contains(strings.ToUpper(p.log.String()), "PANIC") {
		t.Errorf("the server panicked:\n%s", p.log)
	}
}
