package task

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/about"
	"rapport/internal/crm/bulk"
	"rapport/internal/crm/event"
	"rapport/internal/crm/field"
	"rapport/internal/crm/search"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Service keeps tasks.
type Service struct {
	db    *pg.DB
	queue *queue.Queue
	now   func() time.Time
	bulk  *bulk.Service
}

// New returns the service over db; reminders sleep in q.
func New(db *pg.DB, q *queue.Queue, now func() time.Time) *Service {
	return &Service{db: db, queue: q, now: now}
}

// Bulk lets b change many tasks.
func (s *Service) Bulk(b *bulk.Service) {
	s.bulk = b
	b.Offer(bulk.Kind{Entity: "task", List: Listing, Living: "x.deleted_at IS NULL", Change: s.changeMany})
}

type createInput struct {
	op.InWorkspace
	Body struct {
		Title       string     `json:"title" minLength:"1" maxLength:"300"`
		Description string     `json:"description,omitempty" maxLength:"20000"`
		DueAt       *time.Time `json:"due_at,omitempty"`
		Priority    string     `json:"priority,omitempty" enum:"low,medium,high,urgent" default:"medium"`
		AssigneeID  string     `json:"assignee_id,omitempty" format:"uuid" doc:"A member of the organization."`
		Entity      string     `json:"entity,omitempty" enum:"contact,company,thread"`
		EntityID    string     `json:"entity_id,omitempty" format:"uuid"`
		MessageID   string     `json:"message_id,omitempty" format:"uuid" doc:"The message that it comes from; its thread is kept with it."`
	}
}

func (s *Service) create(ctx context.Context, in *createInput) (*op.Record[Task], error) {
	b := in.Body
	t := Task{Title: strings.TrimSpace(b.Title), Description: b.Description, DueAt: b.DueAt, Priority: b.Priority,
		AssigneeID: op.Given(b.AssigneeID), Entity: op.Given(b.Entity), EntityID: op.Given(b.EntityID), MessageID: op.Given(b.MessageID)}
	if t.Priority == "" {
		t.Priority = "medium"
	}
	s.begin(&t)
	if err := t.check(); err != nil {
		return nil, err
	}
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		if err := resolve(tx, &t); err != nil {
			return err
		}
		return s.add(ctx, tx, t)
	})
	return op.NewRecord(t, t.Version), err
}

// begin makes t a new task.
func (s *Service) begin(t *Task) {
	t.ID, t.Status, t.Version, t.CreatedAt = id.New(), "open", 1, s.now().UTC()
	t.UpdatedAt = t.CreatedAt
}

