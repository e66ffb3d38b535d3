package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/imap"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Account is what a worker needs to know of a mailbox.
type Account struct {
	ID, Name, Address string
	Server            imap.Server
	Since             *time.Time
	MarkSeen          bool
	stored            stored
}

// ErrGone says that there is no such mailbox, or that it is paused.
var ErrGone = errors.New("mailbox: there is nothing to do")

// Account returns a mailbox that is to be worked, ErrGone for another.
func (s *Service) Account(ctx context.Context, mailboxID string) (*Account, error) {
	r, err := s.stored(ctx, mailboxID)
	if problem.KindOf(err) == problem.NotFound || err == nil && r.Paused != "" {
		return nil, ErrGone
	}
	if err != nil {
		return nil, err
	}
	return &Account{ID: r.ID, Name: r.Name, Address: r.Address, Server: imap.Server{Host: r.Host, Port: r.Port, Security: r.Security},
		Since: r.Since, MarkSeen: r.MarkSeen, stored: r}, nil
}

// Dial connects an account and logs in. A token that the server does not take
// is fetched once again, since it may have expired on the way.
func (s *Service) Dial(ctx context.Context, a *Account) (*imap.Conn, error) {
	for tries := 0; ; tries++ {
		login, err := s.open(ctx, a.stored)
		if err != nil {
			return nil, err
		}
		c, err := s.dialer.Dial(ctx, a.Server, login)
		if imap.KindOf(err) != imap.Credentials || login.Token == "" || tries > 0 {
			return c, err
		}
	}
}

// open returns how an account is opened.
func (s *Service) open(ctx context.Context, r stored) (imap.Login, error) {
	if r.Auth != "password" {
		grant := ""
		if r.GrantID != nil {
			grant = *r.GrantID
		}
		return s.granted(ctx, grant, r.Username)
	}
	if r.Password == nil {
		return imap.Login{}, ErrRevoked
	}
	plain, err := s.keys.Open(r.Password, passwordColumn.Context(actor.Workspace(ctx), r.ID))
	if err != nil {
		return imap.Login{}, fmt.Errorf("open the password of mailbox %s: %w", r.ID, err)
	}
	return imap.Login{Username: r.Username, Password: string(plain)}, nil
}

func (s *Service) granted(ctx context.Context, grantID, username string) (imap.Login, error) {
	if s.tokens == nil || grantID == "" {
		return imap.Login{}, ErrRevoked
	}
	name, token, err := s.tokens(ctx, grantID)
	if name != "" {
		username = name
	}
	return imap.Login{Username: username, Token: token}, err
}

// Login is what another server of the same account asks for.
type Login struct{ Username, Password, Token, Address, Host string }

// Credentials returns how an account opens, for sending through its provider.
// It may ask the provider for a fresh token, so call it outside of transactions.
func (s *Service) Credentials(ctx context.Context, mailboxID string) (Login, error) {
	r, err := s.stored(ctx, mailboxID)
	if err != nil {
		return Login{}, err
	}
	login, err := s.open(ctx, r)
	return Login{Username: login.Username, Password: login.Password, Token: login.Token, Address: r.Address, Host: r.Host}, err
}

// Place is a folder of an account that is to be read.
type Place struct{ ID, Name, Kind string }

// Settle stores which folders an account has and returns those to read, in
// the order in which they matter. A folder that is gone takes with it what was
// known of it, not its mail.
func (s *Service) Settle(ctx context.Context, mailboxID string, folders []imap.Folder) (out []Place, err error) {
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		queueFolders(tx, mailboxID, folders)
		names := make([]string, len(folders))
		for i, f := range folders {
			names[i] = f.Name
		}
		tx.Queue(`DELETE FROM mailbox_folders WHERE workspace_id = $1 AND mailbox_id = $2::uuid AND NOT name = ANY ($3::text[])`, tx.Workspace(), mailboxID, names)
		out, err = pg.All[Place](tx, `
			SELECT id::text, name, kind FROM mailbox_folders WHERE workspace_id = $1 AND mailbox_id = $2::uuid AND chosen
			ORDER BY array_position(ARRAY['inbox', 'sent', 'archive', 'other'], kind), name`, tx.Workspace(), mailboxID)
		return err
	})
	return out, err
}

// queueFolders queues the folders of an account; chosen are those that people
// named, else all that matter.
func queueFolders(tx *pg.Tx, mailboxID string, folders []imap.Folder) {
	var ids, names, kinds []string
	for _, f := range folders {
		ids, names, kinds = append(ids, id.New()), append(names, f.Name), append(kinds, f.Kind)
	}
	tx.Queue(`
		INSERT INTO mailbox_folders (workspace_id, id, mailbox_id, name, kind, chosen)
		SELECT $1, t.id, m.id, t.name, t.kind, coalesce(t.name = ANY (m.chosen), t.kind IN ('inbox', 'sent', 'archive', 'other'))
		FROM mailboxes m, unnest($3::uuid[], $4::text[], $5::text[]) AS t (id, name, kind)
		WHERE m.workspace_id = $1 AND m.id = $2::uuid
		ON CONFLICT (workspace_id, mailbox_id, name) DO UPDATE SET kind = excluded.kind, chosen = excluded.chosen
		WHERE (mailbox_folders.kind, mailbox_folders.chosen) IS DISTINCT FROM (excluded.kind, excluded.chosen)`,
		tx.Workspace(), mailboxID, ids, names, kinds)
}

// Pause stops an account for a reason that a person must see to. It reports
// whether it did; somebody may have paused it before.
func (s *Service) Pause(tx *pg.Tx, mailboxID, reason string) (bool, error) {
	n, err := tx.Exec(`UPDATE mailboxes SET paused = $3, version = version + 1 WHERE workspace_id = $1 AND id = $2::uuid AND paused = '' AND deleted_at IS NULL`,
		tx.Workspace(), mailboxID, reason)
	if n > 0 {
		s.delist(tx, mailboxID)
	}
	return n > 0, err
}
