package app_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rapport/internal/platform/imap/dovecot"
	"rapport/internal/platform/oauth/oauthtest"
	"rapport/internal/platform/pg/pgtest"
)

// embassy is a world that knows an identity server.
type embassy struct {
	*world
	identity *oauthtest.Server
}

func newEmbassy(t *testing.T) *embassy {
	t.Helper()
	s := oauthtest.New(t)
	return &embassy{identity: s, world: newWorldAt(t, pgtest.URL(t), true, "RAPPORT_URL", "http://rapport.example/",
		"RAPPORT_GOOGLE_CLIENT_ID", oauthtest.ClientID, "RAPPORT_GOOGLE_CLIENT_SECRET", oauthtest.ClientSecret,
		"RAPPORT_GOOGLE_AUTH_URL", s.AuthURL(), "RAPPORT_GOOGLE_TOKEN_URL", s.TokenURL())}
}

// depart begins a journey of n and returns the path that the provider sends
// the browser back to.
func (e *embassy) depart(t *testing.T, n *tenant, body map[string]any) string {
	t.Helper()
	if body == nil {
		body = map[string]any{"purpose": "mailbox"}
	}
	var to struct{ URL string }
	n.call(t, "POST", "{w}/oauth/google/start", body).want(t, 200).decode(t, &to)
	req, err := http.NewRequestWithContext(t.Context(), "GET", to.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	back := res.Header.Get("Location")
	path, ok := strings.CutPrefix(back, "http://rapport.example")
	if !ok {
		t.Fatalf("the provider answers %s to %q", res.Status, back)
	}
	return path
}

// arrive comes back with a session and returns what the settings page is told.
func (e *embassy) arrive(t *testing.T, session, path string) url.Values {
	t.Helper()
	res := e.do(t, request{method: "GET", path: path, headers: map[string]string{"Cookie": "rapport_session=" + session}}).want(t, 303)
	to, err := url.Parse(res.header.Get("Location"))
	if err != nil || to.Path != "/settings/mailboxes" || to.Host != "" || res.header.Get("Referrer-Policy") != "no-referrer" {
		t.Fatalf("the callback leads to %v, %v", to, err)
	}
	return to.Query()
}

type granted struct{ ID, Provider, Address, State string }

func (n *tenant) grants(t *testing.T) []granted {
	t.Helper()
	var all struct{ Data []granted }
	n.call(t, "GET", "{w}/oauth/grants", nil).want(t, 200).decode(t, &all)
	return all.Data
}

func TestAnAccountIsConnectedAtAProvider(t *testing.T) {
	t.Parallel()
	e := newEmbassy(t)
	n := e.newTenant(t, "ann")
	var known struct {
		Data []struct {
			Provider   string
			Configured bool
			Redirect   string `json:"redirect_url"`
		}
	}
	n.call(t, "GET", "{w}/oauth/providers", nil).want(t, 200).decode(t, &known)
	if len(known.Data) != 2 || !known.Data[0].Configured || known.Data[1].Configured || known.Data[0].Redirect != "http://rapport.example/v1/oauth/callback" {
		t.Errorf("the providers are %+v", known.Data)
	}
	if res := n.call(t, "POST", "{w}/oauth/microsoft/start", map[string]any{"purpose": "mailbox"}); res.code() != "oauth_not_configured" {
		t.Errorf("a provider that is not configured: %d %s", res.status, res.body)
	}
	told := e.arrive(t, n.session, e.depart(t, n, nil))
	all := n.grants(t)
	if len(all) != 1 || all[0].ID != told.Get("grant") || all[0].Address != "ana@lumen.example" || all[0].State != "active" {
		t.Fatalf("told %v, there are %+v; want one grant", told, all)
	}
	const mailbox = "0190d8a0-0000-7000-8000-00000000aaaa"
	told = e.arrive(t, n.session, e.depart(t, n, map[string]any{"purpose": "mailbox", "mailbox_id": mailbox, "address": "ana@lumen.example"}))
	if told.Get("grant") != all[0].ID || told.Get("mailbox") != mailbox || len(n.grants(t)) != 1 {
		t.Errorf("connected again: told %v; want the same grant for the mailbox", told)
	}
	e.arrive(t, n.session, e.depart(t, n, map[string]any{"purpose": "mailbox", "address": "ben@fjord.example"}))
	if all := n.grants(t); len(all) != 2 {
		t.Errorf("with another account there are %d grants, want 2", len(all))
	}
	if other := e.newTenant(t, "ben"); len(other.grants(t)) != 0 {
		t.Error("another tenant sees the grants")
	}
}

func TestTheWayBackWorksOnceInItsSession(t *testing.T) {
	t.Parallel()
	e := newEmbassy(t)
	ann, ben := e.newTenant(t, "ann"), e.newTenant(t, "ben")
	again := e.do(t, request{method: "POST", path: "/v1/auth/login", body: map[string]any{"email": ann.email, "password": "correct horse battery"}}).want(t, 200)
	var second string
	for _, c := range again.cookies {
		if c.Name == "rapport_session" {
			second = c.Value
		}
	}
	state := func(path string) string {
		_, q, _ := strings.Cut(path, "?")
		v, _ := url.ParseQuery(q) // the provider wrote it
		return v.Get("state")
	}
	for what, c := range map[string]struct {
		session string
		path    func() string
		want    string
	}{
		"another session of the same person": {second, func() string { return e.depart(t, ann, nil) }, "oauth_state"},
		"somebody else":                      {ben.session, func() string { return e.depart(t, ann, nil) }, "oauth_state"},
		"nobody":                             {"", func() string { return e.depart(t, ann, nil) }, "unauthenticated"},
		"a session that is made up":          {"rs_wrong", func() string { return e.depart(t, ann, nil) }, "unauthenticated"},
		"a forged state":                     {ann.session, func() string { return "/v1/oauth/callback?code=x&state=forged" }, "oauth_state"},
		"a forged state of the workspace": {ann.session, func() string {
			head, _, _ := strings.Cut(state(e.depart(t, ann, nil)), ".")
			return "/v1/oauth/callback?code=x&state=" + head + ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		}, "oauth_state"},
		"no state": {ann.session, func() string { return "/v1/oauth/callback?code=x" }, "oauth_state"},
		"no code":  {ann.session, func() string { return "/v1/oauth/callback?state=" + state(e.depart(t, ann, nil)) }, "oauth_state"},
		"somebody else's code": {ann.session, func() string {
			theirs, mine := e.depart(t, ben, nil), e.depart(t, ann, nil)
			return strings.Replace(theirs, url.QueryEscape(state(theirs)), url.QueryEscape(state(mine)), 1)
		}, "oauth_state"}, // the verifier does not fit it
		"a code that is made up": {ann.session, func() string { return "/v1/oauth/callback?code=x&state=" + state(e.depart(t, ann, nil)) }, "oauth_state"},
		"a state that was used": {ann.session, func() string {
			path := e.depart(t, ann, nil)
			e.arrive(t, second, path)
			return path
		}, "oauth_state"},
		"a state older than ten minutes": {ann.session, func() string {
			path := e.depart(t, ann, nil)
			if _, err := e.app.DB.Session().Exec(t.Context(), `UPDATE oauth_states SET expires_at = expires_at - interval '10 minutes'`); err != nil {
				t.Fatal(err)
			}
			return path
		}, "oauth_state"},
	} {
		if told := e.arrive(t, c.session, c.path()); told.Get("problem") != c.want || told.Get("grant") != "" {
			t.Errorf("%s: told %v, want the problem %s", what, told, c.want)
		}
	}
	path := e.depart(t, ann, nil)
	if len(ann.grants(t))+len(ben.grants(t)) != 0 {
		t.Fatal("one of them has connected an account")
	}
	if told := e.arrive(t, ann.session, path); told.Get("grant") == "" {
		t.Errorf("the right session: told %v, want a grant", told)
	}
	if told := e.arrive(t, ann.session, path); told.Get("problem") != "oauth_state" {
		t.Errorf("the same way again: told %v, want oauth_state", told)
	}
}

func TestWhatAProviderRefusesIsSaidAndNotKept(t *testing.T) {
	t.Parallel()
	e := newEmbassy(t)
	n := e.newTenant(t, "ann")
	for want, b := range map[string]oauthtest.Behaviour{
		"oauth_denied": {Deny: "access_denied"}, "oauth_refused": {Deny: "server_error"}, "oauth_unavailable": {Status: 502},
		"oauth_misconfigured": {WrongClient: true}, "oauth_incomplete": {NoRefresh: true},
	} {
		e.identity.Behave(b)
		if told := e.arrive(t, n.session, e.depart(t, n, nil)); told.Get("problem") != want || told.Get("reason") != map[bool]string{true: "server_error"}[want == "oauth_refused"] {
			t.Errorf("%+v: told %v, want %s", b, told, want)
		}
	}
	if all := n.grants(t); len(all) != 0 {
		t.Errorf("there are %+v, want none", all)
	}
}

func TestOnlyAdminsInABrowserConnectAccounts(t *testing.T) {
	t.Parallel()
	e := newEmbassy(t)
	n := e.newTenant(t, "ann")
	key := n.key(t, "*")
	body := map[string]any{"purpose": "mailbox"}
	path := "/v1/workspaces/" + n.slug + "/oauth/google/start"
	if res := e.do(t, request{method: "POST", path: path, body: body, headers: map[string]string{"Authorization": "Bearer " + key}}); res.code() != "oauth_browser" {
		t.Errorf("with a key: %d %s, want oauth_browser", res.status, res.body)
	}
	n.call(t, "POST", "/v1/organizations/"+n.org+"/members", map[string]any{"email": "eva@example.com", "password": "correct horse battery", "name": "Eva", "role": "admin"}).want(t, 201)
	login := e.do(t, request{method: "POST", path: "/v1/auth/login", body: map[string]any{"email": "eva@example.com", "password": "correct horse battery"}}).want(t, 200)
	eva := &tenant{w: e.world, slug: n.slug}
	var me struct{ User struct{ ID string } }
	login.decode(t, &me)
	for _, c := range login.cookies {
		switch c.Name {
		case "rapport_session":
			eva.session = c.Value
		case "rapport_csrf":
			eva.csrf = c.Value
		}
	}
	back := e.depart(t, eva, nil)
	n.call(t, "PATCH", "/v1/organizations/"+n.org+"/members/"+me.User.ID, map[string]any{"role": "member"}).want(t, 200)
	if told := e.arrive(t, eva.session, back); told.Get("problem") != "forbidden" {
		t.Errorf("an admin who is one no more: told %v, want forbidden", told)
	}
	if res := eva.call(t, "POST", "{w}/oauth/google/start", body); res.status != 403 {
		t.Errorf("a member begins: %d %s, want 403", res.status, res.body)
	}
}

// The token of a grant opens a real mail server, until the person takes it back.
func TestAMailServerTakesTheTokensOfAGrant(t *testing.T) {
	t.Parallel()
	mail, err := dovecot.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mail.Remove)
	if err := errors.Join(mail.Start(), mail.AddUser("ana@lumen.example")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mail.Stop)
	e := newEmbassy(t)
	n := e.newTenant(t, "ann")
	e.identity.Behave(oauthtest.Behaviour{Mint: mail.Token})
	grant := e.arrive(t, n.session, e.depart(t, n, nil)).Get("grant")
	body := map[string]any{"address": "ana@lumen.example", "auth": "google", "grant_id": grant, "imap": map[string]any{"host": "localhost", "port": mail.Port, "security": "none"}}
	n.call(t, "POST", "{w}/mailboxes/test", body).want(t, 200)
	due := func() {
		if _, err := e.app.DB.Session().Exec(t.Context(), `UPDATE oauth_grants SET expires_at = now()`); err != nil {
			t.Fatal(err)
		}
	}
	due()
	n.call(t, "POST", "{w}/mailboxes/test", body).want(t, 200)
	if got := e.identity.Refreshes(); got != 1 {
		t.Errorf("the provider was asked for %d new tokens, want 1", got)
	}
	e.identity.Revoke("ana@lumen.example")
	due()
	if res := n.call(t, "POST", "{w}/mailboxes/test", body); res.status < 400 || res.status >= 500 || !strings.Contains(string(res.body), "connect the account again") {
		t.Errorf("after the revocation: %d %s; want to be asked to connect again", res.status, res.body)
	}
	if all := n.grants(t); all[0].State != "revoked" {
		t.Errorf("the grant is %s, want revoked", all[0].State)
	}
}
