package assessment_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/contact"
	"rapport/internal/agents/contact/assessment"
	"rapport/internal/agents/flow"
	"rapport/internal/ai"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
)

var now = time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)

// desk is the service with an engine of runs in a workspace of its own; models
// and the gate are played by it.
type desk struct {
	*assessment.Service
	t       *testing.T
	db      *pg.DB
	ctx     context.Context
	contact string
	moment  atomic.Pointer[time.Time]
	asked   int
	classes []ai.Class
	// degraded is whether answers only stand in; say changes what is answered.
	degraded bool
	say      func(*contact.Assessment)
	acts     []approval.Action
	verdict  approval.Verdict
}

func (d *desk) Do(_ context.Context, r ai.Request) (ai.Response, error) {
	d.asked++
	d.classes = append(d.classes, r.Class)
	var in contact.Input
	if err := json.Unmarshal(r.Input, &in); err != nil {
		return ai.Response{}, err
	}
	a := contact.Rules(in)
	if d.say != nil {
		d.say(&a)
	}
	b, err := json.Marshal(a)
	if err != nil {
		return ai.Response{}, err
	}
	out, err := r.Verify(b)
	return ai.Response{Output: out, Engine: "vendor", Model: "m", Version: "v", Degraded: d.degraded}, err
}

func (d *desk) Call(_ context.Context, operation string, _ json.RawMessage) (json.RawMessage, error) {
	return json.RawMessage(`{}`), nil
}

func (d *desk) Judge(_ context.Context, _ approval.Origin, a approval.Action) (approval.Judgement, error) {
	d.acts = append(d.acts, a)
	return approval.Judgement{Verdict: d.verdict, Reason: "so it is"}, nil
}

func (d *desk) Open(context.Context, *pg.Tx, approval.Origin, approval.Action, approval.Judgement) (string, error) {
	return id.New(), nil
}

func (d *desk) Outcome(*pg.Tx, string) (approval.Outcome, error) { return approval.Outcome{}, nil }
func (d *desk) Cancel(*pg.Tx, []string)                          {}

func (d *desk) at() time.Time   { return *d.moment.Load() }
func (d *desk) set(t time.Time) { d.moment.Store(&t) }

func open(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, db: db, contact: id.New(), verdict: approval.Allowed}
	d.set(now)
	engine := flow.New(flow.Parts{DB: db, Queue: q, Gateway: d, Gate: d, Caller: d, Now: d.at, Log: slog.New(slog.DiscardHandler)})
	d.Service = assessment.New(db, q, engine, d.at)
	engine.Register(d.Agent())
	engine.Work()
	d.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
	d.exec(`INSERT INTO contacts (workspace_id, id, name, title, status, score) VALUES ($1, $2, 'Mara Lindt', 'CEO', 'prospect', 50)`, d.contact)
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- q.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *desk) exec(sql string, args ...any) {
	d.t.Helper()
	err := d.db.Write(d.ctx, func(tx *pg.Tx) error { tx.Queue(sql, append([]any{tx.Workspace()}, args...)...); return nil })
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) value(sql string, args ...any) string {
	d.t.Helper()
	var out []string
	err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.Column[string](tx, sql, append([]any{tx.Workspace()}, args...)...)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return strings.Join(out, ", ")
}

// wrote stores a mail of the contact, triaged, so long ago.
func (d *desk) wrote(text, intent string, ago time.Duration) string {
	d.t.Helper()
	thread, message, at := id.New(), id.New(), d.at().Add(-ago)
	d.exec(`INSERT INTO threads (workspace_id, id, subject, subject_key, last_message_at, last_direction, category) VALUES ($1, $2, '', '', $3, 'inbound', 'personal')`, thread, at)
	d.exec(`INSERT INTO messages (workspace_id, id, thread_id, direction, category, identity_key, subject, sent_at, from_name, from_address, contact_id, body, raw, size)
		VALUES ($1, $2::uuid, $3, 'inbound', 'personal', $2::uuid::text, '', $4, 'Mara', 'mara@lumen.example', $5, $6, 'r', 1)`, message, thread, at, d.contact, text)
	d.exec(`INSERT INTO email_triage (workspace_id, message_id, state, intent, intents, sentiment, requires_response) VALUES ($1, $2, 'done', $3, ARRAY[$3], 'positive', true)`, message, intent)
	d.exec(`INSERT INTO email_intelligence (workspace_id, message_id, state, readiness) VALUES ($1, $2, 'done', 9)`, message)
	return message
}

// assess runs an assessment to its end, or to where it waits, and returns what
// became of it.
func (d *desk) assess(deep bool) string {
	d.t.Helper()
	run, err := d.Assess(d.ctx, d.contact, deep)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.ended(run)
}

