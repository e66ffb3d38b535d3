package message

import (
	"errors"
	"testing"
	"time"

	"rapport/internal/platform/blob"
	"rapport/internal/platform/pg"
)

// decide changes the only thread of a desk.
func (d *desk) decide(what Decision) {
	d.Helper()
	what.ID = ask[string](d, `SELECT id::text FROM threads WHERE workspace_id = $1`)[0]
	if err := d.db.Write(d.ctx, func(tx *pg.Tx) error { Decide(tx, what); return nil }); err != nil {
		d.Fatal(err)
	}
}

func TestAnAnswerEndsASnooze(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.deliver(letter{from: ana, to: us, id: "<a@x>", subject: "Q", text: "Can you?"})
	d.decide(Decision{Status: "snoozed", SnoozedUntil: new(d.clock.Add(time.Hour))})
	d.deliver(letter{from: ana, to: us, id: "<b@x>", reply: "<a@x>", subject: "Re: Q", text: "Well?"})
	if got := d.statusOf(out[0]); got != "open unread" {
		t.Errorf("status %q, want open unread", got)
	}
}

func TestAnOldMailDoesNotChangeWhatPeopleDecided(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.deliver(letter{from: ana, to: us, id: "<b@x>", refs: "<a@x>", subject: "Re: Q", text: "Well?"})
	d.decide(Decision{Status: "done"})
	d.deliver(letter{from: ana, to: us, id: "<a@x>", subject: "Q", text: "Can you?", ago: time.Hour})
	if got := d.statusOf(out[0]); got != "done" {
		t.Errorf("status %q, want done", got)
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
