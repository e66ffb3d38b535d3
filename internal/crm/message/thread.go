package message

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/crm/field"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Thread is a conversation as lists show it: its sender is the other side, its
// category the most personal one of its messages.
type Thread struct {
	ID               string     `json:"id"`
	Subject          string     `json:"subject"`
	Status           string     `json:"status" enum:"open,waiting,snoozed,done"`
	SnoozedUntil     *time.Time `json:"snoozed_until"`
	AssigneeID       *string    `json:"assignee_id"`
	Unread           bool       `json:"unread"`
	MessageCount     int32      `json:"message_count"`
	HasAttachments   bool       `json:"has_attachments"`
	LastMessageAt    time.Time  `json:"last_message_at" doc:"A message dated in the future counts as of its arrival."`
	LastDirection    string     `json:"last_direction" enum:"inbound,outbound"`
	Snippet          string     `json:"snippet"`
	FromName         string     `json:"from_name"`
	FromAddress      string     `json:"from_address"`
	ContactID        *string    `json:"contact_id"`
	ContactName      *string    `json:"contact_name"`
	CompanyName      *string    `json:"company_name"`
	Category         string     `json:"category" enum:"personal,bulk,automatic,own"`
	CategoryReason   string     `json:"category_reason"`
	Intent           *string    `json:"intent"`
	Sentiment        *string    `json:"sentiment" enum:"positive,neutral,negative"`
	Urgency          *string    `json:"urgency" enum:"low,medium,high,critical"`
	RequiresResponse bool       `json:"requires_response"`
	DueAt            *time.Time `json:"due_at"`
	Version          int64      `json:"version"`
}

// Columns and From are the query behind Thread; From ends in the condition on
// the workspace, $1.
const (
	Columns = `t.id, t.subject, t.status, t.snoozed_until, t.assignee_id, t.unread, t.message_count, t.has_attachments,
	t.last_message_at, t.last_direction, t.snippet, t.from_name, t.from_address, c.id AS contact_id, c.name AS contact_name, co.name AS company_name,
	t.category, t.category_reason, t.intent, t.sentiment, t.urgency, t.requires_response, t.due_at, t.version`
	From = `FROM threads t
	LEFT JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id AND c.deleted_at IS NULL
	LEFT JOIN companies co ON co.workspace_id = c.workspace_id AND co.id = c.company_id AND co.deleted_at IS NULL
	WHERE t.workspace_id = $1`
)

// LaterThread queues the reading of one thread.
func LaterThread(tx *pg.Tx, dst *[]Thread, threadID string) {
	pg.Later(tx, dst, `SELECT `+Columns+` `+From+` AND t.id = $2::uuid`, tx.Workspace(), threadID)
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

// Ops lists the operations that change threads; package inbox shows them.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "thread.update", Method: "PATCH", Path: "/v1/workspaces/{workspace}/threads/{id}", Scope: "thread:write",
			Summary: "Change the status, assignee or read mark of a thread", Entities: map[string]string{"id": "thread"},
			Example: map[string]any{"If-Match": `"1"`, "body": map[string]any{"status": "done"}}}, s.update),
	}
}

func (s *Service) update(ctx context.Context, in *patchInput) (*op.Record[Thread], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	var after []Thread
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
		LaterThread(tx, &after, in.ID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return op.NewRecord(after[0], after[0].Version), nil
}

// choice is what people decide about a thread.
type choice struct {
	ID, Subject  string
	Status       string
	SnoozedUntil *time.Time
	AssigneeID   *string
	Unread       bool
	Version      int64
}

// load locks a thread.
func load(tx *pg.Tx, threadID string) (choice, error) {
	c, err := pg.One[choice](tx, `
		SELECT id::text, subject, status, snoozed_until, assignee_id::text, unread, version FROM threads
		WHERE workspace_id = $1 AND id = $2::uuid FOR UPDATE`, tx.Workspace(), threadID)
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
	return s.save(ctx, tx, before, after, undoes)
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

func (s *Service) save(ctx context.Context, tx *pg.Tx, before, after choice, undoes string) error {
	changes := event.Changes{}
	changes.Set("status", before.Status, after.Status)
	changes.Set("snoozed_until", before.SnoozedUntil, after.SnoozedUntil)
	changes.Set("assignee_id", before.AssigneeID, after.AssigneeID)
	decided := len(changes) > 0
	changes.Set("unread", before.Unread, after.Unread)
	if len(changes) == 0 {
		return nil
	}
	tx.Queue(`
		UPDATE threads SET status = $3, snoozed_until = $4, assignee_id = $5::uuid, unread = $6, version = version + 1, updated_at = now()
		WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), before.ID, after.Status, after.SnoozedUntil, after.AssigneeID, after.Unread)
	if !decided {
		event.Hint(tx, "thread", before.ID)
		return nil // having read something is no change that anybody looks back at
	}
	if err := event.Record(ctx, tx, event.Happened{Entity: "thread", EntityID: before.ID, Kind: event.Updated, Changes: changes, Undoes: undoes}); err != nil {
		return err
	}
	if _, given := changes["assignee_id"]; given && after.AssigneeID != nil {
		if err := s.tell(ctx, tx, *after.AssigneeID, before.ID, before.Subject); err != nil {
			return err
		}
	}
	if _, moved := changes["snoozed_until"]; moved && after.SnoozedUntil != nil {
		return s.queue.Add(ctx, tx, Wake{tx.Workspace(), before.ID})
	}
	return nil
}

// Wake is the job that brings a snoozed thread back. It sleeps in the queue
// until then.
type Wake struct {
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
}

// Kind names the job.
func (Wake) Kind() string { return "thread.wake" }

// In is the workspace of the thread.
func (w Wake) In() string { return w.Workspace }

// Handle lets q work the jobs of threads.
func (s *Service) Handle(q *queue.Queue) { queue.Handle(q, s.wake) }

func (s *Service) wake(ctx context.Context, job Wake) error {
	var early time.Duration
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		c, err := load(tx, job.ID)
		if err != nil || c.Status != "snoozed" || c.SnoozedUntil == nil {
			return err
		}
		if early = c.SnoozedUntil.Sub(s.now()); early > 0 {
			return nil
		}
		after := c
		after.Status, after.SnoozedUntil, after.Unread = "open", nil, true
		return s.save(ctx, tx, c, after, "")
	})
	switch {
	case problem.KindOf(err) == problem.NotFound:
		return nil
	case err == nil && early > 0:
		return queue.Snooze(early)
	}
	return err
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
