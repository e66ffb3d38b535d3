package oauth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/oauth"
	"rapport/internal/platform/oauth/oauthtest"
)

const back = "http://rapport.example/v1/oauth/callback"

func provider(s *oauthtest.Server, name string) *oauth.Provider {
	return oauth.New(name, oauth.Settings{ClientID: oauthtest.ClientID, ClientSecret: oauthtest.ClientSecret, AuthURL: s.AuthURL(), TokenURL: s.TokenURL()}, back)
}

// consent sends the person there and returns what they come back with.
func consent(t *testing.T, address string) url.Values {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil || !strings.HasPrefix(to.String(), back) {
		t.Fatalf("the consent page answers %s to %v, %v; want a redirect to %s", res.Status, to, err, back)
	}
	return to.Query()
}

func TestBothProvidersGrantAndRefresh(t *testing.T) {
	t.Parallel()
	for _, name := range []string{oauth.Google, oauth.Microsoft} {
		s := oauthtest.New(t)
		p, verifier := provider(s, name), oauth.NewVerifier()
		q := consent(t, p.AuthURL("st", verifier, "Ben@Fjord.example"))
		if q.Get("state") != "st" {
			t.Errorf("%s: the state comes back as %q", name, q.Get("state"))
		}
		tok, err := p.Exchange(t.Context(), q.Get("code"), verifier)
		if err != nil || tok.Address != "ben@fjord.example" || tok.Account == "" || tok.Refresh == "" || time.Until(tok.Expires) < 50*time.Minute {
			t.Fatalf("%s: the exchange gives %+v, %v", name, tok, err)
		}
		fresh, err := p.Refresh(t.Context(), tok.Refresh)
		if err != nil || fresh.Access == tok.Access || s.Holder(fresh.Access) == "" || fresh.Refresh != "" {
			t.Errorf("%s: the refresh gives %+v, %v; want a new access token and the refresh token kept", name, fresh, err)
		}
		s.Behave(oauthtest.Behaviour{Rotate: true})
		if fresh, err = p.Refresh(t.Context(), tok.Refresh); err != nil || fresh.Refresh == "" || fresh.Refresh == tok.Refresh {
			t.Errorf("%s: a rotating refresh gives %+v, %v; want another refresh token", name, fresh, err)
		}
		if _, err := p.Refresh(t.Context(), tok.Refresh); !errors.Is(err, oauth.ErrRevoked) {
			t.Errorf("%s: the replaced refresh token: %v, want ErrRevoked", name, err)
		}
	}
}

func TestACodeIsOfUseToItsVerifierAlone(t *testing.T) {
	t.Parallel()
	s := oauthtest.New(t)
	p, verifier := provider(s, oauth.Google), oauth.NewVerifier()
	code := consent(t, p.AuthURL("st", verifier, "")).Get("code")
	if _, err := p.Exchange(t.Context(), code, oauth.NewVerifier()); !errors.Is(err, oauth.ErrRevoked) {
		t.Errorf("with another verifier: %v, want it refused", err)
	}
	code = consent(t, p.AuthURL("st", verifier, "")).Get("code")
	if _, err := p.Exchange(t.Context(), code, verifier); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Exchange(t.Context(), code, verifier); !errors.Is(err, oauth.ErrRevoked) {
		t.Errorf("a second time: %v, want it refused", err)
	}
}

func TestTheFaultsOfAProviderAreToldApart(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		behave oauthtest.Behaviour
		want   error
	}{
		"an error page":                  {oauthtest.Behaviour{Status: 503}, oauth.ErrUnavailable},
		"too many requests":              {oauthtest.Behaviour{Status: 429}, oauth.ErrUnavailable},
		"a redirect":                     {oauthtest.Behaviour{Status: 307}, oauth.ErrUnavailable},
		"a page instead of an answer":    {oauthtest.Behaviour{Status: 200}, oauth.ErrUnavailable},
		"another secret":                 {oauthtest.Behaviour{WrongClient: true}, oauth.ErrMisconfigured},
		"a scope that was not allowed":   {oauthtest.Behaviour{Scope: "openid email"}, oauth.ErrIncomplete},
		"no identity token":              {oauthtest.Behaviour{Scope: "https://mail.google.com/"}, oauth.ErrIncomplete},
		"no refresh token":               {oauthtest.Behaviour{NoRefresh: true}, oauth.ErrIncomplete},
		"somebody else's identity token": {oauthtest.Behaviour{Audience: "another"}, oauth.ErrIncomplete},
		"an account without an address":  {oauthtest.Behaviour{Account: "nobody"}, oauth.ErrIncomplete},
	} {
		s := oauthtest.New(t)
		p, verifier := provider(s, oauth.Google), oauth.NewVerifier()
		s.Behave(oauthtest.Behaviour{Account: c.behave.Account})
		code := consent(t, p.AuthURL("st", verifier, "")).Get("code")
		s.Behave(c.behave)
		if tok, err := p.Exchange(t.Context(), code, verifier); !errors.Is(err, c.want) || strings.Contains(err.Error(), oauthtest.ClientSecret) {
			t.Errorf("%s: %+v, %v; want %v", what, tok, err, c.want)
		}
	}
}

func TestAServerThatIsNotThereIsUnavailable(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	p := oauth.New(oauth.Google, oauth.Settings{ClientID: "x", ClientSecret: "y", TokenURL: gone.URL}, back)
	if _, err := p.Refresh(t.Context(), "r"); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("nobody there: %v, want ErrUnavailable", err)
	}
}

func TestAClientIsNeededToBeConfigured(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		s    oauth.Settings
		want bool
	}{
		{oauth.Google, oauth.Settings{}, false}, {oauth.Google, oauth.Settings{ClientID: "x"}, false}, {oauth.Google, oauth.Settings{ClientID: "x", ClientSecret: "y"}, true},
		{oauth.Microsoft, oauth.Settings{}, false}, {oauth.Microsoft, oauth.Settings{ClientID: "x"}, true},
	} {
		if got := oauth.New(c.name, c.s, back).Configured(); got != c.want {
			t.Errorf("%s with %+v: configured = %v, want %v", c.name, c.s, got, c.want)
		}
	}
}
