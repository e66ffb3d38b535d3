package grant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/oauth"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

const (
	// margin is how long before its end a token is replaced.
	margin = 2 * time.Minute
	// lease outlives one question to a provider; then another process may ask.
	lease = 40 * time.Second
	// look is how often a process looks whether another has refreshed.
	look = 100 * time.Millisecond
	// patience is how long it looks.
	patience = 50 * time.Second
)

// stored is a grant with its sealed tokens.
type stored struct {
	ID, Provider, Address, State string
	AccessToken, RefreshToken    []byte
	ExpiresAt                    time.Time
}

// Token returns the account's address and an access token that is good for two
// minutes, refreshed first where necessary. Of all processes one
// refreshes and the others wait for it. ErrRevoked means that only the person
// can help; other errors may pass.
func (s *Service) Token(ctx context.Context, grantID string) (username, access string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		g, err := s.read(ctx, grantID)
		if err != nil {
			return "", "", err
		}
		if g.State == "revoked" {
			return g.Address, "", ErrRevoked
		}
		if g.ExpiresAt.After(s.now().Add(margin)) {
			access, err := s.open(ctx, accessToken, g.ID, g.AccessToken)
			return g.Address, access, err
		}
		mine := id.New()
		won, err := s.claim(ctx, grantID, mine)
		if err != nil {
			return "", "", err
		}
		if won {
			// What a provider answers is kept even if nobody waits for it any
			// more: it may have replaced the refresh token.
			access, err := s.refresh(context.WithoutCancel(ctx), grantID, mine)
			if err != nil {
				return s.old(ctx, g, err)
			}
			return g.Address, access, nil
		}
		if err := wait(ctx, look); err != nil {
			return "", "", fmt.Errorf("another process is refreshing grant %s: %w", grantID, err)
		}
	}
}

// old returns the token at hand while it is still good, though a new one could
// not be had.
func (s *Service) old(ctx context.Context, g stored, err error) (username, access string, _ error) {
	if errors.Is(err, ErrRevoked) || !g.ExpiresAt.After(s.now()) {
		return g.Address, "", err
	}
	access, err = s.open(ctx, accessToken, g.ID, g.AccessToken)
	return g.Address, access, err
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// refresh asks the provider for a new token, as the holder of the lease, and
// returns it.
func (s *Service) refresh(ctx context.Context, grantID, mine string) (string, error) {
	g, err := s.read(ctx, grantID) // since the claim, nobody else replaces it
	if err != nil {
		return "", err
	}
	if g.ExpiresAt.After(s.now().Add(margin)) { // somebody did before the claim
		access, err := s.open(ctx, accessToken, g.ID, g.AccessToken)
		return access, errors.Join(err, s.release(ctx, grantID, mine))
	}
	t, err := s.ask(ctx, g)
	switch {
	case errors.Is(err, oauth.ErrRevoked):
		return "", errors.Join(ErrRevoked.Because(err), s.revoke(ctx, grantID, mine))
	case err != nil:
		return "", errors.Join(err, s.release(ctx, grantID, mine))
	}
	return t.Access, s.renew(ctx, g, t, mine)
}

func (s *Service) ask(ctx context.Context, g stored) (oauth.Token, error) {
	p, err := s.provider(g.Provider)
	if err != nil {
		return oauth.Token{}, err
	}
	refresh, err := s.open(ctx, refreshToken, g.ID, g.RefreshToken)
	if err != nil {
		return oauth.Token{}, err
	}
	return p.Refresh(ctx, refresh)
}

// open decrypts a token. One whose key is lost is as good as revoked.
func (s *Service) open(ctx context.Context, c secret.Column, row string, sealed []byte) (string, error) {
	plain, err := s.ring.Open(sealed, c.Context(actor.Workspace(ctx), row))
	if err != nil {
		return "", ErrRevoked.Because(err)
	}
	return string(plain), nil
}

func (s *Service) read(ctx context.Context, grantID string) (g stored, err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		g, err = pg.One[stored](tx, `
			SELECT id::text, provider, address, state, access_token, refresh_token, expires_at
			FROM oauth_grants WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), grantID)
		if errors.Is(err, pg.ErrNone) {
			return problem.Missing("grant")
		}
		return err
	})
	return g, err
}
