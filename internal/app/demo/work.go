package demo

import (
	"context"
	_ "embed" // what the team does is data
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rapport/internal/crm/identity"
)

//go:embed work.json
var work []byte

// chore is something that the team does once its mail has been read: a task, a
// note, a call, a decision about a thread. In its body stand addresses, domains
// and relative times in place of ids and times.
type chore struct {
	Path    string
	Body    map[string]any
	Subject string         // of the thread to decide about
	Set     map[string]any // what is decided
}

func chores() ([]chore, error) {
	var all []chore
	if err := json.Unmarshal(work, &all); err != nil {
		return nil, fmt.Errorf("demo work: %w", err)
	}
	return all, nil
}

// deeds does the chores that have not been done yet.
func (c *caller) deeds(ctx context.Context, w identity.Workspace) error {
	if err := c.mailRead(ctx); err != nil {
		return err
	}
	all, err := chores()
	if err != nil {
		return err
	}
	d, err := c.desk(ctx, w)
	if err != nil {
		return err
	}
	for _, ch := range all {
		if ch.Path == "threads" {
			err = c.decide(ctx, d, ch)
		} else if err = d.translate(ch.Body); err == nil && !d.done[mark(ch.Body)] {
			err = c.call(ctx, "POST", "/"+ch.Path, ch.Body, nil)
		}
		if err != nil {
			return fmt.Errorf("%s %s%s: %w", ch.Path, mark(ch.Body), ch.Subject, err)
		}
	}
	return nil
}

// mailRead waits until the mailbox has been imported and understood.
func (c *caller) mailRead(ctx context.Context) error {
	for {
		var list struct{ Data []struct{ State string } }
		if err := c.call(ctx, "GET", "/imports?limit=1", nil, &list); err != nil {
			return err
		}
		if len(list.Data) == 1 && (list.Data[0].State == "done" || list.Data[0].State == "failed") {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// desk is what stands where in the workspace.
type desk struct {
	clock     clock
	user      string
	contacts  map[string]string // by address
	companies map[string]string // by domain
	threads   map[string]thread // by subject
	done      map[string]bool
}

type thread struct {
	ID, Subject, Status string
	Version             int64
}

func (c *caller) desk(ctx context.Context, w identity.Workspace) (d desk, err error) {
	zone, err := time.LoadLocation(Zone)
	if err != nil {
		return d, err
	}
	d = desk{clock: clock{w.CreatedAt.In(zone)}, user: c.user, contacts: map[string]string{}, threads: map[string]thread{}, done: map[string]bool{}}
	if d.companies, err = c.companies(ctx); err != nil {
		return d, err
	}
	var people struct{ Data []struct{ ID, Email string } }
	var threads struct{ Data []thread }
	if err := c.call(ctx, "GET", "/contacts?limit=200", nil, &people); err != nil {
		return d, err
	}
	if err := c.call(ctx, "GET", "/threads?folder=all&limit=200", nil, &threads); err != nil {
		return d, err
	}
	for _, p := range people.Data {
		d.contacts[p.Email] = p.ID
	}
	for _, t := range threads.Data {
		d.threads[t.Subject] = t
	}
	for _, noun := range []string{"tasks", "notes", "activities"} {
		var list struct{ Data []map[string]any }
		if err := c.call(ctx, "GET", "/"+noun+"?limit=200", nil, &list); err != nil {
			return d, err
		}
		for _, one := range list.Data {
			d.done[mark(one)] = true
		}
	}
	return d, nil
}

// mark is what one recognises a task, note or call by.
func mark(body map[string]any) string {
	for _, field := range []string{"title", "subject", "body"} {
		if text, ok := body[field].(string); ok {
			return text
		}
	}
	return ""
}

// translate puts ids and times where a body names them.
func (d desk) translate(body map[string]any) error {
	for from, to := range map[string]string{"due": "due_at", "at": "at", "snoozed_until": "snoozed_until"} {
		if text, ok := body[from].(string); ok {
			at, err := d.clock.near(text)
			if err != nil {
				return err
			}
			delete(body, from)
			body[to] = at
		}
	}
	for entity, ids := range map[string]map[string]string{"contact": d.contacts, "company": d.companies} {
		name, ok := body[entity].(string)
		if !ok {
			continue
		}
		if ids[name] == "" {
			return fmt.Errorf("there is no %s %s", entity, name)
		}
		delete(body, entity)
		body["entity"], body["entity_id"] = entity, ids[name]
	}
	if names, ok := body["contacts"].([]any); ok {
		var ids []string
		for _, name := range names {
			ids = append(ids, d.contacts[fmt.Sprint(name)])
		}
		delete(body, "contacts")
		body["contact_ids"] = ids
	}
	if body["mine"] == true {
		delete(body, "mine")
		body["assignee_id"] = d.user
	}
	return nil
}

// near reads "+2d 10:00" and "-3d 16:30", a local time on a working day after
// or before this one.
func (c clock) near(text string) (time.Time, error) {
	var days, hour, minute int
	if _, err := fmt.Sscanf(text, "%dd %d:%d", &days, &hour, &minute); err != nil {
		return time.Time{}, fmt.Errorf("time %q is not of the form +2d 10:00: %w", text, err)
	}
	day := c.day(days)
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, day.Location()), nil
}

// decide changes a thread, unless it has been.
func (c *caller) decide(ctx context.Context, d desk, ch chore) error {
	t, ok := d.threads[ch.Subject]
	if !ok {
		return fmt.Errorf("there is no such thread among %d", len(d.threads))
	}
	if status, ok := ch.Set["status"].(string); ok && strings.EqualFold(t.Status, status) {
		return nil
	}
	if err := d.translate(ch.Set); err != nil {
		return err
	}
	req, err := c.request(ctx, "PATCH", "/threads/"+t.ID, ch.Set)
	if err != nil {
		return err
	}
	req.Header.Set("If-Match", fmt.Sprintf(`"%d"`, t.Version))
	return c.send(req, nil)
}
