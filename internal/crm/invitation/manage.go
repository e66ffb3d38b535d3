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

// perDay bounds how many letters an organization sends to strangers.
const perDay = 200

func (s *Service) list(ctx context.Context, in *identity.InOrganization) (*op.Body[op.List[Invitation]], error) {
	var all []Invitation
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		all, err = s.of(tx, in.Organization)
		return err
	})
	return op.Listed(all), err
}

type inviteInput struct {
	identity.InOrganization
	Body struct {
		Email string     `json:"email" maxLength:"254"`
		Role  actor.Role `json:"role" enum:"viewer,member,admin,owner" doc:"At most one's own."`
	}
}

func (s *Service) invite(ctx context.Context, in *inviteInput) (*op.Body[Made], error) {
	var f problem.Fields
	identity.CheckAddress(&f, "/email", in.Body.Email)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := identity.MayGrant(ctx, in.Body.Role); err != nil {
		return nil, err
	}
	n := &invite{organization: in.Organization, id: id.New(), email: in.Body.Email, role: in.Body.Role, mailed: s.mail.Configured(), action: "invitation.created"}
	return s.make(ctx, n, func(tx *pg.Tx, arg, digest []byte) error {
		answer, err := pg.Value[string](tx, `SELECT identity.invitation_add($1::uuid, $2, $3)`, in.Organization, arg, digest)
		if err != nil {
			return err
		}
		return refusal(answer)
	})
}

// refusal is why somebody cannot be invited; nil for done.
func refusal(answer string) error {
	detail := map[string]string{
		"member":   "This person is a member already.",
		"inactive": "This person is a member already, but not active. Activate them instead.",
		"pending":  "There is an invitation for this address already. Send it again, or revoke it first.",
	}[answer]
	if detail == "" {
		return nil
	}
	return &problem.Error{Kind: problem.Conflict, Code: "duplicate", Detail: detail, Fields: []problem.Field{{Pointer: "/email", Code: "duplicate", Message: detail}}}
}

type ref struct {
	identity.InOrganization
	ID string `path:"id" doc:"Id of the invitation."`
}

type resendInput struct {
	identity.InOrganization
	ID     string `path:"id" doc:"Id of the invitation."`
	Letter bool   `query:"letter" default:"true" doc:"False: send nothing, answer with a link to hand over instead."`
}

// resend makes a new link, which replaces the one before. It is an invitation
// by whoever sends it, who must be able to give the role: the link is worth it.
func (s *Service) resend(ctx context.Context, in *resendInput) (*op.Body[Made], error) {
	i, err := s.mine(ctx, in.Organization, in.ID)
	if err != nil {
		return nil, err
	}
	n := &invite{organization: in.Organization, id: i.ID, email: i.Email, role: i.Role, mailed: in.Letter && s.mail.Configured(), action: "invitation.resent"}
	return s.make(ctx, n, func(tx *pg.Tx, arg, digest []byte) error {
		renewed, err := pg.Value[bool](tx, `SELECT identity.invitation_renew($1::uuid, $2::uuid, $3, $4)`, in.Organization, i.ID, arg, digest)
		if err == nil && !renewed {
			return problem.Missing("invitation")
		}
		return err
	})
}

// mine returns an invitation whose role the actor may give.
func (s *Service) mine(ctx context.Context, organization, invitation string) (i Invitation, err error) {
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		i, err = s.one(tx, organization, invitation)
		return err
	})
	if err == nil {
		err = identity.MayGrant(ctx, i.Role)
	}
	return i, err
}

// invite is an invitation about to be sent.
type invite struct {
	organization, id, email string
	role                    actor.Role
	mailed                  bool
	action                  string
}

// make keeps an invitation with a new token, by write, and mails its link or
// answers with it, never both.
func (s *Service) make(ctx context.Context, n *invite, write func(tx *pg.Tx, arg, digest []byte) error) (*op.Body[Made], error) {
	who, _ := actor.From(ctx)
	token := secret.Token("ri_")
	arg, err := json.Marshal(map[string]any{"id": n.id, "email": n.email, "email_key": identity.EmailKey(n.email), "role": n.role, "mailed": n.mailed,
		"invited_by": op.Given(who.UserID), "expires_at": s.accounts.Now().Add(life)})
	if err != nil {
		return nil, fmt.Errorf("encode the invitation: %w", err)
	}
	var made Made
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		if err := s.mayWrite(tx, who, n); err != nil {
			return err
		}
		if err := write(tx, arg, secret.Digest(token)); err != nil {
			return err
		}
		identity.Note(ctx, tx, identity.Noted{Organization: n.organization, Action: n.action, Subject: n.email, Detail: string(n.role)})
		if made.Invitation, err = s.one(tx, n.organization, n.id); err != nil {
			return err
		}
		if n.mailed {
			return s.send(tx, n, who.Name, token)
		}
		link := s.mail.Link("/accept/", token)
		made.Link = &link
		return nil
	})
	return &op.Body[Made]{Body: made}, err
}

var (
	errUnverified = problem.New(problem.Forbidden, "address_unverified", "Confirm your own address first: follow the link that was sent to it. Then you can invite others.")
	errMany       = problem.New(problem.TooMany, "too_many_invitations", "This organization has sent as many invitations as a day allows.").Retry(time.Hour)
)

// mayWrite keeps Rapport from being a way to write to strangers.
func (s *Service) mayWrite(tx *pg.Tx, who actor.Actor, n *invite) error {
	if !n.mailed {
		return nil
	}
	if who.UserID != "" {
		verified, err := pg.Value[bool](tx, `SELECT verified FROM identity.profile($1::uuid)`, who.UserID)
		if err != nil {
			return err
		}
		if !verified {
			return errUnverified
		}
	}
	ok, err := pg.Value[bool](tx, `SELECT identity.allowed($1, $2, interval '1 day')`, secret.Digest("invitations:"+n.organization), perDay)
	if err == nil && !ok {
		return errMany
	}
	return err
}

func (s *Service) send(tx *pg.Tx, n *invite, inviter, token string) error {
	organization, err := pg.Value[string](tx, `SELECT organization FROM identity.invitation($1)`, secret.Digest(token))
	if err != nil {
		return err
	}
	by := account.Plain(inviter)
	if by == "" {
		by = "Somebody"
	}
	return s.mail.Send(tx, account.Message{
		Key: "invitation:" + n.id + ":" + id.New(), To: n.email, Subject: fmt.Sprintf("%s invites you to %s on Rapport", by, account.Plain(organization)),
		Lines:  []string{"Hello,", fmt.Sprintf("%s invites you to work with %s on Rapport. The invitation is for this address, and open for a week.", by, account.Plain(organization))},
		Button: "Accept the invitation", Path: "/accept/", Token: token,
		Close: []string{"If you do not know who that is, ignore this mail."},
	})
}

func (s *Service) revoke(ctx context.Context, in *ref) (*op.NoContent, error) {
	i, err := s.mine(ctx, in.Organization, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.db.Global(ctx, func(tx *pg.Tx) error {
		gone, err := pg.Value[bool](tx, `SELECT identity.invitation_revoke($1::uuid, $2::uuid)`, in.Organization, in.ID)
		if err == nil && !gone {
			return problem.Missing("invitation")
		}
		identity.Note(ctx, tx, identity.Noted{Organization: in.Organization, Action: "invitation.revoked", Subject: i.Email, Detail: string(i.Role)})
		return err
	})
}
