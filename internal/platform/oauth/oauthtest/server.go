// Package oauthtest is an identity server for tests: it asks nobody, follows
// the protocol strictly, and fails in the ways that real ones do.
package oauthtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The client that the server knows.
const (
	ClientID     = "rapport-test"
	ClientSecret = "not much of a secret"
)

// Server is an identity server over HTTP. Its fields and methods may be used
// while it runs.
type Server struct {
	*httptest.Server

	mu       sync.Mutex
	behave   Behaviour
	codes    map[string]permit
	refresh  map[string]permit // by refresh token
	access   map[string]permit // by access token
	requests []url.Values      // to the token endpoint
}

// Behaviour is how the server acts; the zero value approves everything.
type Behaviour struct {
	Account     string        // who is signed in there; ana@lumen.example unless said
	Life        time.Duration // of access tokens; an hour unless said
	Rotate      bool          // each refresh replaces the refresh token, and the old one dies
	Deny        string        // the error that the consent page answers with
	Scope       string        // what is granted; what was asked for unless said
	NoRefresh   bool          // no refresh token is given
	Status      int           // the token endpoint answers so, with a page that is not JSON
	WrongClient bool          // the secret has been changed
	Audience    string        // of identity tokens; the client unless said
	// Mint makes the access tokens, for a mail server that checks them by itself.
	Mint func(account string, until time.Time) string
	// Hold, when set, is received from before each answer of the token endpoint.
	Hold <-chan struct{}
}

// permit is what a code or token stands for.
type permit struct {
	account, scope, redirect, challenge string
	expires                             time.Time
}

// New starts a server that stops with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := Unmanaged()
	t.Cleanup(s.Close)
	return s
}

// Unmanaged starts a server that the caller closes.
func Unmanaged() *Server {
	s := &Server{codes: map[string]permit{}, refresh: map[string]permit{}, access: map[string]permit{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("GET /tokeninfo", s.tokenInfo)
	s.Server = httptest.NewServer(mux)
	return s
}

// AuthURL is the address of the consent page.
func (s *Server) AuthURL() string { return s.URL + "/authorize" }

// TokenURL is the address of the token endpoint.
func (s *Server) TokenURL() string { return s.URL + "/token" }

// Behave changes how the server acts from now on.
func (s *Server) Behave(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behave = b
}

// Revoke ends all grants of an account, as its owner can at the provider.
func (s *Server) Revoke(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, kept := range []map[string]permit{s.refresh, s.access} {
		for token, p := range kept {
			if p.account == account {
				delete(kept, token)
			}
		}
	}
}

// Permit returns a refresh token of an account that has consented to
// everything.
func (s *Server) Permit(account string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keep(permit{account: account, scope: "https://mail.google.com/ openid email"})
}

// Holder returns whose an access token is, "" when it is no good: what a mail
// server asks.
func (s *Server) Holder(token string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.access[token]; ok && time.Now().Before(p.expires) {
		return p.account
	}
	return ""
}

// Refreshes counts the requests for a new access token so far.
func (s *Server) Refreshes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if r.Get("grant_type") == "refresh_token" {
			n++
		}
	}
	return n
}

// authorize is the consent page of somebody who always agrees at once. What is
// wrong with the request itself is shown there and never sent back.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Host == "" || q.Get("client_id") != ClientID {
		http.Error(w, "unknown client or redirect_uri", http.StatusBadRequest)
		return
	}
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("state") == "" || q.Get("scope") == "" {
		http.Error(w, "response_type, scope, state and a challenge by S256 are required", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}, "iss": {s.URL}}
	if s.behave.Deny != "" {
		answer.Set("error", s.behave.Deny)
	} else {
		code := rand.Text()
		s.codes[code] = permit{account: s.account(q.Get("login_hint")), scope: q.Get("scope"), redirect: back.String(), challenge: q.Get("code_challenge"), expires: time.Now().Add(time.Minute)}
		answer.Set("code", code)
		answer.Set("scope", q.Get("scope"))
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (s *Server) account(hint string) string {
	switch {
	case s.behave.Account != "":
		return s.behave.Account
	case hint != "":
		return hint
	}
	return "ana@lumen.example"
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, r.PostForm)
	hold := s.behave.Hold
	s.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := r.PostForm
	switch {
	case s.behave.Status != 0:
		w.WriteHeader(s.behave.Status)
		_, _ = w.Write([]byte("<h1>Something went wrong</h1>"))
	case f.Get("client_id") != ClientID || f.Get("client_secret") != ClientSecret || s.behave.WrongClient:
		refuse(w, http.StatusUnauthorized, "invalid_client")
	case f.Get("grant_type") == "authorization_code":
		s.redeem(w, f)
	case f.Get("grant_type") == "refresh_token":
		s.renew(w, f)
	default:
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
	}
}

// redeem takes a code, once, from whoever knows its verifier.
func (s *Server) redeem(w http.ResponseWriter, f url.Values) {
	p, ok := s.codes[f.Get("code")]
	delete(s.codes, f.Get("code"))
	sum := sha256.Sum256([]byte(f.Get("code_verifier")))
	if !ok || time.Now().After(p.expires) || p.redirect != f.Get("redirect_uri") || base64.RawURLEncoding.EncodeToString(sum[:]) != p.challenge {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	if s.behave.Scope != "" {
		p.scope = s.behave.Scope
	}
	answer := s.issue(p)
	if slices.Contains(strings.Fields(p.scope), "openid") {
		answer["id_token"] = s.identity(p)
	}
	if !s.behave.NoRefresh {
		answer["refresh_token"] = s.keep(p)
	}
	reply(w, http.StatusOK, answer)
}

func (s *Server) renew(w http.ResponseWriter, f url.Values) {
	old := f.Get("refresh_token")
	p, ok := s.refresh[old]
	if !ok {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	answer := s.issue(p)
	if s.behave.Rotate {
		delete(s.refresh, old)
		answer["refresh_token"] = s.keep(p)
	}
	reply(w, http.StatusOK, answer)
}

func (s *Server) keep(p permit) string {
	token := "r-" + rand.Text()
	s.refresh[token] = p
	return token
}

func (s *Server) issue(p permit) map[string]any {
	life := s.behave.Life
	if life == 0 {
		life = time.Hour
	}
	token := "a-" + rand.Text()
	p.expires = time.Now().Add(life)
	if s.behave.Mint != nil {
		token = s.behave.Mint(p.account, p.expires)
	}
	s.access[token] = p
	return map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(life.Seconds()), "scope": p.scope}
}

// identity is an identity token; nobody checks its signature over this wire.
func (s *Server) identity(p permit) string {
	audience := s.behave.Audience
	if audience == "" {
		audience = ClientID
	}
	claims, _ := json.Marshal(map[string]any{"iss": s.URL, "aud": audience, "sub": "id-of-" + p.account, "email": p.account, "exp": time.Now().Add(time.Hour).Unix()}) // strings and numbers
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none"}`)) + "." + part(claims) + "." + part([]byte("unsigned"))
}

// tokenInfo tells a mail server whose a token is.
func (s *Server) tokenInfo(w http.ResponseWriter, r *http.Request) {
	account := s.Holder(r.URL.Query().Get("access_token"))
	if account == "" {
		refuse(w, http.StatusUnauthorized, "invalid_token")
		return
	}
	reply(w, http.StatusOK, map[string]any{"email": account, "username": account, "active": true})
}

func refuse(w http.ResponseWriter, status int, code string) {
	reply(w, status, map[string]any{"error": code, "error_description": "for a test"})
}

func reply(w http.ResponseWriter, status int, answer map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client has gone
}
