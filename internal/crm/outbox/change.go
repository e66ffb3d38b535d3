package outbox

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/crm/draft"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type listInput struct {
	op.InWorkspace
	State    string `query:"state" enum:"queued,sending,sent,failed,uncertain,cancelled"`
	ThreadID string `query:"thread_id" format:"uuid" doc:"Only mail of this thread."`
}

func (s *Service) list(ctx context.Context, in *listInput) (*op.Body[op.List[Outgoing]], error) {
	sql, args := selection, []any{}
	if in.State != "" {
		sql, args = sql+` AND o.state = $2`, append(args, in.State)
	}
	if in.ThreadID != "" {
		n := map[bool]string{true: "$3", false: "$2"}[len(args) > 0]
		sql += ` AND (m.thread_id = ` + n + `::uuid OR m.thread_id IS NULL AND a.thread_id = ` + n + `::uuid AND o.mode <> 'forward')`
		args = append(args, in.ThreadID)
	}
	var out []Outgoing
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.All[Outgoing](tx, sql+` ORDER BY o.created_at DESC, o.id DESC LIMIT 200`, append([]any{tx.Workspace()}, args...)...)
		return err
	})
	return op.Listed(out), err
}

func (s *Service) get(ctx context.Context, in *op.ByID) (out *op.Record[Outgoing], err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		o, err := one(tx, in.ID)
		out = op.NewRecord(o, o.Version)
		return err
	})
	return out, err
}

func one(tx *pg.Tx, outgoingID string) (Outgoing, error) {
	o, err := pg.One[Outgoing](tx, selection+` AND o.id = $2::uuid`, tx.Workspace(), outgoingID)
	if err == pg.ErrNone {
		err = problem.Missing("mail in the outbox")
	}
	return o, err
}

var (
	errTooLate   = problem.New(problem.Conflict, "too_late", "It is too late to take this mail back: it is being sent, was sent, or may have been.")
	errNotFailed = problem.New(problem.Conflict, "not_retryable", "This mail neither waits nor failed: it is being sent, was sent, or was taken back.")
	errNotYours  = problem.New(problem.Forbidden, "not_author", "Only who wrote this mail, or an admin, can take it back.")
	errConfirm   = problem.New(problem.Conflict, "confirm_needed", "This mail may have been sent already. Look for an answer, or into the Sent folder, then repeat with confirm to send it once more.")
)

// lockRow locks a mail of the outbox.
func lockRow(tx *pg.Tx, outgoingID string) (row, error) {
	r, err := pg.One[row](tx, `SELECT `+rowColumns+` FROM outgoing WHERE workspace_id = $1 AND id = $2::uuid FOR UPDATE`, tx.Workspace(), outgoingID)
	if err == pg.ErrNone {
		err = problem.Missing("mail in the outbox")
	}
	return r, err
}

// mayTakeBack reports whether the caller wrote a mail, or runs the workspace.
func (r row) mayTakeBack(ctx context.Context) bool {
	who, _ := actor.From(ctx)
	return r.AuthorID != nil && *r.AuthorID == draft.Author(ctx) || who.Role.AtLeast(actor.Admin)
}

// cancel takes a mail back that was certainly not sent.
func (s *Service) cancel(ctx context.Context, in *op.ByID) (out *op.Record[draft.Draft], err error) {
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		r, err := lockRow(tx, in.ID)
		if err != nil {
			return err
		}
		if !r.mayTakeBack(ctx) {
			return errNotYours
		}
		if r.State != "queued" && r.State != "failed" {
			return errTooLate
		}
		tx.Queue(`UPDATE outgoing SET state = 'cancelled', next_try_at = NULL, version = version + 1, updated_at = now() WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), r.ID)
		event.Hint(tx, "outgoing", r.ID)
		var files []draft.File
		draft.FilesLater(tx, &files, r.UploadIDs)
		if err := tx.Flush(); err != nil {
			return err
		}
		d, err := draft.Make(tx, draft.Author(ctx), r.letter(), draft.Uploads(r.UploadIDs, files))
		out = op.NewRecord(d, d.Version)
		return err
	})
	return out, err
}

// letter is what was written, to be written on.
func (r row) letter() draft.Letter {
	return draft.Letter{Mode: r.Mode, MessageID: r.AnswersID, SenderID: &r.SenderID, To: r.ToList, Cc: r.CcList, Bcc: r.BccList, Subject: r.Subject, Text: r.Body}
}

type retryInput struct {
	op.ByID
	Body struct {
		Confirm bool `json:"confirm,omitempty" doc:"Send it although it may have been sent."`
	}
}

// retry sends a mail again, or at once if it waits. What failed for certain is written anew, since its
// sender may have been mended; what is uncertain keeps its bytes, so that
// whoever gets it twice can tell.
func (s *Service) retry(ctx context.Context, in *retryInput) (out *op.Record[Outgoing], err error) {
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		r, err := lockRow(tx, in.ID)
		if err != nil {
			return err
		}
		switch {
		case r.State == "uncertain" && !in.Body.Confirm:
			return errConfirm
		case r.State != "failed" && r.State != "uncertain" && r.State != "queued":
			return errNotFailed
		}
		tx.Queue(`
			UPDATE outgoing SET state = 'queued', attempts = 0, first_try_at = NULL, next_try_at = NULL, handed_over_at = NULL, claim = NULL,
				raw = CASE WHEN state = 'failed' THEN '' ELSE raw END, send_after = least(send_after, now()), version = version + 1, updated_at = now()
			WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), r.ID)
		event.Hint(tx, "outgoing", r.ID)
		o, err := one(tx, r.ID)
		if err != nil {
			return err
		}
		out = op.NewRecord(o, o.Version)
		return s.queue.Add(ctx, tx, Send{tx.Workspace(), r.ID})
	})
	return out, err
}
