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
	"rapport/internal/platform/smtp"
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
	// scopes are those that a key may have.
	scopes []string
}

// New returns the service over db; auth forgets what the service ends.
func New(db *pg.DB, auth *Auth, hasher *secret.Hasher, now func() time.Time) *Service {
	return &Service{db: db, hasher: hasher, auth: auth, now: now}
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
	TimeZone string `json:"time_zone" doc:"IANA name; empty when none was chosen."`
	Verified bool   `json:"verified" doc:"False until a link that was sent to the address has been followed."`
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

// CheckZone refuses what is no IANA time zone.
func CheckZone(f *problem.Fields, pointer, zone string) {
	_, err := time.LoadLocation(zone)
	f.Check(err == nil && zone != "Local", pointer, "not_allowed", "Name a time zone of the IANA list, such as Europe/Lisbon.")
}

// CheckAddress refuses what cannot be the address of an account.
func CheckAddress(f *problem.Fields, pointer, email string) {
	_, domain, _ := strings.Cut(email, "@")
	f.Check(smtp.Deliverable(email) && strings.Contains(domain, "."), pointer, "format", "Enter a valid email address.")
}

// CheckName refuses names that are empty, too long, or break the line.
func CheckName(f *problem.Fields, pointer, name string) {
	f.Check(strings.TrimSpace(name) != "" && len(name) <= 200 && !strings.ContainsFunc(name, unicode.IsControl), pointer, "length", "Enter a name of up to 200 characters.")
}

// CheckPerson refuses what nobody can be called.
func CheckPerson(f *problem.Fields, email, name string) {
	CheckAddress(f, "/email", email)
	CheckName(f, "/name", name)
}

// CheckPassword refuses passwords that are short, or among the first that
// somebody would try; about is what is known of the person.
func CheckPassword(f *problem.Fields, pointer, password string, about ...string) {
	long := utf8.RuneCountInString(password) >= 10 && len(password) <= 200
	f.Check(long, pointer, "length", "Use a password of 10 to 200 characters.")
	f.Check(!long || !secret.Weak(password, about...), pointer, "weak", "This password is among the first that are tried. Use a few unrelated words.")
}

// Hash is the password's hash, as it is kept.
func (s *Service) Hash(password string) string { return s.hasher.Hash(password) }

// Matches reports whether password has this hash; with nil it does the same
// work in vain.
func (s *Service) Matches(password string, hash *string) bool {
	if hash == nil {
		s.hasher.Hash(password)
		return false
	}
	return s.hasher.Matches(password, *hash)
}

// Forget drops every remembered answer about credentials: one has ended.
func (s *Service) Forget() { s.auth.Forget() }
