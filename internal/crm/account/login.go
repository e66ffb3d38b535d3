package account

import (
	"context"
	"time"

	"rapport/internal/crm/identity"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Credentials are what a person signs in with.
type Credentials struct {
	Email    string `json:"email" maxLength:"254"`
	Password string `json:"password" maxLength:"200"`
}

type loginInput struct{ Body Credentials }

var errLogin = problem.New(problem.Unauthorized, "login_failed", "This address and password do not belong together.")

func (s *Service) login(ctx context.Context, in *loginInput) (*identity.SignedIn, error) {
	uid, err := s.Prove(ctx, in.Body.Email, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return s.people.SignIn(ctx, uid)
}

type candidate struct {
	UserID, PasswordHash *string
	LockedUntil          *time.Time
}

// Prove returns whose address and password these are. It does the same work
// and answers the same for an address without an account as for a wrong
// password, in how it counts and locks as well.
func (s *Service) Prove(ctx context.Context, email, password string) (string, error) {
	key := identity.EmailKey(email)
	address, from := bucket("login", key), origin(ctx, "login")
	var c candidate
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		c, err = pg.One[candidate](tx, `SELECT user_id::text, password_hash, locked_until FROM identity.login($1, $2, $3)`, key, address, from)
		return err
	})
	if err != nil {
		return "", err
	}
	if c.LockedUntil != nil {
		return "", s.locked(*c.LockedUntil)
	}
	good := s.people.Matches(password, c.PasswordHash)
	var until *time.Time
	err = s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		until, err = pg.Value[*time.Time](tx, `SELECT identity.attempt($1, $2, $3, $4, $5::uuid)`, key, address, from, good, id.New())
		return err
	})
	switch {
	case err != nil:
		return "", err
	case until != nil:
		return "", s.locked(*until)
	case !good:
		return "", errLogin
	}
	return *c.UserID, nil
}

func (s *Service) locked(until time.Time) error {
	return problem.New(problem.TooMany, "locked", "Too many wrong passwords. Try again after a while, or reset the password.").Retry(max(until.Sub(s.Now()), time.Second))
}
