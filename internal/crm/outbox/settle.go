package outbox

import (
	"context"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Settle is the job that finds out what became of an uncertain mail.
type Settle struct {
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
}

// Kind names the job.
func (Settle) Kind() string { return "outbox.settle" }

// In is the workspace of the mail.
func (j Settle) In() string { return j.Workspace }

// Limit is the time that a slow server may take.
func (Settle) Limit() time.Duration { return 5 * time.Minute }

var _ queue.Lengthy = Settle{}

const (
	firstLook = 30 * time.Second // before the first wait between looks; then each doubles
	lastLook  = 48 * time.Hour   // after which only a person can tell
)

// doubt is an uncertain mail and what may settle it.
type doubt struct {
	RFC822ID  string
	MailboxID *string
	Since     time.Time
	// Back says that a mailbox has brought the mail in.
	Back bool
}

// find looks for an uncertain mail: in what mailboxes have brought, and in the
// Sent folder of its sender. Who finds it knows that it was sent; who does not
// knows nothing, and looks again later.
func (s *Service) find(ctx context.Context, outgoingID string) error {
	var d doubt
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		d, err = pg.One[doubt](tx, `
			SELECT o.rfc822_id, s.mailbox_id::text, o.updated_at AS since, EXISTS (
				SELECT FROM thread_refs r JOIN messages m ON m.workspace_id = r.workspace_id AND m.thread_id = r.thread_id
				WHERE r.workspace_id = o.workspace_id AND r.rfc822_id = o.rfc822_id AND m.rfc822_id = o.rfc822_id) AS back
			FROM outgoing o JOIN senders s ON s.workspace_id = o.workspace_id AND s.id = o.sender_id
			WHERE o.workspace_id = $1 AND o.id = $2::uuid AND o.state = 'uncertain'`, tx.Workspace(), outgoingID)
		return err
	})
	if err == pg.ErrNone {
		return nil // somebody has decided
	}
	if err != nil {
		return err
	}
	there := d.Back
	if !there && d.MailboxID != nil && s.sentIn != nil {
		if there, err = s.sentIn(ctx, *d.MailboxID, d.RFC822ID); err != nil {
			s.log.InfoContext(ctx, "the Sent folder does not tell of an uncertain mail", "outgoing", outgoingID, "error", err)
		}
	}
	if there {
		return s.db.Write(ctx, func(tx *pg.Tx) error { return s.certain(ctx, tx, outgoingID) })
	}
	if age := s.now().Sub(d.Since); age < lastLook {
		return queue.Snooze(max(age, firstLook))
	}
	return nil
}

// certain makes an uncertain mail a sent one. Unless it is uncertain any more
// nothing happens.
func (s *Service) certain(ctx context.Context, tx *pg.Tx, outgoingID string) error {
	n, err := tx.Exec(`
		UPDATE outgoing SET state = 'sent', error = '', claim = NULL, sent_at = coalesce(handed_over_at, now()), version = version + 1, updated_at = now()
		WHERE workspace_id = $1 AND id = $2::uuid AND state = 'uncertain'`, tx.Workspace(), outgoingID)
	if err != nil || n == 0 {
		return err
	}
	event.Hint(tx, "outgoing", outgoingID)
	return s.queue.Add(ctx, tx, File{tx.Workspace(), outgoingID})
}

var errCertain = problem.New(problem.Conflict, "not_uncertain", "This mail is not uncertain (any more): look at what became of it.")

// markSent takes a person's word that an uncertain mail was sent.
func (s *Service) markSent(ctx context.Context, in *op.ByID) (out *op.Record[Outgoing], err error) {
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		r, err := lockRow(tx, in.ID)
		if err != nil {
			return err
		}
		if r.State != "uncertain" {
			return errCertain
		}
		if err := s.certain(ctx, tx, r.ID); err != nil {
			return err
		}
		o, err := one(tx, r.ID)
		out = op.NewRecord(o, o.Version)
		return err
	})
	return out, err
}
