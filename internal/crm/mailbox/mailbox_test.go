package mailbox_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/mailbox"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/imap"
	"rapport/internal/platform/imap/dovecot"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// desk is a workspace with one account on a Dovecot.
type desk struct {
	*testing.T
	*mailbox.Service
	db     *pg.DB
	server *dovecot.Server
	ctx    context.Context
	id     string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	s, err := dovecot.New()
	if errors.Is(err, dovecot.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Remove)
	if err := errors.Join(s.AddUser("ann"), s.Start()); err != nil {
		t.Fatal(err)
	}
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t), APIConns: 2, WorkConns: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	keys, err := secret.OpenKeyring(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, Service: mailbox.New(db, keys, &imap.Dialer{}, nil, time.Now), db: db, server: s}
	d.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.User, Name: "Ana", Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
	m, err := d.Connect(d.ctx, &mailbox.Connection{Body: mailbox.Details{Address: "ann@desk.example", Username: "ann", Password: dovecot.Password, Auth: "password",
		IMAP: mailbox.Server{Host: "127.0.0.1", Port: s.Port, Security: "none"}}})
	if err != nil {
		t.Fatal(err)
	}
	d.id = m.Body.ID
	return d
}

func (d *desk) claim(holder string) int {
	d.Helper()
	leases, err := d.Claim(d.ctx, holder, 10)
	if err != nil {
		d.Fatal(err)
	}
	return len(leases)
}

func TestAnAccountHasOneWorker(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if a, b := d.claim("a"), d.claim("b"); a != 1 || b != 0 {
		t.Errorf("a holds %d, b %d; want 1 and 0", a, b)
	}
	if _, err := d.db.Session().Exec(d.ctx, `UPDATE mailbox_leases SET until = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	if b, a := d.claim("b"), d.claim("a"); a != 0 || b != 1 {
		t.Errorf("after a has lapsed, a holds %d, b %d; want 0 and 1", a, b)
	}
	if err := d.Release(d.ctx, "b"); err != nil {
		t.Fatal(err)
	}
	if a := d.claim("a"); a != 1 {
		t.Errorf("after b has let go, a holds %d, want 1", a)
	}
	if err := d.TakeBack(d.ctx); err != nil {
		t.Fatal(err)
	}
	if b, a := d.claim("b"), d.claim("a"); a != 0 || b != 1 {
		t.Errorf("after a start of b alone, a holds %d, b %d; want 0 and 1", a, b)
	}
	if err := d.Release(d.ctx, "b"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Remove(d.ctx, &op.ByID{ID: d.id}); err != nil {
		t.Fatal(err)
	}
	if a := d.claim("a"); a != 0 {
		t.Errorf("a holds %d of a removed account", a)
	}
}

func TestPasswordsAreSealedAndOpenForSending(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var stored []byte
	if err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
		stored, err = pg.Value[[]byte](tx, `SELECT password FROM mailboxes WHERE workspace_id = $1`, tx.Workspace())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	login, err := d.Credentials(d.ctx, d.id)
	if err != nil {
		t.Fatal(err)
	}
	if want := (mailbox.Login{Username: "ann", Password: dovecot.Password, Address: "ann@desk.example", Host: "127.0.0.1"}); login != want {
		t.Errorf("the login is %+v, want %+v", login, want)
	}
	if len(stored) == 0 || strings.Contains(string(stored), dovecot.Password) {
		t.Errorf("the password is stored as %q", stored)
	}
}

func TestACopyOfSentMailIsKeptAsReadAndOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 2 { // the answer to the first may be lost
		if err := d.Append(d.ctx, d.id, []byte("From: ann@desk.example\r\nSubject: Sent\r\nMessage-ID: <one@desk.example>\r\n\r\nGone out.\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	for messageID, want := range map[string]bool{"one@desk.example": true, "ne@desk.example": false, "": false} {
		if there, err := d.Sent(d.ctx, d.id, messageID); err != nil || there != want {
			t.Errorf("Sent(%q) = %v, %v; want %v", messageID, there, err, want)
		}
	}
	c, err := (&imap.Dialer{}).Dial(d.ctx, imap.Server{Host: "127.0.0.1", Port: d.server.Port, Security: "none"}, imap.Login{Username: "ann", Password: dovecot.Password})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if state, err := c.Open(d.ctx, "Sent", false); err != nil || state.Exists != 1 {
		t.Fatalf("Sent is %+v, %v; want one message", state, err)
	}
	if heads, err := c.Heads(d.ctx, 1, 1); err != nil || len(heads) != 1 || !heads[0].Seen {
		t.Errorf("Sent holds %+v (%v), want one message that is read", heads, err)
	}
}

func TestAGrantGoesWithItsLastMailbox(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	granted, other := id.New(), id.New()
	if err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO oauth_grants (workspace_id, id, provider, account, address, user_id, access_token, refresh_token, expires_at)
			VALUES ($1, $2, 'google', 'ann', 'ann@desk.example', gen_random_uuid(), 'a', 'r', now())`, tx.Workspace(), granted)
		tx.Queue(`UPDATE mailboxes SET auth = 'google', grant_id = $2 WHERE workspace_id = $1`, tx.Workspace(), granted)
		tx.Queue(`INSERT INTO mailboxes (workspace_id, id, name, address, auth, grant_id, username, host, port, security)
			VALUES ($1, $2, 'Other', 'ann@desk.example', 'google', $3, 'other', 'imap.desk.example', 993, 'tls')`, tx.Workspace(), other, granted)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i, mailboxID := range []string{d.id, other} {
		if _, err := d.Remove(d.ctx, &op.ByID{ID: mailboxID}); err != nil {
			t.Fatal(err)
		}
		var left int64
		if err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
			left, err = pg.Value[int64](tx, `SELECT count(*) FROM oauth_grants WHERE workspace_id = $1`, tx.Workspace())
			return err
		}); err != nil || left != int64(1-i) {
			t.Errorf("%d grants are left after %d of two mailboxes is gone (%v), want %d", left, i+1, err, 1-i)
		}
	}
}

func TestACopyForAMailboxInTroubleAsksNoServer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		_, err := d.Pause(tx, d.id, "The server refuses the password.")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	d.server.Stop()
	if err := d.Append(d.ctx, d.id, []byte("Subject: Sent\r\n\r\nGone out.\r\n")); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("%v, want it put off", err)
	}
}
