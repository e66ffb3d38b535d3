package main

import (
	"bytes"
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

	"rapport/internal/app"
	"rapport/internal/app/config"
)

// client calls the running server with the machine's own key. Without a
// running server it starts one in the process.
type client struct {
	base, key string
	http      *http.Client
	as        string // id of the user on whose behalf it calls; "" for nobody's
	own       bool   // the server runs in this process and ends with it
	stop      func()
}

// dial finds the server of the data directory, or starts one.
func dial(ctx context.Context, env map[string]string) (*client, error) {
	c, err := config.Load(env)
	if err != nil {
		return nil, err
	}
	// No proxy: what carries the key stays on this machine.
	cl := &client{http: &http.Client{Transport: &http.Transport{}}, stop: func() {}}
	running, err := cl.reach(ctx, c.Data)
	if err != nil || running {
		return cl, err
	}
	return cl, cl.start(ctx, c)
}

// reach reports whether our server answers where the data directory says. The
// note may be stale, with nobody there, or somebody else who does not know our
// key. A server that is ours and in trouble is an error.
func (cl *client) reach(ctx context.Context, dir string) (bool, error) {
	base, err := os.ReadFile(filepath.Join(dir, app.AddressFile))
	if err != nil {
		return false, nil // whatever else is wrong there, start will say
	}
	if cl.key, err = app.LocalKey(dir); err != nil {
		return false, err
	}
	cl.base = string(base)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = cl.call(ctx, "GET", "/v1/ops/organizations", nil, nil)
	p, ours := errors.AsType[*answered](err)
	if ours && p.status >= 500 {
		return false, fmt.Errorf("the server at %s is in trouble: %w", cl.base, err)
	}
	return err == nil, nil
}

// patience is how long a server may take to answer the first question.
const patience = 10 * time.Second

// goesOn says what becomes of an import that nobody watches any more.
func (cl *client) goesOn(importID string) string {
	if cl.own {
		return "import " + importID + " goes on when a server runs again"
	}
	return "the server goes on with import " + importID
}

// start runs a server in this process, on a free port, until stop.
func (cl *client) start(ctx context.Context, c config.Config) error {
	outlive()
	c.Listen, c.Demo, cl.own = "127.0.0.1:0", false, true
	if c.LogFile == "" {
		c.LogFile = filepath.Join(c.Data, "rapport.log")
	}
	if err := os.MkdirAll(c.Data, 0o711); err != nil {
		return fmt.Errorf("data directory: %w (set RAPPORT_DATA to use another)", err)
	}
	log, closeLog, err := logger(c)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, c, log)
	if err != nil {
		return errors.Join(err, ignore(closeLog))
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	started, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.Serve(ctx, func(url string) { started <- url }) }()
	cl.stop = func() { cancel(); <-ended; a.Close(); closeLog() }
	select {
	case cl.base = <-started:
	case err := <-ended:
		ended <- err
		cl.stop()
		return err
	}
	cl.key, err = app.LocalKey(c.Data)
	return err
}

func ignore(f func()) error { f(); return nil }

// call sends body as JSON and decodes the answer into out; problems become
// errors with their details.
func (cl *client) call(ctx context.Context, method, path string, body, out any) error {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(b)
	}
	return cl.send(ctx, method, path, r, "application/json", out)
}

func (cl *client) send(ctx context.Context, method, path string, body io.Reader, contentType string, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, cl.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSuffix(cl.key+":"+cl.as, ":"))
	req.Header.Set("Content-Type", contentType)
	res, err := cl.http.Do(req)
	if err != nil {
		return fmt.Errorf("reach the server: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 400 {
		return problemOf(res)
	}
	if w, ok := out.(io.Writer); ok {
		_, err = io.Copy(w, res.Body)
		return err
	}
	if out == nil || res.StatusCode == http.StatusNoContent {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(out)
}

// answered is a problem that the server answered with.
type answered struct {
	status       int
	Detail, Code string
	RequestID    string `json:"request_id"`
	Errors       []struct{ Pointer, Message string }
}

func problemOf(res *http.Response) error {
	p := &answered{status: res.StatusCode}
	if err := json.NewDecoder(res.Body).Decode(p); err != nil || p.Code == "" {
		return fmt.Errorf("the server answered %s", res.Status)
	}
	return p
}

// Error shows what is wrong with each field, or else the detail.
func (p *answered) Error() string {
	text := p.Detail
	if len(p.Errors) > 0 {
		var each []string
		for _, e := range p.Errors {
			each = append(each, fmt.Sprintf("%s: %s", strings.TrimPrefix(e.Pointer, "/"), e.Message))
		}
		text = strings.Join(each, "\n  ")
	}
	return fmt.Sprintf("%s (%s, request %s)", text, p.Code, p.RequestID)
}

type organization struct {
	ID, Name   string
	Workspaces []struct{ ID, Slug, Name string }
}

var errNoWorkspace = errors.New("there is no workspace yet: make one with rapport user add EMAIL --organization NAME")

// workspace finds the workspace to act in: the named one, or the only one.
func (cl *client) workspace(ctx context.Context, name string) (org, workspace string, err error) {
	all, err := cl.organizations(ctx)
	if err != nil {
		return "", "", err
	}
	found := 0
	for _, o := range all {
		for _, w := range o.Workspaces {
			if name == "" || name == w.Slug || name == w.ID {
				org, workspace, found = o.ID, w.ID, found+1
			}
		}
	}
	return org, workspace, chosen(all, name, "workspaces", found)
}

// organization finds the organization to act in: the only one, or that of the
// named workspace.
func (cl *client) organization(ctx context.Context, name string) (org string, err error) {
	if name != "" {
		org, _, err = cl.workspace(ctx, name)
		return org, err
	}
	all, err := cl.organizations(ctx)
	if err != nil {
		return "", err
	}
	if len(all) > 0 {
		org = all[0].ID
	}
	return org, chosen(all, name, "organizations", len(all))
}

func (cl *client) organizations(ctx context.Context) ([]organization, error) {
	var all struct{ Data []organization }
	err := cl.call(ctx, "GET", "/v1/ops/organizations", nil, &all)
	return all.Data, err
}

// chosen is what is wrong unless exactly one was found.
func chosen(all []organization, name, what string, found int) error {
	var slugs []string
	for _, o := range all {
		for _, w := range o.Workspaces {
			slugs = append(slugs, w.Slug)
		}
	}
	switch {
	case len(slugs) == 0:
		return errNoWorkspace
	case found == 0:
		return fmt.Errorf("there is no workspace %q; there are: %s", name, strings.Join(slugs, ", "))
	case found > 1:
		return fmt.Errorf("there are several %s; choose with --workspace: %s", what, strings.Join(slugs, ", "))
	}
	return nil
}
