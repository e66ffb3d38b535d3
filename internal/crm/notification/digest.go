package notification

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"rapport/internal/crm/letter"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// A Post sends mail of the installation itself; letter.Post does.
type Post interface {
	Configured() bool
	Queue(tx *pg.Tx, l letter.Letter) error
}

// Digest is the job that mails what is due.
type Digest struct{}

// Kind names the job.
func (Digest) Kind() string { return "notification.digest" }

// In is no workspace: it goes through those that have something due.
func (Digest) In() string { return "" }

// Every is how often Digest looks.
const Every = time.Minute

const mostDigests = 200 // a run; the next goes on

type due struct{ Workspace, UserID string }

// Send mails each person whose digest is due what they have not read: at most
// one mail in five minutes.
func (s *Service) Send(ctx context.Context) error {
	if !s.post.Configured() {
		return s.drop(ctx)
	}
	var all []due
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		all, err = pg.All[due](tx, `
			SELECT workspace::text, user_id::text FROM notification_digests
			WHERE due_at <= now() ORDER BY due_at LIMIT $1`, mostDigests)
		return err
	})
	if err != nil {
		return fmt.Errorf("find digests that are due: %w", err)
	}
	var failed []error
	for _, d := range all {
		in := actor.InWorkspace(ctx, d.Workspace)
		if err := s.db.Write(in, func(tx *pg.Tx) error { return s.digest(tx, d.UserID) }); err != nil {
			failed = append(failed, fmt.Errorf("digest in %s: %w", d.Workspace, err))
		}
	}
	return errors.Join(failed...)
}

// drop forgets digests that nobody can send, so that they do not all come on
// the day when mail is set up.
func (s *Service) drop(ctx context.Context) error {
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE notification_digests SET due_at = NULL WHERE due_at <= now()`)
		return nil
	})
}

type recipient struct{ Email, Name, Workspace, Slug string }

const mostLines = 20

// digest takes what is due in one statement, so that two who run it at once do
// not both send it.
func (s *Service) digest(tx *pg.Tx, userID string) error {
	var to []recipient
	pg.Later(tx, &to, `SELECT email, name, workspace, slug FROM identity.mail_address($1::uuid)`, userID)
	taken, err := pg.Column[time.Time](tx, `
		UPDATE notification_digests SET due_at = NULL, sent_at = now()
		WHERE workspace = $1 AND user_id = $2::uuid AND due_at <= now()
		RETURNING sent_at`, tx.Workspace(), userID)
	if err != nil || len(taken) == 0 {
		return err
	}
	rows, err := pg.All[Notification](tx, `
		UPDATE notifications SET mailed_at = now()
		WHERE workspace_id = $1 AND user_id = $2::uuid AND read_at IS NULL AND mail AND mailed_at IS NULL
		RETURNING id::text, kind, title, body, link, entity, entity_id::text, created_at, read_at`, tx.Workspace(), userID)
	if err != nil || len(rows) == 0 || len(to) == 0 {
		return err
	}
	key := fmt.Sprintf("digest:%s:%s:%d", tx.Workspace(), userID, taken[0].UnixMicro())
	err = s.post.Queue(tx, letter.Letter{Key: key, To: to[0].Email, Subject: subject(rows, to[0]), Text: s.text(rows, to[0])})
	if problem.KindOf(err) == problem.Invalid {
		return nil // no mail reaches this address; the bell has it all
	}
	return err
}

func subject(rows []Notification, to recipient) string {
	if len(rows) == 1 {
		return fmt.Sprintf("%s: %s", to.Workspace, clip(rows[0].Title, 80))
	}
	return fmt.Sprintf("%s: %d notifications", to.Workspace, len(rows))
}

func (s *Service) text(rows []Notification, to recipient) string {
	var b strings.Builder
	for i, n := range rows {
		if i == mostLines {
			fmt.Fprintf(&b, "And %d more.\n\n", len(rows)-i)
			break
		}
		b.WriteString(n.Title + "\n")
		if n.Body != "" {
			b.WriteString(n.Body + "\n")
		}
		if n.Link != "" {
			b.WriteString(s.url + "/w/" + to.Slug + "/" + n.Link + "\n")
		}
		b.WriteString("\n")
	}
	b.WriteString("You chose to get these by mail. Change that under Settings, Notifications:\n" + s.url + "/w/" + to.Slug + "/settings/notifications\n")
	return b.String()
}

// Sweep removes what is older than 90 days from the bound workspace.
func Sweep(tx *pg.Tx) error {
	_, err := tx.Exec(`DELETE FROM notifications WHERE workspace_id = $1 AND created_at < now() - interval '90 days'`, tx.Workspace())
	return err
}
