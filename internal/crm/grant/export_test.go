package grant

import (
	"context"
	"time"

	"rapport/internal/platform/oauth"
	"rapport/internal/platform/secret"
)

// Keep stores a grant as the way back does.
func (s *Service) Keep(ctx context.Context, provider, user string, t oauth.Token) (string, error) {
	return s.keep(ctx, journey{Provider: provider, UserID: user}, t)
}

// Claim takes the lease of a refresh, as a process that dies holding it.
func (s *Service) Claim(ctx context.Context, grantID, mine string) (bool, error) {
	return s.claim(ctx, grantID, mine)
}

// With is the service of another process, at another time.
func (s *Service) With(ring *secret.Keyring, now func() time.Time) *Service {
	c := *s
	c.ring, c.now = ring, now
	return &c
}
