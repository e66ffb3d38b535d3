package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rapport/internal/crm/draft"
	"rapport/internal/crm/event"
	"rapport/internal/crm/sender"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
	"rapport/internal/platform/smtp"
)

// Send is the job that sends one mail. It is a mere wake-up: the row says what
// is to be done, so that one too many does no harm.
type Send struct {
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
}

// Kind names the job.
func (Send) Kind() string { return "outbox.send" }

// In is the workspace of the mail.
func (j Send) In() string { return j.Workspace }

// Limit is the time that a large mail and a slow server may take.
func (Send) Limit() time.Duration { return 15 * time.Minute }

// Handle says who works the jobs.
func (s *Service) Handle(q *queue.Queue) {
	queue.Handle(q, func(ctx context.Context, j Send) error { return s.send(ctx, j.ID) })
	queue.Handle(q, func(ctx context.Context, j File) error { return s.file(ctx, j.ID) })
	queue.Handle(q, func(ctx context.Context, j Copy) error { return s.copy(ctx, j.ID) })
	queue.Handle(q, func(ctx context.Context, j Settle) error { return s.find(ctx, j.ID) })
}

// row is a mail as the jobs need it.
type row struct {
	ID, State, Mode, RFC822ID, SenderID string
	AuthorID, AnswersID, MessageID      *string
	Actor                               json.RawMessage
	ToList, CcList, BccList             []draft.Recipient
	Subject, Body, HTML                 string
	UploadIDs                           []string
	SendAfter                           time.Time
	Attempts                            int32
	FirstTryAt, NextTryAt, HandedOverAt *time.Time
	Raw                                 string
	Size                                int64
	Version                             int64
}

const rowColumns = `id::text, state, mode, rfc822_id, sender_id::text, author_id::text, answers_id::text, message_id::text, actor, to_list, cc_list, bcc_list,
	subject, body, html, upload_ids::text[], send_after, attempts, first_try_at, next_try_at, handed_over_at, raw, size, version`

// due is when the mail may be sent.
func (r row) due() time.Time {
	if r.NextTryAt != nil && r.NextTryAt.After(r.SendAfter) {
		return *r.NextTryAt
	}
	return r.SendAfter
}

const lostTrack = "Rapport stopped before the server had answered; the mail may have been sent."

// send makes one attempt at one mail.
func (s *Service) send(ctx context.Context, outgoingID string) error {
	claim := id.New()
	r, ours, err := s.claim(ctx, outgoingID, claim)
	switch {
	case err == pg.ErrNone:
		return nil
	case err != nil:
		return err
	case !ours && r.State == "queued":
		return queue.Snooze(max(r.due().Sub(s.now()), time.Second))
	case !ours:
		return nil
	}
	reply, err := s.attempt(ctx, &r, claim)
	// Whatever happens from here on, what came of it is written down.
	return s.settle(context.WithoutCancel(ctx), r, claim, result{reply: reply, err: err})
}