func (d *desk) ended(run string) string {
	d.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		state := d.value(`SELECT state || coalesce(' ' || (output ->> 'stored') || coalesce(' ' || (output ->> 'proposed'), '') || coalesce(' ' || (output ->> 'refused'), ''), '') || coalesce(nullif(' ' || error, ' '), '')
			FROM agent_runs WHERE workspace_id = $1 AND id = $2`, run)
		if !strings.HasPrefix(state, "queued") && !strings.HasPrefix(state, "running") {
			return state
		}
	}
	d.t.Fatal("the run does not end")
	return ""
}

const stored = `SELECT concat_ws(' ', buying_intent, decision_stage, role_type, engine, degraded, velocity_points + role_points + intent_points + stage_points)
	FROM contact_assessments WHERE workspace_id = $1 AND contact_id = $2`

const offer = "Hello,\n\nwhat would forty seats cost? We need them by May and have a budget of 12,000 euros.\n\nMara"

func TestAContactIsAssessedFromItsMail(t *testing.T) {
	t.Parallel()
	d := open(t)
	m := d.wrote(offer, "pricing_inquiry", time.Hour)
	d.say = func(a *contact.Assessment) { a.Confidence = .5 } // proposes nothing
	if got := d.assess(false); got != "done true" {
		t.Fatalf("the run is %s, want done and stored", got)
	}
	if got, want := d.value(stored, d.contact), "high consideration decision_maker vendor f 55"; got != want {
		t.Errorf("stored is %s, want %s", got, want)
	}
	held := d.value(`SELECT (substr(m.body, (c ->> 'start')::int + 1, (c ->> 'end')::int - (c ->> 'start')::int) = c ->> 'quote')::text
		FROM contact_assessments a, jsonb_array_elements(a.brief) s, jsonb_array_elements(s -> 'citations') c, messages m
		WHERE a.workspace_id = $1 AND m.workspace_id = $1 AND m.id = $2 AND (c ->> 'id')::uuid = m.id`, m)
	if !strings.Contains(held, "true") || strings.Contains(held, "false") {
		t.Errorf("quotes stand at their places: %q, want all true", held)
	}
	if len(d.classes) != 1 || d.classes[0] != ai.Standard {
		t.Errorf("asked in the classes %v, want standard", d.classes)
	}
	if d.assess(true); d.classes[len(d.classes)-1] != ai.Deep {
		t.Errorf("asked in the classes %v, want deep at last", d.classes)
	}
}

func TestNobodyAsksAModelAboutAQuietContact(t *testing.T) {
	t.Parallel()
	d := open(t)
	if got := d.assess(false); got != "done true" || d.asked != 0 {
		t.Errorf("the run is %s after %d questions, want done, stored, without a question", got, d.asked)
	}
	if got, want := d.value(stored, d.contact), "unknown unknown decision_maker rules f 15"; got != want {
		t.Errorf("stored is %s, want %s", got, want)
	}
}

func TestUnknownDoesNotTakeAwayWhatIsKnown(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.wrote(offer, "pricing_inquiry", time.Hour)
	d.say = func(a *contact.Assessment) { a.Confidence = .5 }
	d.assess(false)
	d.say = func(a *contact.Assessment) {
		a.BuyingIntent, a.DecisionStage, a.RoleType, a.Confidence = "unknown", "unknown", "unknown", .5
	}
	d.set(d.at().Add(24 * time.Hour))
	d.assess(false)
	if got, want := d.value(stored, d.contact), "high consideration decision_maker vendor f 55"; got != want {
		t.Errorf("a day later stored is %s, want %s", got, want)
	}
	d.set(d.at().Add(100 * 24 * time.Hour))
	d.assess(false)
	if got, want := d.value(stored, d.contact), "unknown unknown decision_maker vendor f 15"; got != want {
		t.Errorf("a hundred days later stored is %s, want %s", got, want)
	}
}

func TestWhatStoodInCountsForNothingAndReplacesNothing(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.wrote(offer, "pricing_inquiry", time.Hour)
	d.degraded = true
	if got := d.assess(false); got != "done true" || len(d.acts) > 0 {
		t.Errorf("the run is %s with %d proposals, want done, stored, none", got, len(d.acts))
	}
	if got, want := d.value(stored, d.contact), "high consideration decision_maker vendor t 0"; got != want {
		t.Errorf("stored is %s, want %s", got, want)
	}
	if got := d.value(`SELECT (input ->> 'again') || ' ' || to_char(run_at AT TIME ZONE 'UTC', 'HH24:MI') FROM agent_runs WHERE workspace_id = $1 AND state = 'queued'`); got != "1 11:00" {
		t.Errorf("to come again: %q, want the first try an hour later", got)
	}
	d.degraded, d.say = false, func(a *contact.Assessment) { a.BuyingIntent, a.Confidence = "unknown", .5 }
	d.assess(false)
	d.degraded = true
	if got := d.assess(false); got != "done false" {
		t.Errorf("a later degraded run is %s, want done and not stored", got)
	}
	if got, want := d.value(stored, d.contact), "unknown consideration decision_maker vendor f 35"; got != want {
		t.Errorf("stored is %s, want %s: nothing of what stood in", got, want)
	}
}

