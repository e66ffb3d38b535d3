// Package identity keeps who may come in: organizations and their workspaces,
// people and their roles, sessions and API keys.
package identity

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// SessionLife is how long a session lasts.
const SessionLife = 30 * 24 * time.Hour

// Service serves identity. Everything it asks of the database goes through the
// named functions of the schema identity.
type Service struct {
	db     *pg.DB
	hasher *secret.Hasher
	auth   *Auth
	now    func() time.Time
	// open lets strangers register; otherwise only the first user does.
	open bool
	// scopes are those that a key may have.
	scopes []string
}

// New returns the service over db; auth forgets what the service ends. Unless
// open, only the first user registers without being asked in.
func New(db *pg.DB, auth *Auth, hasher *secret.Hasher, open bool, now func() time.Time) *Service {
	return &Service{db: db, hasher: hasher, auth: auth, open: open, now: now}
}

// Offer says which scopes exist, once all operations are known.
func (s *Service) Offer(scopes []string) { s.scopes = scopes }

// Me is who is signed in, and where they may go.
type Me struct {
	User          User           `json:"user"`
	Organizations []Organization `json:"organizations"`
}

// within leaves one workspace of those that one may enter.
func (m Me) within(workspace string) Me {
	out := Me{User: m.User, Organizations: []Organization{}}
	out.User.Operator = false // a key never is
	for _, o := range m.Organizations {
		for _, p := range o.Workspaces {
			if p.ID == workspace {
				o.Workspaces = []Place{p}
				out.Organizations = append(out.Organizations, o)
				break
			}
		}
	}
	return out
}

// User is a person with an account.
type User struct {
	ID       string `json:"id"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Operator bool   `json:"operator" doc:"Runs this installation."`
}

// Organization is a customer of the installation, seen by one of its members.
type Organization struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Role       actor.Role `json:"role" enum:"viewer,member,admin,owner"`
	Workspaces []Place    `json:"workspaces"`
}

// Place is a workspace in the list of those that one may enter.
type Place struct {
	ID       string `json:"id"`
	Slug     string `json:"slug"`
	Name     string `json:"name"`
	TimeZone string `json:"time_zone"`
}

// EmailKey is the form in which addresses of accounts are compared.
func EmailKey(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// slug makes a name fit for addresses: lower case letters, digits and dashes.
func slug(name string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(name) {
		switch {
		case r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
		default:
			dash = true
		}
	}
	if b.Len() == 0 {
		return "workspace"
	}
	if id.Valid(b.String()) { // it must not stand for another workspace
		return "workspace-" + b.String()
	}
	return b.String()[:min(b.Len(), 50)]
}

func checkZone(f *problem.Fields, pointer, zone string) {
	_, err := time.LoadLocation(zone)
	f.Check(err == nil && zone != "Local", pointer, "not_allowed", "Name a time zone of the IANA list, such as Europe/Lisbon.")
}

func checkAccount(f *problem.Fields, email, name, password string) {
	local, domain, ok := strings.Cut(email, "@")
	f.Check(ok && local != "" && strings.Contains(domain, ".") && len(email) <= 254 && !strings.ContainsFunc(email, unicode.IsSpace),
		"/email", "format", "Enter a valid email address.")
	f.Check(strings.TrimSpace(name) != "" && len(name) <= 200, "/name", "length", "Enter a name of up to 200 characters.")
	f.Check(utf8.RuneCountInString(password) >= 10 && len(password) <= 200, "/password", "length", "Use a password of 10 to 200 characters.")
}
