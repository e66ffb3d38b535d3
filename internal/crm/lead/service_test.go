package lead_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/crm/change"
	"rapport/internal/crm/contact"
	"rapport/internal/crm/lead"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
)

// house is a service in a workspace of its own, behind its HTTP door.
type house struct {
	t    *testing.T
	db   *pg.DB
	ctx  context.Context
	http http.Handler
	now  time.Time
}

// as lets everybody in as one actor.
type as struct{ actor.Actor }

func (a as) Authenticate(context.Context, op.Credential, op.Place) (actor.Actor, error) {
	return a.Actor, nil
}

func build(t *testing.T) *house {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	h := &house{t: t, db: db, now: now}
	return h.enter(pgtest.Workspace(t, db.Session()))
}

// enter returns the same house in another workspace.
func (h *house) enter(workspace string) *house {
	h.t.Helper()
	q, err := queue.New(h.db, queue.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	o := &house{t: h.t, db: h.db, now: h.now}
	clock := func() time.Time { return o.now }
	who := actor.Actor{Kind: actor.User, ID: id.New(), Name: "Ana", Role: actor.Owner, WorkspaceID: workspace}
	o.ctx = actor.With(h.t.Context(), who)
	contacts := contact.New(h.db, clock)
	ops := slices.Concat(lead.New(h.db, q, clock).Ops(), change.New(h.db, map[string]change.Target{"contact": contacts}).Ops())
	o.http = httpapi.New(ops, op.Door{Auth: as{who}}, slog.New(slog.NewTextHandler(io.Discard, nil))).Handler()
	return o
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	err := h.db.Write(h.ctx, func(tx *pg.Tx) error {
		tx.Queue(sql, append([]any{tx.Workspace()}, args...)...)
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) column(sql string, args ...any) (out []string) {
	h.t.Helper()
	err := h.db.Read(h.ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.Column[string](tx, sql, append([]any{tx.Workspace()}, args...)...)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *house) call(method, path string, out any) int {
	h.t.Helper()
	r := httptest.NewRequest(method, "/v1/workspaces/w"+path, nil)
	w := httptest.NewRecorder()
	h.http.ServeHTTP(w, r)
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			h.t.Fatalf("%s %s answers %d %s", method, path, w.Code, w.Body)
		}
	}
	return w.Code
}

func (h *house) contact(title string, seen *time.Time) string {
	h.t.Helper()
	c := id.New()
	h.exec(`INSERT INTO contacts (workspace_id, id, name, title, last_interaction_at) VALUES ($1, $2, 'Ben Ode', nullif($3, ''), $4)`, c, title, seen)
	return c
}

// mail stores a message of a contact, or to them, and returns its id.
func (h *house) mail(contactID, thread string, ours bool, at time.Time) string {
	h.t.Helper()
	m, direction, category, from := id.New(), "inbound", "personal", &contactID
	if ours {
		direction, category, from = "outbound", "own", nil
	}
	h.exec(`INSERT INTO threads (workspace_id, id, subject, subject_key, last_message_at, last_direction, category)
		VALUES ($1, $2, 'Offer', 'offer', $3, 'inbound', 'personal') ON CONFLICT DO NOTHING`, thread, at)
	h.exec(`INSERT INTO messages (workspace_id, id, thread_id, direction, category, identity_key, subject, sent_at, contact_id, raw, size)
		VALUES ($1, $2::uuid, $3, $4, $5, $2::uuid::text, 'Offer', $6, $7, 'r', 1)`, m, thread, direction, category, at, from)
	h.exec(`INSERT INTO message_addresses (workspace_id, message_id, position, kind, address, contact_id, sent_at)
		VALUES ($1, $2, 0, $3, 'x@example.com', $4, $5)`, m, map[bool]string{true: "to", false: "from"}[ours], contactID, at)
	return m
}

func (h *house) understood(message, contactID, intent string, readiness int, degraded bool) {
	h.t.Helper()
	h.exec(`INSERT INTO email_triage (workspace_id, message_id, state, intent, intents, degraded) VALUES ($1, $2, 'done', $3, ARRAY[$3], $4)`, message, intent, degraded)
	h.exec(`INSERT INTO email_intelligence (workspace_id, message_id, contact_id, state, readiness, degraded) VALUES ($1, $2, $3, 'done', $4, $5)`, message, contactID, readiness, degraded)
	h.exec(`INSERT INTO intelligence_items (workspace_id, id, message_id, position, kind, body, quote, quote_start, quote_end)
		VALUES ($1, $2, $3, 0, 'goal', 'grow', 'grow', 0, 4)`, id.New(), message)
}

func points(r lead.Result) string {
	var out []string
	for _, p := range r.Parts {
		out = append(out, fmt.Sprint(p.Name, " ", show(p.Points)))
	}
	return strings.Join(out, ", ")
}

func TestAScoreIsComputedFromWhatIsStoredAndKept(t *testing.T) {
	t.Parallel()
	h := build(t)
	c := h.contact("CEO", ago(day))
	thread := id.New()
	h.mail(c, thread, true, now.Add(-30*time.Hour))
	m := h.mail(c, thread, false, now.Add(-25*time.Hour))
	h.understood(m, c, "meeting_request", 9, false)
	var r, kept lead.Result
	if code := h.call("POST", "/contacts/"+c+"/score", &r); code != 200 {
		t.Fatalf("POST answers %d", code)
	}
	if got, want := points(r), "engagement 62, behaviour 50, demographics 100, recency 100, intelligence 50"; got != want {
		t.Errorf("parts: %s; want %s", got, want)
	}
	if r.Score == nil || *r.Score != 71 || r.Coverage != 1 || r.Band != lead.Hot {
		t.Errorf("score %v, coverage %v, band %s; want 71, 1, hot", show(r.Score), r.Coverage, r.Band)
	}
	if h.call("GET", "/contacts/"+c+"/score", &kept); points(kept) != points(r) || *kept.Score != *r.Score {
		t.Errorf("GET answers %+v, want what POST computed", kept)
	}
	if got := h.column(`SELECT score::text FROM contacts WHERE workspace_id = $1 AND id = $2`, c); got[0] != "71" {
		t.Errorf("contacts.score = %v, want 71", got)
	}
}

func TestReadingAScoreThatWasNeverComputedStoresNothing(t *testing.T) {
	t.Parallel()
	h := build(t)
	c := h.contact("CEO", nil)
	var r lead.Result
	if code := h.call("GET", "/contacts/"+c+"/score", &r); code != 200 || r.Score == nil || *r.Score != 100 || r.Coverage != .2 {
		t.Errorf("GET answers %d %+v, want 100 at coverage 0.2", code, r)
	}
	if got := h.column(`SELECT contact_id::text FROM lead_scores WHERE workspace_id = $1`); len(got) != 0 {
		t.Errorf("GET stored %v", got)
	}
}

func TestDegradedAnswersDoNotScore(t *testing.T) {
	t.Parallel()
	h := build(t)
	c := h.contact("", nil)
	h.understood(h.mail(c, id.New(), false, now), c, "meeting_request", 9, true)
	var r lead.Result
	h.call("POST", "/contacts/"+c+"/score", &r)
	if got, want := points(r), "engagement 20, behaviour nil, demographics nil, recency nil, intelligence nil"; got != want {
		t.Errorf("parts: %s; want %s", got, want)
	}
}

func TestOnlyAChangeOfBandIsAnEvent(t *testing.T) {
	t.Parallel()
	h := build(t)
	c := h.contact("", ago(day))
	changes := func() []string {
		return h.column(`SELECT (changes -> 'score')::text FROM events WHERE workspace_id = $1 AND entity_id = $2 AND kind = 'updated' ORDER BY id`, c)
	}
	for _, step := range []struct {
		forward time.Duration
		want    []string
	}{
		{0, nil},                                     // the first
		{10 * day, nil},                              // 80: still hot
		{30 * day, []string{"[80, 50]"}},             // warm
		{0, []string{"[80, 50]"}},                    // the same again
		{300 * day, []string{"[80, 50]", "[50, 0]"}}, // cold
	} {
		h.now = h.now.Add(step.forward)
		h.call("POST", "/contacts/"+c+"/score", nil)
		if got := changes(); !slices.Equal(got, step.want) {
			t.Fatalf("after %v: events %v, want %v", step.forward, got, step.want)
		}
	}
}

func TestAScoreThatComesOutTheSameKeepsItsMoment(t *testing.T) {
	t.Parallel()
	h := build(t)
	c := h.contact("CEO", nil)
	var first, second lead.Result
	h.call("POST", "/contacts/"+c+"/score", nil)
	h.call("GET", "/contacts/"+c+"/score", &first)
	h.now = h.now.Add(day)
	h.call("POST", "/contacts/"+c+"/score", nil)
	if h.call("GET", "/contacts/"+c+"/score", &second); !second.ComputedAt.Equal(first.ComputedAt) {
		t.Errorf("computed_at moved from %v to %v", first.ComputedAt, second.ComputedAt)
	}
}

func TestAFirstScoreIsNoEvent(t *testing.T) {
	t.Parallel()
	h := build(t)
	c := h.contact("CEO", nil)
	h.call("POST", "/contacts/"+c+"/score", nil)
	if got := h.column(`SELECT id::text FROM events WHERE workspace_id = $1 AND entity_id = $2`, c); len(got) != 0 {
		t.Errorf("%d events, want none", len(got))
	}
}

func TestUndoLeavesScoresAlone(t *testing.T) {
	t.Parallel()
	h := build(t)
	c := h.contact("CEO", nil)
	h.exec(`UPDATE contacts SET score = 10 WHERE workspace_id = $1 AND id = $2`, c)
	h.call("POST", "/contacts/"+c+"/score", nil)
	event := h.column(`SELECT id::text FROM events WHERE workspace_id = $1 AND entity_id = $2`, c)
	var out change.Undone
	if code := h.call("POST", "/changes/"+event[0]+"/undo", &out); code != 200 || len(out.Undone) != 0 || len(out.Conflicts) != 1 {
		t.Errorf("undo answers %d %+v, want one conflict", code, out)
	}
	if got := h.column(`SELECT score::text FROM contacts WHERE workspace_id = $1 AND id = $2`, c); got[0] != "100" {
		t.Errorf("contacts.score = %v, want 100", got)
	}
}

func TestAContactOfAnotherTenantIsMissing(t *testing.T) {
	t.Parallel()
	h := build(t)
	c := h.contact("CEO", nil)
	h.call("POST", "/contacts/"+c+"/score", nil)
	other := h.enter(pgtest.Workspace(t, h.db.Session()))
	for _, method := range []string{"GET", "POST"} {
		if code := other.call(method, "/contacts/"+c+"/score", nil); code != 404 {
			t.Errorf("%s of another tenant's contact answers %d, want 404", method, code)
		}
	}
}

func TestJobsNameEachContactOnceInBatches(t *testing.T) {
	t.Parallel()
	var ids []string
	for i := range 120 {
		ids = append(ids, fmt.Sprint("c", i%70))
	}
	jobs := lead.Jobs("w", ids)
	if len(jobs) != 2 || len(jobs[0].(lead.Rescore).IDs) != 50 || len(jobs[1].(lead.Rescore).IDs) != 20 || jobs[0].In() != "w" {
		t.Errorf("Jobs(120 ids, 70 of them different) = %v, want 50 and 20", jobs)
	}
}

func TestTheNightlyJobScoresEveryWorkspace(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	first := (&house{t: t, db: db, now: now}).enter(pgtest.Workspace(t, db.Session()))
	second := first.enter(pgtest.Workspace(t, db.Session()))
	first.contact("CEO", nil)
	second.contact("Gardener", nil)
	q, err := queue.New(db, queue.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	lead.New(db, q, func() time.Time { return now }).Work()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- q.Run(ctx) }()
	err = db.Global(ctx, func(tx *pg.Tx) error { return q.Add(ctx, tx, lead.Nightly{}) })
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	scored := func(h *house) bool {
		return len(h.column(`SELECT id::text FROM contacts WHERE workspace_id = $1 AND score IS NOT NULL`)) == 1
	}
	for !scored(first) || !scored(second) {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the workspaces were not scored")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
