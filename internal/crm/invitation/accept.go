package invitation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/account"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// Offer is an invitation as the person who was invited sees it.
type Offer struct {
	Organization  string     `json:"organization"`
	Email         string     `json:"email"`
	Role          actor.Role `json:"role" enum:"viewer,member,admin,owner"`
	InvitedBy     string     `json:"invited_by"`
	ExpiresAt     time.Time  `json:"expires_at"`
	AccountExists bool       `json:"account_exists" doc:"The address has an account: accept with its password, or signed in."`
}

type tokenInput struct {
	Token string `path:"token" maxLength:"100"`
}

func (s *Service) read(ctx context.Context, in *tokenInput) (*op.Body[Offer], error) {
	o, err := s.offer(ctx, secret.Digest(in.Token))
	return &op.Body[Offer]{Body: Offer{Organization: o.Organization, Email: o.Email, Role: actor.Role(o.Role), InvitedBy: o.Inviter,
		ExpiresAt: o.ExpiresAt, AccountExists: o.UserID != nil}}, err
}

type acceptInput struct {
	Token string `path:"token" maxLength:"100"`
	Body  struct {
		Name     string `json:"name,omitempty" maxLength:"200" doc:"For a new account."`
		Password string `json:"password" maxLength:"200" doc:"Of the account, or for the new one."`
	}
}

// accept makes the person a member and signs them in. Whose session the caller
// may have sent along does not matter.
func (s *Service) accept(ctx context.Context, in *acceptInput) (*identity.SignedIn, error) {
	digest := secret.Digest(in.Token)
	o, err := s.offer(ctx, digest)
	if err != nil {
		return nil, err
	}
	a := acceptance{offered: o, digest: digest}
	if o.UserID != nil {
		uid, err := s.accounts.Prove(ctx, o.Email, in.Body.Password)
		if err != nil {
			return nil, err
		}
		a.user = &uid
	} else {
		var f problem.Fields
		identity.CheckName(&f, "/name", in.Body.Name)
		identity.CheckPassword(&f, "/password", in.Body.Password, o.Email, in.Body.Name, o.Organization)
		if err := f.Err(); err != nil {
			return nil, err
		}
		a.name, a.hash = in.Body.Name, s.people.Hash(in.Body.Password)
	}
	uid, err := s.join(ctx, a)
	if err != nil {
		return nil, err
	}
	return s.people.SignIn(ctx, uid)
}

type joinInput struct {
	Body struct {
		Token string `json:"token" maxLength:"100"`
	}
}

// joinSigned is accept for somebody who is signed in with the address that was
// invited.
func (s *Service) joinSigned(ctx context.Context, in *joinInput) (*op.Body[identity.Me], error) {
	who, err := identity.Signed(ctx)
	if err != nil {
		return nil, err
	}
	digest := secret.Digest(in.Body.Token)
	o, err := s.offer(ctx, digest)
	if err != nil {
		return nil, err
	}
	uid, err := s.join(ctx, acceptance{offered: o, digest: digest, user: &who.UserID})
	if err != nil {
		return nil, err
	}
	me, err := s.people.Me(ctx, uid)
	return &op.Body[identity.Me]{Body: me}, err
}

// acceptance is an offer that somebody takes: user, or a new person with a
// name and the hash of a password.
type acceptance struct {
	offered
	digest     []byte
	user       *string
	name, hash string
}

type outcome struct {
	Answer string
	UserID *string
}

func (s *Service) join(ctx context.Context, a acceptance) (uid string, err error) {
	arg, err := json.Marshal(map[string]string{"user_id": id.New(), "name": a.name})
	if err != nil {
		return "", fmt.Errorf("encode the person: %w", err)
	}
	defer s.people.Forget()
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		o, err := pg.One[outcome](tx, `SELECT answer, user_id::text FROM identity.invitation_accept($1, $2::uuid, $3, $4)`, a.digest, a.user, arg, a.hash)
		if err != nil {
			return err
		}
		if err := stopped(o.Answer); err != nil {
			return err
		}
		uid = *o.UserID
		if _, known := actor.From(ctx); !known {
			ctx = actor.With(ctx, actor.Actor{Kind: actor.User, ID: uid, Name: a.name})
		}
		identity.Note(ctx, tx, identity.Noted{Organization: a.OrganizationID, User: uid, Action: "invitation.accepted", Subject: a.Email, Detail: a.Role})
		return s.queue.Add(ctx, tx, Accepted{ID: a.ID})
	})
	if pg.Violates(err, "users_email_key") { // accepted elsewhere at the same moment
		err = stopped("account")
	}
	return uid, err
}

// stopped is why an invitation did not let somebody in; nil when it did, or
// when they are in already.
func stopped(answer string) error {
	switch answer {
	case "done", "member":
		return nil
	case "account":
		return problem.New(problem.Conflict, "account_exists", "This address has an account by now. Accept with its password.")
	case "other":
		return problem.New(problem.Forbidden, "other_address", "This invitation is for another address than the one you are signed in with.")
	case "inactive":
		return problem.New(problem.Conflict, "member_inactive", "You are a member of this organization already, but not active. Ask an admin to activate you.")
	}
	return account.Standing(answer)
}