// claim takes a mail that is due. One that a dead process held is taken over,
// unless it may have been handed over: that one becomes uncertain. The claim
// guards against a process that only seemed to be dead.
func (s *Service) claim(ctx context.Context, outgoingID, claim string) (r row, ours bool, err error) {
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		var taken, stands []row
		var lost []string
		pg.LaterColumn(tx, &lost, `
			UPDATE outgoing SET state = 'uncertain', error = $3, version = version + 1, updated_at = now()
			WHERE workspace_id = $1 AND id = $2::uuid AND state = 'sending' AND handed_over_at IS NOT NULL
			RETURNING id::text`, tx.Workspace(), outgoingID, lostTrack)
		pg.Later(tx, &taken, `
			UPDATE outgoing SET state = 'sending', claim = $3::uuid, attempts = attempts + 1, first_try_at = coalesce(first_try_at, now()),
				next_try_at = NULL, version = version + 1, updated_at = now()
			WHERE workspace_id = $1 AND id = $2::uuid AND (state = 'sending' OR state = 'queued' AND send_after <= now() AND coalesce(next_try_at, send_after) <= now())
			RETURNING `+rowColumns, tx.Workspace(), outgoingID, claim)
		pg.Later(tx, &stands, `SELECT `+rowColumns+` FROM outgoing WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), outgoingID)
		event.Hint(tx, "outgoing", outgoingID)
		if err := tx.Flush(); err != nil {
			return err
		}
		if len(stands) == 0 {
			return pg.ErrNone
		}
		r, ours = stands[0], len(taken) > 0
		if len(lost) > 0 {
			return s.tell(ctx, tx, r, "uncertain", lostTrack)
		}
		return nil
	})
	return r, ours, err
}

// attempt writes the mail, if that is not done yet, and hands it over.
func (s *Service) attempt(ctx context.Context, r *row, claim string) (reply string, err error) {
	a, err := s.senders.Open(ctx, r.SenderID)
	if err != nil {
		return "", &locked{err}
	}
	if r.Raw == "" {
		if err := s.compose(ctx, r, a, claim); err != nil {
			return "", err
		}
	}
	content, err := s.blobs.Open(actor.Workspace(ctx), r.Raw)
	if err != nil {
		return "", err
	}
	defer content.Close()
	return a.Server.Deliver(ctx, r.envelope(a), content, func() error { return s.handOver(ctx, r.ID, claim) })
}

func (r *row) envelope(a sender.Account) smtp.Envelope {
	e := smtp.Envelope{From: a.Address, Size: r.Size}
	seen := map[string]bool{}
	for _, list := range [][]draft.Recipient{r.ToList, r.CcList, r.BccList} {
		for _, to := range list {
			if !seen[to.Address] {
				seen[to.Address] = true
				e.To = append(e.To, to.Address)
			}
		}
	}
	return e
}

var errLostClaim = errors.New("another job has the mail")

// handOver notes that the final dot comes next. Only if that is on disk, and
// the mail still ours, is it sent.
func (s *Service) handOver(ctx context.Context, outgoingID, claim string) error {
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		n, err := tx.Exec(`
			UPDATE outgoing SET handed_over_at = now()
			WHERE workspace_id = $1 AND id = $2::uuid AND state = 'sending' AND claim = $3::uuid AND handed_over_at IS NULL`, tx.Workspace(), outgoingID, claim)
		if err == nil && n == 0 {
			err = errLostClaim
		}
		return err
	})
}

// result is what came of an attempt.
type result struct {
	reply   string
	err     error
	verdict smtp.Verdict
}

// settle writes down what came of an attempt. A database that is away is
// waited for: who knows that the mail was accepted must say so.
func (s *Service) settle(ctx context.Context, r row, claim string, got result) error {
	if errors.Is(got.err, errLostClaim) {
		return nil // whoever has it now settles it
	}
	first := s.now()
	if r.FirstTryAt != nil {
		first = *r.FirstTryAt
	}
	v := smtp.Judge(got.err, int(r.Attempts), first, s.now())
	got.verdict = v
	if !v.Accepted {
		s.log.WarnContext(ctx, "mail was not accepted", "outgoing", r.ID, "attempt", r.Attempts, "uncertain", v.Uncertain, "again", v.Again, "error", got.err)
	}
	err := pg.Persist(ctx, func() error {
		return s.db.Write(ctx, func(tx *pg.Tx) error { return s.record(ctx, tx, r, claim, got) })
	})
	if s.mailed != nil {
		s.mailed(v.Outcome())
	}
	if err != nil || v.Again.IsZero() {
		return err
	}
	return queue.Snooze(v.Again.Sub(s.now()))
}

func (s *Service) record(ctx context.Context, tx *pg.Tx, r row, claim string, got result) error {
	v := got.verdict
	state, again := v.Outcome(), &v.Again
	if state == smtp.Deferred {
		state = "queued"
	}
	if v.Again.IsZero() {
		again = nil
	}
	n, err := tx.Exec(`
		UPDATE outgoing SET state = $4, error = $5, next_try_at = $6, reply = $7, claim = NULL, version = version + 1, updated_at = now(),
			sent_at = CASE WHEN $4 = 'sent' THEN now() END,
			handed_over_at = CASE WHEN $4 IN ('sent', 'uncertain') THEN coalesce(handed_over_at, now()) END
		WHERE workspace_id = $1 AND id = $2::uuid AND claim = $3::uuid AND (state = 'sending' OR state = 'uncertain' AND $4 = 'sent')`,
		tx.Workspace(), r.ID, claim, state, v.Reason, again, got.reply)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("mail %s came out as %s, but is no longer ours", r.ID, state)
	}
	sender.Note(tx, r.SenderID, trouble(got.err))
	event.Hint(tx, "outgoing", r.ID)
	event.Hint(tx, "sender", r.SenderID)
	if v.Accepted {
		return s.queue.Add(ctx, tx, File{tx.Workspace(), r.ID})
	}
	return s.tell(ctx, tx, r, state, v.Reason)
}

// tell has the author of a mail told that it needs a person now. One that is
// uncertain is looked for.
func (s *Service) tell(ctx context.Context, tx *pg.Tx, r row, state, reason string) error {
	if state == "uncertain" {
		if err := s.queue.Add(ctx, tx, Settle{tx.Workspace(), r.ID}); err != nil {
			return err
		}
	}
	if s.told == nil || r.AuthorID == nil || state != "failed" && state != "uncertain" {
		return nil
	}
	title := "Not sent: "
	if state == "uncertain" {
		title = "It is not certain that this was sent: "
	}
	if r.Subject == "" {
		r.Subject = "(no subject)"
	}
	return s.told(ctx, tx, Trouble{AuthorID: *r.AuthorID, ID: r.ID, Title: title + r.Subject, Reason: reason})
}

// locked is why a sender cannot be used: nobody was asked to take the mail.
type locked struct{ error }

// Unwrap returns the cause.
func (l *locked) Unwrap() error { return l.error }

// trouble is what the sender is to be blamed for, "" for nothing.
func trouble(err error) string {
	if l, ok := errors.AsType[*locked](err); ok {
		p, mendable := errors.AsType[*problem.Error](l.error)
		if mendable && p.Kind < problem.Internal {
			return p.Detail
		}
	}
	f, ok := errors.AsType[*smtp.Failure](err)
	if ok && (f.Stage == smtp.Connect || f.Stage == smtp.Encrypt || f.Stage == smtp.SignIn || f.Stage == smtp.Sender) {
		return f.Error()
	}
	return ""
}

// Sweep gives mail another job that a lost one has left. Call it hourly in
// each workspace.
func (s *Service) Sweep(ctx context.Context, tx *pg.Tx) error {
	left, err := pg.Column[string](tx, `
		SELECT id::text FROM outgoing
		WHERE workspace_id = $1 AND state IN ('queued', 'sending') AND greatest(send_after, coalesce(next_try_at, send_after), updated_at) < now() - interval '30 minutes'
		LIMIT 1000`, tx.Workspace())
	if err != nil {
		return err
	}
	jobs := make([]queue.Args, 0, len(left))
	for _, outgoingID := range left {
		jobs = append(jobs, Send{tx.Workspace(), outgoingID})
	}
	unfiled, err := pg.Column[string](tx, `
		SELECT id::text FROM outgoing
		WHERE workspace_id = $1 AND state = 'sent' AND message_id IS NULL AND sent_at BETWEEN now() - interval '30 days' AND now() - interval '30 minutes'
		LIMIT 1000`, tx.Workspace())
	if err != nil {
		return err
	}
	for _, outgoingID := range unfiled {
		jobs = append(jobs, File{tx.Workspace(), outgoingID})
	}
	return s.queue.Add(ctx, tx, jobs...)
}
