package thread

import (
	"context"
	"time"

	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

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
		return s.save(ctx, tx, []step{{c, after}}, "")
	})
	switch {
	case problem.KindOf(err) == problem.NotFound:
		return nil
	case err == nil && early > 0:
		return queue.Snooze(early)
	}
	return err
}
