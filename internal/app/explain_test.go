package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"rapport/internal/crm/activity"
	"rapport/internal/crm/company"
	people "rapport/internal/crm/contact"
	"rapport/internal/crm/field"
	"rapport/internal/crm/inbox"
	"rapport/internal/crm/note"
	"rapport/internal/crm/task"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// listing is a list with a value for each field that some rows have, and the
// fields whose filters may read more than a page's worth, each with the reason.
type listing struct {
	spec   list.Spec
	living string
	equals map[string]string
	slow   map[string]string
}

const (
	walks    = "no index: the order's index is walked within the workspace until the page is full"
	skewed   = "the planner takes each tag for as common as the average and walks the order's index; a rare one costs the whole workspace"
	shadowed = "the index is on the sort key, which stands for null by a value: filters read the column"
)

func listings() map[string]listing {
	contacts := people.Listing
	return map[string]listing{
		"contacts": {spec: contacts, living: "c.deleted_at IS NULL",
			equals: map[string]string{"name": `"person 77"`, "email": `"p77@x.example"`, "title": `"title 7"`, "phone": `"7"`, "status": `"lead"`, "score": "55", "source": `"s7"`, "tag": `"rare"`,
				"owner_id": `"00000000-0000-7000-8000-000000000007"`, "company_id": `"` + uuid(77) + `"`, "created_at": `"2026-01-01T00:01:17Z"`, "updated_at": `"2026-01-01T00:01:17Z"`, "last_interaction_at": `"2026-01-01T00:01:17Z"`, "field.plan": `"plan 7"`},
			slow: map[string]string{"title": walks, "phone": walks, "source": walks, "score": shadowed, "last_interaction_at": shadowed, "tag": skewed}},
		"companies": {spec: company.Listing, living: "c.deleted_at IS NULL",
			equals: map[string]string{"name": `"company 77"`, "domain": `"d77.example"`, "industry": `"i7"`, "size": `"1-10"`, "owner_id": `"00000000-0000-7000-8000-000000000007"`, "tag": `"rare"`,
				"created_at": `"2026-01-01T00:01:17Z"`, "updated_at": `"2026-01-01T00:01:17Z"`, "last_interaction_at": `"2026-01-01T00:01:17Z"`},
			slow: map[string]string{"industry": walks, "owner_id": walks, "last_interaction_at": shadowed, "tag": skewed}},
		"threads": {spec: inbox.Listing,
			equals: map[string]string{"intent": `"i7"`, "urgency": `"high"`, "sentiment": `"negative"`, "status": `"waiting"`, "category": `"own"`, "contact_id": `"` + uuid(77) + `"`,
				"assignee_id": `"00000000-0000-7000-8000-000000000007"`, "unread": "true", "due_at": `"2026-01-01T00:01:17Z"`, "last_message_at": `"2026-01-01T00:01:17Z"`},
			slow: map[string]string{"intent": walks, "due_at": walks}},
		"notes": {spec: note.Listing, living: "x.deleted_at IS NULL",
			equals: map[string]string{"entity": `"company"`, "entity_id": `"` + uuid(77) + `"`, "author_id": `"00000000-0000-7000-8000-000000000007"`, "pinned": "true",
				"created_at": `"2026-01-01T00:01:17Z"`, "updated_at": `"2026-01-01T00:01:17Z"`}},
		"tasks": {spec: task.Listing, living: "x.deleted_at IS NULL",
			equals: map[string]string{"title": `"task 77"`, "status": `"in_progress"`, "priority": `"urgent"`, "assignee_id": `"00000000-0000-7000-8000-000000000007"`, "entity_id": `"` + uuid(77) + `"`,
				"thread_id": `"` + uuid(77) + `"`, "due_at": `"2026-01-01T00:01:17Z"`, "created_at": `"2026-01-01T00:01:17Z"`}},
		"activities": {spec: activity.Listing, living: "x.deleted_at IS NULL",
			equals: map[string]string{"kind": `"meeting"`, "company_id": `"` + uuid(77) + `"`, "at": `"2026-01-01T00:01:17Z"`, "created_at": `"2026-01-01T00:01:17Z"`}},
	}
}

func uuid(n int) string { return fmt.Sprintf("00000000-0000-7000-9000-%012d", n) }

