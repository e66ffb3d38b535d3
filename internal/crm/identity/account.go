package identity

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// Registration is a new person with a new organization.
type Registration struct {
	Email        string `json:"email" maxLength:"254"`
	Password     string `json:"password" maxLength:"200" doc:"10 characters or more."`
	Name         string `json:"name" maxLength:"200"`
	Organization string `json:"organization" maxLength:"200" doc:"Its first workspace carries the same name."`
	TimeZone     string `json:"time_zone,omitempty" doc:"IANA name; UTC unless said." default:"UTC"`
}

// Validate collects what is wrong.
func (r Registration) Validate() error {
	var f problem.Fields
	checkAccount(&f, r.Email, r.Name, r.Password)
	f.Check(r.Organization != "", "/organization", "length", "Enter the name of your organization.")
	checkZone(&f, "/time_zone", r.TimeZone)
	return f.Err()
}

var errTaken = &problem.Error{Kind: problem.Conflict, Code: "duplicate", Detail: "There is an account with this address already. Sign in instead.",
	Fields: []problem.Field{{Pointer: "/email", Code: "duplicate", Message: "There is an account with this address already."}}}

// Register makes a person, their organization and its first workspace, in one
// transaction, and returns the person's id.
func (s *Service) Register(ctx context.Context, r Registration) (string, error) {
	return s.enrol(ctx, r, false)
}

// enrol is Register; alone refuses everybody but the first.
func (s *Service) enrol(ctx context.Context, r Registration, alone bool) (string, error) {
	if r.TimeZone == "" {
		r.TimeZone = "UTC"
	}
	if err := r.Validate(); err != nil {
		return "", err
	}
	hash := s.hasher.Hash(r.Password)
	uid := id.New()
	name := slug(r.Organization)
	for attempt := range 5 {
		if attempt > 0 {
			name = fmt.Sprintf("%s-%s", slug(r.Organization), id.New()[30:])
		}
		arg, err := json.Marshal(map[string]string{
			"user_id": uid, "organization_id": id.New(), "workspace_id": id.New(), "email": r.Email, "email_key": EmailKey(r.Email),
			"name": r.Name, "organization": r.Organization, "workspace": r.Organization, "slug": name, "time_zone": r.TimeZone,
		})
		if err != nil {
			return "", fmt.Errorf("encode the registration: %w", err)
		}
		err = s.db.Global(ctx, func(tx *pg.Tx) error {
			if alone {
				// The lock that identity.register takes: of two who come first, one is.
				tx.Queue(`SELECT pg_advisory_xact_lock(7203001)`)
				if taken, err := pg.Value[bool](tx, `SELECT identity.has_users()`); err != nil || taken {
					return cmp.Or(err, error(errClosed))
				}
			}
			_, err := tx.Exec(`SELECT identity.register($1, $2)`, arg, hash)
			return err
		})
		if !pg.Violates(err, "workspaces_slug_key") {
			return uid, taken(err)
		}
	}
	return "", fmt.Errorf("no free slug for a workspace")
}

// Door says whether strangers may register.
type Door struct {
	Open  bool `json:"open"`
	First bool `json:"first" doc:"Nobody has an account yet: who registers now operates the installation."`
}

func (s *Service) registration(ctx context.Context, _ *struct{}) (*op.Body[Door], error) {
	taken, err := s.HasUsers(ctx)
	return &op.Body[Door]{Body: Door{Open: s.open || !taken, First: !taken}}, err
}

// HasUsers reports whether anybody has an account.
func (s *Service) HasUsers(ctx context.Context) (has bool, err error) {
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		has, err = pg.Value[bool](tx, `SELECT identity.has_users()`)
		return err
	})
	return has, err
}

func taken(err error) error {
	if pg.Violates(err, "users_email_key") {
		return errTaken
	}
	return err
}

// SignedIn is the answer that carries the session.
type SignedIn struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      Me
}

type registerInput struct{ Body Registration }

var errClosed = problem.New(problem.Forbidden, "registration_closed", "This installation has its users already; ask one of them to add you as a member.")

func (s *Service) register(ctx context.Context, in *registerInput) (*SignedIn, error) {
	if !s.open {
		taken, err := s.HasUsers(ctx)
		if err != nil {
			return nil, err
		}
		if taken {
			return nil, errClosed
		}
	}
	uid, err := s.enrol(ctx, in.Body, !s.open)
	if err != nil {
		return nil, err
	}
	return s.signIn(ctx, uid)
}

// Credentials are what a person signs in with.
type Credentials struct {
	Email    string `json:"email" maxLength:"254"`
	Password string `json:"password" maxLength:"200"`
}

type loginInput struct{ Body Credentials }

type account struct {
	UserID, PasswordHash string
	LockedUntil          *time.Time
}

var errLogin = problem.New(problem.Unauthorized, "login_failed", "This address and password do not belong together.")

