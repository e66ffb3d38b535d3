package account

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/pg"
)

// Door says whether strangers may register, and what the installation can do
// for those who cannot come in.
type Door struct {
	Open    bool `json:"open"`
	First   bool `json:"first" doc:"Nobody has an account yet: who registers now operates the installation."`
	Letters bool `json:"letters" doc:"The installation sends mail, such as links to reset a password."`
}

func (s *Service) registration(ctx context.Context, _ *struct{}) (*op.Body[Door], error) {
	taken, err := s.people.HasUsers(ctx)
	return &op.Body[Door]{Body: Door{Open: s.Open || !taken, First: !taken, Letters: s.mail.Configured()}}, err
}

type registerInput struct{ Body identity.Registration }

func (s *Service) register(ctx context.Context, in *registerInput) (*identity.SignedIn, error) {
	err := s.db.Global(ctx, func(tx *pg.Tx) error {
		refused, err := often(tx, 20, origin(ctx, "register"))
		if err == nil && refused {
			return errOften
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	register := s.people.RegisterFirst
	if s.Open {
		register = s.people.Register
	}
	uid, err := register(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	if s.mail.Configured() {
		if err := s.askToVerify(ctx, uid); err != nil {
			return nil, err
		}
	}
	return s.people.SignIn(ctx, uid)
}
