package app_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"rapport/internal/crm/notification"
	"rapport/internal/platform/imap/dovecot"
	"rapport/internal/platform/oauth/oauthtest"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/smtp/smtptest"
)

// outgoing is a mail in the outbox as its writer sees it.
type outgoing struct{ ID, State, Error string }

func (n *tenant) send(t *testing.T, subject string) (o outgoing) {
	t.Helper()
	n.call(t, "POST", "{w}/messages/send", map[string]any{"mode": "new", "to": []map[string]any{{"address": "ben@fjord.example"}}, "subject": subject, "text": "Here.",
		"undo_seconds": 0}).want(t, 202).decode(t, &o)
	return o
}

// becomes waits until a mail has a state.
func (n *tenant) becomes(t *testing.T, id, state string) (o outgoing) {
	t.Helper()
	eventually(t, "the mail is "+state, func() bool {
		n.call(t, "GET", "{w}/outbox/"+id, nil).want(t, 200).decode(t, &o)
		return o.State == state
	})
	return o
}

type sendingAccount struct {
	State     string
	LastError string `json:"last_error"`
}

func (n *tenant) onlySender(t *testing.T) sendingAccount {
	t.Helper()
	var all struct{ Data []sendingAccount }
	n.call(t, "GET", "{w}/senders", nil).want(t, 200).decode(t, &all)
	if len(all.Data) != 1 {
		t.Fatalf("there are %d senders, want 1", len(all.Data))
	}
	return all.Data[0]
}

// A server that lets nobody in without a token of the provider: an expired one
// is renewed once, one that was taken back stops the sender in words.
func TestASenderSignsInWithTheTokensOfAGrant(t *testing.T) {
	t.Parallel()
	mail, err := dovecot.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mail.Remove)
	if err := errors.Join(mail.Start(), mail.AddUser("ana@lumen.example")); err != nil {
		t.Fatal(err)
	}
	e := newEmbassy(t)
	n := e.newTenant(t, "ann")
	sink := smtptest.New(t, smtptest.Options{Holder: e.identity.Holder})
	e.identity.Behave(oauthtest.Behaviour{Mint: mail.Token})
	grant := e.arrive(t, n.session, e.depart(t, n, nil)).Get("grant")
	n.call(t, "POST", "{w}/mailboxes", map[string]any{"address": "ana@lumen.example", "auth": "google", "grant_id": grant,
		"imap": map[string]any{"host": "localhost", "port": mail.Port, "security": "none"}, "smtp": map[string]any{"host": sink.Host, "port": sink.Port, "security": "none"}}).want(t, 201)
	due := func() {
		if _, err := e.app.DB.Session().Exec(t.Context(), `UPDATE oauth_grants SET expires_at = now()`); err != nil {
			t.Fatal(err)
		}
	}
	n.becomes(t, n.send(t, "With the first token").ID, "sent")
	due()
	first, second := n.send(t, "With the next token"), n.send(t, "With the same token")
	n.becomes(t, first.ID, "sent")
	n.becomes(t, second.ID, "sent")
	if got := e.identity.Refreshes(); got != 1 {
		t.Errorf("the provider was asked for %d new tokens, want 1", got)
	}
	for _, m := range sink.Mails() {
		if m.User != "ana@lumen.example" {
			t.Errorf("a mail of %q, want ana@lumen.example signed in", m.User)
		}
	}

	e.identity.Revoke("ana@lumen.example")
	due()
	before := sink.Connections()
	lost := n.becomes(t, n.send(t, "Without a token").ID, "failed")
	if s := n.onlySender(t); s.State != "trouble" || !strings.Contains(s.LastError, "connect the account again") || lost.Error != s.LastError {
		t.Errorf("the sender is %+v, the mail says %q; want both to ask for a new connection", s, lost.Error)
	}
	if got := sink.Connections(); got != before || len(sink.Mails()) != 3 {
		t.Errorf("without access the server was called %d times and has %d mails, want 0 and 3", got-before, len(sink.Mails()))
	}
	e.arrive(t, n.session, e.depart(t, n, nil))
	n.call(t, "POST", "{w}/outbox/"+lost.ID+"/retry", map[string]any{}).want(t, 200)
	n.becomes(t, lost.ID, "sent")
	if s := n.onlySender(t); s.State != "ready" || s.LastError != "" {
		t.Errorf("connected again, the sender is %+v, want ready", s)
	}
}

