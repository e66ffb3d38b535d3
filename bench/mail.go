package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// progress is what the server says of an import.
type progress struct {
	ID              string
	State, Error    string
	Total           *int64
	Imported        int64
	Duplicates      int64
	Refused         int64
	Triaged         int64
	Personal        int64
	Bulk            int64
	Automatic       int64
	Analyzed        int64
	AnalysisSkipped int64 `json:"analysis_skipped"`
}

func (p progress) stored() bool {
	return p.Total != nil && p.Imported+p.Duplicates+p.Refused >= *p.Total && p.State != "running"
}

func (p progress) over() bool {
	return p.State == "done" || p.State == "failed" || p.State == "cancelled"
}

// measureMail imports a mailbox into a Rapport as a user has it: with its own
// database, fsync on, agents at work beside the import.
func measureMail(ctx context.Context, b *bench) error {
	path := b.mail
	if path == "" {
		path = filepath.Join(b.dir, "generated.mbox")
		if err := generateMailbox(path, mails); err != nil {
			return err
		}
	}
	p, err := launch(ctx, filepath.Join(b.dir, "mail"), own, b.binary, "serve")
	if err != nil {
		return err
	}
	defer p.stop()
	s, err := join(p.base)
	if err != nil {
		return err
	}
	begin := time.Now()
	im, err := s.upload(ctx, path)
	if errors.Is(err, errNotBuilt) {
		fmt.Fprintln(os.Stderr, "mail:", err)
		return nil
	}
	if err != nil {
		return err
	}
	w, err := s.follow(ctx, im.ID, begin)
	if err != nil {
		return err
	}
	w.report(&b.report)
	b.report.atMost(200, "mail", "peak resident memory of rapport", "MB", memoryMB(p.cmd.Process.Pid, "VmHWM:"))
	return nil
}

// watched is an import as somebody saw it who asked for its progress.
type watched struct {
	last         progress
	stored, done time.Duration
	refused      int // questions that were not answered in time
}

func (w watched) report(r *report) {
	p := w.last
	r.add("mail", "messages", "", float64(*p.Total))
	r.add("mail", "imported", "", float64(p.Imported))
	r.add("mail", "duplicates", "", float64(p.Duplicates))
	r.add("mail", "refused", "", float64(p.Refused))
	r.atLeast(500, "mail", "import, from upload to stored", "messages/s", float64(*p.Total)/w.stored.Seconds())
	r.atLeast(200, "mail", "triage, from upload to the last answer", "messages/s", float64(p.Triaged)/w.done.Seconds())
	r.add("mail", "personal", "", float64(p.Personal))
	r.add("mail", "bulk", "", float64(p.Bulk))
	r.add("mail", "automatic", "", float64(p.Automatic))
	r.add("mail", "understood in depth", "", float64(p.Analyzed))
	r.atMost(0, "mail", "questions for the progress refused", "", float64(w.refused))
}

// session is a signed-in user.
type session struct {
	base, workspace, csrf string
	cookies               []*http.Cookie
}

// join makes an account.
func join(base string) (*session, error) {
	body := `{"email":"owner@bench.example","password":"a long bench password","name":"Bench Owner","organization":"Bench"}`
	res, err := http.Post(base+"/v1/auth/register", "application/json", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var me struct {
		Organizations []struct{ Workspaces []struct{ ID string } }
	}
	if err := json.NewDecoder(res.Body).Decode(&me); err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusCreated || len(me.Organizations) == 0 || len(me.Organizations[0].Workspaces) == 0 {
		return nil, fmt.Errorf("register: %s", res.Status)
	}
	s := &session{base: base, workspace: me.Organizations[0].Workspaces[0].ID, cookies: res.Cookies()}
	for _, c := range s.cookies {
		if c.Name == "rapport_csrf" {
			s.csrf = c.Value
		}
	}
	return s, nil
}

var errNotBuilt = errors.New("this version does not import mail")

func (s *session) upload(ctx context.Context, path string) (im progress, err error) {
	f, err := os.Open(path)
	if err != nil {
		return im, err
	}
	defer f.Close()
	err = s.call(ctx, "POST", "/imports?filename="+url.QueryEscape(filepath.Base(path)), f, &im)
	return im, err
}

func (s *session) call(ctx context.Context, method, path string, body io.Reader, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, s.base+"/v1/workspaces/"+s.workspace+path, body)
	if err != nil {
		return err
	}
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	r.Header.Set("X-CSRF-Token", s.csrf)
	r.Header.Set("Content-Type", "application/octet-stream")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if bytes.Contains(text, []byte(`"no_such_route"`)) {
		return errNotBuilt
	}
	if res.StatusCode == http.StatusServiceUnavailable {
		return fmt.Errorf("%w: %s", errBusy, text)
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s: %s", res.Status, text)
	}
	return json.Unmarshal(text, out)
}

var errBusy = errors.New("busy")

// follow asks until all is understood.
func (s *session) follow(ctx context.Context, id string, begin time.Time) (w watched, err error) {
	for {
		err := s.call(ctx, "GET", "/imports/"+id, nil, &w.last)
		if err != nil && !errors.Is(err, errBusy) {
			return w, err
		}
		if err != nil {
			w.refused++
		}
		if w.stored == 0 && w.last.stored() {
			w.stored = time.Since(begin)
		}
		if w.last.over() {
			w.done = time.Since(begin)
			if w.last.State != "done" || w.stored == 0 {
				return w, fmt.Errorf("the import ended as %s: %s", w.last.State, w.last.Error)
			}
			return w, nil
		}
		select {
		case <-ctx.Done():
			return w, ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
}
