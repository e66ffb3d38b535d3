// Package mailbox keeps the accounts whose mail flows in: where they are, how
// they open, which of their folders count, and which process works each. The
// work itself is done by package sync.
package mailbox

import (
	"context"
	"errors"
	"time"

	"rapport/internal/platform/imap"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// A Sealer keeps passwords; secret.Keyring does.
type Sealer interface {
	Seal(plain []byte, context string) ([]byte, error)
	Open(sealed []byte, context string) ([]byte, error)
}

// Tokens returns a fresh access token of a grant with the user name that it is
// for, and ErrRevoked when the person must connect again.
type Tokens func(ctx context.Context, grantID string) (username, token string, err error)

// ErrRevoked says that access was taken back, or was never complete.
var ErrRevoked = problem.New(problem.Conflict, "access_revoked", "The access that was granted has ended: connect the account again.")

// Outgoing makes the sender that belongs to a new mailbox.
type Outgoing func(ctx context.Context, tx *pg.Tx, m *Mailbox, s *SMTP) error

// Password is the column that holds sealed passwords.
var passwordColumn = secret.Column{Table: "mailboxes", Name: "password"}

// Sealed lists the columns whose values are sealed, for rotation.
func Sealed() []secret.Column { return []secret.Column{passwordColumn} }

// Service offers mailboxes as operations, and their accounts to package sync.
type Service struct {
	db       *pg.DB
	keys     Sealer
	dialer   *imap.Dialer
	tokens   Tokens
	outgoing Outgoing
	now      func() time.Time
	nudge    chan struct{}
}

// New returns the service; accounts are reached through dialer, and those of
// Google and Microsoft with tokens, which may be nil.
func New(db *pg.DB, keys Sealer, dialer *imap.Dialer, tokens Tokens, now func() time.Time) *Service {
	return &Service{db: db, keys: keys, dialer: dialer, tokens: tokens, now: now, nudge: make(chan struct{}, 1)}
}

// Sends says who makes the sender of a new mailbox that comes with one.
func (s *Service) Sends(o Outgoing) { s.outgoing = o }

// Mailbox is an account with how it is.
type Mailbox struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	Address       string     `json:"address"`
	Auth          string     `json:"auth" enum:"password,google,microsoft"`
	Username      string     `json:"username"`
	IMAP          Server     `json:"imap"`
	Folders       string     `json:"folders" enum:"all,chosen" doc:"all leaves out junk, trash, drafts and views over other folders."`
	Since         *string    `json:"since" format:"date" doc:"Mail that the server received before stays out."`
	MarkSeen      bool       `json:"mark_seen" doc:"What is read here is marked as read on the server."`
	State         string     `json:"state" enum:"connecting,syncing,live,waiting,paused"`
	Health        string     `json:"health" doc:"How it is, in a sentence."`
	Trouble       bool       `json:"trouble" doc:"Somebody should look."`
	Reason        string     `json:"reason" doc:"Why it is paused or waits."`
	LastSuccessAt *time.Time `json:"last_success_at"`
	LastError     string     `json:"last_error"`
	NextTryAt     *time.Time `json:"next_try_at"`
	Backlog       *Backlog   `json:"backlog" doc:"What has not been read yet; null when all has."`
	MessageCount  int64      `json:"message_count"`
	RefusedCount  int64      `json:"refused_count" doc:"Messages that could not be taken; the folders say why."`
	Idle          bool       `json:"idle" doc:"The server tells of new mail by itself."`
	GrantID       *string    `json:"grant_id"`
	SenderID      *string    `json:"sender_id"`
	Version       int64      `json:"version"`
	CreatedAt     time.Time  `json:"created_at"`
}

// Server is where an account is.
type Server struct {
	Host     string `json:"host" minLength:"1" maxLength:"253"`
	Port     int    `json:"port,omitempty" minimum:"1" maximum:"65535" doc:"993 for tls, else 143, unless said."`
	Security string `json:"security,omitempty" enum:"tls,starttls,none" default:"tls" doc:"none is for a server on the same machine."`
}

