// Package oauth asks Google and Microsoft, in a person's name, for tokens that
// open their mailbox: the authorization code flow with PKCE.
package oauth

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// The providers, by the names that mailboxes and addresses use.
const (
	Google    = "google"
	Microsoft = "microsoft"
)

// Settings are what the installation knows of one provider. The client's id
// and secret come from its console; the addresses have defaults.
type Settings struct {
	ClientID, ClientSecret string
	AuthURL, TokenURL      string
}

// Provider is one identity provider. Make it with New.
type Provider struct {
	Name   string
	Title  string // for people
	config oauth2.Config
	extra  []oauth2.AuthCodeOption
	http   *http.Client
}

// Token is what a provider granted.
type Token struct {
	Access  string
	Refresh string // empty when the earlier one stays good
	Expires time.Time
	// Account identifies the person at the provider and Address is theirs;
	// both are known after an exchange only.
	Account, Address string
	Scopes           []string
}

// Errors of a provider, to be told apart with errors.Is.
var (
	// ErrRevoked says that the person must be asked again.
	ErrRevoked = errors.New("oauth: the grant was revoked or has expired")
	// ErrMisconfigured says that the provider does not accept this client.
	ErrMisconfigured = errors.New("oauth: the provider does not accept the client id or secret")
	// ErrUnavailable says that the provider does not answer properly for now.
	ErrUnavailable = errors.New("oauth: the provider does not answer")
	// ErrIncomplete says that the answer lacks what is needed, such as a scope
	// that the person did not allow.
	ErrIncomplete = errors.New("oauth: the provider granted less than was asked for")
)

// patience bounds one question to a provider.
const patience = 20 * time.Second

// life is how long a token is taken to be good when the provider does not say.
const life = 50 * time.Minute

// New returns the provider of this name, which is Google or Microsoft;
// redirect is where the person comes back to.
func New(name string, s Settings, redirect string) *Provider {
	p := &Provider{Name: name, Title: "Google", http: &http.Client{Timeout: patience, CheckRedirect: stay}}
	p.config = oauth2.Config{ClientID: s.ClientID, ClientSecret: s.ClientSecret, RedirectURL: redirect,
		Scopes: []string{"https://mail.google.com/", "openid", "email"},
		Endpoint: oauth2.Endpoint{AuthStyle: oauth2.AuthStyleInParams,
			AuthURL:  cmp.Or(s.AuthURL, "https://accounts.google.com/o/oauth2/v2/auth"),
			TokenURL: cmp.Or(s.TokenURL, "https://oauth2.googleapis.com/token")}}
	// Google returns a refresh token only when it asks for consent.
	p.extra = []oauth2.AuthCodeOption{oauth2.AccessTypeOffline, oauth2.SetAuthURLParam("prompt", "consent")}
	if name == Microsoft {
		p.Title = "Microsoft"
		p.config.Scopes = []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access", "openid", "email"}
		p.config.Endpoint.AuthURL = cmp.Or(s.AuthURL, "https://login.microsoftonline.com/common/oauth2/v2.0/authorize")
		p.config.Endpoint.TokenURL = cmp.Or(s.TokenURL, "https://login.microsoftonline.com/common/oauth2/v2.0/token")
		p.extra = []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("prompt", "select_account")}
	}
	return p
}

// stay refuses to follow a redirect of a token endpoint with the secret.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Configured reports whether the installation has a client at this provider.
// Microsoft's may be public, without a secret; Google's has one.
func (p *Provider) Configured() bool {
	return p.config.ClientID != "" && (p.config.ClientSecret != "" || p.Name != Google)
}

// RedirectURL is the address that must be registered at the provider.
func (p *Provider) RedirectURL() string { return p.config.RedirectURL }

// NewVerifier returns a PKCE verifier, to be kept until the exchange.
func NewVerifier() string { return oauth2.GenerateVerifier() }

// AuthURL is where the person is sent. account, an address, preselects theirs.
func (p *Provider) AuthURL(state, verifier, account string) string {
	options := append(slices.Clone(p.extra), oauth2.S256ChallengeOption(verifier))
	if account != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", account))
	}
	return p.config.AuthCodeURL(state, options...)
}

