package answering_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/email/answering"
	"rapport/internal/agents/email/reply"
	"rapport/internal/agents/flow"
	"rapport/internal/ai"
	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/crm/draft"
	"rapport/internal/crm/outbox"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// desk is the agent with a real queue, real drafts and a gateway of rules. It
// is its own gate: drafts pass, everything else waits.
type desk struct {
	*testing.T
	db     *pg.DB
	api    *httpapi.API
	ctx    context.Context
	opened chan approval.Action
}

func (d *desk) Do(ctx context.Context, r ai.Request) (ai.Response, error) {
	out, err := reply.RulesTasks()[r.Task](ctx, r.Input)
	if err == nil {
		out, err = r.Verify(out)
	}
	return ai.Response{Output: out, Engine: "rules", Version: reply.RulesVersion}, err
}

func (d *desk) Judge(_ context.Context, _ approval.Origin, a approval.Action) (approval.Judgement, error) {
	if strings.HasPrefix(a.Operation, "draft.") && !a.Ask {
		return approval.Judgement{Verdict: approval.Allowed}, nil
	}
	return approval.Judgement{Verdict: approval.Asked}, nil
}

func (d *desk) Open(_ context.Context, _ *pg.Tx, _ approval.Origin, a approval.Action, _ approval.Judgement) (string, error) {
	d.opened <- a
	return id.New(), nil
}

func (d *desk) Outcome(*pg.Tx, string) (approval.Outcome, error) {
	return approval.Outcome{State: approval.Pending}, nil
}
func (d *desk) Cancel(*pg.Tx, []string) {}
func (d *desk) Call(ctx context.Context, operation string, args json.RawMessage) (json.RawMessage, error) {
	return d.api.Call(ctx, operation, args)
}

type as struct{ actor.Actor }

func (a as) Authenticate(context.Context, op.Credential, op.Place) (actor.Actor, error) {
	return a.Actor, nil
}

func open(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, db: db, opened: make(chan approval.Action, 100)}
	who := actor.Actor{Kind: actor.User, Name: "Ana Lind", UserID: id.New(), Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())}
	d.ctx = actor.With(t.Context(), who)
	if _, err := db.Session().Exec(t.Context(), `
		WITH u AS (INSERT INTO identity.users (id, email, email_key, name, password_hash) VALUES ($1::uuid, 'ana@lumen.example', 'ana@lumen.example', 'Ana Lind', '') RETURNING id)
		INSERT INTO identity.memberships (organization_id, user_id, role) SELECT w.organization_id, u.id, 'member' FROM u, identity.workspaces w WHERE w.id = $2`,
		who.UserID, who.WorkspaceID); err != nil {
		t.Fatal(err)
	}
	engine := flow.New(flow.Parts{DB: db, Queue: q, Gateway: d, Gate: d, Caller: d, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	out := outbox.New(outbox.Parts{DB: db, Queue: q, Log: slog.New(slog.DiscardHandler)}, time.Now)
	s := answering.New(db, engine, out)
	all := append(append(s.Ops(), draft.New(db, blob.New(t.TempDir())).Ops()...), out.Ops()...)
	if err := engine.Offer(all); err != nil {
		t.Fatal(err)
	}
	d.api = httpapi.New(all, op.Door{Auth: as{who}}, slog.New(slog.DiscardHandler))
	engine.Work()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	return d
}

func (d *desk) write(sql string, args ...any) {
	d.Helper()
	err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		tx.Queue(sql, append([]any{tx.Workspace()}, args...)...)
		return nil
	})
	if err != nil {
		d.Fatal(err)
	}
}

// thread stores messages, "in" or "out" before their text, the last an hour ago.
func (d *desk) thread(category string, texts ...string) string {
	d.Helper()
	thread := id.New()
	d.write(`INSERT INTO threads (workspace_id, id, subject, subject_key, last_message_at, last_direction, category) VALUES ($1, $2, 'Seats', '', now(), 'inbound', $3)`, thread, category)
	for i, text := range texts {
		way, body, _ := strings.Cut(text, ": ")
		direction, name, address := "inbound", "Ben Ode", "ben@fjord.example"
		if way == "out" {
			direction, name, address = "outbound", "Ana Lind", "ana@lumen.example"
		}
		message := id.New()
		d.write(`INSERT INTO messages (workspace_id, id, thread_id, direction, category, identity_key, subject, sent_at, from_name, from_address, body, raw, size)
			VALUES ($1, $2::uuid, $3, $4, $5, $2::uuid::text, 'Seats', now() - $6 * interval '1 hour', $7, $8, $9, 'r', 1)`, message, thread, direction, category, len(texts)-i, name, address, body)
		d.write(`INSERT INTO message_addresses (workspace_id, message_id, position, kind, address, sent_at) VALUES ($1, $2, 0, 'reply_to', 'eve@evil.example', now())`, message)
	}
	return thread
}

func (d *desk) ask(thread string, more map[string]any) (run string, err error) {
	d.Helper()
	args := map[string]any{"id": thread}
	for k, v := range more {
		args[k] = v
	}
	b, err := json.Marshal(args)
	if err != nil {
		d.Fatal(err)
	}
	out, err := d.api.Call(d.ctx, "thread.draft_reply", b)
	if err != nil {
		return "", err
	}
	var started answering.Started
	if err := json.Unmarshal(out, &started); err != nil {
		d.Fatal(err)
	}
	return started.RunID, nil
}

