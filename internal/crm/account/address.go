package account

import (
	"context"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// verifyLife is how long a link confirms an address.
const verifyLife = 3 * 24 * time.Hour

// askToVerify sends a person the link that confirms the address they gave.
func (s *Service) askToVerify(ctx context.Context, uid string) error {
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		p, err := s.profile(tx, uid)
		if err != nil {
			return err
		}
		tx.Queue(`SELECT identity.unverify($1::uuid)`, uid)
		lid, token := s.link(tx, "verify", uid, p.Email)
		return s.mail.Send(tx, verifyAddress(p, lid, token))
	})
}

// link keeps a new link for an address and returns its id and token.
func (s *Service) link(tx *pg.Tx, kind, uid, address string) (lid, token string) {
	lid, token = id.New(), secret.Token("rv_")
	tx.Queue(`SELECT identity.link_add(jsonb_build_object('id', $1::text, 'kind', $2::text, 'user_id', $3::text, 'address', $4::text, 'address_key', $5::text, 'expires_at', $6::text), $7)`,
		lid, kind, uid, address, identity.EmailKey(address), s.Now().Add(verifyLife).Format(time.RFC3339), secret.Digest(token))
	return lid, token
}

// verifyAgain sends the link once more to whoever is still unconfirmed.
func (s *Service) verifyAgain(ctx context.Context, _ *struct{}) (*op.NoContent, error) {
	who, err := identity.Signed(ctx)
	if err != nil {
		return nil, err
	}
	var p profile
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		if p, err = s.profile(tx, who.UserID); err != nil || p.Verified {
			return err
		}
		refused, err := often(tx, 5, bucket("verify", who.UserID))
		if err == nil && refused {
			return errOften
		}
		return err
	})
	if err != nil || p.Verified || !s.mail.Configured() {
		return nil, err
	}
	return nil, s.askToVerify(ctx, who.UserID)
}

type addressInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254" doc:"The new address."`
		Password string `json:"password" maxLength:"200"`
	}
}

// AddressChange says what became of a wish for another address.
type AddressChange struct {
	Sent bool `json:"sent" doc:"A link went to the new address; following it makes the change. False: the installation sends no mail, and the address is changed."`
}

var errTaken = &problem.Error{Kind: problem.Conflict, Code: "duplicate", Detail: "There is an account with this address already.",
	Fields: []problem.Field{{Pointer: "/email", Code: "duplicate", Message: "There is an account with this address already."}}}

// move gives a person another address, once they have shown that they read its
// mail. Whether the address has an account is told to nobody but its reader.
func (s *Service) move(ctx context.Context, in *addressInput) (*op.Body[AddressChange], error) {
	who, err := identity.Signed(ctx)
	if err != nil {
		return nil, err
	}
	var f problem.Fields
	identity.CheckAddress(&f, "/email", in.Body.Email)
	if err := f.Err(); err != nil {
		return nil, err
	}
	p, err := s.proved(ctx, who, in.Body.Password, "/password")
	if err != nil {
		return nil, err
	}
	if !s.mail.Configured() {
		return &op.Body[AddressChange]{}, s.db.Global(ctx, func(tx *pg.Tx) error { return s.moved(ctx, tx, p, in.Body.Email) })
	}
	return &op.Body[AddressChange]{Body: AddressChange{Sent: true}}, s.db.Global(ctx, func(tx *pg.Tx) error {
		return s.askToMove(ctx, tx, p, in.Body.Email)
	})
}

func (s *Service) askToMove(ctx context.Context, tx *pg.Tx, p profile, to string) error {
	refused, err := often(tx, 5, bucket("move", p.ID))
	if err != nil {
		return err
	}
	if refused {
		return errOften
	}
	taken, err := pg.All[profile](tx, `SELECT id::text, email, name FROM identity.user_by($1)`, identity.EmailKey(to))
	if err != nil {
		return err
	}
	identity.Note(ctx, tx, identity.Noted{User: p.ID, Action: "address.change_asked", Subject: p.Email, Detail: to})
	if len(taken) > 0 {
		return s.mail.Send(tx, addressInUse(taken[0], id.New()))
	}
	lid, token := s.link(tx, "address", p.ID, to)
	if err := s.mail.Send(tx, confirmMove(p, to, lid, token)); err != nil {
		return err
	}
	return s.mail.Send(tx, moveAsked(p, to, lid))
}

// moved makes the change and tells the old address.
func (s *Service) moved(ctx context.Context, tx *pg.Tx, p profile, to string) error {
	_, err := tx.Exec(`SELECT identity.address_set($1::uuid, $2, $3)`, p.ID, to, identity.EmailKey(to))
	if pg.Violates(err, "users_email_key") {
		return errTaken
	}
	if err != nil {
		return err
	}
	identity.Note(ctx, tx, identity.Noted{User: p.ID, Action: "address.changed", Subject: to, Detail: "was " + p.Email})
	return s.mail.Send(tx, moveMade(p, to, id.New()))
}

type verifyInput struct {
	Body struct {
		Token string `json:"token" maxLength:"100"`
	}
}

// Verified is an address that was proved.
type Verified struct {
	Email string `json:"email"`
}

// verify follows a link to an address: the one that a person registered with,
// or the one that they want instead.
func (s *Service) verify(ctx context.Context, in *verifyInput) (*op.Body[Verified], error) {
	l, err := s.open(ctx, in.Body.Token, "verify", "address")
	if err != nil {
		return nil, err
	}
	ctx = actor.With(ctx, actor.Actor{Kind: actor.User, ID: l.UserID, Name: l.Name})
	p := profile{ID: l.UserID, Email: l.Email, Name: l.Name}
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		if err := use(tx, in.Body.Token, l.Kind); err != nil {
			return err
		}
		if l.Kind == "address" {
			return s.moved(ctx, tx, p, l.Address)
		}
		tx.Queue(`SELECT identity.address_set($1::uuid, $2, $3)`, p.ID, p.Email, identity.EmailKey(p.Email))
		identity.Note(ctx, tx, identity.Noted{User: p.ID, Action: "address.verified", Subject: p.Email})
		return nil
	})
	return &op.Body[Verified]{Body: Verified{Email: l.Address}}, err
}

type profileInput struct {
	Body struct {
		Name     string  `json:"name,omitempty" maxLength:"200"`
		TimeZone *string `json:"time_zone,omitempty" doc:"IANA name; empty for none."`
	}
}

// update changes how a person is called and where they live.
func (s *Service) update(ctx context.Context, in *profileInput) (*op.Body[identity.Me], error) {
	who, err := identity.Signed(ctx)
	if err != nil {
		return nil, err
	}
	var f problem.Fields
	if in.Body.Name != "" {
		identity.CheckName(&f, "/name", in.Body.Name)
	}
	if in.Body.TimeZone != nil {
		identity.CheckZone(&f, "/time_zone", *in.Body.TimeZone)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	defer s.people.Forget()
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		p, err := s.profile(tx, who.UserID)
		if err != nil {
			return err
		}
		if in.Body.Name != "" {
			p.Name = in.Body.Name
		}
		if in.Body.TimeZone != nil {
			p.TimeZone = *in.Body.TimeZone
		}
		_, err = tx.Exec(`SELECT identity.profile_set($1::uuid, $2, $3)`, who.UserID, p.Name, p.TimeZone)
		return err
	})
	if err != nil {
		return nil, err
	}
	me, err := s.people.Me(ctx, who.UserID)
	return &op.Body[identity.Me]{Body: me}, err
}
