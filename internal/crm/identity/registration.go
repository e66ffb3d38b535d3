package identity

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
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
	CheckPerson(&f, r.Email, r.Name)
	CheckPassword(&f, "/password", r.Password, r.Email, r.Name, r.Organization)
	f.Check(r.Organization != "", "/organization", "length", "Enter the name of your organization.")
	CheckZone(&f, "/time_zone", r.TimeZone)
	return f.Err()
}

var errTaken = &problem.Error{Kind: problem.Conflict, Code: "duplicate", Detail: "There is an account with this address already. Sign in instead.",
	Fields: []problem.Field{{Pointer: "/email", Code: "duplicate", Message: "There is an account with this address already."}}}

// Register makes a person, their organization and its first workspace, in one
// transaction, and returns the person's id.
func (s *Service) Register(ctx context.Context, r Registration) (string, error) {
	return s.enrol(ctx, r, false)
}

// RegisterFirst is Register for whoever comes before all others, and refuses
// everybody else.
func (s *Service) RegisterFirst(ctx context.Context, r Registration) (string, error) {
	return s.enrol(ctx, r, true)
}

func (s *Service) enrol(ctx context.Context, r Registration, alone bool) (string, error) {
	if r.TimeZone == "" {
		r.TimeZone = "UTC"
	}
	if err := r.Validate(); err != nil {
		return "", err
	}
	if alone { // before the password is hashed: a closed door costs nothing
		if taken, err := s.HasUsers(ctx); err != nil || taken {
			return "", cmp.Or(err, error(errClosed))
		}
	}
	hash := s.hasher.Hash(r.Password)
	uid, oid := id.New(), id.New()
	name := slug(r.Organization)
	for attempt := range 5 {
		if attempt > 0 {
			name = fmt.Sprintf("%s-%s", slug(r.Organization), id.New()[30:])
		}
		arg, err := json.Marshal(map[string]string{
			"user_id": uid, "organization_id": oid, "workspace_id": id.New(), "email": r.Email, "email_key": EmailKey(r.Email),
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
			if _, err := tx.Exec(`SELECT identity.register($1, $2)`, arg, hash); err != nil {
				return err
			}
			if _, known := actor.From(ctx); !known {
				ctx = actor.With(ctx, actor.Actor{Kind: actor.User, ID: uid, Name: r.Name})
			}
			Note(ctx, tx, Noted{Organization: oid, User: uid, Action: "account.registered", Subject: r.Email})
			return nil
		})
		if !pg.Violates(err, "workspaces_slug_key") {
			return uid, taken(err)
		}
	}
	return "", fmt.Errorf("no free slug for a workspace")
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

var errClosed = problem.New(problem.Forbidden, "registration_closed", "This installation has its users already; ask one of them to invite you.")
