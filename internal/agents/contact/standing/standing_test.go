package standing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/internal/agents/contact/standing"
	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

var now = time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)

// desk is the service in a workspace of its own, behind its HTTP door.
type desk struct {
	t    *testing.T
	db   *pg.DB
	ctx  context.Context
	http http.Handler
}

type as struct{ actor.Actor }

func (a as) Authenticate(context.Context, op.Credential, op.Place) (actor.Actor, error) {
	return a.Actor, nil
}

func open(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	who := actor.Actor{Kind: actor.User, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())}
	return &desk{t: t, db: db, ctx: actor.With(t.Context(), who),
		http: httpapi.New(standing.New(db, nil).Ops(), op.Door{Auth: as{who}}, slog.New(slog.NewTextHandler(io.Discard, nil))).Handler()}
}

func (d *desk) exec(sql string, args ...any) {
	d.t.Helper()
	err := d.db.Write(d.ctx, func(tx *pg.Tx) error { tx.Queue(sql, append([]any{tx.Workspace()}, args...)...); return nil })
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) call(path string, out any) {
	d.t.Helper()
	w := httptest.NewRecorder()
	d.http.ServeHTTP(w, httptest.NewRequest("GET", "/v1/workspaces/w"+path, nil))
	if err := json.Unmarshal(w.Body.Bytes(), out); err != nil || w.Code != 200 {
		d.t.Fatalf("GET %s answers %d %s", path, w.Code, w.Body)
	}
}

func TestHotLeadsAreThoseOfTheFormula(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.exec(`INSERT INTO contacts (workspace_id, id, name, score) SELECT $1, gen_random_uuid(), n, s
		FROM (VALUES ('alone 72', 72), ('alone 69', 69), ('judged 40', 40), ('stood in 68', 68), ('capped 90', 90), ('hot and plain 75', 75), ('unscored', NULL), ('cooling 60', 60)) t (n, s)`)
	judge := func(name, intent, stage, role string, velocity int, degraded bool) {
		d.exec(`INSERT INTO contact_assessments (workspace_id, contact_id, run_id, engagement_score, buying_intent, decision_stage, role_type, engagement_velocity, sentiment_score, next_best_action, confidence, engine, degraded, as_of)
			SELECT $1, id, id, 5, $3, $4, $5, $6, 0, '{"kind":"reply","text":"Write.","due":null}', 1, 'x', $7, $8 FROM contacts WHERE workspace_id = $1 AND name = $2`, name, intent, stage, role, velocity, degraded, now)
	}
	judge("judged 40", "medium", "consideration", "influencer", 1, false) // 40 + 5 + 10 + 10 + 15
	judge("stood in 68", "high", "decision", "decision_maker", 2, true)   // 68
	judge("capped 90", "high", "decision", "decision_maker", 2, false)    // 100
	judge("hot and plain 75", "unknown", "unknown", "unknown", -2, false) // 75
	judge("unscored", "high", "decision", "decision_maker", 2, false)     // 0 + 10 + 20 + 25 + 15
	judge("cooling 60", "low", "awareness", "influencer", -2, false)      // 70
	list := func(limit int, cursor string) (names []string, next string) {
		t.Helper()
		var page struct {
			Data []standing.HotLead
			Next string `json:"next_cursor"`
		}
		d.call(fmt.Sprintf("/hot-leads?limit=%d&cursor=%s", limit, cursor), &page)
		for _, l := range page.Data {
			sum := 0
			for _, p := range l.Points {
				sum += p.Points
			}
			if min(sum, 100) != l.Composite {
				t.Errorf("%s: the points %v do not make %d", l.Name, l.Points, l.Composite)
			}
			names = append(names, l.Name)
		}
		return names, page.Next
	}
	want := "capped 90, judged 40, hot and plain 75, alone 72, unscored, cooling 60"
	var got []string
	for cursor := ""; ; {
		names, next := list(2, cursor)
		got = append(got, names...)
		if cursor = next; cursor == "" {
			break
		}
	}
	if s := strings.Join(got, ", "); len(got) != 6 || !strings.HasPrefix(s, "capped 90, judged 40, hot and plain 75, alone 72, ") {
		t.Errorf("hot leads are %s; want %s", s, want)
	}
}