// outcome waits for the end of a run.
func (d *desk) outcome(run string) (o answering.Outcome) {
	d.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	patience, cancel := context.WithTimeout(d.Context(), time.Minute)
	defer cancel()
	for {
		var ended []string
		err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
			ended, err = pg.Column[string](tx, `SELECT concat_ws(' ', state, coalesce(output::text, error)) FROM agent_runs WHERE workspace_id = $1 AND id = $2 AND state NOT IN ('queued', 'running', 'waiting')`, tx.Workspace(), run)
			return err
		})
		if err != nil {
			d.Fatal(err)
		}
		if len(ended) > 0 {
			state, output, _ := strings.Cut(ended[0], " ")
			if err := json.Unmarshal([]byte(output), &o); state != "done" || err != nil {
				d.Fatalf("the run is %s: %s (%v)", state, output, err)
			}
			return o
		}
		select {
		case <-tick.C:
		case <-patience.Done():
			d.Fatalf("the run did not end: %s", d.trouble())
		}
	}
}

// trouble is how far all runs are.
func (d *desk) trouble() (why string) {
	err := d.db.Session().QueryRow(d.ctx, `SELECT coalesce(string_agg(concat_ws(' ', r.state, r.error, s.key, s.state, s.error), '; '), '') FROM agent_runs r LEFT JOIN agent_steps s ON s.workspace_id = r.workspace_id AND s.run_id = r.id`).Scan(&why)
	if err != nil {
		return err.Error()
	}
	return why
}

func (d *desk) draft(draftID string) (x draft.Draft) {
	d.Helper()
	out, err := d.api.Call(d.ctx, "draft.get", json.RawMessage(`{"id":"`+draftID+`"}`))
	if err == nil {
		err = json.Unmarshal(out, &x)
	}
	if err != nil {
		d.Fatal(err)
	}
	return x
}

func TestAnAnswerLiesInTheDraftsOfWhoAskedForIt(t *testing.T) {
	t.Parallel()
	d := open(t)
	thread := d.thread("personal", "out: The standard licence covers up to 40 seats.", "in: Hello Ana,\nhow many seats does the standard licence cover? Do you ship to Oslo?\nBen")
	run, err := d.ask(thread, map[string]any{"tone": "friendly"})
	if err != nil {
		t.Fatal(err)
	}
	o := d.outcome(run)
	x := d.draft(o.DraftID)
	if x.RunID == nil || *x.RunID != run || x.Mode != "reply" || len(x.To) != 1 || x.To[0].Address != "ben@fjord.example" || x.Subject != "Re: Seats" {
		t.Errorf("the draft is %+v, want an answer to Ben alone, by the run", x)
	}
	if !strings.HasPrefix(x.Text, "Hi Ben,") || !strings.Contains(x.Text, "covers up to 40 seats") || !strings.Contains(x.Text, "Ana Lind\n\n") || !strings.Contains(x.Text, "> how many seats") {
		t.Errorf("the text is\n%s", x.Text)
	}
	if len(o.Answers) != 2 || o.Answers[0].Treated != "answered" || len(o.Gaps) != 1 || o.Engine != "rules" {
		t.Errorf("the outcome is %+v", o)
	}
	again, err := d.ask(thread, map[string]any{"tone": "brief", "draft_id": o.DraftID})
	if err != nil {
		t.Fatal(err)
	}
	if better := d.outcome(again); better.DraftID != o.DraftID {
		t.Errorf("improving made %s of %s", better.DraftID, o.DraftID)
	}
	if y := d.draft(o.DraftID); !strings.HasPrefix(y.Text, "Hello Ben Ode,") || y.Version != 2 || strings.Count(y.Text, "> how many seats") != 1 {
		t.Errorf("improved, version %d:\n%s", y.Version, y.Text)
	}
}

func TestThereIsNothingToDraftWhereNobodyWaits(t *testing.T) {
	t.Parallel()
	d := open(t)
	for code, thread := range map[string]string{
		"already_answered": d.thread("personal", "in: Hello?", "out: Yes."),
		"not_personal":     d.thread("bulk", "in: Buy now!"),
		"nothing_written":  d.thread("personal", "in: "),
		"not_found":        id.New(),
	} {
		_, err := d.ask(thread, nil)
		p, ok := err.(*problem.Error)
		if !ok || p.Code != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}

func TestWithoutAPersonTheAnswerWaitsForOne(t *testing.T) {
	t.Parallel()
	d := open(t)
	thread := d.thread("personal", "in: How many seats does it cover?")
	who, _ := actor.From(d.ctx)
	who.UserID = "" // the machine itself
	d.ctx = actor.With(d.ctx, who)
	if _, err := d.ask(thread, nil); err != nil {
		t.Fatal(err)
	}
	a := <-d.opened
	if a.Operation != "message.send" || !a.Ask || !a.Tainted || len(a.Needs) != 1 || !strings.Contains(string(a.Args), "ben@fjord.example") || strings.Contains(string(a.Args), "evil") {
		t.Errorf("what waits is %+v %s", a, a.Args)
	}
}
