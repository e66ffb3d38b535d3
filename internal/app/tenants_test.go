package app_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rapport/internal/ai/policy"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

const tenantTables = `
	SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public'
	AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped) ORDER BY 1`

// What one tenant has done leaves rows in every table; another sees none of
// them, whether it asks for its own rows, for the other's, or for all.
func TestNoTableShowsAnotherTenantsRows(t *testing.T) {
	t.Parallel()
	e := newEmbassy(t)
	w := e.world
	ann, ben := w.newTenant(t, "ann"), w.newTenant(t, "ben")
	ann.populate(t)
	e.arrive(t, ann.session, e.depart(t, ann, nil))
	e.depart(t, ann, nil) // and is under way once more
	ann.syncMailboxes(t)
	ann.call(t, "POST", "{w}/search/rebuild", nil).want(t, 202)
	ann.call(t, "PUT", "{w}/ai/policy", policy.Default(), "If-Match", `"0"`).want(t, 200)
	ann.call(t, "PUT", "{w}/ai/budget", map[string]any{"daily_nano": nil, "monthly_nano": 5}, "If-Match", `"0"`).want(t, 200)
	field := map[string]any{"fields": map[string]any{"region": "North"}, "tags": []string{"VIP"}}
	ann.call(t, "PATCH", "{w}/contacts/"+ann.ids["contact"], field, "If-Match", `"1"`, "Idempotency-Key", "one").want(t, 200)
	ann.call(t, "POST", "{w}/contacts/"+ann.ids["contact"]+"/assess", map[string]any{}).want(t, 202)
	eventually(t, "the contact is assessed", func() bool {
		var thought struct{ Assessment *struct{} }
		ann.call(t, "GET", "{w}/contacts/"+ann.ids["contact"]+"/assessment", nil).want(t, 200).decode(t, &thought)
		return thought.Assessment != nil
	})
	as := func(workspace string) context.Context {
		return actor.With(t.Context(), actor.Actor{Kind: actor.System, WorkspaceID: workspace})
	}
	for _, table := range ask(t, w.app.Config.DatabaseURL, tenantTables) {
		sql := fmt.Sprintf(`SELECT count(*) FILTER (WHERE workspace_id = '%s') FROM %s`, ann.workspace, table)
		for who, want := range map[string]bool{ann.workspace: true, ben.workspace: false} {
			var n int64
			err := w.app.DB.Read(as(who), func(tx *pg.Tx) (err error) {
				n, err = pg.Value[int64](tx, sql)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if (n > 0) != want {
				t.Errorf("%s: %d rows are seen; by the tenant that owns them: %v", table, n, want)
			}
		}
		unbound, err := int64(0), error(nil)
		err = w.app.DB.Global(t.Context(), func(tx *pg.Tx) error {
			unbound, err = pg.Value[int64](tx, sql)
			return err
		})
		if err != nil || unbound != 0 {
			t.Errorf("%s: %d rows are seen without a workspace, %v", table, unbound, err)
		}
	}
}

func TestAnotherTenantsRecordsCannotBeNamedInABody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, ben := w.newTenant(t, "ann"), w.newTenant(t, "ben")
	ann.records(t)
	ben.records(t)
	for name, body := range map[string]map[string]any{
		"company": {"name": "A", "company_id": ben.ids["company"]},
		"owner":   {"name": "A", "owner_id": ben.user},
	} {
		if res := ann.call(t, "POST", "{w}/contacts", body); res.status != 422 {
			t.Errorf("another tenant's %s: %d %s, want 422", name, res.status, res.body)
		}
	}
	if res := ann.call(t, "POST", "{w}/changes/undo", map[string]any{"batch_id": ben.ids["batch"]}); res.status != 404 {
		t.Errorf("another tenant's batch: %d %s, want 404", res.status, res.body)
	}
	if res := ann.call(t, "POST", "/v1/organizations/"+ann.org+"/api-keys", map[string]any{"name": "x", "workspace": ben.slug, "scopes": []string{"*"}}); res.status != 404 {
		t.Errorf("a key for another tenant's workspace: %d %s, want 404", res.status, res.body)
	}
	var page struct{ Data []contact }
	ann.call(t, "GET", "{w}/contacts?filter=%7B%22field%22%3A%22company_id%22%2C%22op%22%3A%22eq%22%2C%22value%22%3A%22"+ben.ids["company"]+"%22%7D", nil).want(t, 200).decode(t, &page)
	if len(page.Data) != 0 {
		t.Errorf("filtering by another tenant's company finds %v", page.Data)
	}
}

func TestAnExpiredKeyIsRefused(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	if res := n.call(t, "POST", "/v1/organizations/"+n.org+"/api-keys", map[string]any{"name": "x", "workspace": n.slug, "scopes": []string{"*"},
		"expires_at": "2020-01-01T00:00:00Z"}); res.status != 422 {
		t.Errorf("a key that is over already: %d %s, want 422", res.status, res.body)
	}
	var made struct{ Secret string }
	n.call(t, "POST", "/v1/organizations/"+n.org+"/api-keys", map[string]any{"name": "x", "workspace": n.slug, "scopes": []string{"*"},
		"expires_at": time.Now().Add(time.Second)}).want(t, 201).decode(t, &made)
	eventually(t, "the key has expired", func() bool {
		return n.w.do(t, request{method: "GET", path: "/v1/workspaces/" + n.slug + "/contacts", headers: map[string]string{"Authorization": "Bearer " + made.Secret}}).status == 401
	})
}
