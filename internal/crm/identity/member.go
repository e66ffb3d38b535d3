package identity

import (
	"cmp"
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
)

// InOrganization is embedded by every input that acts in an organization.
type InOrganization struct {
	Organization string `path:"organization" doc:"Id of the organization."`
}

// Person is a member of an organization.
type Person struct {
	UserID   string     `json:"user_id"`
	Email    string     `json:"email"`
	Name     string     `json:"name"`
	Role     actor.Role `json:"role" enum:"viewer,member,admin,owner"`
	Active   bool       `json:"active"`
	JoinedAt time.Time  `json:"joined_at"`
}

func (s *Service) members(ctx context.Context, in *InOrganization) (*op.Body[op.List[Person]], error) {
	out, err := s.people(ctx, in.Organization)
	return op.Listed(out), err
}

func (s *Service) people(ctx context.Context, organization string) ([]Person, error) {
	return global[Person](ctx, s.db, `SELECT user_id::text, email, name, role, active, joined_at FROM identity.members($1::uuid)`, organization)
}

func (s *Service) person(ctx context.Context, organization, user string) (*op.Body[Person], error) {
	all, err := s.people(ctx, organization)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(p Person) bool { return p.UserID == user })
	if i < 0 {
		return nil, problem.Missing("member")
	}
	return &op.Body[Person]{Body: all[i]}, nil
}

// NewMember is a person to add; one who has an account keeps their password.
type NewMember struct {
	Email    string     `json:"email" maxLength:"254"`
	Name     string     `json:"name" maxLength:"200"`
	Password string     `json:"password" maxLength:"200" doc:"For a new account; handed over by you."`
	Role     actor.Role `json:"role" enum:"viewer,member,admin,owner"`
}

type memberInput struct {
	InOrganization
	Body NewMember
}

func (s *Service) addMember(ctx context.Context, in *memberInput) (*op.Body[Person], error) {
	var f problem.Fields
	CheckPerson(&f, in.Body.Email, in.Body.Name)
	CheckPassword(&f, "/password", in.Body.Password, in.Body.Email, in.Body.Name)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := MayGrant(ctx, in.Body.Role); err != nil {
		return nil, err
	}
	arg, err := json.Marshal(map[string]any{"user_id": id.New(), "email": in.Body.Email, "email_key": EmailKey(in.Body.Email), "name": in.Body.Name, "role": in.Body.Role})
	if err != nil {
		return nil, fmt.Errorf("encode the member: %w", err)
	}
	hash := s.hasher.Hash(in.Body.Password)
	var uid string
	err = s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		known, err := pg.All[User](tx, `SELECT verified FROM identity.user_by($1)`, EmailKey(in.Body.Email))
		if err != nil {
			return err
		}
		if len(known) > 0 && !known[0].Verified {
			return errUnproved
		}
		uid, err = pg.Value[string](tx, `SELECT identity.member_add($1::uuid, $2, $3)::text`, in.Organization, arg, hash)
		Note(ctx, tx, Noted{Organization: in.Organization, User: uid, Action: "member.added", Subject: in.Body.Email, Detail: string(in.Body.Role)})
		return err
	})
	if pg.Violates(err, "memberships_pkey") {
		return nil, problem.New(problem.Conflict, "duplicate", "This person is a member already.")
	}
	if err != nil {
		return nil, err
	}
	return s.person(ctx, in.Organization, uid)
}

// errUnproved keeps whoever registered with the address of somebody else from
// being let in as that person.
var errUnproved = problem.New(problem.Conflict, "address_unverified", "There is an account with this address, but nobody has confirmed yet that it is theirs. Invite them instead: the link reaches whoever reads the address.")

// MayGrant keeps people from raising anybody above themselves.
func MayGrant(ctx context.Context, r actor.Role) error {
	who, _ := actor.From(ctx)
	if !who.Role.AtLeast(r) {
		return problem.New(problem.Forbidden, "forbidden", "Nobody can give a role above their own.")
	}
	return nil
}

type memberPatch struct {
	InOrganization
	User string `path:"user"`
	Body struct {
		Role   actor.Role `json:"role,omitempty" enum:"viewer,member,admin,owner"`
		Active *bool      `json:"active,omitempty"`
	}
}

func (s *Service) setMember(ctx context.Context, in *memberPatch) (*op.Body[Person], error) {
	p, err := s.person(ctx, in.Organization, in.User)
	if err != nil {
		return nil, err
	}
	role, active := p.Body.Role, p.Body.Active
	if in.Body.Role != "" {
		role = in.Body.Role
	}
	if in.Body.Active != nil {
		active = *in.Body.Active
	}
	if err := cmp.Or(MayGrant(ctx, p.Body.Role), MayGrant(ctx, role)); err != nil {
		return nil, err
	}
	n := Noted{Organization: in.Organization, User: in.User, Subject: p.Body.Email}
	switch {
	case role != p.Body.Role:
		n.Action, n.Detail = "member.role_changed", fmt.Sprintf("%s to %s", p.Body.Role, role)
	case active != p.Body.Active:
		n.Action = map[bool]string{true: "member.activated", false: "member.deactivated"}[active]
	}
	if err := s.change(ctx, n, `SELECT identity.member_set($1::uuid, $2::uuid, $3, $4)`, in.Organization, in.User, role, active); err != nil {
		return nil, err
	}
	return s.person(ctx, in.Organization, in.User)
}

type memberRef struct {
	InOrganization
	User string `path:"user"`
}

func (s *Service) removeMember(ctx context.Context, in *memberRef) (*op.NoContent, error) {
	p, err := s.person(ctx, in.Organization, in.User)
	if err != nil {
		return nil, err
	}
	if err := MayGrant(ctx, p.Body.Role); err != nil {
		return nil, err
	}
	n := Noted{Organization: in.Organization, User: in.User, Action: "member.removed", Subject: p.Body.Email}
	return nil, s.change(ctx, n, `SELECT identity.member_remove($1::uuid, $2::uuid)`, in.Organization, in.User)
}

// change runs a function that answers done, missing or last_owner, and notes
// what was done unless that is nothing.
func (s *Service) change(ctx context.Context, n Noted, sql string, args ...any) error {
	defer s.auth.Forget()
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		answer, err := pg.Value[string](tx, sql, args...)
		switch {
		case err != nil:
			return err
		case answer == "missing":
			return problem.Missing("member")
		case answer == "last_owner":
			return problem.New(problem.Conflict, "last_owner", "An organization keeps at least one active owner. Make somebody else owner first.")
		case n.Action != "":
			Note(ctx, tx, n)
		}
		return nil
	})
}
