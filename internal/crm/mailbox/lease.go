package mailbox

import (
	"context"

	"rapport/internal/platform/pg"
)

// Lease is the right to work an account, for as long as it is renewed. Change
// grows when the account has to be begun anew.
type Lease struct {
	Workspace, MailboxID string
	Change               int64
}

// Claim renews the leases of a holder, takes up to most further ones that
// nobody holds, and returns all that it has.
func (s *Service) Claim(ctx context.Context, holder string, most int) (out []Lease, err error) {
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE mailbox_leases SET until = now() + interval '45 seconds' WHERE holder = $1`, holder)
		tx.Queue(`
			UPDATE mailbox_leases SET holder = $1, until = now() + interval '45 seconds'
			WHERE mailbox_id IN (
				SELECT mailbox_id FROM mailbox_leases WHERE holder IS NULL OR until < now() ORDER BY until NULLS FIRST LIMIT $2 FOR UPDATE SKIP LOCKED)`, holder, most)
		out, err = pg.All[Lease](tx, `SELECT workspace::text, mailbox_id::text, change FROM mailbox_leases WHERE holder = $1`, holder)
		return err
	})
	return out, err
}

// TakeBack frees the leases of processes that are dead, when no other but this
// one works the database.
func (s *Service) TakeBack(ctx context.Context) error {
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE mailbox_leases SET holder = NULL, until = NULL WHERE holder IS NOT NULL`)
		return nil
	})
}

// Release gives all leases of a holder back.
func (s *Service) Release(ctx context.Context, holder string) error {
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE mailbox_leases SET holder = NULL, until = NULL WHERE holder = $1`, holder)
		return nil
	})
}

// Nudged says that accounts have changed in this process.
func (s *Service) Nudged() <-chan struct{} { return s.nudge }

// enlist queues that an account is to be worked, anew if it is being worked.
func (s *Service) enlist(tx *pg.Tx, mailboxID string) {
	tx.Queue(`
		INSERT INTO mailbox_leases (workspace, mailbox_id) VALUES ($1, $2)
		ON CONFLICT (mailbox_id) DO UPDATE SET change = mailbox_leases.change + 1`, tx.Workspace(), mailboxID)
	s.nudgeAfter(tx)
}

// poke queues that an account that is being worked begins anew.
func (s *Service) poke(tx *pg.Tx, mailboxID string) {
	tx.Queue(`UPDATE mailbox_leases SET change = change + 1 WHERE mailbox_id = $1`, mailboxID)
	s.nudgeAfter(tx)
}

// delist queues that an account is no longer worked.
func (s *Service) delist(tx *pg.Tx, mailboxID string) {
	tx.Queue(`DELETE FROM mailbox_leases WHERE mailbox_id = $1`, mailboxID)
	s.nudgeAfter(tx)
}

func (s *Service) nudgeAfter(tx *pg.Tx) {
	tx.AfterCommit(func(context.Context) {
		select {
		case s.nudge <- struct{}{}:
		default:
		}
	})
}
