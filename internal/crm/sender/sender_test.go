package sender

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	wire "github.com/emersion/go-smtp"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
	"rapport/internal/platform/smtp"
	"rapport/internal/platform/smtp/smtptest"
)

// desk is a workspace with the service under test.
type desk struct {
	*testing.T
	*Service
	ctx  context.Context
	sink *smtptest.Sink
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), APIConns: 2, WorkConns: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	ring, err := secret.OpenKeyring(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, Service: New(db, ring, nil, false, time.Now), sink: smtptest.New(t, smtptest.Options{User: "ana", Password: "s3cret"})}
	d.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
	return d
}

func (d *desk) input(name string) *createInput {
	in := &createInput{}
	in.Body.Name, in.Body.Address = name, name+"@lumen.example"
	password := "s3cret"
	in.Body.SMTP = serverInput{Host: d.sink.Host, Port: d.sink.Port, Security: "none", Username: "ana", Password: &password}
	return in
}

func (d *desk) make(in *createInput) Sender {
	d.Helper()
	out, err := d.create(d.ctx, in)
	if err != nil {
		d.Fatal(err)
	}
	return out.Body
}

func (d *desk) read(senderID string) Sender {
	d.Helper()
	out, err := d.get(d.ctx, &op.ByID{ID: senderID})
	if err != nil {
		d.Fatal(err)
	}
	return out.Body
}

func TestOneSenderIsTheDefault(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ana, ben := d.make(d.input("ana")), d.make(d.input("ben"))
	if !ana.IsDefault || ben.IsDefault {
		t.Fatalf("defaults: ana %v, ben %v; want the first", ana.IsDefault, ben.IsDefault)
	}
	yes := true
	change := &updateInput{Versioned: op.Versioned{ByID: op.ByID{ID: ben.ID}, IfMatch: `"1"`}}
	change.Body.IsDefault = &yes
	if _, err := d.update(d.ctx, change); err != nil {
		t.Fatal(err)
	}
	if d.read(ana.ID).IsDefault || !d.read(ben.ID).IsDefault {
		t.Error("the default did not move to ben")
	}
	if _, err := d.remove(d.ctx, &op.ByID{ID: ben.ID}); err != nil {
		t.Fatal(err)
	}
	if !d.read(ana.ID).IsDefault {
		t.Error("without ben there is no default")
	}
	if _, err := d.get(d.ctx, &op.ByID{ID: ben.ID}); problem.KindOf(err) != problem.NotFound {
		t.Errorf("ben is still there: %v", err)
	}
}

func TestAPasswordGoesOnlyToTheServerThatItWasGivenFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := d.make(d.input("ana"))
	change := &updateInput{Versioned: op.Versioned{ByID: op.ByID{ID: s.ID}, IfMatch: `"1"`}}
	change.Body.SMTP = &serverInput{Host: "smtp.thief.example"}
	_, err := d.update(d.ctx, change)
	if p, ok := errors.AsType[*problem.Error](err); !ok || p.Fields[0].Pointer != "/smtp/password" {
		t.Errorf("another host takes the stored password: %v", err)
	}
	a, err := d.Open(d.ctx, s.ID)
	if err != nil || a.Server.Password != "s3cret" || a.Server.Host != d.sink.Host {
		t.Errorf("Open = %+v, %v; want the password for its server", a.Server, err)
	}
	var stored []byte
	if err := d.db.Session().QueryRow(t.Context(), `SELECT password FROM senders WHERE id = $1`, s.ID).Scan(&stored); err != nil || string(stored) == "s3cret" || len(stored) < 60 {
		t.Errorf("the table holds %q, %v; want it sealed", stored, err)
	}
}

func TestATestSaysWhichFieldToMend(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	refusal := func(code int) *wire.SMTPError {
		return &wire.SMTPError{Code: code, EnhancedCode: wire.NoEnhancedCode, Message: "no"}
	}
	s := d.make(d.input("ana"))
	for pointer, plan := range map[string]smtptest.Plan{"/smtp/host": {Greeting: "554 no"}, "/smtp/password": {Auth: refusal(535)}, "/address": {Mail: refusal(550)},
		"/to": {Rcpt: map[string]*wire.SMTPError{"ben@fjord.example": refusal(550)}}} {
		d.sink.Next(plan)
		in := &testInput{ByID: op.ByID{ID: s.ID}}
		in.Body.To = "ben@fjord.example"
		_, err := d.test(d.ctx, in)
		p, ok := errors.AsType[*problem.Error](err)
		if !ok || p.Code != "smtp_failed" || p.Fields[0].Pointer != pointer {
			t.Errorf("%s: %v", pointer, err)
		}
		if got := d.read(s.ID); got.State != "trouble" || got.LastError == "" {
			t.Errorf("%s: the sender is %s, %q; want trouble", pointer, got.State, got.LastError)
		}
		if out, err := d.test(d.ctx, in); err != nil || !out.Body.OK {
			t.Errorf("%s: mended: %v", pointer, err)
		}
		if got := d.read(s.ID); got.State != "ready" || got.LastError != "" {
			t.Errorf("%s: mended, the sender is %s, %q", pointer, got.State, got.LastError)
		}
	}
	if n := len(d.sink.Mails()); n != 4 {
		t.Errorf("%d test mails arrived, want 4", n)
	}
}

func TestBadSendersAreToldWhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for pointer, spoil := range map[string]func(*createInput){
		"/name":          func(in *createInput) { in.Body.Name = "Ana\r\nBcc: x@y.example" },
		"/address":       func(in *createInput) { in.Body.Address = "ana" },
		"/smtp/host":     func(in *createInput) { in.Body.SMTP.Host = "https://smtp.lumen.example/" },
		"/smtp/username": func(in *createInput) { in.Body.SMTP.Username = "a\x00b" },
		"/mailbox_id":    func(in *createInput) { in.Body.MailboxID, in.Body.SMTP.Username = id.New(), "" },
	} {
		in := d.input("ana")
		spoil(in)
		_, err := d.create(d.ctx, in)
		if p, ok := errors.AsType[*problem.Error](err); !ok || p.Kind != problem.Invalid || p.Fields[0].Pointer != pointer {
			t.Errorf("%s: %v", pointer, err)
		}
	}
}

func TestAMailboxLendsItsLogin(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.accounts = func(context.Context, string) (Login, error) {
		return Login{Username: "ana@lumen.example", Token: "fresh", Host: "imap.gmail.com"}, nil
	}
	in := d.input("ana")
	in.Body.MailboxID, in.Body.SMTP = id.New(), serverInput{}
	err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO mailboxes (workspace_id, id, name, address, auth, username, host, port, security) VALUES ($1, $2, 'Ana', 'ana@lumen.example', 'google', 'ana', 'imap.gmail.com', 993, 'tls')`, tx.Workspace(), in.Body.MailboxID)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := d.make(in)
	if s.SMTP.Host != "smtp.gmail.com" || s.SMTP.Security != "tls" {
		t.Errorf("the server is %+v, want that of the provider", s.SMTP)
	}
	a, err := d.Open(d.ctx, s.ID)
	if err != nil || a.Server.Token != "fresh" || a.Server.Username != "ana@lumen.example" || a.Server.Security != smtp.TLS {
		t.Errorf("Open = %+v, %v; want the token of the mailbox", a.Server, err)
	}
}