// 10,000 rows of each kind in each of two workspaces.
var seeds = []string{
	`INSERT INTO companies (workspace_id, id, name, domain, industry, size, owner_id, last_interaction_at, created_at, updated_at)
	SELECT $1, ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, 'Company ' || n, 'd' || n || '.example', 'i' || n % 100, (ARRAY['1-10', '11-50'])[1 + n % 2],
		('00000000-0000-7000-8000-' || lpad((n % 200)::text, 12, '0'))::uuid, t, t, t
	FROM generate_series(1, 10000) n, LATERAL (SELECT timestamptz '2026-01-01Z' + n * interval '1 second') x (t)`,
	`INSERT INTO contacts (workspace_id, id, name, title, phone, status, owner_id, company_id, source, score, last_interaction_at, created_at, updated_at)
	SELECT $1, ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, 'Person ' || n, 'title ' || n % 100, n::text, (ARRAY['prospect', 'lead', 'customer', 'former'])[1 + n % 4],
		('00000000-0000-7000-8000-' || lpad((n % 200)::text, 12, '0'))::uuid, ('00000000-0000-7000-9000-' || lpad((1 + n % 1000)::text, 12, '0'))::uuid, 's' || n % 100, n % 101, t, t, t
	FROM generate_series(1, 10000) n, LATERAL (SELECT timestamptz '2026-01-01Z' + n * interval '1 second') x (t)`,
	`INSERT INTO contact_emails (workspace_id, id, contact_id, address, email_key)
	SELECT $1, c.id, c.id, e, e FROM contacts c, LATERAL (SELECT 'p' || c.phone || '@x.example') x (e) WHERE c.workspace_id = $1`,
	`INSERT INTO tags (workspace_id, id, name) VALUES ($1, '00000000-0000-7000-8000-000000000001', 'rare'), ($1, '00000000-0000-7000-8000-000000000002', 'common')`,
	`INSERT INTO taggings (workspace_id, tag_id, entity, entity_id)
	SELECT $1, CASE WHEN n % 500 = 0 THEN '00000000-0000-7000-8000-000000000001' ELSE '00000000-0000-7000-8000-000000000002' END::uuid, 'contact', ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid
	FROM generate_series(1, 10000) n`,
	`INSERT INTO custom_field_definitions (workspace_id, id, entity, key, label, type) VALUES ($1, '00000000-0000-7000-8000-000000000003', 'contact', 'plan', 'Plan', 'text')`,
	`INSERT INTO field_values (workspace_id, field_id, entity_id, text_value)
	SELECT $1, '00000000-0000-7000-8000-000000000003', ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, 'plan ' || n % 200 FROM generate_series(1, 10000) n`,
	`INSERT INTO threads (workspace_id, id, subject, subject_key, status, assignee_id, unread, last_message_at, last_direction, contact_id, category, intent, urgency, sentiment, due_at)
	SELECT $1, ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, 'Subject ' || n, 'subject ' || n, (ARRAY['open', 'waiting', 'snoozed', 'done'])[1 + n % 4],
		CASE WHEN n % 2 = 0 THEN NULL ELSE ('00000000-0000-7000-8000-' || lpad((n % 200)::text, 12, '0'))::uuid END, n % 3 = 0, t, 'inbound',
		('00000000-0000-7000-9000-' || lpad((1 + n % 2000)::text, 12, '0'))::uuid, (ARRAY['personal', 'bulk', 'automatic', 'own'])[1 + n % 4], 'i' || n % 100,
		(ARRAY['low', 'medium', 'high', 'critical'])[1 + n % 4], (ARRAY['positive', 'neutral', 'negative'])[1 + n % 3], t
	FROM generate_series(1, 10000) n, LATERAL (SELECT timestamptz '2026-01-01Z' + n * interval '1 second') x (t)`,
	`INSERT INTO notes (workspace_id, id, entity, entity_id, body, html, pinned, author_id, created_at, updated_at)
	SELECT $1, ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, (ARRAY['contact', 'company', 'thread'])[1 + n % 3],
		('00000000-0000-7000-9000-' || lpad((1 + n % 1000)::text, 12, '0'))::uuid, 'x', 'x', n % 500 = 0, ('00000000-0000-7000-8000-' || lpad((n % 200)::text, 12, '0'))::uuid, t, t
	FROM generate_series(1, 10000) n, LATERAL (SELECT timestamptz '2026-01-01Z' + n * interval '1 second') x (t)`,
	`INSERT INTO tasks (workspace_id, id, title, due_at, priority, status, assignee_id, entity, entity_id, thread_id, created_at)
	SELECT $1, ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, 'Task ' || n, CASE WHEN n % 3 > 0 THEN t END, (ARRAY['low', 'medium', 'high', 'urgent'])[1 + n % 4],
		(ARRAY['open', 'in_progress', 'done', 'cancelled'])[1 + n / 7 % 4], ('00000000-0000-7000-8000-' || lpad((n % 200)::text, 12, '0'))::uuid,
		'contact', ('00000000-0000-7000-9000-' || lpad((1 + n % 1000)::text, 12, '0'))::uuid, ('00000000-0000-7000-9000-' || lpad((1 + n % 1000)::text, 12, '0'))::uuid, t
	FROM generate_series(1, 10000) n, LATERAL (SELECT timestamptz '2026-01-01Z' + n * interval '1 second') x (t)`,
	`INSERT INTO activities (workspace_id, id, kind, subject, at, company_id, created_at)
	SELECT $1, ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, (ARRAY['call', 'meeting'])[1 + n % 2], 'x', t, ('00000000-0000-7000-9000-' || lpad((1 + n % 1000)::text, 12, '0'))::uuid, t
	FROM generate_series(1, 10000) n, LATERAL (SELECT timestamptz '2026-01-01Z' + n * interval '1 second') x (t)`,
}