func TestASureAssessmentProposesOneThing(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.wrote(offer, "pricing_inquiry", time.Hour)
	d.say = func(a *contact.Assessment) { a.Confidence = .9 }
	if got := d.assess(false); got != "done true contact.update" {
		t.Errorf("the run is %s, want a proposal to make a lead of the prospect", got)
	}
	d.exec(`UPDATE contacts SET status = 'lead' WHERE workspace_id = $1 AND id = $2`, d.contact)
	if got := d.assess(false); got != "done true task.create" {
		t.Errorf("the run is %s, want a proposal of a task", got)
	}
	if a := d.acts[1]; !a.Tainted || len(a.Evidence) == 0 || a.ID != d.contact || !strings.Contains(string(a.Args), `"entity_id":"`+d.contact) {
		t.Errorf("the proposal is %+v, want tainted, with evidence, about the contact", a)
	}
	d.exec(`INSERT INTO tasks (workspace_id, id, title, entity, entity_id) VALUES ($1, $2, 'Call', 'contact', $3)`, id.New(), d.contact)
	if got := d.assess(false); got != "done true" {
		t.Errorf("with an open task the run is %s, want no proposal", got)
	}
	d.exec(`DELETE FROM tasks WHERE workspace_id = $1`)
	d.verdict = approval.Blocked
	if got := d.assess(false); !strings.HasPrefix(got, "done true task.create was not done") {
		t.Errorf("the run is %s, want it done though the task was refused", got)
	}
	d.verdict = approval.Asked
	if got := d.assess(false); got != "waiting" {
		t.Errorf("the run is %s, want it to wait for a person", got)
	}
}

func TestMailStartsOneRunInTenMinutes(t *testing.T) {
	t.Parallel()
	d := open(t)
	one, two := d.wrote(offer, "pricing_inquiry", time.Minute), d.wrote("And one more thing, thanks.", "general", 0)
	old := d.wrote("Long ago.", "general", 72*time.Hour)
	runs := func() string {
		return d.value(`SELECT count(*) || ' at ' || max(to_char(run_at AT TIME ZONE 'UTC', 'HH24:MI')) FROM agent_runs WHERE workspace_id = $1 AND agent = 'contact'`)
	}
	for _, ids := range [][]string{{one}, {two}, {one, two}} {
		if err := d.Arrived(d.ctx, ids); err != nil {
			t.Fatal(err)
		}
	}
	if got := runs(); got != "1 at 10:10" {
		t.Errorf("runs: %s, want 1 at 10:10", got)
	}
	d.set(d.at().Add(11 * time.Minute))
	if err := d.Arrived(d.ctx, []string{two}); err != nil {
		t.Fatal(err)
	}
	if err := d.Arrived(d.ctx, []string{old}); err != nil {
		t.Fatal(err)
	}
	if got := runs(); got != "2 at 10:20" {
		t.Errorf("runs after the next mail: %s, want 2 at 10:20", got)
	}
}

func TestColdContactsWhoWantNothingAreLeftAlone(t *testing.T) {
	t.Parallel()
	d := open(t)
	m := d.wrote("Thanks!", "general", time.Minute)
	d.exec(`UPDATE contacts SET score = 20 WHERE workspace_id = $1`)
	d.exec(`UPDATE email_triage SET requires_response = false WHERE workspace_id = $1`)
	if err := d.Arrived(d.ctx, []string{m}); err != nil {
		t.Fatal(err)
	}
	if got := d.value(`SELECT count(*)::text FROM agent_runs WHERE workspace_id = $1`); got != "0" {
		t.Errorf("there are %s runs, want none", got)
	}
}

func TestANightAssessesTheTenMostAliveOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.exec(`INSERT INTO contacts (workspace_id, id, name, last_interaction_at)
		SELECT $1, gen_random_uuid(), 'Person ' || n, $2::timestamptz - n * interval '1 hour' FROM generate_series(1, 14) n`, d.at())
	runs := func() string {
		return d.value(`SELECT count(*) || ' from ' || min(title) FROM agent_runs WHERE workspace_id = $1`)
	}
	if err := assessment.NightNow(d.Service, d.ctx); err != nil {
		t.Fatal(err)
	}
	if got := d.value(`SELECT count(*)::text FROM agent_runs WHERE workspace_id = $1`); got != "0" {
		t.Errorf("by day there are %s runs, want none", got)
	}
	d.set(time.Date(2026, 3, 12, 3, 0, 0, 0, time.UTC))
	for range 2 {
		if err := assessment.NightNow(d.Service, d.ctx); err != nil {
			t.Fatal(err)
		}
	}
	if got := runs(); got != "10 from Assess Person 1" {
		t.Errorf("at night there are %s, want 10", got)
	}
	if got := d.value(`SELECT count(*)::text FROM agent_runs WHERE workspace_id = $1 AND title IN ('Assess Person 11', 'Assess Person 14', 'Assess Mara Lindt')`); got != "0" {
		t.Errorf("%s runs are about the least alive, want none", got)
	}
}
