package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// Key is an API key, without its secret.
type Key struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Prefix      string     `json:"prefix" doc:"The beginning of the secret, to tell keys apart."`
	Scopes      []string   `json:"scopes"`
	WorkspaceID string     `json:"workspace_id"`
	CreatedAt   time.Time  `json:"created_at"`
	LastUsedAt  *time.Time `json:"last_used_at"`
	ExpiresAt   *time.Time `json:"expires_at"`
	RevokedAt   *time.Time `json:"revoked_at"`
}

// NewKey is a key to make.
type NewKey struct {
	Name      string     `json:"name" minLength:"1" maxLength:"200"`
	Workspace string     `json:"workspace" doc:"Id or slug of the workspace that the key is bound to."`
	Scopes    []string   `json:"scopes" minItems:"1" doc:"Such as contact:read; * is everything that its maker may do."`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// MadeKey is a key with its secret, which is shown this once.
type MadeKey struct {
	Key
	Secret string `json:"secret" doc:"Shown this once."`
}

type keyInput struct {
	InOrganization
	Body NewKey
}

func (s *Service) keys(ctx context.Context, in *InOrganization) (*op.Body[op.List[Key]], error) {
	out, err := s.keysOf(ctx, in.Organization)
	return op.Listed(out), err
}

func (s *Service) keysOf(ctx context.Context, organization string) ([]Key, error) {
	return global[Key](ctx, s.db, `
		SELECT id::text, name, prefix, scopes, workspace_id::text, created_at, last_used_at, expires_at, revoked_at
		FROM identity.api_keys_of($1::uuid)`, organization)
}

func (s *Service) addKey(ctx context.Context, in *keyInput) (*op.Body[MadeKey], error) {
	who, _ := actor.From(ctx)
	made, err := s.MakeKey(ctx, in.Organization, who.UserID, in.Body)
	if err != nil {
		return nil, err
	}
	return &op.Body[MadeKey]{Body: made}, nil
}

// MakeKey makes a key for a workspace of the organization, in the name of a
// user whose role bounds it, or of the first owner if nobody is named.
func (s *Service) MakeKey(ctx context.Context, organization, user string, k NewKey) (MadeKey, error) {
	var f problem.Fields
	for _, scope := range k.Scopes {
		f.Check(scope == "*" || slices.Contains(s.scopes, scope), "/scopes", "not_allowed", "There is no such scope.", s.scopes...)
	}
	f.Check(k.ExpiresAt == nil || k.ExpiresAt.After(s.now()), "/expires_at", "range", "Choose a time in the future.")
	if err := f.Err(); err != nil {
		return MadeKey{}, err
	}
	if user == "" {
		var err error
		if user, err = s.ownerOf(ctx, organization); err != nil {
			return MadeKey{}, err
		}
	}
	token, kid := secret.Token("rk_"), id.New()
	arg, err := json.Marshal(map[string]any{"id": kid, "created_by": user, "name": k.Name, "prefix": token[:10], "scopes": k.Scopes, "workspace": k.Workspace, "expires_at": k.ExpiresAt})
	if err != nil {
		return MadeKey{}, fmt.Errorf("encode the key: %w", err)
	}
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		n, err := pg.Value[int32](tx, `SELECT identity.api_key_add($1::uuid, $2, $3)`, organization, arg, secret.Digest(token))
		if err == nil && n == 0 {
			return problem.Missing("workspace")
		}
		return err
	})
	if err != nil {
		return MadeKey{}, err
	}
	all, err := s.keysOf(ctx, organization)
	if err != nil {
		return MadeKey{}, err
	}
	i := slices.IndexFunc(all, func(k Key) bool { return k.ID == kid })
	return MadeKey{Key: all[i], Secret: token}, nil
}

type keyRef struct {
	InOrganization
	Key string `path:"key"`
}

func (s *Service) revokeKey(ctx context.Context, in *keyRef) (*op.NoContent, error) {
	defer s.auth.Forget()
	return nil, s.db.Global(ctx, func(tx *pg.Tx) error {
		n, err := pg.Value[int32](tx, `SELECT identity.api_key_revoke($1::uuid, $2::uuid)`, in.Organization, in.Key)
		if err == nil && n == 0 {
			return problem.Missing("API key")
		}
		return err
	})
}