// SMTP is the server through which an account sends.
type SMTP struct {
	Host     string `json:"host" minLength:"1" maxLength:"253"`
	Port     int    `json:"port,omitempty" minimum:"1" maximum:"65535"`
	Security string `json:"security,omitempty" enum:"tls,starttls,none" default:"tls"`
	Username string `json:"username,omitempty" maxLength:"320" doc:"As for IMAP unless said."`
	Password string `json:"password,omitempty" maxLength:"1000"`
}

// Backlog is how far the reading of old mail, newest first, has got.
type Backlog struct {
	Total   int64      `json:"total"`
	Done    int64      `json:"done"`
	Percent int64      `json:"percent"`
	Reached *time.Time `json:"reached" doc:"Everything that arrived after this is here."`
}

// Folder is a folder of an account.
type Folder struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	Kind         string     `json:"kind" enum:"inbox,sent,drafts,trash,junk,archive,all,other"`
	Chosen       bool       `json:"chosen"`
	Total        int64      `json:"total"`
	Done         int64      `json:"done"`
	Refused      int64      `json:"refused"`
	UIDValidity  int64      `json:"uid_validity" db:"uid_validity"`
	Trouble      string     `json:"trouble" doc:"What is odd about it; empty when nothing is."`
	LastSyncedAt *time.Time `json:"last_synced_at"`
}

// row is an account as it is stored, with what its worker noted.
type row struct {
	ID, Name, Address, Auth, Username string
	Host, Security, Paused            string
	Port                              int
	Chosen                            *[]string
	Since                             *time.Time
	MarkSeen                          bool
	GrantID                           *string
	Version                           int64
	CreatedAt                         time.Time

	SenderID      *string
	State         *string
	Idle          *bool
	LastSuccessAt *time.Time
	LastError     *string
	NextTryAt     *time.Time

	Folders, Open, Total, Done, Stored, Refused int64
	Reached                                     *time.Time
}

const account = `m.id::text, m.name, m.address, m.auth, m.username, m.host, m.security, m.paused, m.port, m.chosen, m.since, m.mark_seen,
	m.grant_id::text, m.version, m.created_at`

const selection = `SELECT ` + account + `, h.state, h.idle, h.last_success_at, h.last_error, h.next_try_at,
		(SELECT s.id::text FROM senders s WHERE s.workspace_id = m.workspace_id AND s.mailbox_id = m.id AND s.deleted_at IS NULL ORDER BY s.id LIMIT 1) AS sender_id,
		p.folders, p.open, p.total, p.done, p.stored, p.refused, p.reached
	FROM mailboxes m
	LEFT JOIN mailbox_health h ON h.workspace_id = m.workspace_id AND h.mailbox_id = m.id
	CROSS JOIN LATERAL (
		SELECT count(*) AS folders, count(*) FILTER (WHERE NOT coalesce(g.complete, false)) AS open,
			coalesce(sum(g.total), 0)::bigint AS total, coalesce(sum(g.done), 0)::bigint AS done, coalesce(sum(g.stored), 0)::bigint AS stored,
			coalesce(sum(g.refused), 0)::bigint AS refused, max(g.reached) FILTER (WHERE NOT g.complete) AS reached
		FROM mailbox_folders f
		LEFT JOIN mailbox_progress g ON g.workspace_id = f.workspace_id AND g.folder_id = f.id
		WHERE f.workspace_id = m.workspace_id AND f.mailbox_id = m.id AND f.chosen
	) p
	WHERE m.workspace_id = $1 AND m.deleted_at IS NULL`

func (s *Service) all(ctx context.Context) (out []Mailbox, err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		rows, err := pg.All[row](tx, selection+` ORDER BY m.created_at, m.id`, tx.Workspace())
		for _, r := range rows {
			out = append(out, r.shown(s.now()))
		}
		return err
	})
	return out, err
}

// Get returns a mailbox with how it is.
func (s *Service) Get(ctx context.Context, mailboxID string) (m Mailbox, err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		r, err := pg.One[row](tx, selection+` AND m.id = $2::uuid`, tx.Workspace(), mailboxID)
		m = r.shown(s.now())
		return missing(err)
	})
	return m, err
}

func missing(err error) error {
	if errors.Is(err, pg.ErrNone) {
		return problem.Missing("mailbox")
	}
	return err
}