// Exchange turns the code that the person came back with into tokens.
func (p *Provider) Exchange(ctx context.Context, code, verifier string) (Token, error) {
	t, err := p.config.Exchange(p.client(ctx), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Token{}, classify(err)
	}
	out := p.token(t)
	raw, _ := t.Extra("id_token").(string)
	if out.Account, out.Address, err = p.identify(raw); err != nil {
		return Token{}, err
	}
	if out.Refresh == "" || !p.covers(out.Scopes) {
		return Token{}, ErrIncomplete
	}
	return out, nil
}

// Refresh asks for a new access token.
func (p *Provider) Refresh(ctx context.Context, refresh string) (Token, error) {
	t, err := p.config.TokenSource(p.client(ctx), &oauth2.Token{RefreshToken: refresh}).Token()
	if err != nil {
		return Token{}, classify(err)
	}
	out := p.token(t)
	if out.Refresh == refresh {
		out.Refresh = ""
	}
	return out, nil
}

func (p *Provider) client(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, p.http)
}

func (p *Provider) token(t *oauth2.Token) Token {
	out := Token{Access: t.AccessToken, Refresh: t.RefreshToken, Expires: t.Expiry}
	if out.Expires.IsZero() {
		out.Expires = time.Now().Add(life)
	}
	scope, _ := t.Extra("scope").(string)
	out.Scopes = strings.Fields(scope)
	return out
}

// covers reports whether the mail scopes were granted: people can untick them.
// A provider that does not say granted what was asked for.
func (p *Provider) covers(granted []string) bool {
	for _, s := range p.config.Scopes {
		if len(granted) > 0 && strings.HasPrefix(s, "https://") && !slices.Contains(granted, s) {
			return false
		}
	}
	return true
}

// identify reads whose tokens these are from the identity token. It came
// straight from the token endpoint over TLS, which stands for its signature
// (OpenID Connect Core 3.1.3.7); audience and time are checked.
func (p *Provider) identify(raw string) (account, address string, err error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return "", "", fmt.Errorf("%w: no identity token", ErrIncomplete)
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", "", fmt.Errorf("%w: the identity token cannot be read", ErrIncomplete)
	}
	var c claims
	if err := json.Unmarshal(b, &c); err != nil {
		return "", "", fmt.Errorf("%w: the identity token cannot be read", ErrIncomplete)
	}
	address = cmp.Or(c.Email, c.Username)
	switch {
	case !c.Audience.has(p.config.ClientID):
		return "", "", fmt.Errorf("%w: the identity token is for somebody else", ErrIncomplete)
	case time.Unix(c.Expires, 0).Before(time.Now().Add(-5 * time.Minute)):
		return "", "", fmt.Errorf("%w: the identity token has expired", ErrIncomplete)
	case c.Subject == "" || !strings.Contains(address, "@") || len(address) > 254:
		return "", "", fmt.Errorf("%w: the identity token names no address", ErrIncomplete)
	}
	return c.Subject, strings.ToLower(address), nil
}

type claims struct {
	Subject  string   `json:"sub"`
	Audience audience `json:"aud"`
	Expires  int64    `json:"exp"`
	Email    string   `json:"email"`
	Username string   `json:"preferred_username"` // Microsoft's, where there is no email
}

// audience is one client or several.
type audience []string

// UnmarshalJSON reads a string or a list.
func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

func (a audience) has(client string) bool { return slices.Contains(a, client) }

// classify keeps the provider's words for the log and drops its body, which
// may hold what was sent.
func classify(err error) error {
	r, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		if u, ok := errors.AsType[*url.Error](err); ok {
			return fmt.Errorf("%w: %w", ErrUnavailable, u.Err)
		}
		return fmt.Errorf("%w: %.200s", ErrUnavailable, err.Error())
	}
	status := r.Response.StatusCode
	switch {
	case r.ErrorCode == "invalid_grant" || r.ErrorCode == "interaction_required" || r.ErrorCode == "consent_required":
		return fmt.Errorf("%w: %.200s", ErrRevoked, r.ErrorDescription)
	case status >= 500 || status == http.StatusTooManyRequests || r.ErrorCode == "temporarily_unavailable":
		return fmt.Errorf("%w: status %d", ErrUnavailable, status)
	case r.ErrorCode != "":
		return fmt.Errorf("%w: %.60s: %.200s", ErrMisconfigured, r.ErrorCode, r.ErrorDescription)
	}
	return fmt.Errorf("%w: status %d", ErrUnavailable, status)
}
