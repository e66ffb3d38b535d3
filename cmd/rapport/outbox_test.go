package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"rapport/internal/platform/smtp/smtptest"
)

// post sends JSON and decodes the answer.
func (p *process) post(path string, body, out any) int {
	p.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	a := p.ask(p.key, "POST", path, strings.NewReader(string(b)))
	if a.status >= 200 && a.status < 300 {
		if err := json.Unmarshal(a.body, out); err != nil {
			p.t.Fatal(err)
		}
	} else {
		p.t.Logf("POST %s: %d %s", path, a.status, a.body)
	}
	return a.status
}

// A server that is killed at random moments sends nothing twice, and loses
// nothing without a word: what may or may not have been sent says so.
func TestKilledServerSendsNothingTwice(t *testing.T) {
	t.Parallel()
	const mails = 100
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	sink := smtptest.New(t, smtptest.Options{User: "ana", Password: "s3cret"})
	s := newSite(t)
	s.account("Lumen")
	p := s.serve()
	w := p.workspace()
	var made struct{ ID string }
	if p.post(w+"/senders", map[string]any{"name": "Ana Duarte", "address": "ana@lumen.example",
		"smtp": map[string]any{"host": sink.Host, "port": sink.Port, "security": "none", "username": "ana", "password": "s3cret"}}, &made) != http.StatusCreated {
		t.Fatal("there is no sender")
	}
	for n := range mails {
		mail := map[string]any{"mode": "new", "to": []map[string]any{{"address": fmt.Sprintf("p%d@fjord.example", n)}}, "subject": fmt.Sprintf("Letter %d.", n), "text": fmt.Sprintf("token-%d-end\n", n), "undo_seconds": 0}
		if p.post(w+"/messages/send", mail, &made) != http.StatusAccepted {
			t.Fatal("a mail was not taken")
		}
	}
	const kills = 6
	for n := range kills {
		least := (n + 1) * mails / (kills + 3)
		least += random.IntN(mails / (kills + 3))
		eventually(t, "mail goes out", func() bool { return len(sink.Mails()) >= least })
		p.kill()
		p = s.serve()
	}
	var all struct {
		Data []struct{ State, Subject, Error string }
	}
	open := func() (n int) {
		p.get(w+"/outbox", &all)
		for _, o := range all.Data {
			if o.State == "queued" || o.State == "sending" {
				n++
			}
		}
		return n
	}
	eventually(t, "every mail has come to an end", func() bool { return open() == 0 })
	states := map[string]int{}
	for _, o := range all.Data {
		states[o.State]++
		var n int
		if _, err := fmt.Sscanf(o.Subject, "Letter %d.", &n); err != nil {
			t.Fatal(err)
		}
		copies := sink.Copies(fmt.Sprintf("token-%d-end", n))
		if copies > 1 || o.State == "sent" && copies != 1 || o.State != "sent" && (o.State != "uncertain" || o.Error == "") {
			t.Errorf("%s is %s (%s), and arrived %d times", o.Subject, o.State, o.Error, copies)
		}
	}
	if len(all.Data) != mails {
		t.Errorf("%d mails are in the outbox, want %d", len(all.Data), mails)
	}
	t.Logf("after %d kills: %v, %d arrived", kills, states, len(sink.Mails()))
	eventually(t, "sent mail is in its conversations", func() bool {
		return s.query(`SELECT count(DISTINCT message_id) FROM outgoing WHERE state = 'sent'`) == states["sent"]
	})
	if n := s.query(`SELECT count(*) FROM messages`); n != states["sent"] {
		t.Errorf("%d messages, want one for each of %d mails", n, states["sent"])
	}
}
