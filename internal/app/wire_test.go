package app_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"rapport/internal/platform/id"
	"rapport/internal/platform/pg/pgtest"
)

// wire stands between Rapport and PostgreSQL and counts round trips: each ends
// in a Sync or a simple query, which the client waits for.
type wire struct{ trips atomic.Int64 }

// through returns an address that leads to the database of dsn by the wire.
func (w *wire) through(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	socket := filepath.Join(q.Get("host"), ".s.PGSQL.5432")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", socket)
			if err != nil {
				_ = client.Close()
				return
			}
			go func() {
				_, _ = io.Copy(client, server)
				_ = client.Close()
			}()
			go func() {
				w.count(server, client)
				_ = server.Close()
			}()
		}
	}()
	q.Del("host")
	q.Set("sslmode", "disable")
	u.Host, u.RawQuery = ln.Addr().String(), q.Encode()
	return u.String()
}

// count copies the client's messages and looks at their first byte.
func (w *wire) count(server io.Writer, client io.Reader) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(client, head); err != nil {
		return
	}
	_, _ = server.Write(head) // the startup message has no type
	_, _ = io.CopyN(server, client, int64(binary.BigEndian.Uint32(head))-4)
	frame := make([]byte, 5)
	for {
		if _, err := io.ReadFull(client, frame); err != nil {
			return
		}
		if frame[0] == 'S' || frame[0] == 'Q' {
			w.trips.Add(1)
		}
		if _, err := server.Write(frame); err != nil {
			return
		}
		if _, err := io.CopyN(server, client, int64(binary.BigEndian.Uint32(frame[1:]))-4); err != nil {
			return
		}
	}
}

