package approval

import (
	"context"
	"fmt"

	"rapport/internal/agents/policy"
	"rapport/internal/crm/notification"
	"rapport/internal/platform/pg"
)

// most is how many approvals one pass takes.
const most = 200

// Sweep ends what nobody decided in time, and tells people of what waits for
// long. It is for one workspace, whose system acts in ctx.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		n, err := s.expire(ctx)
		if err != nil {
			return fmt.Errorf("end approvals that are over: %w", err)
		}
		if n < most {
			break
		}
	}
	if err := s.remind(ctx); err != nil {
		return fmt.Errorf("tell of approvals that wait: %w", err)
	}
	return nil
}

func (s *Service) expire(ctx context.Context) (n int, err error) {
	err = s.DB.Write(ctx, func(tx *pg.Tx) error {
		over, err := pg.All[Approval](tx, selection+` AND a.state = 'pending' AND a.expires_at <= $2 ORDER BY a.id LIMIT $3 FOR UPDATE OF a SKIP LOCKED`, tx.Workspace(), s.Now().UTC(), most)
		n = len(over)
		for i := range over {
			if err := s.settle(ctx, tx, &over[i], Expired, "Nobody decided it within 72 hours."); err != nil {
				return err
			}
		}
		return err
	})
	return n, err
}

// remind tells everybody who may decide, once.
func (s *Service) remind(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *pg.Tx) error {
		type waiting struct {
			ID, Title string
			Risk      int64
		}
		all, err := pg.All[waiting](tx, `
			UPDATE approvals SET told_at = $2
			WHERE workspace_id = $1 AND state = 'pending' AND told_at IS NULL AND created_at <= $2::timestamptz - interval '24 hours'
			RETURNING id::text, title, risk::bigint AS risk`, tx.Workspace(), s.Now().UTC())
		for _, a := range all {
			least := "member"
			if a.Risk >= policy.CriticalFrom {
				least = "admin"
			}
			n := notification.New{Kind: notification.Approval, Title: "Waits for a decision since yesterday", Body: a.Title, Link: "approvals?id=" + a.ID, Entity: Entity, EntityID: a.ID}
			if err := notification.Ranked(tx, least, n); err != nil {
				return err
			}
		}
		return err
	})
}