// resolve checks what a task points to and names it.
func resolve(tx *pg.Tx, t *Task) error {
	member, subject := event.MemberLater(tx, "/assignee_id", t.AssigneeID), about.Later(tx, t.Entity, t.EntityID)
	var threads []string
	if t.MessageID != nil {
		pg.LaterColumn(tx, &threads, `SELECT thread_id::text FROM messages WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), *t.MessageID)
	}
	if err := tx.Flush(); err != nil {
		return err
	}
	var f problem.Fields
	member.Check(&f)
	subject.Check(&f)
	f.Check(t.MessageID == nil || len(threads) == 1, "/message_id", "not_allowed", "There is no such message in this workspace.")
	if err := f.Err(); err != nil {
		return err
	}
	t.EntityName = subject.Name()
	if len(threads) == 1 {
		t.ThreadID = &threads[0]
	}
	return nil
}

// add queues a new task with all that follows from it.
func (s *Service) add(ctx context.Context, tx *pg.Tx, t Task) error {
	insert(tx, t)
	index(tx, t)
	if err := event.Record(ctx, tx, event.Happened{Entity: "task", EntityID: t.ID, Kind: event.Created}); err != nil {
		return err
	}
	if err := tellAssignee(ctx, tx, Task{}, t); err != nil {
		return err
	}
	return s.remind(ctx, tx, t)
}

func (s *Service) read(ctx context.Context, taskID string) (Task, error) {
	var rows []Task
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		rows, err = pg.All[Task](tx, `SELECT `+Columns+` `+From+` AND x.id = $2`, tx.Workspace(), taskID)
		return err
	})
	if err == nil && len(rows) == 0 {
		err = problem.Missing("task")
	}
	if err != nil {
		return Task{}, err
	}
	return rows[0], nil
}

// Patch is a change of some fields; null clears one.
type Patch struct {
	Title       op.Optional[string]    `json:"title,omitzero"`
	Description op.Optional[string]    `json:"description,omitzero"`
	DueAt       op.Optional[time.Time] `json:"due_at,omitzero"`
	Priority    op.Optional[string]    `json:"priority,omitzero" doc:"low, medium, high or urgent."`
	Status      op.Optional[string]    `json:"status,omitzero" doc:"open, in_progress, done or cancelled."`
	AssigneeID  op.Optional[string]    `json:"assignee_id,omitzero"`
	Entity      op.Optional[string]    `json:"entity,omitzero" doc:"Together with entity_id: contact, company or thread."`
	EntityID    op.Optional[string]    `json:"entity_id,omitzero"`
}

type patchInput struct {
	op.Versioned
	Body Patch
}

func (s *Service) update(ctx context.Context, in *patchInput) (*op.Record[Task], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return s.write(ctx, in.ID, func(tx *pg.Tx, t *stored) error {
		if t.Version != version {
			return op.Stale(t.Version)
		}
		return s.apply(ctx, tx, t, in.Body, "")
	})
}

// write locks a task, lets f change it and answers how it is then.
func (s *Service) write(ctx context.Context, taskID string, f func(*pg.Tx, *stored) error) (*op.Record[Task], error) {
	var t stored
	err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		if t, err = load(tx, taskID); err != nil {
			return err
		}
		return f(tx, &t)
	})
	if err != nil {
		return nil, err
	}
	return op.NewRecord(t.Task, t.Version), nil
}

func (p Patch) onto(t *Task) {
	if p.Title.Set {
		t.Title = strings.TrimSpace(p.Title.Value)
	}
	if p.Description.Set {
		t.Description = p.Description.Value
	}
	if p.Priority.Set {
		t.Priority = p.Priority.Value
	}
	if p.Status.Set {
		t.Status = p.Status.Value
	}
	p.DueAt.Onto(&t.DueAt)
	p.AssigneeID.Onto(&t.AssigneeID)
	p.Entity.Onto(&t.Entity)
	p.EntityID.Onto(&t.EntityID)
}

func (s *Service) apply(ctx context.Context, tx *pg.Tx, t *stored, p Patch, undoes string) error {
	if t.DeletedAt != nil {
		return problem.Missing("task")
	}
	before := t.Task
	p.onto(&t.Task)
	if err := t.check(); err != nil {
		return err
	}
	changes := diff(before, t.Task)
	if len(changes) == 0 {
		return nil
	}
	if err := refer(tx, &t.Task, changes); err != nil {
		return err
	}
	t.Version++
	t.UpdatedAt = s.now().UTC()
	t.complete(before, t.UpdatedAt)
	update(tx, *t)
	index(tx, t.Task)
	if err := event.Record(ctx, tx, event.Happened{Entity: "task", EntityID: t.ID, Kind: event.Updated, Changes: changes, Undoes: undoes}); err != nil {
		return err
	}
	if err := tellAssignee(ctx, tx, before, t.Task); err != nil {
		return err
	}
	if _, moved := changes["due_at"]; moved || before.over() && !t.over() {
		return s.remind(ctx, tx, t.Task)
	}
	return nil
}

// complete keeps the time of completion in step with the status.
func (t *Task) complete(before Task, now time.Time) {
	switch {
	case t.Status != "done":
		t.CompletedAt = nil
	case before.Status != "done":
		t.CompletedAt = &now
	}
}

// refer asks for what a task points to, as far as that changed.
func refer(tx *pg.Tx, t *Task, changes event.Changes) error {
	asked := Task{}
	_, entity := changes["entity"]
	_, entityID := changes["entity_id"]
	if _, assignee := changes["assignee_id"]; assignee {
		asked.AssigneeID = t.AssigneeID
	}
	if entity || entityID {
		asked.Entity, asked.EntityID = t.Entity, t.EntityID
		defer func() { t.EntityName = asked.EntityName }()
	}
	if asked == (Task{}) {
		return nil
	}
	return resolve(tx, &asked)
}

func (s *Service) setDeleted(ctx context.Context, tx *pg.Tx, t *stored, deleted bool, undoes string) error {
	if (t.DeletedAt != nil) == deleted {
		if deleted {
			return problem.Missing("task")
		}
		return nil
	}
	now := s.now().UTC()
	t.Version++
	t.UpdatedAt, t.DeletedAt = now, nil
	kind := event.Restored
	if deleted {
		t.DeletedAt, kind = &now, event.Deleted
		search.Remove(tx, "task", t.ID)
	} else {
		index(tx, t.Task)
	}
	update(tx, *t)
	if err := event.Record(ctx, tx, event.Happened{Entity: "task", EntityID: t.ID, Kind: kind, Undoes: undoes}); err != nil || deleted {
		return err
	}
	return s.remind(ctx, tx, t.Task)
}

// Current locks a task and returns its fields as events name them, for undo.
func (s *Service) Current(tx *pg.Tx, taskID string) (fields map[string]any, deleted bool, err error) {
	t, err := load(tx, taskID)
	if err != nil {
		return nil, false, err
	}
	fields = map[string]any{"due_at": nil}
	for name, pair := range diff(Task{}, t.Task) {
		fields[name] = pair[1]
	}
	for _, name := range []string{"description", "assignee_id", "entity", "entity_id"} {
		if _, set := fields[name]; !set {
			fields[name] = map[bool]any{true: ""}[name == "description"]
		}
	}
	return fields, t.DeletedAt != nil, nil
}

// Revert sets fields back, as JSON by the names of the events.
func (s *Service) Revert(ctx context.Context, tx *pg.Tx, taskID string, fields map[string]any, undoes string) error {
	t, err := load(tx, taskID)
	if err != nil {
		return err
	}
	var p Patch
	if err := field.Unflatten(fields, &p); err != nil {
		return fmt.Errorf("read the former values: %w", err)
	}
	return s.apply(ctx, tx, &t, p, undoes)
}

// SetDeleted deletes or restores, for undo.
func (s *Service) SetDeleted(ctx context.Context, tx *pg.Tx, taskID string, deleted bool, undoes string) error {
	t, err := load(tx, taskID)
	if err != nil {
		return err
	}
	return s.setDeleted(ctx, tx, &t, deleted, undoes)
}