func TestAContactShowsBothScoresApart(t *testing.T) {
	t.Parallel()
	d := open(t)
	one := id.New()
	d.exec(`INSERT INTO contacts (workspace_id, id, name) VALUES ($1, $2, 'Mara Lindt')`, one)
	var s standing.Standing
	if d.call("/contacts/"+one+"/assessment", &s); s.Assessment != nil || s.Composite != nil || s.Run != nil {
		t.Errorf("of somebody unknown %+v is shown, want nothing", s)
	}
	d.exec(`UPDATE contacts SET score = 64, last_interaction_at = $2 WHERE workspace_id = $1`, now)
	if d.call("/contacts/"+one+"/assessment", &s); s.Composite == nil || *s.Composite != 64 || *s.LeadScore != 64 {
		t.Errorf("of a scored contact %+v is shown, want 64 twice", s)
	}
	d.exec(`INSERT INTO contact_assessments (workspace_id, contact_id, run_id, engagement_score, buying_intent, decision_stage, role_type, engagement_velocity, sentiment_score, next_best_action,
			brief, confidence, engine, as_of)
		VALUES ($1, $2, $2, 30, 'high', 'unknown', 'unknown', 0, 10, '{"kind":"reply","text":"Write.","due":null}', '[{"text":"They ask.","citations":[{"source":"m1","quote":"Hi","entity":"message","id":"00000000-0000-7000-8000-000000000001","start":0,"end":2}]}]', .5, 'rules', $3)`, one, now.Add(-time.Hour))
	d.exec(`INSERT INTO agent_runs (workspace_id, id, agent, version, state, subject_entity, subject_id, input_hash, actor, program, started_at) VALUES ($1, $2, 'contact', 'contact/1', 'running', 'contact', $3, 'x', '{}', true, $4)`, id.New(), one, now)
	d.call("/contacts/"+one+"/assessment", &s)
	if a := s.Assessment; *s.Composite != 84 || *s.LeadScore != 64 || a == nil || a.EngagementScore != 30 || !a.Outdated || a.Brief[0].Citations[0].Quote != "Hi" || s.Run == nil || s.Run.State != "running" {
		t.Errorf("of an assessed contact %+v (%+v) is shown, want 84 of 64, engagement 30, outdated, a brief, a running run", s, s.Assessment)
	}
}

// node is one of a plan, as EXPLAIN gives it.
type node struct {
	Type    string  `json:"Node Type"`
	Table   string  `json:"Relation Name"`
	Rows    float64 `json:"Actual Rows"`
	Loops   float64 `json:"Actual Loops"`
	Removed float64 `json:"Rows Removed by Filter"`
	Plans   []node
}

// read is how many rows of a table a plan looks at.
func (n node) read(table string) float64 {
	sum := 0.0
	if n.Table == table {
		sum = (n.Rows + n.Removed) * n.Loops
	}
	for _, p := range n.Plans {
		sum += p.read(table)
	}
	return sum
}

func TestHotLeadsReadAPageOfContactsAndTheAssessed(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.exec(`INSERT INTO contacts (workspace_id, id, name, score) SELECT $1, gen_random_uuid(), 'Person ' || n, n % 101 FROM generate_series(1, 5000) n`)
	d.exec(`INSERT INTO contact_assessments (workspace_id, contact_id, run_id, engagement_score, buying_intent, decision_stage, role_type, engagement_velocity, sentiment_score, next_best_action, confidence, engine, as_of)
		SELECT $1, id, id, 5, 'medium', 'awareness', 'unknown', 0, 0, '{}', 1, 'x', now() FROM contacts WHERE workspace_id = $1 ORDER BY id LIMIT 300`)
	if _, err := d.db.Session().Exec(d.ctx, `ANALYZE contacts, contact_assessments`); err != nil {
		t.Fatal(err)
	}
	var out []struct{ Plan node }
	err := d.db.Read(d.ctx, func(tx *pg.Tx) error {
		w := list.NewWhere(tx.Workspace(), 70, nil)
		sql, _, err := standing.Listing.Build(list.Query{Limit: 50}, w)
		if err != nil {
			return err
		}
		text, err := pg.Value[string](tx, "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "+sql, w.Args()...)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), &out)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := out[0].Plan.read("contacts"); got > 900 {
		t.Errorf("a page of hot leads reads %.0f contacts, want those of a page and of 300 assessments", got)
	}
}
