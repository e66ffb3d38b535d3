package message

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
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
	d := &desk{T: t, clock: time.Now().UTC()}
	d.Service = New(db, q, blob.New(t.TempDir()), func() time.Time { return d.clock })
	d.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
	return d
}

// letter is a mail of the tests: header fields and text.
type letter struct {
	from, to, id, reply, refs, subject, text string
	ago                                      time.Duration
	extra                                    string
}

func (d *desk) source(l letter) string {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	field("From", l.from)
	field("To", l.to)
	field("Message-ID", l.id)
	field("In-Reply-To", l.reply)
	field("References", l.refs)
	field("Subject", l.subject)
	field("Date", d.clock.Add(-l.ago).Format(time.RFC1123Z))
	b.WriteString(l.extra + "\r\n" + l.text + "\r\n")
	return b.String()
}

// deliver stores letters as one delivery.
func (d *desk) deliver(letters ...letter) []Outcome {
	d.Helper()
	var sources []string
	for _, l := range letters {
		sources = append(sources, d.source(l))
	}
	return d.deliverRaw(sources...)
}

func (d *desk) deliverRaw(sources ...string) []Outcome {
	d.Helper()
	out, err := d.tryRaw(sources...)
	if err != nil {
		d.Fatal(err)
	}
	return out
}

func (d *desk) tryRaw(sources ...string) (out []Outcome, err error) {
	var in []Incoming
	for _, source := range sources {
		in = append(in, d.incoming(source))
	}
	err = d.db.Write(d.ctx, func(tx *pg.Tx) (err error) {
		out, err = d.Store(d.ctx, tx, Delivery{Mails: in, Own: []string{"me@desk.example"}, Source: "import"})
		return err
	})
	return out, err
}

func (d *desk) incoming(source string) Incoming {
	m, err := mail.Parser{Now: d.clock}.Parse(readerOf(source))
	if err != nil {
		d.Error(err)
	}
	return Incoming{Mail: m, Raw: strings.Repeat("0", 64)}
}

func readerOf(s string) io.Reader { return strings.NewReader(s) }

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

func (d *desk) threadOf(o Outcome) string {
	d.Helper()
	return ask[string](d, `SELECT thread_id::text FROM messages WHERE workspace_id = $1 AND id = $2::uuid`, o.MessageID)[0]
}

func (d *desk) statusOf(o Outcome) string {
	d.Helper()
	return ask[string](d, `SELECT status || CASE WHEN unread THEN ' unread' ELSE '' END FROM threads WHERE workspace_id = $1 AND id = $2::uuid`, d.threadOf(o))[0]
}

const (
	ana = "Ana Duarte <ana@lumen.example>"
	ben = "Ben Ode <ben@north.example>"
	us  = "Me <me@desk.example>"
)
