package letter_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rapport/internal/crm/letter"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
	"rapport/internal/platform/smtp/smtptest"
)

// office is a post office with a database of its own and its jobs running.
type office struct {
	*letter.Post
	t    *testing.T
	db   *pg.DB
	sink *smtptest.Sink
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t), APIConns: 2, WorkConns: 3, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	q, err := queue.New(db, queue.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, db: db, sink: smtptest.New(t, smtptest.Options{User: "rapport", Password: "s3cret"})}
	o.Post = letter.New(db, q, letter.Config{Server: o.sink.Server, From: mail.Address{Name: "Rapport", Address: "crm@lumen.example"}}, slog.New(slog.DiscardHandler), time.Now)
	o.Handle(q)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		db.Close()
	})
	return o
}

func (o *office) post(l letter.Letter) error {
	return o.db.Global(o.t.Context(), func(tx *pg.Tx) error { return o.Queue(tx, l) })
}

// stands waits until the letter of a key is in a state.
func (o *office) stands(key, state string) (row struct{ State, Error, Body string }) {
	o.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 3000 {
		err := o.db.Session().QueryRow(o.t.Context(), `SELECT state, error, body FROM identity.letters WHERE key = $1`, key).Scan(&row.State, &row.Error, &row.Body)
		if err != nil {
			o.t.Fatal(err)
		}
		if row.State == state && (state != "queued" || row.Error != "") {
			return row
		}
		<-tick.C
	}
	o.t.Fatalf("the letter %s is %+v, want %s", key, row, state)
	return row
}

func invitation(key string) letter.Letter {
	return letter.Letter{Key: key, To: "ben@fjord.example", Subject: "Ana invites you to Lumen", Text: "Come in: https://crm.example/accept/secret-token\n"}
}

func TestALetterIsSentOnceAndForgetsItsText(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for range 3 {
		if err := o.post(invitation("i/1")); err != nil {
			t.Fatal(err)
		}
	}
	if r := o.stands("i/1", "sent"); r.Body != "" {
		t.Errorf("a letter that is through still says %q", r.Body)
	}
	m := o.sink.Mails()
	if len(m) != 1 || m[0].To[0] != "ben@fjord.example" {
		t.Fatalf("the sink has %+v, want one mail to Ben", m)
	}
	got, err := mail.Parse(strings.NewReader(m[0].Data), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != "Ana invites you to Lumen" || got.From.Name != "Rapport" || !strings.Contains(got.Text, "secret-token") || got.Header["Auto-Submitted"] != "auto-generated" {
		t.Errorf("the mail reads %+v", got)
	}
}

func TestALetterThatWasNotQueuedWithItsCauseIsNotSent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	changedMind := errors.New("changed my mind")
	err := o.db.Global(t.Context(), func(tx *pg.Tx) error {
		if err := o.Queue(tx, invitation("i/1")); err != nil {
			return err
		}
		return changedMind
	})
	if !errors.Is(err, changedMind) {
		t.Fatal(err)
	}
	if err := o.post(invitation("i/2")); err != nil {
		t.Fatal(err)
	}
	o.stands("i/2", "sent")
	if n := len(o.sink.Mails()); n != 1 {
		t.Errorf("%d mails were sent, want 1", n)
	}
}

func TestALetterSaysWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plan        smtptest.Plan
		state, says string
	}{
		"for now":     {smtptest.Plan{Greeting: "421 busy"}, "queued", "421 busy"},
		"for good":    {smtptest.Plan{Greeting: "554 go away"}, "failed", "554 go away"},
		"nobody told": {smtptest.Plan{Cut: smtptest.AfterTheDot}, "uncertain", "may have been sent"},
	} {
		o := newOffice(t)
		o.sink.Always(c.plan)
		if err := o.post(invitation("i/1")); err != nil {
			t.Fatal(err)
		}
		if r := o.stands("i/1", c.state); !strings.Contains(r.Error, c.says) || (r.Body != "") != (c.state == "queued") {
			t.Errorf("%s: %+v, want %q", name, r, c.says)
		}
	}
}

// A process that dies leaves its letters in the state in which it had them.
func TestALetterOfADeadProcessIsSentOnlyIfItCannotHaveBeen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	leave := func(key, handedOver string) {
		err := o.db.Global(t.Context(), func(tx *pg.Tx) error {
			if err := o.Queue(tx, invitation(key)); err != nil {
				return err
			}
			under, err := tx.Pgx()
			if err != nil {
				return err
			}
			if _, err := under.Exec(t.Context(), `RESET ROLE`); err != nil {
				return err
			}
			_, err = under.Exec(t.Context(), `UPDATE identity.letters SET state = 'sending', claim = $2::uuid, handed_over_at = `+handedOver+` WHERE key = $1`, key, id.New())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	leave("before", "NULL")
	leave("after", "now()")
	o.stands("before", "sent")
	o.stands("after", "uncertain")
	if n := len(o.sink.Mails()); n != 1 {
		t.Errorf("%d mails were sent, want 1", n)
	}
}

func TestWithoutAServerNothingIsQueued(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Post.Config = letter.Config{}
	if err := o.post(invitation("i/1")); !errors.Is(err, letter.ErrUnconfigured) || o.Configured() {
		t.Errorf("Queue = %v, want %v", err, letter.ErrUnconfigured)
	}
}

func TestALetterToNowhereIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, to := range []string{"", "ben", "ben@fjord.example\r\nBcc: x@y.example", "ben <ben@fjord.example>", "ben@fjord.example,x@y.example"} {
		l := invitation("i/1")
		l.To = to
		if err := o.post(l); err == nil {
			t.Errorf("a letter to %q is queued", to)
		}
	}
}
