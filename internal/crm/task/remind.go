package task

import (
	"context"
	"time"

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
	if t.over() || t.DueAt == nil || !t.DueAt.After(s.now()) {
		return nil
	}
	return s.queue.Add(ctx, tx, Due{tx.Workspace(), t.ID, *t.DueAt})
}

func (s *Service) due(ctx context.Context, job Due) error {
	var early time.Duration
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		t, err := load(tx, job.ID)
		if err != nil || t.DeletedAt != nil || t.over() || t.DueAt == nil || !t.DueAt.Equal(job.At) {
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
		return s.tell(ctx, tx, "task_due", t.Task)
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
func (s *Service) tellAssignee(ctx context.Context, tx *pg.Tx, before, after Task) error {
	who, _ := actor.From(ctx)
	if after.AssigneeID == nil || *after.AssigneeID == who.UserID || after.over() ||
		before.AssigneeID != nil && *before.AssigneeID == *after.AssigneeID {
		return nil
	}
	return s.tell(ctx, tx, "task_assigned", after)
}

func (s *Service) tell(ctx context.Context, tx *pg.Tx, kind string, t Task) error {
	if s.notify == nil || t.AssigneeID == nil {
		return nil
	}
	n := Notice{UserID: *t.AssigneeID, Kind: kind, TaskID: t.ID, Title: t.Title, DueAt: t.DueAt}
	if t.EntityName != nil {
		n.About = *t.EntityName
	}
	return s.notify(ctx, tx, n)
}
