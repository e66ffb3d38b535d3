// Package invitation lets people into an organization: by a link for one
// address and one role, which opens once.
package invitation

import (
	"context"
	"time"

	"rapport/internal/crm/account"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// life is how long an invitation opens.
const life = 7 * 24 * time.Hour

// Invitation is a wish to have somebody with a role.
type Invitation struct {
	ID        string     `json:"id"`
	Email     string     `json:"email"`
	Role      actor.Role `json:"role" enum:"viewer,member,admin,owner"`
	State     string     `json:"state" enum:"open,expired,revoked" doc:"revoked: whoever invited may no longer give this role; send it again in your own name."`
	Mailed    bool       `json:"mailed" doc:"The present link went to the address by mail."`
	InvitedBy *Inviter   `json:"invited_by" doc:"Null for the command line."`
	CreatedAt time.Time  `json:"created_at"`
	SentAt    time.Time  `json:"sent_at"`
	ExpiresAt time.Time  `json:"expires_at"`
}

// Inviter is the member who invited.
type Inviter struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Made is an invitation with its link, when that was not mailed: then somebody
// has to hand it over, and it is shown this once.
type Made struct {
	Invitation
	Link *string `json:"link" doc:"To hand over; null when it was mailed, for only the reader of that address shall have it."`
}

// Service serves invitations.
type Service struct {
	db       *pg.DB
	queue    *queue.Queue
	people   *identity.Service
	accounts *account.Service
	mail     *account.Mail
}

// New returns the service over db; what others should hear is added to q.
func New(db *pg.DB, q *queue.Queue, people *identity.Service, accounts *account.Service, mail *account.Mail) *Service {
	return &Service{db: db, queue: q, people: people, accounts: accounts, mail: mail}
}

// Handle lets q work what the service adds.
func (s *Service) Handle(q *queue.Queue) { queue.Handle(q, s.tell) }

type row struct {
	ID, Email, Role, State string
	Mailed                 bool
	InviterID, Inviter     *string
	CreatedAt, SentAt      time.Time
	ExpiresAt              time.Time
}

func (r row) invitation() Invitation {
	i := Invitation{ID: r.ID, Email: r.Email, Role: actor.Role(r.Role), State: r.State, Mailed: r.Mailed, CreatedAt: r.CreatedAt, SentAt: r.SentAt, ExpiresAt: r.ExpiresAt}
	if r.InviterID != nil {
		i.InvitedBy = &Inviter{ID: *r.InviterID, Name: *r.Inviter}
	}
	return i
}

// of lists the invitations of an organization that wait.
func (s *Service) of(tx *pg.Tx, organization string) ([]Invitation, error) {
	rows, err := pg.All[row](tx, `
		SELECT id::text, email, role, state, mailed, inviter_id::text, inviter, created_at, sent_at, expires_at
		FROM identity.invitations_of($1::uuid)`, organization)
	out := make([]Invitation, len(rows))
	for i, r := range rows {
		out[i] = r.invitation()
	}
	return out, err
}

// one returns an invitation that waits.
func (s *Service) one(tx *pg.Tx, organization, id string) (Invitation, error) {
	all, err := s.of(tx, organization)
	if err != nil {
		return Invitation{}, err
	}
	for _, i := range all {
		if i.ID == id {
			return i, nil
		}
	}
	return Invitation{}, problem.Missing("invitation")
}

// offered is what whoever holds a token may know.
type offered struct {
	ID, State, OrganizationID, Organization, Email, Role, Inviter string
	ExpiresAt                                                     time.Time
	UserID                                                        *string
}

func (s *Service) offer(ctx context.Context, digest []byte) (o offered, err error) {
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		found, err := pg.All[offered](tx, `
			SELECT id::text, state, organization_id::text, organization, email, role, inviter, expires_at, user_id::text
			FROM identity.invitation($1)`, digest)
		if err == nil && len(found) == 0 {
			return account.ErrLinkUnknown
		}
		if err == nil {
			o = found[0]
		}
		return err
	})
	if err == nil {
		err = account.Standing(o.State)
	}
	return o, err
}
