package understanding_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/email"
	"rapport/internal/agents/email/understanding"
	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/provider/rules"
	"rapport/internal/ai/router"
	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/crm/lead"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// desk is a service in a workspace of its own, behind its HTTP door.
type desk struct {
	t       testing.TB
	db      *pg.DB
	ctx     context.Context
	s       *understanding.Service
	queue   *queue.Queue
	http    http.Handler
	vendor  *vendor
	contact string
}

// vendor is a provider that gives fixed answers by task, else fails if it has a
// fault, else knows what rules know.
type vendor struct {
	answers map[string]string
	fault   *ai.Fault
}

func (*vendor) Name() string { return "vendor" }
func (*vendor) Local() bool  { return false }
func (v *vendor) Call(ctx context.Context, c ai.Call) (ai.Answer, error) {
	if out, ok := v.answers[c.Task]; ok {
		return ai.Answer{Output: json.RawMessage(out), Version: "v9"}, nil
	}
	if v.fault != nil {
		return ai.Answer{}, v.fault
	}
	return rules.New(ruleSet()).Call(ctx, c)
}

// asking is a gateway that asks engines in the given order.
func asking(v *vendor, engines []string) *router.Gateway {
	var chain []policy.Candidate
	for _, e := range engines {
		chain = append(chain, policy.Candidate{Provider: e})
	}
	p := &policy.Policy{Chains: map[string][]policy.Candidate{}}
	for _, class := range ai.Classes() {
		p.Chains[string(class)] = chain
	}
	return router.New(router.Options{Providers: []ai.Provider{rules.New(ruleSet()), v}, Policy: func(context.Context) *policy.Policy { return p },
		Catalog: &catalog.Catalog{Providers: []catalog.Provider{{Name: v.Name(), Free: true}}}, Profile: router.Exact()})
}

// prompted gives each question a prompt, without which no model is asked.
type prompted struct{ *router.Gateway }

func (p prompted) Do(ctx context.Context, r ai.Request) (ai.Response, error) {
	if r.Prompt.Zero() {
		r.Prompt = guard.New("test", "1", "Answer.")
	}
	return p.Gateway.Do(ctx, r)
}

func ruleSet() rules.Set {
	return rules.Set{Version: email.RulesVersion, Tasks: email.RulesTasks()}
}

type as struct{ actor.Actor }

func (a as) Authenticate(context.Context, op.Credential, op.Place) (actor.Actor, error) {
	return a.Actor, nil
}

func connect(t testing.TB, url string) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// open returns a desk whose engines are asked in the given order.
func open(t testing.TB, engines ...string) *desk {
	t.Helper()
	return furnish(t, connect(t, pgtest.Shared(t)), engines...)
}

func furnish(t testing.TB, db *pg.DB, engines ...string) *desk {
	t.Helper()
	d := &desk{t: t, db: db, vendor: &vendor{}, contact: id.New()}
	q, err := queue.New(d.db, queue.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	runner := agents.New(d.db, prompted{asking(d.vendor, engines)}, clock)
	d.queue = q
	d.s = understanding.New(d.db, q, runner, clock)
	who := actor.Actor{Kind: actor.User, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, d.db.Session())}
	d.ctx = actor.With(t.Context(), who)
	ops := slices.Concat(d.s.Ops(), runner.Ops())
	d.http = httpapi.New(ops, op.Door{Auth: as{who}}, slog.New(slog.NewTextHandler(io.Discard, nil))).Handler()
	d.exec(`INSERT INTO contacts (workspace_id, id, name) VALUES ($1, $2, 'Ben Ode')`, d.contact)
	return d
}

