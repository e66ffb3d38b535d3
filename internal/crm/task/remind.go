package task

import (
	"context"
	"time"

	"rapport/internal/crm/notification"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Due is the job that reminds somebody of a task when it is due. It sleeps in
// the queue until then; a task that is due at another time meanwhile has
// another job.
type Due struct {
	Workspace string    `json:"workspace"`
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
}

// Kind names the job.
func (Due) Kind() string { return "task.due" }

// In is the workspace of the task.
func (d Due) In() string { return d.Workspace }

// Handle lets q work the jobs of tasks.
func (s *Service) Handle(q *queue.Queue) { queue.Handle(q, s.due) }

// remind adds the job for a task that will be due; what is overdue from the
// start is no news.
func (s *Service) remind(ctx context.Context, tx *pg.Tx, t Task) error {
	if !s.coming(t) {
		return nil
	}
	return s.queue.Add(ctx, tx, Due{tx.Workspace(), t.ID, *t.DueAt})
}

// coming reports whether a task will be due.
func (s *Service) coming(t Task) bool {
	return !t.over() && t.DueAt != nil && t.DueAt.After(s.now())
}

func (s *Service) due(ctx context.Context, job Due) error {
	var early time.Duration
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		t, err := load(tx, job.ID)
		if err != nil || t.DeletedAt != nil || t.over() || t.DueAt == nil || !t.DueAt.Equal(job.At.Truncate(time.Microsecond)) { // as it is stored
			return err
		}
		if early = t.DueAt.Sub(s.now()); early > 0 {
			return nil
		}
		if t.RemindedAt != nil && !t.RemindedAt.Before(*t.DueAt) {
			return nil
		}
		t.RemindedAt = new(s.now().UTC())
		update(tx, t)
		return tell(ctx, tx, notification.TaskDue, t.Task)
	})
	switch {
	case problem.KindOf(err) == problem.NotFound:
		return nil
	case err == nil && early > 0:
		return queue.Snooze(early)
	}
	return err
}

// tellAssignee tells somebody that a task became theirs, unless they took it
// themselves.
func tellAssignee(ctx context.Context, tx *pg.Tx, before, after Task) error {
	who, _ := actor.From(ctx)
	if after.AssigneeID == nil || *after.AssigneeID == who.UserID || after.over() ||
		before.AssigneeID != nil && *before.AssigneeID == *after.AssigneeID {
		return nil
	}
	return tell(ctx, tx, notification.TaskAssigned, after)
}

func tell(ctx context.Context, tx *pg.Tx, kind notification.Kind, t Task) error {
	if t.AssigneeID == nil {
		return nil
	}
	n := notification.New{UserID: *t.AssigneeID, Kind: kind, Title: "A task is yours now: " + t.Title, Link: "tasks?task=" + t.ID, Entity: "task", EntityID: t.ID}
	if kind == notification.TaskDue {
		n.Title = "Due now: " + t.Title
	}
	if t.EntityName != nil {
		n.Body = *t.EntityName
	}
	return notification.Notify(ctx, tx, n)
}