// letterTo waits for the mail to somebody and returns its text.
func letterTo(t *testing.T, sink *smtptest.Sink, address, containing string) (text string) {
	t.Helper()
	eventually(t, "a letter to "+address+" with "+containing, func() bool {
		for _, m := range sink.Mails() {
			unfolded := strings.ReplaceAll(m.Data, "=\r\n", "")
			if len(m.To) == 1 && m.To[0] == address && strings.Contains(unfolded, containing) {
				text = unfolded
			}
		}
		return text != ""
	})
	return text
}

var tokenIn = regexp.MustCompile(`http://rapport\.example/(verify|accept|reset)/([\w-]+)`)

// The installation's own mail, from the call that causes it to the server that
// takes it: a confirmation, an invitation, a way to a new password, a digest.
func TestLettersOfTheInstallationArrive(t *testing.T) {
	t.Parallel()
	sink := smtptest.New(t, smtptest.Options{User: "crm", Password: "s3cret"})
	w := newWorldAt(t, pgtest.URL(t), true, "RAPPORT_URL", "http://rapport.example", "RAPPORT_SMTP_URL", sink.URL(), "RAPPORT_SMTP_FROM", "Rapport <crm@rapport.example>")
	n := w.newTenant(t, "ann")
	const eva = "eva@example.com"

	follow := func(address, kind string) string {
		link := tokenIn.FindStringSubmatch(letterTo(t, sink, address, "/"+kind+"/"))
		if link == nil || link[1] != kind {
			t.Fatalf("the letter to %s has the link %v, want one of the kind %s", address, link, kind)
		}
		return link[2]
	}
	w.do(t, request{method: "POST", path: "/v1/auth/verify", body: map[string]any{"token": follow(n.email, "verify")}}).want(t, 200)
	n.call(t, "POST", "/v1/organizations/"+n.org+"/invitations", map[string]any{"email": eva, "role": "member"}).want(t, 201)
	w.do(t, request{method: "POST", path: "/v1/invitations/" + follow(eva, "accept") + "/accept", body: map[string]any{"name": "Eva", "password": "correct horse battery"}}).want(t, 200)

	w.do(t, request{method: "POST", path: "/v1/auth/password/forgot", body: map[string]any{"email": eva}}).want(t, 202)
	w.do(t, request{method: "POST", path: "/v1/auth/password/reset", body: map[string]any{"token": follow(eva, "reset"), "password": "another horse battery"}}).want(t, 200)
	login := w.do(t, request{method: "POST", path: "/v1/auth/login", body: map[string]any{"email": eva, "password": "another horse battery"}}).want(t, 200)
	var me struct{ User struct{ ID string } }
	login.decode(t, &me)
	colleague := &tenant{w: w, slug: n.slug}
	for _, c := range login.cookies {
		switch c.Name {
		case "rapport_session":
			colleague.session = c.Value
		case "rapport_csrf":
			colleague.csrf = c.Value
		}
	}
	colleague.call(t, "PUT", "{w}/notifications/preferences", map[string]any{"kinds": map[string]any{"task_assigned": map[string]any{"app": true, "mail": true}}}).want(t, 200)
	n.call(t, "POST", "{w}/tasks", map[string]any{"title": "Call the harbour", "assignee_id": me.User.ID}).want(t, 201)
	digest := func(ctx context.Context) error {
		if _, err := w.app.DB.Session().Exec(ctx, `UPDATE notification_digests SET due_at = now()`); err != nil {
			return err
		}
		return w.app.DB.Global(ctx, func(tx *pg.Tx) error { return w.app.Queue.Add(ctx, tx, notification.Digest{}) })
	}
	if err := digest(t.Context()); err != nil {
		t.Fatal(err)
	}
	letterTo(t, sink, eva, "Call the harbour")
	for _, m := range sink.Mails() {
		if m.From != "crm@rapport.example" || m.User != "crm" {
			t.Errorf("a letter is from %s by %q, want the configured sender", m.From, m.User)
		}
	}
}