func (d *desk) exec(sql string, args ...any) {
	d.t.Helper()
	err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		tx.Queue(sql, append([]any{tx.Workspace()}, args...)...)
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) column(sql string, args ...any) (out []string) {
	d.t.Helper()
	err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.Column[string](tx, sql, append([]any{tx.Workspace()}, args...)...)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

func (d *desk) value(sql string, args ...any) string {
	d.t.Helper()
	return strings.Join(d.column(sql, args...), ", ")
}

// mail is a message that differs from the usual one in what is set.
type mail struct {
	category, reason, direction string
	subject, body               string
	stranger                    bool
	sentAt                      time.Time
	to                          string // a contact
}

const question = "Hello,\n\nCould you tell me how much the Pro plan costs per user? We need SSO by Friday.\n\nBen"

func (d *desk) store(m mail) string {
	d.t.Helper()
	thread, message, from := id.New(), id.New(), &d.contact
	if m.category == "" {
		m.category = "personal"
	}
	if m.direction == "" {
		m.direction = "inbound"
	}
	if m.sentAt.IsZero() {
		m.sentAt = now.Add(-time.Hour)
	}
	if m.stranger || m.direction == "outbound" {
		from = nil
	}
	d.exec(`INSERT INTO threads (workspace_id, id, subject, subject_key, last_message_at, last_direction, category)
		VALUES ($1, $2, $3, '', $4, $5, $6)`, thread, m.subject, m.sentAt, m.direction, m.category)
	d.exec(`INSERT INTO messages (workspace_id, id, thread_id, direction, category, category_reason, identity_key, subject, sent_at, from_name, from_address, contact_id, body, raw, size)
		VALUES ($1, $2::uuid, $3, $4, $5, $6, $2::uuid::text, $7, $8, 'Ben Ode', 'ben@lumen.example', $9, $10, 'r', 1)`,
		message, thread, m.direction, m.category, m.reason, m.subject, m.sentAt, from, m.body)
	if m.to != "" {
		d.exec(`INSERT INTO message_addresses (workspace_id, message_id, position, kind, address, contact_id, sent_at) VALUES ($1, $2, 0, 'to', 'x@example.com', $3, now())`, message, m.to)
	}
	return message
}

func (d *desk) arrive(ids ...string) {
	d.t.Helper()
	if err := d.s.Arrived(d.ctx, ids); err != nil {
		d.t.Fatal(err)
	}
}

// scored lists the contacts of the jobs that this workspace has waiting.
func (d *desk) scored() string {
	d.t.Helper()
	var out string
	err := d.db.Session().QueryRow(d.t.Context(), `
		SELECT coalesce(string_agg(args -> 'ids' ->> 0, ', '), '') FROM river.river_job
		WHERE kind = 'lead.score' AND args ->> 'workspace' = $1`, actor.Workspace(d.ctx)).Scan(&out)
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

func (d *desk) call(method, path string, out any) int {
	d.t.Helper()
	w := httptest.NewRecorder()
	d.http.ServeHTTP(w, httptest.NewRequest(method, "/v1/workspaces/w"+path, nil))
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			d.t.Fatalf("%s %s answers %d %s", method, path, w.Code, w.Body)
		}
	}
	return w.Code
}

const (
	triageOf       = `SELECT concat_ws(' | ', state, reason, intent, engine, version) FROM email_triage WHERE workspace_id = $1 AND message_id = $2`
	intelligenceOf = `SELECT concat_ws(' | ', state, reason, engine, version) FROM email_intelligence WHERE workspace_id = $1 AND message_id = $2`
	threadOf       = `SELECT concat_ws(' | ', t.intent, t.requires_response, t.due_at IS NOT NULL) FROM threads t JOIN messages m ON m.workspace_id = t.workspace_id AND m.thread_id = t.id WHERE t.workspace_id = $1 AND m.id = $2`
	runsOf         = `SELECT agent || ' ' || state FROM agent_runs WHERE workspace_id = $1 AND subject_id = $2 ORDER BY agent`
)

func TestAMessageOfAContactIsUnderstood(t *testing.T) {
	t.Parallel()
	d := open(t, "rules")
	m := d.store(mail{subject: "Pricing", body: question})
	d.arrive(m)
	if got, want := d.value(triageOf, m), "done |  | pricing_inquiry | rules | rules/3"; got != want {
		t.Errorf("triage: %s; want %s", got, want)
	}
	if got, want := d.value(intelligenceOf, m), "done |  | rules | rules/3"; got != want {
		t.Errorf("intelligence: %s; want %s", got, want)
	}
	items := d.value(`SELECT count(*)::text FROM intelligence_items WHERE workspace_id = $1 AND message_id = $2`, m)
	held := d.value(`SELECT count(*)::text FROM intelligence_items i JOIN messages m ON m.workspace_id = i.workspace_id AND m.id = i.message_id
		WHERE i.workspace_id = $1 AND m.id = $2 AND substr(m.body, quote_start + 1, quote_end - quote_start) = quote`, m)
	if items == "0" || items != held {
		t.Errorf("%s of %s items have their quote at its place, want all of several", held, items)
	}
	if got, want := d.value(runsOf, m), "email.intelligence done, email.triage done"; got != want {
		t.Errorf("runs: %s; want %s", got, want)
	}
	if got, want := d.value(threadOf, m), "pricing_inquiry | t | t"; got != want {
		t.Errorf("the thread shows %s; want %s", got, want)
	}
	if got := d.scored(); got != d.contact {
		t.Errorf("contacts to score: %q, want %q", got, d.contact)
	}
}

