package app_test

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"rapport/internal/crm/mailbox"
	mailboxes "rapport/internal/crm/mailbox/sync"
	"rapport/internal/crm/message"
	"rapport/internal/platform/blob"
	rapport "rapport/internal/platform/imap"
	"rapport/internal/platform/secret"
)

// imapServer is a mail server on this machine for all tests of the process,
// with the accounts of the examples and of the fixtures.
var imapServer = sync.OnceValues(func() (port int, err error) {
	store := imapmemserver.New()
	for _, name := range []string{"ana@lumen.example", "fixture@lumen.example"} {
		u := imapmemserver.NewUser(name, "app password")
		for _, folder := range []string{"INBOX", "Sent"} {
			if err := u.Create(folder, nil); err != nil {
				return 0, err
			}
		}
		if _, err := u.Append("INBOX", strings.NewReader(oneMail), &imap.AppendOptions{}); err != nil {
			return 0, err
		}
		store.AddUser(u)
	}
	server := imapserver.New(&imapserver.Options{InsecureAuth: true, Caps: imap.CapSet{imap.CapIMAP4rev1: {}},
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return store.NewSession(), nil, nil
		}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	go func() { _ = server.Serve(l) }() // until the process ends
	return l.Addr().(*net.TCPAddr).Port, nil
})

// atHand is the mail server as a mailbox names it.
func atHand(t *testing.T) map[string]any {
	t.Helper()
	port, err := imapServer()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"host": "127.0.0.1", "port": port, "security": "none"}
}

// syncMailboxes works the tenant's mailboxes, as a server does, until the mail
// of one is there.
func (n *tenant) syncMailboxes(t *testing.T) {
	t.Helper()
	a := n.w.app
	keys, err := secret.OpenKeyring(a.Config.Data, "")
	if err != nil {
		t.Fatal(err)
	}
	blobs := blob.New(filepath.Join(a.Config.Data, "blobs"))
	accounts := mailbox.New(a.DB, keys, &rapport.Dialer{}, nil, time.Now)
	s := mailboxes.New(accounts, a.DB, message.New(a.DB, a.Queue, blobs, time.Now), blobs, mailboxes.Options{})
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "the mail of the mailbox", func() bool {
		var m struct {
			State string
			Count int `json:"message_count"`
		}
		n.call(t, "GET", "{w}/mailboxes/"+n.ids["mailbox"], nil).want(t, 200).decode(t, &m)
		return m.State == "live" && m.Count == 1
	})
}

func TestAMailboxIsTriedBeforeItIsStored(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	body := func(change func(body, server map[string]any)) map[string]any {
		server := atHand(t)
		b := map[string]any{"address": "ana@lumen.example", "password": "app password", "imap": server}
		change(b, server)
		return b
	}
	for name, tc := range map[string]struct {
		change  func(body, server map[string]any)
		pointer string
	}{
		"a wrong password":   {func(b, _ map[string]any) { b["password"] = "wrong" }, "/password"},
		"no password":        {func(b, _ map[string]any) { delete(b, "password") }, "/password"},
		"no such host":       {func(_, s map[string]any) { s["host"] = "nowhere.invalid"; s["security"] = "tls" }, "/imap/host"},
		"a closed port":      {func(_, s map[string]any) { s["port"] = 1 }, "/imap/port"},
		"no STARTTLS":        {func(_, s map[string]any) { s["security"] = "starttls" }, "/imap/security"},
		"no TLS":             {func(_, s map[string]any) { s["security"] = "tls" }, "/imap/security"},
		"a metadata service": {func(_, s map[string]any) { s["host"] = "169.254.169.254"; s["security"] = "tls" }, "/imap/host"},
		"a URL":              {func(_, s map[string]any) { s["host"] = "imap://lumen.example" }, "/imap/host"},
		"no address":         {func(b, _ map[string]any) { b["address"] = "ana" }, "/address"},
		"a strange date":     {func(b, _ map[string]any) { b["since"] = "31.1.2026" }, "/since"},
		"an unknown folder":  {func(b, _ map[string]any) { b["folders"] = []string{"Nowhere"} }, "/folders/0"},
		"no grant":           {func(b, _ map[string]any) { b["auth"] = "google" }, "/grant_id"},
	} {
		res := n.call(t, "POST", "{w}/mailboxes", body(tc.change))
		var p struct {
			Errors []struct{ Pointer, Message string }
		}
		if res.status != 422 {
			t.Errorf("%s: %d %s, want 422", name, res.status, res.body)
			continue
		}
		if res.decode(t, &p); len(p.Errors) == 0 || p.Errors[0].Pointer != tc.pointer {
			t.Errorf("%s: %s, want an error at %s", name, res.body, tc.pointer)
		}
	}
	good := body(func(_, _ map[string]any) {})
	n.call(t, "POST", "{w}/mailboxes", good).want(t, 201)
	if res := n.call(t, "POST", "{w}/mailboxes", good); res.status != 409 || res.code() != "duplicate" {
		t.Errorf("the same account again: %d %s, want 409 duplicate", res.status, res.body)
	}
}

func TestAStoredPasswordGoesToNoOtherServer(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	var m struct{ ID string }
	n.call(t, "POST", "{w}/mailboxes", map[string]any{"address": "ana@lumen.example", "password": "app password", "imap": atHand(t)}).want(t, 201).decode(t, &m)
	other := atHand(t)
	other["host"] = "localhost"
	if res := n.call(t, "PATCH", "{w}/mailboxes/"+m.ID, map[string]any{"imap": other}, "If-Match", `"1"`); res.status != 422 {
		t.Errorf("another server without a password: %d %s, want 422", res.status, res.body)
	}
	n.call(t, "PATCH", "{w}/mailboxes/"+m.ID, map[string]any{"imap": other, "password": "app password"}, "If-Match", `"1"`).want(t, 200)
	n.call(t, "PATCH", "{w}/mailboxes/"+m.ID, map[string]any{"mark_seen": true, "since": "2026-01-31"}, "If-Match", `"2"`).want(t, 200)
	if res := n.call(t, "POST", "{w}/mailboxes/"+m.ID+"/pause", nil).want(t, 200); len(res.body) == 0 {
		t.Error("nothing is answered")
	}
	var after struct{ State, Since, Health string }
	n.call(t, "GET", "{w}/mailboxes/"+m.ID, nil).want(t, 200).decode(t, &after)
	if after.State != "paused" || after.Since != "2026-01-31" {
		t.Errorf("the mailbox is %+v", after)
	}
}
