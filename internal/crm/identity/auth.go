package identity

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// authLife bounds how long another process may still accept a credential that
// was revoked here; this process forgets it at once.
const authLife = 2 * time.Second

// Auth says who holds a credential. Answers are kept for a moment, so that a
// page of requests asks the database once.
type Auth struct {
	db    *pg.DB
	local []byte
	cache *otter.Cache[authKey, actor.Actor]
}

type authKey struct {
	digest [32]byte
	place  op.Place
}

// NewAuth returns an authenticator over db. local is the key of the machine
// itself: whoever can read it from the data directory may do everything.
func NewAuth(db *pg.DB, local string) *Auth {
	return &Auth{db: db, local: secret.Digest(local), cache: otter.Must(&otter.Options[authKey, actor.Actor]{
		MaximumSize:      20_000,
		ExpiryCalculator: otter.ExpiryWriting[authKey, actor.Actor](authLife),
	})}
}

type holder struct {
	Kind, ID, Name, UserID, Credential                string
	OrganizationID, WorkspaceID, TimeZone, MemberRole *string
	Scopes                                            []string
	Operator                                          bool
}

// Authenticate implements op.Authenticator.
func (a *Auth) Authenticate(ctx context.Context, c op.Credential, p op.Place) (actor.Actor, error) {
	if c.Token == "" {
		return actor.Actor{}, op.ErrUnauthenticated
	}
	k := authKey{digest: secret.Sum(c.Token), place: p}
	if who, ok := a.cache.GetIfPresent(k); ok {
		return who, nil
	}
	var found []holder
	if key, person, _ := strings.Cut(c.Token, ":"); subtle.ConstantTimeCompare(secret.Digest(key), a.local) == 1 {
		return a.machineFor(ctx, p, person)
	}
	err := a.db.Global(ctx, func(tx *pg.Tx) (err error) {
		found, err = pg.All[holder](tx, `
			SELECT kind, id::text, name, user_id::text, credential::text, organization_id::text, workspace_id::text,
				time_zone, role AS member_role, scopes, operator
			FROM identity.authenticate($1, $2, $3)`, k.digest[:], p.Workspace, p.Organization)
		return err
	})
	if err != nil {
		return actor.Actor{}, err
	}
	if len(found) == 0 {
		return actor.Actor{}, op.ErrUnauthenticated
	}
	who, err := found[0].actor(p)
	if err == nil {
		a.cache.Set(k, who)
	}
	return who, err
}

type place struct {
	OrganizationID        string
	WorkspaceID, TimeZone *string
}

// machineID stands for the machine's own key where an id is needed.
const machineID = "00000000-0000-0000-0000-000000000001"

func (a *Auth) machine(ctx context.Context, p op.Place) (actor.Actor, error) {
	who := actor.Actor{Kind: actor.System, Name: "Command line", Role: actor.Owner, Operator: true, Credential: machineID}
	if p == (op.Place{}) {
		return who, nil
	}
	found, err := global[place](ctx, a.db, `SELECT organization_id::text, workspace_id::text, time_zone FROM identity.place($1, $2)`, p.Workspace, p.Organization)
	if err != nil {
		return who, err
	}
	if len(found) == 0 {
		return who, errNowhere
	}
	who.OrganizationID = found[0].OrganizationID
	if found[0].WorkspaceID != nil {
		who.WorkspaceID, who.TimeZone = *found[0].WorkspaceID, *found[0].TimeZone
	}
	return who, nil
}

// machineFor is the machine on behalf of a person: behind its key and a colon
// stands the user's id. In a workspace it may do what they may; without a person
// it may do everything.
func (a *Auth) machineFor(ctx context.Context, p op.Place, person string) (actor.Actor, error) {
	who, err := a.machine(ctx, p)
	if err != nil || person == "" || who.WorkspaceID == "" {
		return who, err
	}
	if !id.Valid(person) {
		return who, errStranger
	}
	var found []struct{ Name, Role string }
	err = a.db.Read(actor.With(ctx, who), func(tx *pg.Tx) (err error) {
		found, err = pg.All[struct{ Name, Role string }](tx, `SELECT name, role FROM identity.standing($1::uuid)`, person)
		return err
	})
	if err == nil && len(found) == 0 {
		err = errStranger
	}
	if err != nil {
		return who, err
	}
	who.UserID, who.OnBehalfOf, who.Role, who.Operator = person, found[0].Name, actor.Role(found[0].Role), false
	return who, nil
}

var errStranger = problem.New(problem.Forbidden, "not_a_member", "Whoever this is for is not a member of the workspace.")

var errNowhere = problem.New(problem.NotFound, "not_found", "There is no such workspace or organization, or you are not a member of it.")

func (h holder) actor(p op.Place) (actor.Actor, error) {
	a := actor.Actor{Kind: actor.Kind(h.Kind), ID: h.ID, Name: h.Name, UserID: h.UserID, Credential: h.Credential, Scopes: h.Scopes, Operator: h.Operator}
	if a.Kind == actor.APIKey && h.MemberRole == nil && p == (op.Place{}) {
		return a, op.ErrUnauthenticated // whoever made it has left
	}
	if p == (op.Place{}) {
		if a.Kind == actor.APIKey {
			a.WorkspaceID = *h.WorkspaceID
		}
		return a, nil
	}
	if h.MemberRole == nil {
		return a, errNowhere
	}
	a.Role, a.OrganizationID = actor.Role(*h.MemberRole), *h.OrganizationID
	if p.Workspace != "" {
		a.WorkspaceID, a.TimeZone = *h.WorkspaceID, *h.TimeZone
	}
	return a, nil
}

// Forget drops all kept answers: a credential, a role or a membership ended.
func (a *Auth) Forget() { a.cache.InvalidateAll() }
