package thread

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/bulk"
	"rapport/internal/crm/message"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// desk is a workspace with the service under test.
type desk struct {
	*testing.T
	*Service
	ctx   context.Context
	clock time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), APIConns: 2, WorkConns: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, clock: time.Now().UTC().Truncate(time.Millisecond)}
	d.Service = New(db, q, func() time.Time { return d.clock })
	d.Bulk(bulk.New(db, q), list.Spec{}, nil)
	d.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
	return d
}

// thread stores an open, unread conversation.
func (d *desk) thread() string {
	d.Helper()
	threadID := id.New()
	err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO threads (workspace_id, id, subject, subject_key, last_message_at, last_direction, category)
			VALUES ($1, $2, 'Q', 'q', now(), 'inbound', 'personal')`, tx.Workspace(), threadID)
		return nil
	})
	if err != nil {
		d.Fatal(err)
	}
	return threadID
}

func (d *desk) change(threadID string, p Patch) message.Thread {
	d.Helper()
	in := &patchInput{Body: p}
	in.ID, in.IfMatch = threadID, op.NewRecord(0, ask[int64](d, `SELECT version FROM threads WHERE workspace_id = $1 AND id = $2`, threadID)[0]).ETag
	out, err := d.update(d.ctx, in)
	if err != nil {
		d.Fatal(err)
	}
	return out.Body
}

func (d *desk) all(p Patch, ids ...string) (bulk.Result, error) {
	d.Helper()
	in := &bulkInput{}
	in.Body.IDs, in.Body.Set = ids, p
	out, err := d.bulkUpdate(d.ctx, in)
	if err != nil {
		return bulk.Result{}, err
	}
	return out.Body, nil
}

// ask runs a query of one column.
func ask[T any](d *desk, sql string, args ...any) []T {
	d.Helper()
	var out []T
	err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.Column[T](tx, sql, append([]any{tx.Workspace()}, args...)...)
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return out
}

func (d *desk) statusOf(threadID string) string {
	d.Helper()
	return ask[string](d, `SELECT status || CASE WHEN unread THEN ' unread' ELSE '' END FROM threads WHERE workspace_id = $1 AND id = $2::uuid`, threadID)[0]
}

func TestASnoozedThreadComesBackAtItsTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	th := d.change(d.thread(), Patch{SnoozedUntil: op.Some(d.clock.Add(time.Hour)), Unread: op.Some(false)})
	job := Wake{actor.Workspace(d.ctx), th.ID}
	if err := d.wake(d.ctx, job); err == nil {
		t.Error("the job does not sleep until then")
	}
	d.clock = d.clock.Add(2 * time.Hour)
	for range 2 {
		if err := d.wake(d.ctx, job); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.statusOf(th.ID); got != "open unread" {
		t.Errorf("got %q, want it open and unread", got)
	}
	if got := ask[int](d, `SELECT count(*)::int FROM events WHERE workspace_id = $1 AND entity = 'thread'`)[0]; got != 2 {
		t.Errorf("%d events, want the snooze and the return", got)
	}
}

func TestADecisionCanBeTakenBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	th := d.change(d.thread(), Patch{Status: op.Some("done"), Unread: op.Some(false)})
	err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		fields, deleted, err := d.Current(tx, th.ID)
		if err != nil || deleted || fields["status"] != "done" {
			t.Errorf("current: %v, %v, %v", fields, deleted, err)
		}
		return d.Revert(d.ctx, tx, th.ID, map[string]any{"status": "open", "unread": true}, "")
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.statusOf(th.ID); got != "open unread" {
		t.Errorf("status %q, want open unread", got)
	}
}

func TestABulkChangesWhatItCanAndSaysWhyNotTheRest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := newDesk(t)
	a, b, foreign, snoozed := d.thread(), d.thread(), other.thread(), d.thread()
	d.change(b, Patch{Status: op.Some("done")})
	d.change(snoozed, Patch{SnoozedUntil: op.Some(d.clock.Add(time.Hour))})
	out, err := d.all(Patch{SnoozedUntil: op.Optional[time.Time]{Set: true, Null: true}, Unread: op.Some(false)}, a, b, a, foreign, "no-id", snoozed)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(out.Changed, []string{a, b}) {
		t.Errorf("changed %v, want %v", out.Changed, []string{a, b})
	}
	var codes []string
	for _, r := range out.Refused {
		codes = append(codes, r.ID+" "+r.Code)
	}
	if want := []string{foreign + " not_found", "no-id not_found", snoozed + " range"}; !slices.Equal(codes, want) {
		t.Errorf("refused %v, want %v", codes, want)
	}
	if out, err = d.all(Patch{Unread: op.Some(false)}, a, b); err != nil || len(out.Unchanged) != 2 || out.BatchID != nil {
		t.Errorf("the same again: %+v, %v; want both unchanged and no batch", out, err)
	}
}

func TestABulkIsOneBatch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ids := []string{d.thread(), d.thread(), d.thread()}
	out, err := d.all(Patch{Status: op.Some("snoozed"), SnoozedUntil: op.Some(d.clock.Add(time.Hour))}, ids...)
	if err != nil || len(out.Changed) != 3 {
		t.Fatalf("%+v, %v; want three changed", out, err)
	}
	if got := ask[int](d, `SELECT count(*)::int FROM events WHERE workspace_id = $1 AND batch_id = $2`, *out.BatchID)[0]; got != 3 {
		t.Errorf("%d events of the batch, want 3", got)
	}
	if got := ask[int](d, `SELECT count(*)::int FROM river.river_job WHERE kind = 'thread.wake' AND args->>'workspace' = $1::text`)[0]; got != 3 {
		t.Errorf("%d threads will wake, want 3", got)
	}
}

func TestABulkThatMakesNoSenseIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	th := d.thread()
	for name, p := range map[string]Patch{
		"nothing":                {},
		"a snooze into the past": {SnoozedUntil: op.Some(d.clock.Add(-time.Minute))},
		"a snooze without end":   {Status: op.Some("snoozed")},
		"no such status":         {Status: op.Some("gone")},
		"a stranger":             {AssigneeID: op.Some(id.New())},
	} {
		if _, err := d.all(p, th); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
	if got := d.statusOf(th); got != "open unread" {
		t.Errorf("status %q, want open unread", got)
	}
}
