package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rapport/internal/platform/imap/dovecot"
	"rapport/internal/platform/mail/mailbox"
)

// imapMails is the size of the mailbox that is read over IMAP.
const imapMails = 10_000

// measureIMAP lets Rapport read a mailbox of a Dovecot, each a process of its
// own on this machine, as a user connects it; agents work beside.
func measureIMAP(ctx context.Context, b *bench) error {
	server, err := dovecot.New()
	if errors.Is(err, dovecot.ErrMissing) {
		fmt.Fprintln(os.Stderr, "imap:", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer server.Remove()
	if err := errors.Join(server.AddUser("owner"), server.Start()); err != nil {
		return err
	}
	n, err := fillIMAP(server, filepath.Join(b.dir, "imap.mbox"))
	if err != nil {
		return err
	}
	p, err := launch(ctx, filepath.Join(b.dir, "imap"), append(own, "RAPPORT_MAILBOX_RATE=100000"), b.binary, "serve")
	if err != nil {
		return err
	}
	defer p.stop()
	s, err := join(p.base)
	if err != nil {
		return err
	}
	begin := time.Now()
	id, err := s.connectIMAP(ctx, server.Port)
	if err != nil {
		return err
	}
	w := &synced{pid: p.cmd.Process.Pid, total: n, begin: begin}
	if err := w.follow(ctx, s, id); err != nil {
		return err
	}
	if err := s.arrival(ctx, server, id, n); err != nil {
		return err
	}
	b.report.add("imap", "messages", "", float64(n))
	b.report.add("imap", "first 50 messages after connecting", "s", w.usable.Seconds())
	b.report.atLeast(200, "imap", "first sync from Dovecot, stored", "messages/s", float64(n)/w.took.Seconds())
	b.report.add("imap", "peak memory in the second quarter", "MB", w.peaks[1])
	b.report.add("imap", "peak memory in the last quarter", "MB", w.peaks[3])
	b.report.atMost(1.25, "imap", "the last against the second", "times", w.peaks[3]/w.peaks[1])
	return nil
}

// fillIMAP delivers a generated mailbox.
func fillIMAP(server *dovecot.Server, path string) (n int, err error) {
	if err := generateMailbox(path, imapMails); err != nil {
		return 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	box, err := mailbox.New(f, filepath.Base(path), info.Size())
	if err != nil {
		return 0, err
	}
	for {
		item, err := box.Next()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		raw, err := io.ReadAll(item.Reader())
		item.Close()
		if err != nil {
			return n, err
		}
		if err := server.DeliverAt("owner", "", raw, time.Now().Add(time.Duration(n-imapMails)*time.Minute)); err != nil {
			return n, err
		}
		n++
	}
}

func (s *session) connectIMAP(ctx context.Context, port int) (string, error) {
	body := fmt.Sprintf(`{"address":"owner@bench.example","username":"owner","password":%q,"imap":{"host":"127.0.0.1","port":%d,"security":"none"}}`, dovecot.Password, port)
	r, err := http.NewRequestWithContext(ctx, "POST", s.base+"/v1/workspaces/"+s.workspace+"/mailboxes", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	r.Header.Set("X-CSRF-Token", s.csrf)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	var m struct{ ID string }
	if err := json.Unmarshal(text, &m); err != nil || res.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("connect a mailbox: %s: %s", res.Status, text)
	}
	return m.ID, nil
}

// synced is a first sync as somebody saw it who looked at it.
type synced struct {
	pid, total   int
	begin        time.Time
	usable, took time.Duration
	peaks        [4]float64 // MB in each quarter of the messages
}

type mailboxState struct {
	State, Health string
	Count         int `json:"message_count"`
}

func (w *synced) follow(ctx context.Context, s *session, id string) error {
	for {
		var m mailboxState
		if err := s.call(ctx, "GET", "/mailboxes/"+id, nil, &m); err != nil && !errors.Is(err, errBusy) {
			return err
		}
		if m.Count >= 50 && w.usable == 0 {
			w.usable = time.Since(w.begin)
		}
		if m.State == "paused" || m.State == "waiting" {
			return fmt.Errorf("the mailbox does not go on: %s", m.Health)
		}
		quarter := min(3, 4*m.Count/w.total)
		w.peaks[quarter] = max(w.peaks[quarter], memoryMB(w.pid, "VmRSS:"))
		if m.Count >= w.total {
			w.took = time.Since(w.begin)
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// arrival waits until mail that is delivered now is there, so that a figure is
// only given for a sync that goes on to work.
func (s *session) arrival(ctx context.Context, server *dovecot.Server, id string, n int) error {
	letter := "From: Late <late@lumen.example>\r\nTo: owner@bench.example\r\nSubject: Late\r\nMessage-ID: <late@lumen.example>\r\n\r\nLate.\r\n"
	if err := server.Deliver("owner", "", []byte(letter)); err != nil {
		return err
	}
	for {
		var m mailboxState
		if err := s.call(ctx, "GET", "/mailboxes/"+id, nil, &m); err != nil && !errors.Is(err, errBusy) {
			return err
		}
		if m.Count > n {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