func TestMailThatNobodyWroteIsSkippedWithItsReason(t *testing.T) {
	t.Parallel()
	d := open(t) // no engine: none may be asked
	for _, c := range []struct {
		mail mail
		want string
	}{
		{mail{category: "bulk", reason: "header List-Id", body: "Buy!"}, "skipped | bulk: header List-Id"},
		{mail{category: "automatic", reason: "Auto-Submitted", body: "Out of office"}, "skipped | automatic: Auto-Submitted"},
		{mail{category: "own", direction: "outbound", body: "Our offer"}, "skipped | own"},
		{mail{category: "personal", direction: "outbound", body: "Our offer"}, "skipped | own: written by the workspace"},
	} {
		m := d.store(c.mail)
		d.arrive(m)
		for name, sql := range map[string]string{"triage": triageOf, "intelligence": intelligenceOf} {
			if got := strings.TrimRight(d.value(sql, m), " |"); got != c.want {
				t.Errorf("%s of %+v: %s; want %s", name, c.mail, got, c.want)
			}
		}
		if got, want := d.value(runsOf, m), "email.triage skipped"; got != want {
			t.Errorf("runs: %s; want %s", got, want)
		}
	}
	if got := d.scored(); got != "" {
		t.Errorf("contacts to score: %q; want none", got)
	}
}

func TestWithoutContactOrTextThereIsOnlyTriage(t *testing.T) {
	t.Parallel()
	d := open(t, "rules")
	for _, c := range []struct {
		mail mail
		want string
	}{
		{mail{body: question, stranger: true}, "skipped | no contact: the sender is not a contact of the workspace"},
		{mail{subject: "Can we meet?", body: " \n"}, "skipped | empty: the message has no text"},
	} {
		m := d.store(c.mail)
		d.arrive(m)
		if got := strings.TrimRight(d.value(intelligenceOf, m), " |"); got != c.want {
			t.Errorf("intelligence: %s; want %s", got, c.want)
		}
		if got := d.value(`SELECT state FROM email_triage WHERE workspace_id = $1 AND message_id = $2`, m); got != "done" {
			t.Errorf("triage is %s, want done", got)
		}
	}
}

func TestWhatWeWriteChangesTheScoreOfItsRecipients(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.arrive(d.store(mail{category: "own", direction: "outbound", to: d.contact}))
	if got := d.scored(); got != d.contact {
		t.Errorf("contacts to score: %q, want %q", got, d.contact)
	}
}

func TestArrivingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	d := open(t, "rules")
	ids := []string{d.store(mail{subject: "Pricing", body: question}), d.store(mail{category: "bulk", reason: "list"})}
	const all = `
		SELECT md5(string_agg(t, '')) FROM (
			SELECT r::text AS t FROM agent_runs r WHERE workspace_id = $1 UNION ALL SELECT s::text FROM agent_steps s WHERE workspace_id = $1
			UNION ALL SELECT e::text FROM email_triage e WHERE workspace_id = $1 UNION ALL SELECT e::text FROM email_intelligence e WHERE workspace_id = $1
			UNION ALL SELECT i::text FROM intelligence_items i WHERE workspace_id = $1 ORDER BY 1) x`
	d.arrive(ids...)
	first := d.value(all)
	d.arrive(ids...)
	if second := d.value(all); second != first {
		t.Error("the second arrival changed what is stored")
	}
}

func TestDueTimesAreForMailOfTheLast30Days(t *testing.T) {
	t.Parallel()
	d := open(t, "rules")
	for _, c := range []struct {
		age  time.Duration
		want bool
	}{{time.Hour, true}, {29 * 24 * time.Hour, true}, {31 * 24 * time.Hour, false}, {20 * 365 * 24 * time.Hour, false}, {-73 * 365 * 24 * time.Hour, false}} {
		m := d.store(mail{subject: "Pricing", body: question, sentAt: now.Add(-c.age)})
		d.arrive(m)
		got := d.value(`SELECT (due_at IS NOT NULL)::text FROM email_triage WHERE workspace_id = $1 AND message_id = $2`, m)
		shown := d.value(`SELECT (due_at IS NOT NULL)::text FROM threads t WHERE workspace_id = $1 AND id = (SELECT thread_id FROM messages m WHERE m.workspace_id = $1 AND m.id = $2)`, m)
		if want := fmt.Sprint(c.want); got != want || shown != want {
			t.Errorf("mail of %v ago: due %s, shown %s; want %s", c.age, got, shown, want)
		}
	}
}

