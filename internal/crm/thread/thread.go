// Package thread is what people decide about conversations: open, waiting,
// snoozed or done, whose it is, read or not.
package thread

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/bulk"
	"rapport/internal/crm/event"
	"rapport/internal/crm/field"
	"rapport/internal/crm/message"
	"rapport/internal/crm/notification"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Service changes threads; package inbox shows them.
type Service struct {
	db    *pg.DB
	queue *queue.Queue
	now   func() time.Time
	bulk  *bulk.Service
}

// New returns the service over db; what is snoozed sleeps in q.
func New(db *pg.DB, q *queue.Queue, now func() time.Time) *Service {
	return &Service{db: db, queue: q, now: now}
}

// Patch is a change to what people decide about a thread.
type Patch struct {
	Status       op.Optional[string]    `json:"status,omitzero" doc:"open, waiting, snoozed or done."`
	SnoozedUntil op.Optional[time.Time] `json:"snoozed_until,omitzero" doc:"When a snoozed thread comes back; alone it snoozes."`
	AssigneeID   op.Optional[string]    `json:"assignee_id,omitzero" doc:"A member of the organization."`
	Unread       op.Optional[bool]      `json:"unread,omitzero"`
}

type patchInput struct {
	op.Versioned
	Body Patch
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/threads"
	return []op.Operation{
		op.New(op.Meta{Name: "thread.update", Method: "PATCH", Path: path + "/{id}", Scope: "thread:write",
			Summary: "Change the status, assignee or read mark of a thread", Entities: map[string]string{"id": "thread"},
			Example: map[string]any{"If-Match": `"1"`, "body": map[string]any{"status": "done"}}}, s.update),
		op.New(op.Meta{Name: "thread.bulk", Method: "POST", Path: path + "/bulk", Scope: "thread:write",
			Summary: "Change the status, assignee or read mark of many threads",
			Doc:     bulk.Doc + " Read marks alone are in no batch. In a run nobody is told of each thread that becomes theirs.",
			Example: map[string]any{"body": map[string]any{"ids": []string{"0190a1b2-0000-7000-8000-000000000001"}, "set": map[string]any{"status": "done"}}}}, s.bulkUpdate),
	}
}

