package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rapport/internal/platform/imap/dovecot"
)

// arrivals is how many mails are delivered, one after the other.
const arrivals = 20

// measureArrival delivers mail to a Dovecot and stops the time until the
// server's own stream tells of it, and until a browser has drawn its row.
func measureArrival(ctx context.Context, b *bench) error {
	server, err := dovecot.New()
	if errors.Is(err, dovecot.ErrMissing) {
		fmt.Fprintln(os.Stderr, "arrival:", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer server.Remove()
	if err := errors.Join(server.AddUser("owner"), server.Start()); err != nil {
		return err
	}
	p, err := launch(ctx, filepath.Join(b.dir, "arrival"), own, b.binary, "serve")
	if err != nil {
		return err
	}
	defer p.stop()
	s, err := join(p.base)
	if err != nil {
		return err
	}
	id, err := s.connectIMAP(ctx, server.Port)
	if err != nil {
		return err
	}
	if err := s.listening(ctx, id); err != nil {
		return err
	}
	told, drawn, err := s.deliveries(ctx, server)
	if err != nil {
		return err
	}
	for name, times := range map[string][]float64{"told by the event stream": told, "drawn by Chromium": drawn} {
		slices.Sort(times)
		b.report.add("arrival", "from delivery to "+name+", median", "ms", times[len(times)/2])
	}
	b.report.add("arrival", "from delivery to the event stream, the slowest", "ms", told[len(told)-1])
	b.report.atMost(3000, "arrival", fmt.Sprintf("from delivery to drawn, the slowest of %d", arrivals), "ms", drawn[len(drawn)-1])
	return nil
}

// listening waits until the mail server tells of new mail by itself.
func (s *session) listening(ctx context.Context, id string) error {
	for {
		var m struct{ Idle bool }
		if err := s.call(ctx, "GET", "/mailboxes/"+id, nil, &m); err != nil && !errors.Is(err, errBusy) {
			return err
		}
		if m.Idle {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// deliveries delivers one mail after the other and returns after how many
// milliseconds each was told of and drawn.
func (s *session) deliveries(ctx context.Context, server *dovecot.Server) (told, drawn []float64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := s.stream(ctx)
	if err != nil {
		return nil, nil, err
	}
	rows, stop, err := s.watch(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer stop()
	for i := range arrivals {
		subject := fmt.Sprintf("Arrival %d", 1000+i)
		letter := fmt.Sprintf("From: Rosa <rosa%d@lumen.example>\r\nTo: owner@bench.example\r\nSubject: %s\r\nMessage-ID: <%d.arrival@lumen.example>\r\n\r\nCould you call on Monday?\r\n", i, subject, i)
		drain(stream)
		begin := time.Now()
		if err := server.Deliver("owner", "", []byte(letter)); err != nil {
			return nil, nil, err
		}
		for len(told) <= i || len(drawn) <= i {
			select {
			case at := <-stream:
				if len(told) <= i {
					told = append(told, at.Sub(begin).Seconds()*1000)
				}
			case row, ok := <-rows:
				if !ok {
					return nil, nil, errors.New("the browser ended")
				}
				if row.text == subject {
					drawn = append(drawn, row.at.Sub(begin).Seconds()*1000)
				}
			case <-time.After(30 * time.Second):
				return nil, nil, fmt.Errorf("%s has not arrived after 30 s", subject)
			}
		}
		time.Sleep(time.Second) // its agents have had their turn
	}
	return told, drawn, nil
}

func drain(c <-chan time.Time) {
	for len(c) > 0 {
		<-c
	}
}

// stream opens an event stream and returns when changes of threads come.
func (s *session) stream(ctx context.Context) (<-chan time.Time, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", s.base+"/v1/workspaces/"+s.workspace+"/live", nil)
	if err != nil {
		return nil, err
	}
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	out := make(chan time.Time, 1000)
	go func() {
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "data: ") && strings.Contains(lines.Text(), `"thread"`) {
				out <- time.Now()
			}
		}
	}()
	return out, nil
}

// row is what the browser has drawn, and when it said so.
type row struct {
	text string
	at   time.Time
}

// watch opens the inbox in a browser, by e2e/arrival.js.
func (s *session) watch(ctx context.Context) (<-chan row, func(), error) {
	var cookie []string
	for _, c := range s.cookies {
		cookie = append(cookie, c.Name+"="+c.Value)
	}
	cmd := exec.CommandContext(ctx, "node", "e2e/arrival.js")
	cmd.Env = append(os.Environ(), "RAPPORT_URL="+s.base, "RAPPORT_COOKIE="+strings.Join(cookie, "; "), "RAPPORT_PLACE="+s.workspace)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	stop := func() {
		_ = in.Close()
		_ = cmd.Wait() // the browser is through
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		stop()
		return nil, nil, fmt.Errorf("the browser is not ready: %q", lines.Text())
	}
	rows := make(chan row, arrivals)
	go copyRows(lines, rows)
	return rows, stop, nil
}

func copyRows(lines *bufio.Scanner, rows chan<- row) {
	defer close(rows)
	for lines.Scan() {
		rows <- row{lines.Text(), time.Now()}
	}
}
