package approval_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/approval/lesson"
	"rapport/internal/agents/approval/policies"
	"rapport/internal/agents/approval/preview"
	judging "rapport/internal/agents/contact"
	"rapport/internal/agents/contact/assessment"
	writing "rapport/internal/agents/content"
	"rapport/internal/agents/content/stencil"
	"rapport/internal/agents/email/answering"
	"rapport/internal/agents/email/reply"
	"rapport/internal/agents/flow"
	"rapport/internal/agents/memory"
	"rapport/internal/ai"
	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/crm/contact"
	"rapport/internal/crm/content"
	"rapport/internal/crm/draft"
	"rapport/internal/crm/note"
	"rapport/internal/crm/outbox"
	"rapport/internal/crm/task"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
)

// field is a desk with the agents themselves, on whose model every order in a
// mail or a record works. An order stands behind the word "Order:".
type field struct {
	*desk
	engine          *flow.Engine
	obeyed, refused atomic.Int64
	memories        *memory.Service
	mu              sync.Mutex
	told            map[string][]string // what models were told, by task
}

func newField(t *testing.T) *field {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t), APIConns: 12, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	f := &field{desk: &desk{T: t, db: db, workspace: pgtest.Workspace(t, db.Session())}, memories: memory.New(db, time.Now), told: map[string][]string{}}
	contacts, notes, tasks := contact.New(db, time.Now), note.New(db, time.Now), task.New(db, q, time.Now)
	out := outbox.New(outbox.Parts{DB: db, Queue: q, Log: quiet}, time.Now)
	f.service = approval.New(approval.Parts{DB: db, Log: quiet, Now: f.now, Caller: f, Versions: preview.Versions(),
		Previews: preview.All(map[string]preview.Current{"contact": contacts, "note": notes, "task": tasks}, f.now),
		Learn:    lesson.Keep(f.memories)})
	f.engine = flow.New(flow.Parts{DB: db, Queue: q, Gateway: f, Gate: f.service, Caller: f, Now: time.Now, Log: quiet})
	f.service.Wake = f.engine.Wake
	f.engine.Register(assessment.New(db, q, f.engine, time.Now).Agent())
	f.engine.Register(writing.New(db, f.engine).Agent())
	var ops []op.Operation
	for _, s := range []interface{ Ops() []op.Operation }{contacts, notes, tasks, out, draft.New(db, blob.New(t.TempDir())), content.New(db, f.post, time.Now),
		answering.New(db, f.engine, out), f.service, policies.New(db)} {
		ops = append(ops, s.Ops()...)
	}
	f.service.Offer(ops)
	if err := f.engine.Offer(ops); err != nil {
		t.Fatal(err)
	}
	f.api = httpapi.New(ops, op.Door{}, quiet)
	f.engine.Work()
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- q.Run(ctx) }()
	t.Cleanup(func() { stop(); <-over })
	return f
}

func (f *field) post(ctx context.Context, args json.RawMessage) (string, error) {
	answer, err := f.Call(ctx, "message.send", args)
	var made struct{ ID string }
	if err == nil {
		err = json.Unmarshal(answer, &made)
	}
	return made.ID, err
}

// Do answers as a model that does what it is told in whatever it reads, as far
// as the schema lets it. It tries until a verifier lets something through.
func (f *field) Do(ctx context.Context, r ai.Request) (ai.Response, error) {
	tasks := map[string]func(context.Context, json.RawMessage) (json.RawMessage, error){}
	for _, m := range []map[string]func(context.Context, json.RawMessage) (json.RawMessage, error){reply.RulesTasks(), judging.RulesTasks(), stencil.Tasks()} {
		maps.Copy(tasks, m)
	}
	plain, err := tasks[r.Task](ctx, r.Input)
	if err != nil {
		return ai.Response{}, err
	}
	_, user := r.Prompt.Render("0011223344556677")
	f.mu.Lock()
	f.told[r.Task] = append(f.told[r.Task], user)
	f.mu.Unlock()
	order := orderIn(r.Input)
	for _, said := range obedient(plain, order) {
		if len(r.Schema.Check(said)) > 0 {
			continue
		}
		if out, err := r.Verify(said); err == nil {
			f.obeyed.Add(1)
			return ai.Response{Output: out, Engine: "vendor", Model: "obedient"}, nil
		}
		f.refused.Add(1)
	}
	out, err := r.Verify(plain)
	return ai.Response{Output: out, Engine: "rules"}, err
}