func (s *Service) update(ctx context.Context, in *patchInput) (*op.Record[message.Thread], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	var after []message.Thread
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		c, err := load(tx, in.ID)
		if err != nil {
			return err
		}
		if c.Version != version {
			return op.Stale(c.Version)
		}
		if err := s.apply(ctx, tx, c, in.Body, ""); err != nil {
			return err
		}
		message.LaterThread(tx, &after, in.ID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return op.NewRecord(after[0], after[0].Version), nil
}

// choice is a thread as it was decided, at a version.
type choice struct {
	message.Decision
	Subject string
	Version int64
}

const choices = `SELECT id::text, subject, status, snoozed_until, assignee_id::text, unread, version FROM threads WHERE workspace_id = $1`

// load locks a thread.
func load(tx *pg.Tx, threadID string) (choice, error) {
	c, err := pg.One[choice](tx, choices+` AND id = $2::uuid FOR UPDATE`, tx.Workspace(), threadID)
	if errors.Is(err, pg.ErrNone) {
		return c, problem.Missing("thread")
	}
	return c, err
}

// apply changes a thread and records what changed.
func (s *Service) apply(ctx context.Context, tx *pg.Tx, before choice, p Patch, undoes string) error {
	after, err := p.on(before, s.now())
	if err != nil {
		return err
	}
	if p.AssigneeID.Pointer() != nil {
		if err := checkMember(tx, p.AssigneeID.Value); err != nil {
			return err
		}
	}
	return s.save(ctx, tx, []step{{before, after}}, undoes)
}

// on returns the choice after a patch, or what is wrong with it.
func (p Patch) on(c choice, now time.Time) (choice, error) {
	var f problem.Fields
	if p.Status.Set {
		f.Check(p.Status.Value == "open" || p.Status.Value == "waiting" || p.Status.Value == "snoozed" || p.Status.Value == "done",
			"/status", "not_allowed", "There is no such status.", "open", "waiting", "snoozed", "done")
		c.Status = p.Status.Value
	}
	if p.SnoozedUntil.Set {
		c.SnoozedUntil = p.SnoozedUntil.Pointer()
		if c.SnoozedUntil != nil && !p.Status.Set {
			c.Status = "snoozed"
		}
	}
	if c.Status == "snoozed" {
		f.Check(c.SnoozedUntil != nil && c.SnoozedUntil.After(now), "/snoozed_until", "range", "Say until when, in the future.")
	} else {
		f.Check(p.SnoozedUntil.Pointer() == nil, "/snoozed_until", "conflict", "Only a snoozed thread comes back at a time.")
		c.SnoozedUntil = nil
	}
	if p.AssigneeID.Set {
		c.AssigneeID = p.AssigneeID.Pointer()
	}
	if p.Unread.Set {
		f.Check(!p.Unread.Null, "/unread", "type", "Say true or false.")
		c.Unread = p.Unread.Value
	}
	return c, f.Err()
}

func checkMember(tx *pg.Tx, userID string) error {
	var f problem.Fields
	member := event.MemberLater(tx, "/assignee_id", &userID)
	if err := tx.Flush(); err != nil {
		return fmt.Errorf("look up the assignee: %w", err)
	}
	member.Check(&f)
	return f.Err()
}

// step is a thread before and after.
type step struct{ before, after choice }

// changes are what people look back at, and whether anything changed at all:
// having read something is no change that anybody looks back at.
func (s step) changes() (_ event.Changes, any bool) {
	c := event.Changes{}
	c.Set("status", s.before.Status, s.after.Status)
	c.Set("snoozed_until", s.before.SnoozedUntil, s.after.SnoozedUntil)
	c.Set("assignee_id", s.before.AssigneeID, s.after.AssigneeID)
	if len(c) > 0 {
		c.Set("unread", s.before.Unread, s.after.Unread)
	}
	return c, len(c) > 0 || s.before.Unread != s.after.Unread
}

func (s step) logged() bool {
	c, _ := s.changes()
	return len(c) > 0
}

// save queues steps that change something, with their events and, for what is
// snoozed, the jobs that wake it.
func (s *Service) save(ctx context.Context, tx *pg.Tx, steps []step, undoes string) error {
	var decisions []message.Decision
	var events []event.Happened
	var wakes []queue.Args
	for _, st := range steps {
		changes, any := st.changes()
		if !any {
			continue
		}
		decisions = append(decisions, st.after.Decision)
		if len(changes) > 0 {
			events = append(events, event.Happened{Entity: "thread", EntityID: st.after.ID, Kind: event.Updated, Changes: changes, Undoes: undoes})
		} else {
			event.Hint(tx, "thread", st.after.ID)
		}
		if _, given := changes["assignee_id"]; given && st.after.AssigneeID != nil && !bulk.InRun(ctx) {
			if err := notification.Assigned(ctx, tx, *st.after.AssigneeID, st.after.ID, st.after.Subject); err != nil {
				return err
			}
		}
		if _, moved := changes["snoozed_until"]; moved && st.after.SnoozedUntil != nil {
			wakes = append(wakes, Wake{tx.Workspace(), st.after.ID})
		}
	}
	if len(decisions) == 0 {
		return nil
	}
	message.Decide(tx, decisions...)
	if err := event.Record(ctx, tx, events...); err != nil {
		return err
	}
	return s.queue.Add(ctx, tx, wakes...)
}

// Current locks a thread and returns its fields as events name them, for undo.
func (s *Service) Current(tx *pg.Tx, threadID string) (fields map[string]any, deleted bool, err error) {
	c, err := load(tx, threadID)
	return map[string]any{"status": c.Status, "snoozed_until": c.SnoozedUntil, "assignee_id": c.AssigneeID, "unread": c.Unread}, false, err
}

// Revert sets fields back, as JSON by the names of the events. A snooze that
// is over is not begun again.
func (s *Service) Revert(ctx context.Context, tx *pg.Tx, threadID string, fields map[string]any, undoes string) error {
	c, err := load(tx, threadID)
	if err != nil {
		return err
	}
	var p Patch
	if err := field.Unflatten(fields, &p); err != nil {
		return fmt.Errorf("read the former values: %w", err)
	}
	return s.apply(ctx, tx, c, p, undoes)
}

// SetDeleted refuses: threads are not deleted.
func (s *Service) SetDeleted(context.Context, *pg.Tx, string, bool, string) error {
	return problem.New(problem.Conflict, "not_reversible", "Threads are neither deleted nor restored.")
}
