package grant_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/crm/grant"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/oauth"
	"rapport/internal/platform/oauth/oauthtest"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/secret"
)

// desk is a workspace with one grant, whose access token is due for renewal.
type desk struct {
	ctx      context.Context
	db       *pg.DB
	identity *oauthtest.Server
	provider *oauth.Provider
	ring     *secret.Keyring
	service  *grant.Service
	grant    string
	refresh  string // the token that the consent brought
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	ring, err := secret.OpenKeyring(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	s := oauthtest.New(t)
	d := &desk{db: db, ring: ring, identity: s, ctx: actor.With(t.Context(), actor.Actor{Kind: actor.System, WorkspaceID: pgtest.Workspace(t, db.Session())})}
	d.provider = oauth.New(oauth.Google, oauth.Settings{ClientID: oauthtest.ClientID, ClientSecret: oauthtest.ClientSecret, AuthURL: s.AuthURL(), TokenURL: s.TokenURL()}, "http://rapport.example/back")
	d.service = grant.New(db, ring, nil, []*oauth.Provider{d.provider}, time.Now)
	d.connect(t, time.Now())
	return d
}

// connect is the person's consent; the access token ends at ends.
func (d *desk) connect(t *testing.T, ends time.Time) {
	t.Helper()
	var err error
	d.refresh = d.identity.Permit("ana@lumen.example")
	d.grant, err = d.service.Keep(d.ctx, oauth.Google, id.New(), oauth.Token{Access: "a-old", Refresh: d.refresh, Expires: ends, Account: "id-of-ana", Address: "ana@lumen.example"})
	if err != nil {
		t.Fatal(err)
	}
}

// state is what the database says of the grant.
func (d *desk) state(t *testing.T) (state string) {
	t.Helper()
	err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
		state, err = pg.Value[string](tx, `SELECT state || CASE WHEN lease IS NULL THEN '' ELSE ', leased' END FROM oauth_grants WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), d.grant)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestATokenIsRefreshedWhenItIsDueAndKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	user, first, err := d.service.Token(d.ctx, d.grant)
	if err != nil || user != "ana@lumen.example" || d.identity.Holder(first) != "ana@lumen.example" {
		t.Fatalf("Token = %q, %q, %v; want one that the provider knows", user, first, err)
	}
	if _, again, err := d.service.Token(d.ctx, d.grant); err != nil || again != first || d.identity.Refreshes() != 1 {
		t.Errorf("a second time: %q, %v after %d refreshes; want the same after one", again, err, d.identity.Refreshes())
	}
	if got := d.state(t); got != "active" {
		t.Errorf("the grant is %q, want active", got)
	}
}

func TestOfManyProcessesOneRefreshes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.identity.Behave(oauthtest.Behaviour{Rotate: true}) // a second refresh with the old token would fail
	other, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	processes := []*grant.Service{d.service, grant.New(other, d.ring, nil, []*oauth.Provider{d.provider}, time.Now)}
	tokens := make([]string, 12)
	var wg sync.WaitGroup
	for i := range tokens {
		wg.Go(func() {
			_, token, err := processes[i%2].Token(d.ctx, d.grant)
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
			tokens[i] = token
		})
	}
	wg.Wait()
	for _, token := range tokens {
		if token != tokens[0] || token == "" {
			t.Fatalf("the callers have %q", tokens)
		}
	}
	if n := d.identity.Refreshes(); n != 1 {
		t.Errorf("the provider was asked %d times, want once", n)
	}
}

func TestARotatedRefreshTokenIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.identity.Behave(oauthtest.Behaviour{Rotate: true, Life: time.Minute}) // due again at once
	for i := range 4 {
		if _, token, err := d.service.Token(d.ctx, d.grant); err != nil || d.identity.Holder(token) == "" || d.identity.Refreshes() != i+1 {
			t.Fatalf("refresh %d: %q, %v after %d", i, token, err, d.identity.Refreshes())
		}
	}
}

func TestARevokedGrantIsSaidToBe(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.identity.Revoke("ana@lumen.example")
	for range 3 {
		if user, token, err := d.service.Token(d.ctx, d.grant); !errors.Is(err, grant.ErrRevoked) || token != "" || user != "ana@lumen.example" {
			t.Errorf("Token = %q, %q, %v; want ErrRevoked", user, token, err)
		}
	}
	if n := d.identity.Refreshes(); n != 1 {
		t.Errorf("the provider was asked %d times, want once", n)
	}
	if got := d.state(t); got != "revoked" {
		t.Errorf("the grant is %q, want revoked", got)
	}
	before := d.grant
	d.connect(t, time.Now())
	if _, token, err := d.service.Token(d.ctx, d.grant); err != nil || d.grant != before || d.identity.Holder(token) == "" {
		t.Errorf("connected again: %q, %v, grant %s; want the same grant to work", token, err, d.grant)
	}
}

func TestAProviderInTroubleRevokesNothing(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]oauthtest.Behaviour{"5xx": {Status: 503}, "wrong client": {WrongClient: true}, "429": {Status: 429}} {
		d := newDesk(t)
		d.identity.Behave(b)
		if _, _, err := d.service.Token(d.ctx, d.grant); err == nil || errors.Is(err, grant.ErrRevoked) {
			t.Errorf("%s: %v; want an error that may pass", name, err)
		}
		if got := d.state(t); got != "active" {
			t.Errorf("%s: the grant is %q, want active and no lease held", name, got)
		}
		d.connect(t, time.Now().Add(time.Minute))
		if _, token, err := d.service.Token(d.ctx, d.grant); err != nil || token != "a-old" {
			t.Errorf("%s: %q, %v; want the token at hand while it is good", name, token, err)
		}
		d.identity.Behave(oauthtest.Behaviour{})
		if _, token, err := d.service.Token(d.ctx, d.grant); err != nil || d.identity.Holder(token) == "" {
			t.Errorf("%s is over: %q, %v", name, token, err)
		}
	}
}

func TestARefreshOutlivesWhoAskedForIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	hold := make(chan struct{})
	d.identity.Behave(oauthtest.Behaviour{Rotate: true, Hold: hold})
	ctx, cancel := context.WithCancel(d.ctx)
	ended := make(chan error, 1)
	go func() {
		_, _, err := d.service.Token(ctx, d.grant)
		ended <- err
	}()
	for d.identity.Refreshes() == 0 { // until it waits at the provider
		if _, err := d.db.Session().Exec(t.Context(), "SELECT pg_sleep(0.01)"); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	close(hold)
	<-ended
	d.identity.Behave(oauthtest.Behaviour{Rotate: true})
	if _, token, err := d.service.Token(d.ctx, d.grant); err != nil || d.identity.Holder(token) == "" || d.identity.Refreshes() != 1 {
		t.Errorf("the next caller: %q, %v after %d refreshes; want the token that came back", token, err, d.identity.Refreshes())
	}
}

func TestALeaseOfADeadProcessEnds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if won, err := d.service.Claim(d.ctx, d.grant, id.New()); err != nil || !won {
		t.Fatalf("claim: %v, %v", won, err)
	}
	if won, err := d.service.Claim(d.ctx, d.grant, id.New()); err != nil || won {
		t.Errorf("a second claim: %v, %v; want it refused", won, err)
	}
	err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE oauth_grants SET leased_until = now() - interval '1 second' WHERE workspace_id = $1`, tx.Workspace())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, token, err := d.service.Token(d.ctx, d.grant); err != nil || d.identity.Holder(token) == "" {
		t.Errorf("after the lease: %q, %v", token, err)
	}
}

func TestALostKeyAsksToConnectAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other, err := secret.OpenKeyring(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.service.With(other, time.Now).Token(d.ctx, d.grant); !errors.Is(err, grant.ErrRevoked) || !errors.Is(err, secret.ErrNoKey) {
		t.Errorf("without the key: %v; want ErrRevoked because of ErrNoKey", err)
	}
	if got := d.state(t); got != "active" {
		t.Errorf("the grant is %q; want it active, for the key may come back", got)
	}
}

func TestTokensAreSealedInTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	err := d.db.Read(d.ctx, func(tx *pg.Tx) error {
		text, err := pg.Value[string](tx, `SELECT row_to_json(g)::text || encode(access_token, 'escape') || encode(refresh_token, 'escape') FROM oauth_grants g WHERE workspace_id = $1`, tx.Workspace())
		if strings.Contains(text, "a-old") || strings.Contains(text, d.refresh) {
			t.Errorf("a token can be read in %.200s", text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnotherTenantsGrantIsNotThere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	elsewhere := actor.InWorkspace(d.ctx, pgtest.Workspace(t, d.db.Session()))
	if _, token, err := d.service.Token(elsewhere, d.grant); err == nil || token != "" {
		t.Errorf("another tenant has the token %q, %v", token, err)
	}
}
