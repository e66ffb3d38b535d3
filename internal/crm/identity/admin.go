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
)

// InOrganization is embedded by every input that acts in an organization.
type InOrganization struct {
	Organization string `path:"organization" doc:"Id of the organization."`
}

// Session is a browser in which a person is signed in.
type Session struct {
	ID         string    `json:"id"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	IP         string    `json:"ip"`
	UserAgent  string    `json:"user_agent"`
	Current    bool      `json:"current" db:"-"`
}

var errNobody = problem.New(problem.Forbidden, "forbidden", "Only a person who is signed in may do this.")

// signedIn returns the person who acts; sessions are no business of a key.
func signedIn(ctx context.Context) (actor.Actor, error) {
	who, _ := actor.From(ctx)
	if who.Kind != actor.User {
		return who, errNobody
	}
	return who, nil
}

func (s *Service) sessions(ctx context.Context, _ *struct{}) (*op.Body[op.List[Session]], error) {
	who, err := signedIn(ctx)
	if err != nil {
		return nil, err
	}
	out, err := global[Session](ctx, s.db, `
		SELECT id::text, created_at, last_seen_at, expires_at, ip, user_agent FROM identity.sessions_of($1::uuid)`, who.UserID)
	for i := range out {
		out[i].Current = out[i].ID == who.Credential
	}
	return op.Listed(out), err
}

// global runs one query that is bound to no workspace.
func global[T any](ctx context.Context, db *pg.DB, sql string, args ...any) (out []T, err error) {
	err = db.Global(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.All[T](tx, sql, args...)
		return err
	})
	return out, err
}

type sessionInput struct {
	Session string `path:"session"`
}

func (s *Service) revokeSession(ctx context.Context, in *sessionInput) (*op.NoContent, error) {
	who, err := signedIn(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.endSession(ctx, who.UserID, in.Session)
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
	checkAccount(&f, in.Body.Email, in.Body.Name, in.Body.Password)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := mayGrant(ctx, in.Body.Role); err != nil {
		return nil, err
	}
	arg, err := json.Marshal(map[string]any{"user_id": id.New(), "email": in.Body.Email, "email_key": EmailKey(in.Body.Email), "name": in.Body.Name, "role": in.Body.Role})
	if err != nil {
		return nil, fmt.Errorf("encode the member: %w", err)
	}
	hash := s.hasher.Hash(in.Body.Password)
	var uid string
	err = s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		uid, err = pg.Value[string](tx, `SELECT identity.member_add($1::uuid, $2, $3)::text`, in.Organization, arg, hash)
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

// mayGrant keeps people from raising anybody above themselves.
func mayGrant(ctx context.Context, r actor.Role) error {
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
	if err := mayGrant(ctx, role); err != nil {
		return nil, err
	}
	if in.Body.Role != "" {
		role = in.Body.Role
	}
	if in.Body.Active != nil {
		active = *in.Body.Active
	}
	if err := mayGrant(ctx, role); err != nil {
		return nil, err
	}
	if err := s.change(ctx, `SELECT identity.member_set($1::uuid, $2::uuid, $3, $4)`, in.Organization, in.User, role, active); err != nil {
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
	if err := mayGrant(ctx, p.Body.Role); err != nil {
		return nil, err
	}
	return nil, s.change(ctx, `SELECT identity.member_remove($1::uuid, $2::uuid)`, in.Organization, in.User)
}

// change runs a function that answers done, missing or last_owner.
func (s *Service) change(ctx context.Context, sql string, args ...any) error {
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
		}
		return nil
	})
}