// login takes as long for an unknown address as for a wrong password.
func (s *Service) login(ctx context.Context, in *loginInput) (*SignedIn, error) {
	var found []account
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		found, err = pg.All[account](tx, `SELECT user_id::text, password_hash, locked_until FROM identity.credentials($1)`, EmailKey(in.Body.Email))
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		s.hasher.Hash(in.Body.Password)
		return nil, errLogin
	}
	a := found[0]
	if err := s.locked(a.LockedUntil); err != nil {
		return nil, err
	}
	matches := s.hasher.Matches(in.Body.Password, a.PasswordHash)
	if err := s.attempted(ctx, a.UserID, in.Body.Email, matches); err != nil {
		return nil, err
	}
	if !matches {
		return nil, errLogin
	}
	return s.signIn(ctx, a.UserID)
}

func (s *Service) locked(until *time.Time) error {
	if until == nil || !until.After(s.now()) {
		return nil
	}
	return problem.New(problem.TooMany, "locked", "Too many wrong passwords. The account opens again after a while.").Retry(until.Sub(s.now()))
}

// attempted counts a wrong password. Passwords that were sent at once are
// judged one after the other, so that no more of them count than of those that
// were sent in turn: once the account is locked even the right one is refused.
func (s *Service) attempted(ctx context.Context, uid, email string, matches bool) error {
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		tx.Queue(`SELECT pg_advisory_xact_lock(7203003, hashtext($1))`, uid)
		found, err := pg.All[account](tx, `SELECT user_id::text, password_hash, locked_until FROM identity.credentials($1)`, EmailKey(email))
		if err != nil || len(found) == 0 {
			return cmp.Or(err, error(errLogin))
		}
		if err := s.locked(found[0].LockedUntil); err != nil || matches {
			return err
		}
		tx.Queue(`SELECT identity.login_failed($1::uuid)`, uid)
		return nil
	})
}

// signIn starts a session and answers with its cookies.
func (s *Service) signIn(ctx context.Context, uid string) (*SignedIn, error) {
	token := secret.Token("rs_")
	ip, agent, secure := op.Client(ctx)
	arg, err := json.Marshal(map[string]any{"id": id.New(), "user_id": uid, "ip": ip, "user_agent": agent, "expires_at": s.now().Add(SessionLife)})
	if err != nil {
		return nil, fmt.Errorf("encode the session: %w", err)
	}
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		_, err := tx.Exec(`SELECT identity.session_start($1, $2)`, arg, secret.Digest(token))
		return err
	})
	if err != nil {
		return nil, err
	}
	me, err := s.me(ctx, uid)
	if err != nil {
		return nil, err
	}
	return &SignedIn{SetCookie: cookies(token, secure, int(SessionLife.Seconds())), Body: me}, nil
}

func cookies(token string, secure bool, age int) []http.Cookie {
	session := http.Cookie{Name: op.SessionCookie, Value: token, Path: "/", MaxAge: age, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
	csrf := http.Cookie{Name: op.CSRFCookie, Value: op.CSRFToken(token), Path: "/", MaxAge: age, Secure: secure, SameSite: http.SameSiteLaxMode}
	return []http.Cookie{session, csrf}
}

type signedOut struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (s *Service) logout(ctx context.Context, _ *struct{}) (*signedOut, error) {
	who, _ := actor.From(ctx)
	if who.Kind == actor.User {
		if err := s.endSession(ctx, who.UserID, who.Credential); err != nil {
			return nil, err
		}
	}
	_, _, secure := op.Client(ctx)
	return &signedOut{SetCookie: cookies("", secure, -1)}, nil
}

func (s *Service) endSession(ctx context.Context, uid, session string) error {
	defer s.auth.Forget()
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		n, err := pg.Value[int32](tx, `SELECT identity.session_end($1::uuid, $2::uuid)`, uid, session)
		if err == nil && n == 0 {
			return problem.Missing("session")
		}
		return err
	})
}

type meRow struct {
	ID, Email, Name                                                      string
	Operator                                                             bool
	OrganizationID, Organization, Role, WorkspaceID, Slug, Workspace, TZ *string
}

func (s *Service) me(ctx context.Context, uid string) (Me, error) {
	var rows []meRow
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		rows, err = pg.All[meRow](tx, `
			SELECT id::text, email, name, operator, organization_id::text, organization, role, workspace_id::text, slug, workspace, time_zone AS tz
			FROM identity.me($1::uuid)`, uid)
		return err
	})
	if err != nil || len(rows) == 0 {
		return Me{}, err
	}
	me := Me{User: User{ID: rows[0].ID, Email: rows[0].Email, Name: rows[0].Name, Operator: rows[0].Operator}, Organizations: []Organization{}}
	for _, r := range rows {
		if r.OrganizationID == nil {
			continue
		}
		last := len(me.Organizations) - 1
		if last < 0 || me.Organizations[last].ID != *r.OrganizationID {
			me.Organizations = append(me.Organizations, Organization{ID: *r.OrganizationID, Name: *r.Organization, Role: actor.Role(*r.Role), Workspaces: []Place{}})
			last++
		}
		if r.WorkspaceID != nil {
			o := &me.Organizations[last]
			o.Workspaces = append(o.Workspaces, Place{ID: *r.WorkspaceID, Slug: *r.Slug, Name: *r.Workspace, TimeZone: *r.TZ})
		}
	}
	return me, nil
}