// crowded is a database of its own with two workspaces full of rows, and a
// context in one of them.
func crowded(t *testing.T) (*pg.DB, context.Context) {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	var ctx context.Context
	for range 2 {
		ctx = pg.OnWorker(actor.With(t.Context(), actor.Actor{Kind: actor.System, WorkspaceID: pgtest.Workspace(t, db.Session())}))
		for _, sql := range seeds {
			err := db.Write(ctx, func(tx *pg.Tx) error { tx.Queue(sql, tx.Workspace()); return nil })
			if err != nil {
				t.Fatalf("%.60s: %v", sql, err)
			}
		}
	}
	if _, err := db.Session().Exec(t.Context(), "VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
	return db, ctx
}

// plan is a node of a plan as EXPLAIN gives it.
type plan struct {
	Node    string  `json:"Node Type"`
	Table   string  `json:"Relation Name"`
	Rows    float64 `json:"Actual Rows"`
	Loops   float64 `json:"Actual Loops"`
	Removed float64 `json:"Rows Removed by Filter"`
	Recheck float64 `json:"Rows Removed by Index Recheck"`
	Plans   []plan
}

func (p plan) each(f func(plan)) {
	f(p)
	for _, c := range p.Plans {
		c.each(f)
	}
}

// explain runs a page of l under EXPLAIN as the application does: as
// rapport_app, in its workspace.
func (l listing) explain(ctx context.Context, t *testing.T, db *pg.DB, q list.Query) plan {
	t.Helper()
	var out []struct{ Plan plan }
	err := db.Read(ctx, func(tx *pg.Tx) error {
		w := list.NewWhere(tx.Workspace())
		if l.living != "" {
			w.Add(l.living)
		}
		dynamic, err := field.Filters(tx, "contact", "c.id")
		if err != nil {
			return err
		}
		spec := l.spec
		spec.Dynamic = dynamic
		sql, _, err := spec.Build(q, w)
		if err != nil {
			return err
		}
		text, err := pg.Value[string](tx, "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "+sql, w.Args()...)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), &out)
	})
	if err != nil || len(out) != 1 {
		t.Fatalf("%+v: %v", q, err)
	}
	return out[0].Plan
}

func (l listing) next(ctx context.Context, t *testing.T, db *pg.DB, q list.Query) string {
	t.Helper()
	var body struct {
		NextCursor string `json:"next_cursor"`
	}
	err := db.Read(ctx, func(tx *pg.Tx) error {
		w := list.NewWhere(tx.Workspace())
		if l.living != "" {
			w.Add(l.living)
		}
		text, err := l.spec.Page(tx, q, w)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &body)
	})
	if err != nil || body.NextCursor == "" {
		t.Fatalf("%+v: cursor %q, %v", q, body.NextCursor, err)
	}
	return body.NextCursor
}

// most is how many rows one part of a plan may read for a page of 50.
const most = 1000

func (p plan) faults() (out []string) {
	p.each(func(n plan) {
		read := (n.Rows + n.Removed + n.Recheck) * max(n.Loops, 1)
		switch {
		case n.Node == "Seq Scan" && read > most, strings.Contains(n.Node, "Scan") && read > most:
			out = append(out, fmt.Sprintf("%s of %s reads %.0f rows", n.Node, n.Table, read))
		case strings.Contains(n.Node, "Sort") && len(n.Plans) > 0 && n.Plans[0].Rows > most:
			out = append(out, fmt.Sprintf("%s of %.0f rows", n.Node, n.Plans[0].Rows))
		}
	})
	return out
}

func TestSortsAndFiltersAreServedByIndexes(t *testing.T) {
	t.Parallel()
	db, ctx := crowded(t)
	for name, l := range listings() {
		for sort := range l.spec.Sorts {
			for _, q := range []list.Query{{Limit: 50, Sort: sort}, {Limit: 50, Sort: "-" + sort}} {
				if faults := l.explain(ctx, t, db, q).faults(); len(faults) > 0 {
					t.Errorf("%s by %s: %v", name, q.Sort, faults)
				}
				q.Cursor = l.next(ctx, t, db, q)
				if faults := l.explain(ctx, t, db, q).faults(); len(faults) > 0 {
					t.Errorf("%s by %s, second page: %v", name, q.Sort, faults)
				}
			}
		}
		l.filters(ctx, t, db, name)
	}
}

func (l listing) filters(ctx context.Context, t *testing.T, db *pg.DB, name string) {
	t.Helper()
	for f := range l.spec.Fields {
		if l.equals[f] == "" {
			t.Errorf("%s: give the field %s a value in this test", name, f)
		}
	}
	for f, value := range l.equals {
		p := l.explain(ctx, t, db, list.Query{Limit: 50, Filter: fmt.Sprintf(`{"field":%q,"op":"eq","value":%s}`, f, value)})
		faults := p.faults()
		if p.Rows == 0 && f != "tag" {
			t.Errorf("%s with %s = %s has no rows: the test proves nothing", name, f, value)
		}
		if len(faults) > 0 && l.slow[f] == "" {
			t.Errorf("%s by %s: %v", name, f, faults)
		}
		if len(faults) == 0 && l.slow[f] != "" {
			t.Logf("%s by %s: is no longer slow (%s)", name, f, l.slow[f])
		}
	}
}
