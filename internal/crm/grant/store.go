package grant

import (
	"context"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/oauth"
	"rapport/internal/platform/pg"
)

// keep stores what was granted. An account that was connected before keeps its
// id, so that its mailboxes go on.
func (s *Service) keep(ctx context.Context, j journey, t oauth.Token) (grantID string, err error) {
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		known, err := pg.All[stored](tx, `
			SELECT id::text, state FROM oauth_grants WHERE workspace_id = $1 AND provider = $2 AND account = $3 FOR UPDATE`, tx.Workspace(), j.Provider, t.Account)
		if err != nil {
			return err
		}
		kind, changes := event.Created, event.Changes{}
		if grantID = id.New(); len(known) > 0 {
			grantID, kind = known[0].ID, event.Updated
			changes.Set("state", known[0].State, "active")
		}
		access, refresh, err := s.seal(tx.Workspace(), grantID, t)
		if err != nil {
			return err
		}
		tx.Queue(`
			INSERT INTO oauth_grants (workspace_id, id, provider, account, address, user_id, access_token, refresh_token, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (workspace_id, id) DO UPDATE SET address = excluded.address, user_id = excluded.user_id, access_token = excluded.access_token,
				refresh_token = excluded.refresh_token, expires_at = excluded.expires_at, state = 'active', lease = NULL, leased_until = NULL,
				version = oauth_grants.version + 1, updated_at = now()`,
			tx.Workspace(), grantID, j.Provider, t.Account, t.Address, j.UserID, access, refresh, t.Expires)
		return event.Record(ctx, tx, event.Happened{Entity: "oauth_grant", EntityID: grantID, Kind: kind, Changes: changes})
	})
	return grantID, err
}

func (s *Service) seal(workspace, grantID string, t oauth.Token) (access, refresh []byte, err error) {
	if access, err = s.ring.Seal([]byte(t.Access), accessToken.Context(workspace, grantID)); err != nil {
		return nil, nil, err
	}
	refresh, err = s.ring.Seal([]byte(t.Refresh), refreshToken.Context(workspace, grantID))
	return access, refresh, err
}

// claim makes the caller the one that refreshes, by the database's clock.
func (s *Service) claim(ctx context.Context, grantID, mine string) (won bool, err error) {
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		n, err := tx.Exec(`
			UPDATE oauth_grants SET lease = $3, leased_until = now() + $4 * interval '1 second'
			WHERE workspace_id = $1 AND id = $2 AND (lease IS NULL OR leased_until < now())`, tx.Workspace(), grantID, mine, int(lease/time.Second))
		won = n == 1
		return err
	})
	return won, err
}

func (s *Service) release(ctx context.Context, grantID, mine string) error {
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE oauth_grants SET lease = NULL, leased_until = NULL WHERE workspace_id = $1 AND id = $2 AND lease = $3`, tx.Workspace(), grantID, mine)
		return nil
	})
}

// renew keeps a refreshed token; a refresh token that was replaced, too. It
// changes nothing once the person has connected again meanwhile.
func (s *Service) renew(ctx context.Context, g stored, t oauth.Token, mine string) error {
	access, refresh, err := s.seal(actor.Workspace(ctx), g.ID, t)
	if err != nil {
		return err
	}
	if t.Refresh == "" {
		refresh = nil
	}
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`
			UPDATE oauth_grants SET access_token = $4, refresh_token = coalesce($5, refresh_token), expires_at = $6,
				lease = NULL, leased_until = NULL, version = version + 1, updated_at = now()
			WHERE workspace_id = $1 AND id = $2 AND lease = $3`, tx.Workspace(), g.ID, mine, access, refresh, t.Expires)
		return nil
	})
}

// revoke stores that the provider takes the grant back.
func (s *Service) revoke(ctx context.Context, grantID, mine string) error {
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		n, err := tx.Exec(`
			UPDATE oauth_grants SET state = 'revoked', lease = NULL, leased_until = NULL, version = version + 1, updated_at = now()
			WHERE workspace_id = $1 AND id = $2 AND lease = $3`, tx.Workspace(), grantID, mine)
		if err != nil || n == 0 {
			return err
		}
		return event.Record(ctx, tx, event.Happened{Entity: "oauth_grant", EntityID: grantID, Kind: event.Updated, Changes: event.Changes{"state": {"active", "revoked"}}})
	})
}

// Leave queues that a mailbox which used a grant is disconnected. Its tokens go
// with the last one: nobody keeps a key to what people have taken away.
func Leave(tx *pg.Tx, grantID string) {
	tx.Queue(`
		DELETE FROM oauth_grants g WHERE g.workspace_id = $1 AND g.id = $2::uuid
			AND NOT EXISTS (SELECT FROM mailboxes m WHERE m.workspace_id = $1 AND m.grant_id = g.id AND m.deleted_at IS NULL)`, tx.Workspace(), grantID)
	event.Hint(tx, "oauth_grant", grantID)
}