func TestAMessageOfTheFarFutureIsUnderstood(t *testing.T) {
	t.Parallel()
	d := open(t, "rules")
	m := d.store(mail{subject: "Pricing", body: question, sentAt: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)})
	d.arrive(m)
	if got := d.value(`SELECT concat_ws(' ', state, intent, due_at) FROM email_triage WHERE workspace_id = $1 AND message_id = $2`, m); got != "done pricing_inquiry" {
		t.Errorf("triage: %s; want it done, nothing due", got)
	}
}

func TestAFailedProviderIsAFailedRunAndNoAnalysis(t *testing.T) {
	t.Parallel()
	d := open(t, "vendor")
	d.vendor.fault = &ai.Fault{Kind: ai.PolicyRefused, Err: errors.New("not for us")}
	m := d.store(mail{subject: "Pricing", body: question})
	d.arrive(m)
	if got, want := d.value(runsOf, m), "email.intelligence failed, email.triage failed"; got != want {
		t.Errorf("runs: %s; want %s", got, want)
	}
	if got := d.value(`SELECT concat_ws('|', state, reason, intent, sentiment, due_at) FROM email_triage WHERE workspace_id = $1 AND message_id = $2`, m); got != "failed|email.triage: policy_refused: not for us" {
		t.Errorf("triage: %s; want failed with the reason and nothing else", got)
	}
	if got := d.value(`SELECT concat_ws('|', state, readiness) FROM email_intelligence WHERE workspace_id = $1 AND message_id = $2`, m); got != "failed" {
		t.Errorf("intelligence: %s; want failed and nothing else", got)
	}
	if got := d.value(threadOf, m); got != "f | f" {
		t.Errorf("the thread shows %s; want nothing", got)
	}
}

func TestAnAnswerOutsideTheSchemaStoresNothing(t *testing.T) {
	t.Parallel()
	d := open(t, "vendor")
	d.vendor.answers = map[string]string{"email.triage": `{"intent":"world_domination"}`}
	d.vendor.fault = &ai.Fault{Err: errors.New("away")}
	m := d.store(mail{body: question})
	d.arrive(m)
	if got := d.value(`SELECT state || coalesce(intent, '') FROM email_triage WHERE workspace_id = $1 AND message_id = $2`, m); got != "failed" {
		t.Errorf("triage: %s; want failed", got)
	}
}

func TestAQuoteThatIsNotInTheMailIsDropped(t *testing.T) {
	t.Parallel()
	d := open(t, "vendor")
	d.vendor.answers = map[string]string{"email.intelligence": `{"summary":"s","readiness":7,"readiness_reasons":[],"energy":5,"confidence":0.5,"items":[
		{"kind":"goal","text":"a","quote":"Hello","start":0,"end":5,"attributes":{}},
		{"kind":"goal","text":"b","quote":"never said","start":7,"end":17,"attributes":{}}]}`}
	d.vendor.fault = &ai.Fault{Err: errors.New("away")}
	m := d.store(mail{body: question})
	d.arrive(m)
	if got := d.value(`SELECT quote FROM intelligence_items WHERE workspace_id = $1 AND message_id = $2`, m); got != "Hello" {
		t.Errorf("items quote %q, want only what was said", got)
	}
}

func TestADegradedAnswerStandsInAndNeverHidesAFullOne(t *testing.T) {
	t.Parallel()
	d := open(t, "vendor", "rules")
	d.vendor.fault = &ai.Fault{Kind: ai.Overloaded, Err: errors.New("overloaded")}
	m := d.store(mail{subject: "Pricing", body: question})
	d.arrive(m)
	const flags = `SELECT concat_ws('|', degraded, engine) FROM email_triage WHERE workspace_id = $1 AND message_id = $2`
	if got := d.value(flags, m); got != "t|rules" {
		t.Errorf("triage: %s; want degraded rules", got)
	}
	// A full answer is there, then the message is understood by degraded rules
	// once more because its subject changed.
	d.exec(`UPDATE email_triage SET degraded = false, engine = 'vendor' WHERE workspace_id = $1 AND message_id = $2`, m)
	d.exec(`UPDATE messages SET subject = 'Price' WHERE workspace_id = $1 AND id = $2`, m)
	d.arrive(m)
	if got := d.value(flags, m); got != "f|vendor" {
		t.Errorf("triage: %s; want the full answer kept", got)
	}
}

