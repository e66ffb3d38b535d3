// Package grant keeps what Google and Microsoft grant in a person's name: it
// sends people there, takes them back, and keeps access tokens fresh.
package grant

import (
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/oauth"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// Grant is one account at a provider that people of the workspace connected.
type Grant struct {
	ID        string    `json:"id"`
	Provider  string    `json:"provider" enum:"google,microsoft"`
	Address   string    `json:"address"`
	State     string    `json:"state" enum:"active,revoked" doc:"Revoked: the person must connect again."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Provider is an identity provider as the installation knows it.
type Provider struct {
	Provider    string   `json:"provider" enum:"google,microsoft"`
	Title       string   `json:"title"`
	Configured  bool     `json:"configured"`
	RedirectURL string   `json:"redirect_url" doc:"The address to register at the provider."`
	Settings    []string `json:"settings" doc:"The variables that configure it."`
}

// Service keeps grants.
type Service struct {
	db        *pg.DB
	ring      *secret.Keyring
	auth      op.Authenticator
	providers []*oauth.Provider
	now       func() time.Time
}

// New returns the service over db. auth says who comes back from a provider.
func New(db *pg.DB, ring *secret.Keyring, auth op.Authenticator, providers []*oauth.Provider, now func() time.Time) *Service {
	return &Service{db: db, ring: ring, auth: auth, providers: providers, now: now}
}

// Sealed lists the columns that hold sealed values, for rotation.
func Sealed() []secret.Column { return []secret.Column{accessToken, refreshToken, verifier} }

var (
	accessToken  = secret.Column{Table: "oauth_grants", Name: "access_token"}
	refreshToken = secret.Column{Table: "oauth_grants", Name: "refresh_token"}
	verifier     = secret.Column{Table: "oauth_states", Name: "verifier"}
)

// ErrRevoked says that the person must connect the account again.
var ErrRevoked = problem.New(problem.Conflict, "access_revoked", "The access that was granted has ended: connect the account again.")

// Problems on the way to a provider and back.
var (
	errNotConfigured = problem.New(problem.Conflict, "oauth_not_configured", "This provider is not set up in this installation: its client id and secret are missing.")
	errBrowser       = problem.New(problem.Forbidden, "oauth_browser", "An account is connected by a person in a browser; a key cannot do it.")
	errState         = problem.New(problem.BadRequest, "oauth_state", "This way back is not good any more: it was used before, is older than ten minutes, or began in another session. Nothing was connected; begin again.")
	errDenied        = problem.New(problem.Forbidden, "oauth_denied", "The account was not connected: access was declined.")
	errRefused       = problem.New(problem.Conflict, "oauth_refused", "The provider refused. Nothing was connected.")
	errMisconfigured = problem.New(problem.Conflict, "oauth_misconfigured", "The provider does not accept the client id or secret of this installation.")
	errIncomplete    = problem.New(problem.Conflict, "oauth_incomplete", "The provider granted less than mail needs. Begin again and leave every box ticked.")
	errUnavailable   = problem.New(problem.Unavailable, "oauth_unavailable", "The provider does not answer for now. Nothing was connected; try again in a minute.").Retry(time.Minute)
)

func (s *Service) provider(name string) (*oauth.Provider, error) {
	for _, p := range s.providers {
		if p.Name == name && p.Configured() {
			return p, nil
		}
	}
	return nil, errNotConfigured
}
