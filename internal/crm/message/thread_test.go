package message

import (
	"errors"
	"testing"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/pg"
)

// decide changes the only thread of a desk.
func (d *desk) decide(p Patch) Thread {
	d.Helper()
	found := ask[string](d, `SELECT id::text FROM threads WHERE workspace_id = $1`)
	version := ask[int64](d, `SELECT version FROM threads WHERE workspace_id = $1`)
	in := &patchInput{Body: p}
	in.ID, in.IfMatch = found[0], op.NewRecord(0, version[0]).ETag
	out, err := d.update(d.ctx, in)
	if err != nil {
		d.Fatal(err)
	}
	return out.Body
}

func TestASnoozedThreadComesBackAtItsTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(letter{from: ana, to: us, id: "<a@x>", subject: "Q", text: "Can you?"})
	th := d.decide(Patch{SnoozedUntil: op.Some(d.clock.Add(time.Hour)), Unread: op.Some(false)})
	job := Wake{ask[string](d, `SELECT $1::text`)[0], th.ID}
	if err := d.wake(d.ctx, job); err == nil {
		t.Error("the job does not sleep until then")
	}
	d.clock = d.clock.Add(2 * time.Hour)
	for range 2 {
		if err := d.wake(d.ctx, job); err != nil {
			t.Fatal(err)
		}
	}
	if got := ask[string](d, `SELECT status || unread::text || coalesce(snoozed_until::text, '') FROM threads WHERE workspace_id = $1`)[0]; got != "opentrue" {
		t.Errorf("got %q, want it open and unread", got)
	}
	if got := ask[int](d, `SELECT count(*)::int FROM events WHERE workspace_id = $1 AND entity = 'thread'`)[0]; got != 2 {
		t.Errorf("%d events, want the snooze and the return", got)
	}
}

func TestAnAnswerEndsASnooze(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.deliver(letter{from: ana, to: us, id: "<a@x>", subject: "Q", text: "Can you?"})
	d.decide(Patch{SnoozedUntil: op.Some(d.clock.Add(time.Hour))})
	d.deliver(letter{from: ana, to: us, id: "<b@x>", reply: "<a@x>", subject: "Re: Q", text: "Well?"})
	if got := d.statusOf(out[0]); got != "open unread" {
		t.Errorf("status %q, want open unread", got)
	}
}

func TestAnOldMailDoesNotChangeWhatPeopleDecided(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.deliver(letter{from: ana, to: us, id: "<b@x>", refs: "<a@x>", subject: "Re: Q", text: "Well?"})
	d.decide(Patch{Status: op.Some("done"), Unread: op.Some(false)})
	d.deliver(letter{from: ana, to: us, id: "<a@x>", subject: "Q", text: "Can you?", ago: time.Hour})
	if got := d.statusOf(out[0]); got != "done" {
		t.Errorf("status %q, want done", got)
	}
}

func TestADecisionCanBeTakenBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.deliver(letter{from: ana, to: us, id: "<a@x>", subject: "Q", text: "Can you?"})
	th := d.decide(Patch{Status: op.Some("done"), Unread: op.Some(false)})
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
	if got := d.statusOf(out[0]); got != "open unread" {
		t.Errorf("status %q, want open unread", got)
	}
}

func TestSweepKeepsWhatMessagesReferTo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ws := ask[string](d, `SELECT $1::text`)[0]
	b := d.blobs.Batch(ws)
	sum, _, err := b.Put(readerOf("kept"))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Sync(); err != nil {
		t.Fatal(err)
	}
	lost, _, err := d.blobs.Put(d.ctx, ws, readerOf("lost"))
	if err != nil {
		t.Fatal(err)
	}
	in := d.incoming(d.source(letter{from: ana, to: us, id: "<a@x>", subject: "Q", text: "Hi."}))
	in.Raw = b.Ref(sum)
	err = d.db.Write(d.ctx, func(tx *pg.Tx) error {
		_, err := d.Store(d.ctx, tx, Delivery{Mails: []Incoming{in}, Files: b.Files()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d.clock = d.clock.Add(48 * time.Hour)
	if n, err := d.Sweep(d.ctx); n != 1 || err != nil {
		t.Errorf("Sweep = %d, %v; want 1 removed", n, err)
	}
	if _, err := d.blobs.Open(ws, lost); !errors.Is(err, blob.ErrNone) {
		t.Errorf("the lost blob: %v, want none", err)
	}
	r, err := d.blobs.Open(ws, b.Ref(sum))
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}