// A read is one round trip, a write one and its dependent reads, counted on
// the wire once statements are prepared and the credential is known.
func TestRoundTripsAreAsDecided(t *testing.T) {
	t.Parallel()
	var counter wire
	w := newWorldAt(t, counter.through(t, pgtest.URL(t)), false)
	n := w.newTenant(t, "ann")
	ana := n.addContact(t, map[string]any{"name": "Ana", "email": "ana@x.example"}).ID
	n.writes(t)
	n.make(t, "company", "/companies", map[string]any{"name": "Fjord"})
	etag := func() string { return n.call(t, "GET", "{w}/contacts/"+ana, nil).header.Get("ETag") }
	for _, c := range []struct {
		what string
		most int64
		do   func(version string) response
	}{
		{"contact.list", 1, func(string) response { return n.call(t, "GET", "{w}/contacts?sort=-score", nil) }},
		{"contact.get", 1, func(string) response { return n.call(t, "GET", "{w}/contacts/"+ana, nil) }},
		{"contact.timeline", 1, func(string) response { return n.call(t, "GET", "{w}/contacts/"+ana+"/timeline", nil) }},
		{"search.find", 1, func(string) response { return n.call(t, "GET", "{w}/search?q=ana", nil) }},
		{"thread.list", 1, func(string) response { return n.call(t, "GET", "{w}/threads?folder=open", nil) }},
		{"today.get", 1, func(string) response { return n.call(t, "GET", "{w}/today", nil) }},
		{"company.timeline", 1, func(string) response { return n.call(t, "GET", "{w}/companies/"+n.ids["company"]+"/timeline", nil) }},
		{"note.list", 1, func(string) response { return n.call(t, "GET", "{w}/notes?entity_id="+ana, nil) }},
		{"task.list", 1, func(string) response { return n.call(t, "GET", "{w}/tasks?sort=-priority", nil) }},
		{"task.counts", 1, func(string) response { return n.call(t, "GET", "{w}/tasks/counts", nil) }},
		{"activity.list", 1, func(string) response { return n.call(t, "GET", "{w}/activities?entity_id="+ana, nil) }},
		{"note.create", 2, func(string) response {
			return n.call(t, "POST", "{w}/notes", map[string]any{"entity": "contact", "entity_id": ana, "body": "Hi"})
		}},
		{"task.create", 2, func(string) response {
			return n.call(t, "POST", "{w}/tasks", map[string]any{"title": "Call", "entity": "contact", "entity_id": ana, "assignee_id": n.user})
		}},
		{"task.create with a reminder, which is a job", 4, func(string) response {
			return n.call(t, "POST", "{w}/tasks", map[string]any{"title": "Call", "due_at": "2100-01-01T00:00:00Z"})
		}},
		{"activity.create, which has people scored by a job", 4, func(string) response {
			return n.call(t, "POST", "{w}/activities", map[string]any{"kind": "call", "contact_ids": []string{ana}, "subject": "Prices", "at": "2026-01-31T15:00:00Z"})
		}},
		{"thread.bulk", 2, func(string) response {
			return n.call(t, "POST", "{w}/threads/bulk", map[string]any{"ids": []string{ana}, "set": map[string]any{"status": "done"}})
		}},
		{"contact.bulk_update", 2, func(v string) response {
			return n.call(t, "POST", "{w}/contacts/bulk", map[string]any{"ids": []string{ana}, "set": map[string]any{"add_tags": []string{"b" + strings.Trim(v, `"`)}}})
		}},
		{"company.bulk_update", 2, func(v string) response {
			return n.call(t, "POST", "{w}/companies/bulk", map[string]any{"ids": []string{n.ids["company"]}, "set": map[string]any{"add_tags": []string{id.New()}}})
		}},
		{"task.bulk_update", 2, func(string) response {
			return n.call(t, "POST", "{w}/tasks/bulk", map[string]any{"ids": []string{ana}, "set": map[string]any{"priority": "high"}})
		}},
		{"view.arrange", 2, func(string) response {
			return n.call(t, "PUT", "{w}/views/base", map[string]any{"entity": "contact", "columns": []string{"name"}})
		}},
		{"contact.list with fields", 1, func(string) response { return n.call(t, "GET", "{w}/contacts?include=fields", nil) }},
		{"thread.counts", 1, func(string) response { return n.call(t, "GET", "{w}/threads/counts", nil) }},
		{"outbox.list", 1, func(string) response { return n.call(t, "GET", "{w}/outbox?state=queued", nil) }},
		{"sender.list", 1, func(string) response { return n.call(t, "GET", "{w}/senders", nil) }},
		{"ai.costs", 1, func(string) response { return n.call(t, "GET", "{w}/ai/costs", nil) }},
		{"ai.usage", 1, func(string) response { return n.call(t, "GET", "{w}/ai/usage?by=day,provider", nil) }},
		{"ai.budget.get", 1, func(string) response { return n.call(t, "GET", "{w}/ai/budget", nil) }},
		{"ai.calls.list", 1, func(string) response { return n.call(t, "GET", "{w}/ai/calls", nil) }},
		{"ai.providers", 0, func(string) response { return n.call(t, "GET", "{w}/ai/providers", nil) }},
		{"draft.list", 1, func(string) response { return n.call(t, "GET", "{w}/drafts", nil) }},
		{"draft.create", 3, func(string) response { // what it names, the draft, COMMIT
			return n.call(t, "POST", "{w}/drafts", map[string]any{"mode": "new", "subject": "Prices"})
		}},
		{"message.send", 5, func(string) response { // what it names, the mail, its job (two), COMMIT
			return n.call(t, "POST", "{w}/messages/send", map[string]any{"mode": "new", "to": []map[string]any{{"address": "ben@fjord.example"}}, "subject": "Prices", "text": "Here."})
		}},
		{"contact.create", 2, func(string) response {
			return n.call(t, "POST", "{w}/contacts", map[string]any{"name": "Ben", "email": id.New() + "@x.example"})
		}},
		{"contact.update", 2, func(v string) response {
			return n.call(t, "PATCH", "{w}/contacts/"+ana, map[string]any{"title": "T" + v}, "If-Match", v)
		}},
		{"contact.update of an address", 3, func(v string) response {
			return n.call(t, "PATCH", "{w}/contacts/"+ana, map[string]any{"emails": []map[string]any{{"address": id.New() + "@y.example"}}}, "If-Match", v)
		}},
		{"contact.tag", 2, func(v string) response {
			return n.call(t, "PUT", "{w}/contacts/"+ana+"/tags", map[string]any{"tags": []string{"VIP", "t" + strings.Trim(v, `"`)}})
		}},
		{"contact.delete and restore", 5, func(string) response {
			n.call(t, "DELETE", "{w}/contacts/"+ana, nil).want(t, 204)
			return n.call(t, "POST", "{w}/contacts/"+ana+"/restore", nil)
		}},
	} {
		var least int64 = 99
		for range 4 { // the first prepare statements
			version := etag()
			before := counter.trips.Load()
			if res := c.do(version); res.status > 202 {
				t.Fatalf("%s: %d %s", c.what, res.status, res.body)
			}
			least = min(least, counter.trips.Load()-before)
		}
		if least > c.most {
			t.Errorf("%s takes %d round trips, want %d", c.what, least, c.most)
		}
	}
}
