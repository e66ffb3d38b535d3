package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// resetLife is how long a link resets a password.
const resetLife = time.Hour

type passwordInput struct {
	Body struct {
		Current string `json:"current" maxLength:"200"`
		New     string `json:"new" maxLength:"200" doc:"10 characters or more, and none of those that are tried first."`
	}
}

// change ends the other sessions of the person; API keys are not passwords and
// stay.
func (s *Service) change(ctx context.Context, in *passwordInput) (*op.NoContent, error) {
	who, err := identity.Signed(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.proved(ctx, who, in.Body.Current, "/current")
	if err != nil {
		return nil, err
	}
	return nil, s.set(ctx, p, in.Body.New, choice{pointer: "/new", keep: &who.Credential, action: "password.changed"})
}

// proved returns the person who acts, once they have shown their password.
func (s *Service) proved(ctx context.Context, who actor.Actor, password, pointer string) (p profile, err error) {
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		p, err = s.profile(tx, who.UserID)
		return err
	})
	if err != nil {
		return p, err
	}
	uid, err := s.Prove(ctx, p.Email, password)
	if errors.Is(err, errLogin) {
		return p, problem.Fields{{Pointer: pointer, Code: "wrong", Message: "This is not your password."}}.Err()
	}
	if err == nil && uid != who.UserID { // the address moved on meanwhile
		err = errLogin
	}
	return p, err
}

// ProveAgain has the person who acts in ctx show their password once more.
func (s *Service) ProveAgain(ctx context.Context, password string) error {
	who, err := identity.Signed(ctx)
	if err != nil {
		return err
	}
	_, err = s.proved(ctx, who, password, "/password")
	return err
}

// choice is why a password is set: where the new one was given, which session
// stays, and what the log calls it. Before runs first, in the transaction.
type choice struct {
	pointer, action string
	keep            *string
	before          func(*pg.Tx) error
}

// set gives p another password, ends their sessions but one, and tells them.
func (s *Service) set(ctx context.Context, p profile, password string, c choice) error {
	var f problem.Fields
	identity.CheckPassword(&f, c.pointer, password, p.Email, p.Name)
	if err := f.Err(); err != nil {
		return err
	}
	hash := s.people.Hash(password)
	defer s.people.Forget()
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		if c.before != nil {
			if err := c.before(tx); err != nil {
				return err
			}
		}
		ended, err := pg.Value[int32](tx, `SELECT identity.password_set($1::uuid, $2, $3::uuid, $4)`, p.ID, hash, c.keep, bucket("login", identity.EmailKey(p.Email)))
		if err != nil {
			return err
		}
		identity.Note(ctx, tx, identity.Noted{User: p.ID, Action: c.action, Subject: p.Email, Detail: fmt.Sprintf("%d sessions ended", ended)})
		return s.mail.Send(tx, passwordChanged(p))
	})
}

type forgotInput struct {
	Body struct {
		Email string `json:"email" maxLength:"254"`
	}
}

// Asked is the job that answers somebody who forgot their password.
type Asked struct {
	ID string `json:"id"`
}

// Kind names the job.
func (Asked) Kind() string { return "account.asked" }

// In is no workspace: accounts stand above them.
func (Asked) In() string { return "" }

// forgot does the same for every address: it leaves a row and a job. Whether
// there is such an account is found out later, where nobody can watch.
func (s *Service) forgot(ctx context.Context, in *forgotInput) (*op.NoContent, error) {
	if !s.mail.Configured() {
		return nil, nil // Door says so beforehand
	}
	key, link := identity.EmailKey(in.Body.Email), id.New()
	return nil, s.db.Global(ctx, func(tx *pg.Tx) error {
		refused, err := often(tx, 5, bucket("forgot", key))
		if err != nil || refused {
			return err
		}
		if refused, err = often(tx, 50, origin(ctx, "forgot")); err != nil || refused {
			return err
		}
		tx.Queue(`SELECT identity.link_add(jsonb_build_object('id', $1::text, 'kind', 'reset', 'address', $2::text, 'address_key', $3::text, 'expires_at', $4::text), NULL)`,
			link, in.Body.Email, key, s.Now().Add(resetLife).Format(time.RFC3339))
		return s.queue.Add(ctx, tx, Asked{ID: link})
	})
}

type resolved struct{ UserID, Name, Address string }

// answer sends the link, if the address has an account. A second run finds
// that the link has its token already.
func (s *Service) answer(ctx context.Context, j Asked) error {
	token := secret.Token("rr_")
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		found, err := pg.All[resolved](tx, `SELECT user_id::text, name, address FROM identity.link_resolve($1::uuid, $2)`, j.ID, secret.Digest(token))
		if err != nil || len(found) == 0 {
			return err
		}
		p := profile{ID: found[0].UserID, Name: found[0].Name, Email: found[0].Address}
		identity.Note(ctx, tx, identity.Noted{User: p.ID, Action: "password.reset_asked", Subject: p.Email})
		return s.mail.Send(tx, resetAsked(p, j.ID, token))
	})
}

type resetInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"100"`
		Password string `json:"password" maxLength:"200"`
	}
}

// reset sets a password for whoever reads the mail of the account, and signs
// them in; every session before ends.
func (s *Service) reset(ctx context.Context, in *resetInput) (*identity.SignedIn, error) {
	l, err := s.open(ctx, in.Body.Token, "reset")
	if err != nil {
		return nil, err
	}
	ctx = actor.With(ctx, actor.Actor{Kind: actor.User, ID: l.UserID, Name: l.Name})
	p := profile{ID: l.UserID, Email: l.Email, Name: l.Name}
	err = s.set(ctx, p, in.Body.Password, choice{pointer: "/password", action: "password.reset", before: func(tx *pg.Tx) error {
		if err := use(tx, in.Body.Token, "reset"); err != nil {
			return err
		}
		tx.Queue(`SELECT identity.address_set($1::uuid, $2, $3)`, p.ID, p.Email, identity.EmailKey(p.Email)) // it is proved now
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return s.people.SignIn(ctx, l.UserID)
}

type breakGlassInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"200"`
	}
}

// breakGlass sets a password for somebody who has no other way in.
func (s *Service) breakGlass(ctx context.Context, in *breakGlassInput) (*op.NoContent, error) {
	var found []profile
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		found, err = pg.All[profile](tx, `SELECT id::text, email, name FROM identity.user_by($1)`, identity.EmailKey(in.Body.Email))
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, problem.New(problem.NotFound, "not_found", "There is no account with this address.")
	}
	return nil, s.set(ctx, found[0], in.Body.Password, choice{pointer: "/password", action: "password.set"})
}
