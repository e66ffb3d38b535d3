package importer

import (
	"context"
	"errors"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

const (
	silence   = 2 * time.Minute // after which an upload is given up
	glance    = 2 * time.Second // between looks at what is understood
	exhausted = 48 * time.Hour  // after which nothing more is waited for
)

// watch ends an import when there is nothing left to wait for.
func (s *Service) watch(ctx context.Context, job Watch) error {
	r, err := s.row(ctx, job.ID)
	if errors.Is(err, pg.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	switch r.State {
	case "receiving":
		return s.watchUpload(ctx, job, r)
	case "understanding":
		return s.watchUnderstanding(ctx, r)
	}
	return nil
}

func (s *Service) row(ctx context.Context, importID string) (r row, err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		r, err = pg.One[row](tx, `SELECT `+rowColumns+` FROM imports WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), importID)
		return err
	})
	return r, err
}

// watchUpload gives up an upload that does not grow: its server was killed.
func (s *Service) watchUpload(ctx context.Context, job Watch, r row) error {
	quiet, err := s.spool.age(job.Workspace, r.ID, s.now())
	if err != nil {
		quiet = s.now().Sub(r.CreatedAt)
	}
	if quiet < silence {
		return queue.Snooze(silence - quiet + time.Second)
	}
	if err := s.fail(ctx, r.ID, errBroken); err != nil {
		return err
	}
	return s.spool.remove(job.Workspace, r.ID)
}

func (s *Service) watchUnderstanding(ctx context.Context, r row) error {
	pending, reason := false, ""
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		pending, err = pg.Value[bool](tx, `
			SELECT EXISTS (
				SELECT FROM messages m
				WHERE m.workspace_id = $1 AND m.import_id = $2::uuid AND NOT (
					EXISTS (SELECT FROM email_triage t WHERE t.workspace_id = $1 AND t.message_id = m.id AND t.state <> 'pending')
					AND EXISTS (SELECT FROM email_intelligence g WHERE g.workspace_id = $1 AND g.message_id = m.id AND g.state <> 'pending')))`, tx.Workspace(), r.ID)
		return err
	})
	if err != nil {
		return err
	}
	if pending && r.StartedAt != nil && s.now().Sub(*r.StartedAt) > exhausted {
		pending, reason = false, "Some messages could not be understood; the report says which."
	}
	if pending {
		if err := s.db.Write(ctx, func(tx *pg.Tx) error { event.Hint(tx, "import", r.ID); return nil }); err != nil {
			return err
		}
		return queue.Snooze(glance)
	}
	return s.db.Write(ctx, func(tx *pg.Tx) error { return end(ctx, tx, r.ID, "done", reason) })
}