func TestAnotherTenantsMessagesAreNotRead(t *testing.T) {
	t.Parallel()
	ann, ben := open(t, "rules"), open(t, "rules")
	m := ann.store(mail{body: question})
	ben.arrive(m)
	if got := ben.value(`SELECT id::text FROM agent_runs WHERE workspace_id = $1`); got != "" {
		t.Errorf("runs %s over another tenant's message", got)
	}
	if code := ben.call("POST", "/messages/"+m+"/analyze", nil); code != 404 {
		t.Errorf("analyze of another tenant's message answers %d, want 404", code)
	}
}

func TestAnalyzeTriesAgainWhatFailedAndOnlyThat(t *testing.T) {
	t.Parallel()
	d := open(t, "vendor")
	d.vendor.fault = &ai.Fault{Err: errors.New("refused")}
	m := d.store(mail{subject: "Pricing", body: question})
	d.arrive(m)
	d.vendor.fault = nil
	analyze := func() understanding.Analysis {
		var a understanding.Analysis
		if code := d.call("POST", "/messages/"+m+"/analyze", &a); code != 202 || len(a.RunIDs) != 2 {
			t.Fatalf("analyze answers %d %v, want 202 and two runs", code, a.RunIDs)
		}
		return a
	}
	first := analyze()
	if got, want := d.value(runsOf, m), "email.intelligence running, email.triage running"; got != want {
		t.Errorf("runs: %s; want %s", got, want)
	}
	d.arrive(m) // what the job does
	if got, want := d.value(triageOf, m), "done |  | pricing_inquiry | vendor | rules/3"; got != want {
		t.Errorf("triage: %s; want %s", got, want)
	}
	d.vendor.fault = &ai.Fault{Err: errors.New("asked again")}
	if again := analyze(); !slices.Equal(again.RunIDs, first.RunIDs) {
		t.Errorf("the second analyze names %v, want the same %v", again.RunIDs, first.RunIDs)
	}
	d.arrive(m)
	if got, want := d.value(runsOf, m), "email.intelligence done, email.triage done"; got != want {
		t.Errorf("runs: %s; want %s", got, want)
	}
}

func TestRunsAreListedAndReadWithTheirSteps(t *testing.T) {
	t.Parallel()
	d := open(t, "rules")
	m := d.store(mail{subject: "Pricing", body: question})
	d.arrive(m, d.store(mail{category: "bulk", reason: "list"}))
	var page op.List[agents.Run]
	for path, want := range map[string]int{"/runs": 3, "/runs?message_id=" + m: 2, "/runs?agent=email.triage": 2, "/runs?state=skipped": 1, "/runs?limit=1": 1} {
		if code := d.call("GET", path, &page); code != 200 || len(page.Data) != want {
			t.Errorf("GET %s answers %d with %d runs, want %d", path, code, len(page.Data), want)
		}
	}
	d.call("GET", "/runs?message_id="+m+"&agent=email.triage", &page)
	var run agents.Trail
	if code := d.call("GET", "/runs/"+page.Data[0].ID, &run); code != 200 || run.Engine != "rules" || len(run.Steps) != 3 || run.Steps[0].Kind != "model" {
		t.Errorf("GET run answers %d %+v, want three steps of rules", code, run)
	}
	if code := open(t, "rules").call("GET", "/runs/"+page.Data[0].ID, nil); code != 404 {
		t.Errorf("another tenant's run answers %d, want 404", code)
	}
}

func TestTheQueueCarriesAMessageToItsContactsScore(t *testing.T) {
	t.Parallel()
	d := furnish(t, connect(t, pgtest.URL(t)), "rules")
	d.s.Work()
	lead.New(d.db, d.queue, func() time.Time { return now }).Work()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.queue.Run(ctx) }()
	m := d.store(mail{subject: "Pricing", body: question})
	if code := d.call("POST", "/messages/"+m+"/analyze", nil); code != 202 {
		t.Fatalf("analyze answers %d, want 202", code)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for d.value(`SELECT score::text FROM contacts WHERE workspace_id = $1 AND id = $2 AND score IS NOT NULL`, d.contact) == "" {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the contact was not scored")
		}
	}
	parts := d.value(`SELECT count(*)::text FROM lead_scores, jsonb_array_elements(parts) p
		WHERE workspace_id = $1 AND contact_id = $2 AND p ->> 'name' IN ('engagement', 'behaviour', 'intelligence') AND p ->> 'points' IS NOT NULL`, d.contact)
	if parts != "3" {
		t.Errorf("%s parts of the score are known, want engagement, behaviour and intelligence", parts)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
