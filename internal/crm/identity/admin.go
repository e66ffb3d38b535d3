package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

type inOrganization struct {
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

func (s *Service) sessions(ctx context.Context, _ *struct{}) (*op.Body[op.List[Session]], error) {
	who, _ := actor.From(ctx)
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
	who, _ := actor.From(ctx)
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

func (s *Service) members(ctx context.Context, in *inOrganization) (*op.Body[op.List[Person]], error) {
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
	inOrganization
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
	inOrganization
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
	inOrganization
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

// Key is an API key, without its secret.
type Key struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Prefix      string     `json:"prefix" doc:"The beginning of the secret, to tell keys apart."`
	Scopes      []string   `json:"scopes"`
	WorkspaceID string     `json:"workspace_id"`
	CreatedAt   time.Time  `json:"created_at"`
	LastUsedAt  *time.Time `json:"last_used_at"`
	ExpiresAt   *time.Time `json:"expires_at"`
	RevokedAt   *time.Time `json:"revoked_at"`
}

// NewKey is a key to make.
type NewKey struct {
	Name      string     `json:"name" minLength:"1" maxLength:"200"`
	Workspace string     `json:"workspace" doc:"Id or slug of the workspace that the key is bound to."`
	Scopes    []string   `json:"scopes" minItems:"1" doc:"Such as contact:read; * is everything that its maker may do."`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// MadeKey is a key with its secret, which is shown this once.
type MadeKey struct {
	Key
	Secret string `json:"secret" doc:"Shown this once."`
}

type keyInput struct {
	inOrganization
	Body NewKey
}

func (s *Service) keys(ctx context.Context, in *inOrganization) (*op.Body[op.List[Key]], error) {
	out, err := s.keysOf(ctx, in.Organization)
	return op.Listed(out), err
}

func (s *Service) keysOf(ctx context.Context, organization string) ([]Key, error) {
	return global[Key](ctx, s.db, `
		SELECT id::text, name, prefix, scopes, workspace_id::text, created_at, last_used_at, expires_at, revoked_at
		FROM identity.api_keys_of($1::uuid)`, organization)
}

func (s *Service) addKey(ctx context.Context, in *keyInput) (*op.Body[MadeKey], error) {
	who, _ := actor.From(ctx)
	user, err := who.UserID, error(nil)
	if user == "" {
		if user, err = s.ownerOf(ctx, in.Organization); err != nil {
			return nil, err
		}
	}
	made, err := s.MakeKey(ctx, in.Organization, user, in.Body)
	if err != nil {
		return nil, err
	}
	return &op.Body[MadeKey]{Body: made}, nil
}

// MakeKey makes a key for a workspace of the organization, in the name of a
// user whose role bounds it.
func (s *Service) MakeKey(ctx context.Context, organization, user string, k NewKey) (MadeKey, error) {
	var f problem.Fields
	for _, scope := range k.Scopes {
		f.Check(scope == "*" || slices.Contains(s.scopes, scope), "/scopes", "not_allowed", "There is no such scope.", s.scopes...)
	}
	f.Check(k.ExpiresAt == nil || k.ExpiresAt.After(s.now()), "/expires_at", "range", "Choose a time in the future.")
	if err := f.Err(); err != nil {
		return MadeKey{}, err
	}
	token, kid := secret.Token("rk_"), id.New()
	arg, err := json.Marshal(map[string]any{"id": kid, "created_by": user, "name": k.Name, "prefix": token[:10], "scopes": k.Scopes, "workspace": k.Workspace, "expires_at": k.ExpiresAt})
	if err != nil {
		return MadeKey{}, fmt.Errorf("encode the key: %w", err)
	}
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		n, err := pg.Value[int32](tx, `SELECT identity.api_key_add($1::uuid, $2, $3)`, organization, arg, secret.Digest(token))
		if err == nil && n == 0 {
			return problem.Missing("workspace")
		}
		return err
	})
	if err != nil {
		return MadeKey{}, err
	}
	all, err := s.keysOf(ctx, organization)
	if err != nil {
		return MadeKey{}, err
	}
	i := slices.IndexFunc(all, func(k Key) bool { return k.ID == kid })
	return MadeKey{Key: all[i], Secret: token}, nil
}

type keyRef struct {
	inOrganization
	Key string `path:"key"`
}

func (s *Service) revokeKey(ctx context.Context, in *keyRef) (*op.NoContent, error) {
	defer s.auth.Forget()
	return nil, s.db.Global(ctx, func(tx *pg.Tx) error {
		n, err := pg.Value[int32](tx, `SELECT identity.api_key_revoke($1::uuid, $2::uuid)`, in.Organization, in.Key)
		if err == nil && n == 0 {
			return problem.Missing("API key")
		}
		return err
	})
}

// Workspace is where a team works.
type Workspace struct {
	ID           string    `json:"id"`
	Slug         string    `json:"slug"`
	Name         string    `json:"name"`
	TimeZone     string    `json:"time_zone"`
	OwnAddresses []string  `json:"own_addresses" doc:"Addresses of the team itself; mail from them is outbound."`
	Version      int64     `json:"version"`
	CreatedAt    time.Time `json:"created_at"`
}

func (s *Service) workspaces(ctx context.Context, in *inOrganization) (*op.Body[op.List[Workspace]], error) {
	out, err := global[Workspace](ctx, s.db, `
		SELECT id::text, slug, name, time_zone, own_addresses, version, created_at FROM identity.workspaces_of($1::uuid)`, in.Organization)
	return op.Listed(out), err
}

type workspaceInput struct {
	inOrganization
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"200"`
		Slug     string `json:"slug,omitempty" pattern:"^[a-z0-9][a-z0-9-]{0,62}$"`
		TimeZone string `json:"time_zone,omitempty" default:"UTC"`
	}
}

func (s *Service) addWorkspace(ctx context.Context, in *workspaceInput) (*op.Body[Workspace], error) {
	var f problem.Fields
	checkZone(&f, "/time_zone", in.Body.TimeZone)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if in.Body.Slug == "" {
		in.Body.Slug = slug(in.Body.Name)
	}
	w := Workspace{ID: id.New(), Slug: in.Body.Slug, Name: in.Body.Name, TimeZone: in.Body.TimeZone, OwnAddresses: []string{}, Version: 1, CreatedAt: s.now().UTC()}
	arg, err := json.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("encode the workspace: %w", err)
	}
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		_, err := tx.Exec(`SELECT identity.workspace_add($1::uuid, $2)`, in.Organization, arg)
		return err
	})
	if pg.Violates(err, "workspaces_slug_key") {
		return nil, &problem.Error{Kind: problem.Conflict, Code: "duplicate", Detail: "Another workspace of this installation has this slug.",
			Fields: []problem.Field{{Pointer: "/slug", Code: "duplicate", Message: "Choose another slug."}}}
	}
	return &op.Body[Workspace]{Body: w}, err
}

// Settings returns the workspace that tx is bound to.
func Settings(tx *pg.Tx) (Workspace, error) {
	return pg.One[Workspace](tx, `SELECT id::text, slug, name, time_zone, own_addresses, version, created_at FROM identity.workspace()`)
}

func (s *Service) workspace(ctx context.Context, _ *op.InWorkspace) (out *op.Record[Workspace], err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		w, err := Settings(tx)
		out = op.NewRecord(w, w.Version)
		return err
	})
	return out, err
}

type workspacePatch struct {
	op.InWorkspace
	IfMatch string `header:"If-Match"`
	Body    struct {
		Name         string    `json:"name,omitempty" minLength:"1" maxLength:"200"`
		TimeZone     string    `json:"time_zone,omitempty"`
		OwnAddresses *[]string `json:"own_addresses,omitempty" maxItems:"200"`
	}
}

func (s *Service) setWorkspace(ctx context.Context, in *workspacePatch) (out *op.Record[Workspace], err error) {
	version, err := op.Versioned{IfMatch: in.IfMatch}.Version()
	if err != nil {
		return nil, err
	}
	defer s.auth.Forget()
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		w, err := Settings(tx)
		if err != nil {
			return err
		}
		if w.Version != version {
			return op.Stale(w.Version)
		}
		if err := in.apply(&w); err != nil {
			return err
		}
		n, err := pg.Value[int32](tx, `SELECT identity.workspace_set($1, $2, $3, $4)`, w.Name, w.TimeZone, w.OwnAddresses, version)
		if err == nil && n == 0 {
			return op.Stale(w.Version + 1)
		}
		w.Version++
		out = op.NewRecord(w, w.Version)
		return err
	})
	return out, err
}

func (in *workspacePatch) apply(w *Workspace) error {
	if in.Body.Name != "" {
		w.Name = in.Body.Name
	}
	if in.Body.TimeZone != "" {
		w.TimeZone = in.Body.TimeZone
	}
	var f problem.Fields
	checkZone(&f, "/time_zone", w.TimeZone)
	if in.Body.OwnAddresses != nil {
		w.OwnAddresses = []string{}
		for i, a := range *in.Body.OwnAddresses {
			f.Check(strings.Contains(a, "@"), fmt.Sprintf("/own_addresses/%d", i), "format", "Enter a valid email address.")
			w.OwnAddresses = append(w.OwnAddresses, EmailKey(a))
		}
	}
	return f.Err()
}
