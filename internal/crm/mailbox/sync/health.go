package sync

import (
	"context"
	"fmt"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/crm/notification"
	"rapport/internal/platform/pg"
)

// health is how an account is, as it is stored.
type health struct {
	State              string
	Idle               bool
	LastSuccessAt      *time.Time
	LastError          string
	Failures, Refusals int
	NextTryAt          *time.Time
}

// noted is what was stored last, so that nothing is stored twice.
type noted struct {
	state, err string
	idle       bool
	at         time.Time
}

func (w *worker) health(ctx context.Context) (h health, err error) {
	err = w.db.Read(ctx, func(tx *pg.Tx) error {
		rows, err := pg.All[health](tx, `
			SELECT state, idle, last_success_at, last_error, failures, refusals, next_try_at FROM mailbox_health
			WHERE workspace_id = $1 AND mailbox_id = $2::uuid`, tx.Workspace(), w.mailboxID)
		if len(rows) > 0 {
			h = rows[0]
		}
		return err
	})
	return h, err
}

// note stores how the account is.
func (w *worker) note(ctx context.Context, h health) error {
	h.Idle = w.idle.Load() && h.State != "waiting"
	w.noted = noted{h.State, h.LastError, h.Idle, w.now()}
	return w.db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`
			INSERT INTO mailbox_health (workspace_id, mailbox_id, state, idle, last_success_at, last_error, failures, refusals, next_try_at)
			SELECT $1, m.id, $3, $4, $5, $6, $7, $8, $9 FROM mailboxes m WHERE m.workspace_id = $1 AND m.id = $2::uuid
			ON CONFLICT (workspace_id, mailbox_id) DO UPDATE
			SET state = excluded.state, idle = excluded.idle, last_success_at = coalesce(excluded.last_success_at, mailbox_health.last_success_at),
				last_error = excluded.last_error, failures = excluded.failures, refusals = excluded.refusals, next_try_at = excluded.next_try_at`,
			tx.Workspace(), w.mailboxID, h.State, h.Idle, h.LastSuccessAt, h.LastError, h.Failures, h.Refusals, h.NextTryAt)
		event.Hint(tx, "mailbox", w.mailboxID)
		return nil
	})
}

const freshness = time.Minute // of the time of the last success

// succeeded notes that everything has been looked at without a fault.
func (s *session) succeeded(ctx context.Context, state string) error {
	now := s.now().UTC()
	s.health.Failures, s.health.Refusals, s.health.NextTryAt, s.health.LastError = 0, 0, nil, ""
	s.health.State, s.health.LastSuccessAt = state, &now
	if n := s.noted; n.state == state && n.err == "" && n.idle == s.idle.Load() && now.Sub(n.at) < freshness {
		return nil
	}
	return s.note(ctx, *s.health)
}

// say notes what is being done.
func (s *session) say(ctx context.Context, state string) error {
	s.health.State, s.health.NextTryAt = state, nil
	return s.note(ctx, *s.health)
}

// stopFor pauses the account and tells the admins why.
func (w *worker) stopFor(ctx context.Context, reason string) error {
	return w.db.Write(ctx, func(tx *pg.Tx) error {
		stopped, err := w.accounts.Pause(tx, w.mailboxID, reason)
		if err != nil || !stopped {
			return err
		}
		name, err := pg.Value[string](tx, `
			WITH h AS (
				UPDATE mailbox_health SET idle = false, last_error = $3, failures = 0, refusals = 0, next_try_at = NULL
				WHERE workspace_id = $1 AND mailbox_id = $2::uuid
			)
			SELECT name FROM mailboxes WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), w.mailboxID, reason)
		if err != nil {
			return fmt.Errorf("note why a mailbox is paused: %w", err)
		}
		event.Hint(tx, "mailbox", w.mailboxID)
		return notification.Admins(ctx, tx, notification.New{Kind: notification.MailboxTrouble, Title: "No mail comes in for " + name, Body: reason,
			Link: "settings/mailboxes", Entity: "mailbox", EntityID: w.mailboxID})
	})
}
