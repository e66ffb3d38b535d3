package message

import (
	"context"
	"hash/fnv"
	"time"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// orphaned is how old a file must be before it can be swept: longer than any
// transaction that may be about to refer to it.
const orphaned = 24 * time.Hour

// SweepDue reports whether at lies in the hour of the day in which a workspace is
// swept. Sweeping reads every reference to a file, so it is done once a day, and
// not in all workspaces at once.
func SweepDue(workspace string, at time.Time) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(workspace)) // a hash takes everything
	return int(h.Sum32()%24) == at.UTC().Hour()
}

// Sweep removes the files of the actor's workspace that no message, no
// attachment and no mail on its way out refers to, and says how many. Call it where SweepDue says so.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	before := s.now().Add(-orphaned)
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`
			DELETE FROM blobs b
			WHERE b.workspace_id = $1 AND b.created_at < $2
				AND NOT EXISTS (SELECT FROM messages m WHERE m.workspace_id = $1 AND split_part(m.raw, '/', 1) = b.hash)
				AND NOT EXISTS (SELECT FROM attachments a WHERE a.workspace_id = $1 AND split_part(a.blob, '/', 1) = b.hash)
				AND NOT EXISTS (SELECT FROM uploads u WHERE u.workspace_id = $1 AND u.blob = b.hash)
				AND NOT EXISTS (SELECT FROM outgoing o WHERE o.workspace_id = $1 AND o.raw = b.hash)
				AND NOT EXISTS (SELECT FROM outgoing_attachments a WHERE a.workspace_id = $1 AND split_part(a.blob, '/', 1) = b.hash)`, tx.Workspace(), before)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return s.blobs.Sweep(actor.Workspace(ctx), before, func(files []string) (used []string, err error) {
		err = s.db.Read(ctx, func(tx *pg.Tx) (err error) {
			used, err = pg.Column[string](tx, `SELECT hash FROM blobs WHERE workspace_id = $1 AND hash = ANY ($2)`, tx.Workspace(), files)
			return err
		})
		return used, err
	})
}
