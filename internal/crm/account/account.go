// Package account lets people in and keeps their account theirs: registration,
// sign-in, passwords, addresses. What an account may reach is identity's.
package account

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Service serves accounts.
type Service struct {
	db     *pg.DB
	queue  *queue.Queue
	people *identity.Service
	mail   *Mail
	Options
}

// Options say how strangers are met, and what time it is.
type Options struct {
	// Open lets strangers register; otherwise only the first user does.
	Open bool
	Now  func() time.Time
}

// New returns the service over db; what cannot be answered at once is added to
// q.
func New(db *pg.DB, q *queue.Queue, people *identity.Service, mail *Mail, o Options) *Service {
	return &Service{db: db, queue: q, people: people, mail: mail, Options: o}
}

// Handle lets q work what the service adds.
func (s *Service) Handle(q *queue.Queue) { queue.Handle(q, s.answer) }

// Sweep removes attempts and links that are long over.
func Sweep(tx *pg.Tx) error {
	_, err := tx.Exec(`SELECT identity.people_sweep()`)
	return err
}

// profile is a person with what proves who they are.
type profile struct {
	ID, Email, Name, TimeZone string
	Verified                  bool
}

func (s *Service) profile(tx *pg.Tx, uid string) (profile, error) {
	return pg.One[profile](tx, `SELECT id::text, email, name, time_zone, verified FROM identity.profile($1::uuid)`, uid)
}

// bucket is what something is counted under: never the address itself, which
// need not belong to anybody here.
func bucket(kind, what string) []byte {
	sum := sha256.Sum256([]byte(kind + ":" + what))
	return sum[:]
}

// origin is the bucket of where the caller of ctx comes from, nil where that
// says nothing: behind a proxy of our own everybody has the same address.
func origin(ctx context.Context, kind string) []byte {
	ip, _, _ := op.Client(ctx)
	addr, err := netip.ParseAddr(ip)
	addr = addr.Unmap()
	if err != nil || addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() {
		return nil
	}
	bits := 32
	if addr.Is6() {
		bits = 64 // what one customer of a network has for themselves
	}
	prefix, _ := addr.WithZone("").Prefix(bits) // the length fits
	return bucket(kind, prefix.String())
}

// often refuses what is asked for more than most times an hour, under any of
// the buckets; nil counts nothing.
func often(tx *pg.Tx, most int, buckets ...[]byte) (bool, error) {
	for _, b := range buckets {
		if b == nil {
			continue
		}
		if ok, err := pg.Value[bool](tx, `SELECT identity.allowed($1, $2, interval '1 hour')`, b, most); err != nil || !ok {
			return true, err
		}
	}
	return false, nil
}

var errOften = problem.New(problem.TooMany, "too_often", "This was asked for too often. Try again in an hour.").Retry(time.Hour)
