package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"

	"rapport/internal/platform/oauth"
)

// checkProviders wants the addresses of identity providers encrypted, except on
// this machine, and secrets beside the client that they belong to.
func (c Config) checkProviders() []error {
	var faults []error
	for _, a := range []struct{ name, value string }{{"RAPPORT_GOOGLE_AUTH_URL", c.GoogleAuthURL}, {"RAPPORT_GOOGLE_TOKEN_URL", c.GoogleTokenURL},
		{"RAPPORT_MICROSOFT_AUTH_URL", c.MicrosoftAuthURL}, {"RAPPORT_MICROSOFT_TOKEN_URL", c.MicrosoftTokenURL}} {
		u, err := url.Parse(a.value)
		if a.value == "" || err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())) {
			continue
		}
		faults = append(faults, fmt.Errorf("%s is not an address: use https://host/path", a.name))
	}
	if c.GoogleClientID == "" && c.GoogleClientSecret != "" {
		faults = append(faults, errors.New("RAPPORT_GOOGLE_CLIENT_SECRET is set without RAPPORT_GOOGLE_CLIENT_ID"))
	}
	if c.MicrosoftClientID == "" && c.MicrosoftClientSecret != "" {
		faults = append(faults, errors.New("RAPPORT_MICROSOFT_CLIENT_SECRET is set without RAPPORT_MICROSOFT_CLIENT_ID"))
	}
	return faults
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Providers are the identity providers, whether configured or not.
func (c Config) Providers() []*oauth.Provider {
	back := c.PublicURL() + "/v1/oauth/callback"
	google := oauth.Settings{ClientID: c.GoogleClientID, ClientSecret: string(c.GoogleClientSecret), AuthURL: c.GoogleAuthURL, TokenURL: c.GoogleTokenURL}
	microsoft := oauth.Settings{ClientID: c.MicrosoftClientID, ClientSecret: string(c.MicrosoftClientSecret), AuthURL: c.MicrosoftAuthURL, TokenURL: c.MicrosoftTokenURL}
	return []*oauth.Provider{oauth.New(oauth.Google, google, back), oauth.New(oauth.Microsoft, microsoft, back)}
}
