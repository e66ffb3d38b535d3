package account

import (
	"context"

	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// Problems of links that travel by mail, those of invitations included.
var (
	ErrLinkUnknown = problem.New(problem.NotFound, "link_unknown", "There is no such link. Was it copied whole?")
	errLinkUsed    = problem.New(problem.Conflict, "link_used", "This link was used already; each opens once.")
	errLinkRevoked = problem.New(problem.Conflict, "link_revoked", "This link was taken back, or a newer one replaced it.")
	errLinkExpired = problem.New(problem.Conflict, "link_expired", "This link is too old. Ask for a new one.")
)

// Standing turns the state of a link into what its holder is told; nil for an
// open one.
func Standing(state string) error {
	switch state {
	case "open":
		return nil
	case "used":
		return errLinkUsed
	case "revoked":
		return errLinkRevoked
	case "expired":
		return errLinkExpired
	}
	return ErrLinkUnknown
}

type link struct {
	Kind, State, UserID  string
	Address, Email, Name string
}

// open returns the link of token, if it is open and of one of the kinds.
func (s *Service) open(ctx context.Context, token string, kinds ...string) (link, error) {
	var found []link
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		found, err = pg.All[link](tx, `SELECT kind, state, user_id::text, address, email, name FROM identity.link($1)`, secret.Digest(token))
		return err
	})
	if err != nil {
		return link{}, err
	}
	for _, l := range found {
		for _, kind := range kinds {
			if l.Kind == kind {
				return l, Standing(l.State)
			}
		}
	}
	return link{}, ErrLinkUnknown
}

// use takes a link that was found open; somebody may have been faster.
func use(tx *pg.Tx, token, kind string) error {
	first, err := pg.Value[bool](tx, `SELECT identity.link_use($1, $2)`, secret.Digest(token), kind)
	if err == nil && !first {
		return errLinkUsed
	}
	return err
}