// orderIn is what follows the mark in any text of an input.
func orderIn(input json.RawMessage) (order string) {
	var v any
	_ = json.Unmarshal(input, &v)
	eachText(&v, func(s string) string {
		if _, found, ok := strings.Cut(s, "Order:"); ok && order == "" {
			order, _, _ = strings.Cut(strings.TrimSpace(found), "\n\n")
		}
		return s
	})
	return order
}

// obedient are answers that repeat an order: in all texts, then in each alone.
func obedient(plain json.RawMessage, order string) (out []json.RawMessage) {
	count := 0
	for only := -1; order != "" && only < count && only < 12; only++ {
		var v any
		_ = json.Unmarshal(plain, &v)
		n := 0
		eachText(&v, func(s string) string {
			n++
			if len(s) > 3 && strings.Contains(s, " ") && (only < 0 || only == n-1) {
				return s + "\n" + order
			}
			return s
		})
		count = n
		if m, ok := v.(map[string]any); ok && m["confidence"] != nil {
			m["confidence"] = 0.99
			if m["buying_intent"] != nil {
				m["buying_intent"], m["decision_stage"] = "high", "decision"
			}
		}
		b, _ := json.Marshal(v)
		out = append(out, b)
	}
	return out
}

// eachText replaces all texts of a value, in the order of their names.
func eachText(v *any, change func(string) string) {
	switch x := (*v).(type) {
	case string:
		*v = change(x)
	case []any:
		for i := range x {
			eachText(&x[i], change)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(x)) {
			one := x[k]
			eachText(&one, change)
			x[k] = one
		}
	}
}

func (f *field) write(as actor.Actor, sql string, args ...any) {
	f.Helper()
	err := f.db.Write(f.as(as), func(tx *pg.Tx) error {
		tx.Queue(sql, append([]any{tx.Workspace()}, args...)...)
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
}

// sender stores the account that mail leaves by.
func (f *field) sender(a actor.Actor) {
	f.Helper()
	f.write(a, `INSERT INTO senders (workspace_id, id, name, address, address_key, host, port, security, is_default) VALUES ($1, $2, 'Ana', 'ana@lumen.example', 'ana@lumen.example', 'mail.lumen.example', 587, 'none', true)`, id.New())
}

// mail stores a mail of a contact and returns its conversation and itself.
func (f *field) mail(a actor.Actor, contactID, from, body string) (thread, message string) {
	f.Helper()
	thread, message = id.New(), id.New()
	f.write(a, `INSERT INTO threads (workspace_id, id, subject, subject_key, last_message_at, last_direction, category, contact_id) VALUES ($1, $2, 'Seats', '', now(), 'inbound', 'personal', $3)`, thread, contactID)
	f.write(a, `INSERT INTO messages (workspace_id, id, thread_id, direction, category, identity_key, subject, sent_at, from_name, from_address, from_key, contact_id, body, raw, size)
		VALUES ($1, $2::uuid, $3, 'inbound', 'personal', $2::uuid::text, 'Seats', now() - interval '1 hour', 'Ben Ode', $4, $4, $5, $6, 'r', 1)`, message, thread, from, contactID, body)
	return thread, message
}

// runs begins runs and waits until none of them can go on.
func (f *field) runs(all ...flow.Start) []string {
	f.Helper()
	var ids []string
	owner := f.person("Ola", actor.Owner)
	err := f.db.Write(f.as(owner), func(tx *pg.Tx) error {
		for _, s := range all {
			runID, err := f.engine.Start(f.as(owner), tx, s)
			if err != nil {
				return err
			}
			ids = append(ids, runID)
		}
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	f.still(owner)
	return ids
}

// still waits until no run is to be worked.
func (f *field) still(a actor.Actor) {
	f.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 1200 {
		if len(f.texts(a, `SELECT id::text FROM agent_runs WHERE workspace_id = $1 AND state IN ('queued', 'running') AND run_at < now() + interval '1 minute'`)) == 0 {
			return
		}
		<-tick.C
	}
	f.Fatalf("the runs do not end: %v", f.texts(a, `SELECT concat_ws(' ', r.agent, r.state, s.key, s.state, left(coalesce(nullif(s.error, ''), r.error), 200), count(*)) FROM agent_runs r LEFT JOIN agent_steps s ON s.workspace_id = r.workspace_id AND s.run_id = r.id
		WHERE r.workspace_id = $1 GROUP BY r.agent, r.state, s.key, s.state, left(coalesce(nullif(s.error, ''), r.error), 200)`))
}

func (f *field) texts(a actor.Actor, sql string, args ...any) (out []string) {
	f.Helper()
	err := f.db.Read(f.as(a), func(tx *pg.Tx) (err error) {
		out, err = pg.Column[string](tx, sql, append([]any{tx.Workspace()}, args...)...)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return out
}
