package sender

import (
	"context"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// row is a sender as it is stored.
type row struct {
	ID, Name, Address, Signature string
	MailboxID                    *string
	Host                         string
	Port                         int32
	Security, Username           string
	Password                     []byte
	IsDefault                    bool
	State, LastError             string
	Version                      int64
	CreatedAt                    time.Time
}

func (r row) sender() Sender {
	return Sender{ID: r.ID, Name: r.Name, Address: r.Address, Signature: r.Signature, MailboxID: r.MailboxID,
		SMTP:      Server{Host: r.Host, Port: int(r.Port), Security: r.Security, Username: r.Username},
		IsDefault: r.IsDefault, State: r.State, LastError: r.LastError, Version: r.Version, CreatedAt: r.CreatedAt}
}

const selection = `
	SELECT id::text, name, address, signature, mailbox_id::text, host, port, security, username, password, is_default, state, last_error, version, created_at
	FROM senders WHERE workspace_id = $1 AND deleted_at IS NULL`

func load(tx *pg.Tx, senderID string) (row, error) {
	r, err := pg.One[row](tx, selection+` AND id = $2::uuid`, tx.Workspace(), senderID)
	if err == pg.ErrNone {
		err = problem.Missing("sender")
	}
	return r, err
}

// lock serialises those who change senders, so that one is the default.
func lock(tx *pg.Tx) {
	tx.Queue(`SELECT pg_advisory_xact_lock(7203010, hashtext($1::text))`, tx.Workspace())
}

// Add makes a sender within tx and returns it. The first one of a workspace is
// the default.
func (s *Service) Add(ctx context.Context, tx *pg.Tx, d Details) (Sender, error) {
	var f problem.Fields
	if err := d.lean(tx, &f); err != nil {
		return Sender{}, err
	}
	d.normalise()
	d.check(&f)
	if err := f.Err(); err != nil {
		return Sender{}, err
	}
	lock(tx)
	senderID := id.New()
	sealed, err := s.seal(tx, senderID, d.Password)
	if err != nil {
		return Sender{}, err
	}
	if d.IsDefault {
		tx.Queue(`UPDATE senders SET is_default = false WHERE workspace_id = $1 AND is_default`, tx.Workspace())
	}
	r, err := pg.One[row](tx, `
		INSERT INTO senders (workspace_id, id, name, address, address_key, signature, mailbox_id, host, port, security, username, password, is_default)
		SELECT $1, $2, $3, $4, $5, $6, $7::uuid, $8, $9, $10, $11, $12,
			$13 OR NOT EXISTS (SELECT 1 FROM senders WHERE workspace_id = $1 AND is_default AND deleted_at IS NULL)
		RETURNING id::text, name, address, signature, mailbox_id::text, host, port, security, username, is_default, state, last_error, version, created_at`,
		tx.Workspace(), senderID, d.Name, d.Address, mail.AddressKey(d.Address), d.Signature, d.MailboxID, d.Host, d.Port, d.Security, d.Username, sealed, d.IsDefault)
	if err != nil {
		return Sender{}, err
	}
	return r.sender(), event.Record(ctx, tx, event.Happened{Entity: "sender", EntityID: senderID, Kind: event.Created})
}

// lean finds the mailbox whose login the sender uses, and the server that
// belongs to it unless another is named.
func (d *Details) lean(tx *pg.Tx, f *problem.Fields) error {
	if d.MailboxID == nil {
		return nil
	}
	hosts, err := pg.Column[string](tx, `SELECT host FROM mailboxes WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`, tx.Workspace(), *d.MailboxID)
	f.Check(err != nil || len(hosts) > 0, "/mailbox_id", "not_found", "There is no such mailbox; connect it first.")
	if len(hosts) > 0 && d.Host == "" {
		d.Server = provider(hosts[0])
	}
	return err
}

func (s *Service) seal(tx *pg.Tx, senderID string, password *string) ([]byte, error) {
	if password == nil || *password == "" {
		return nil, nil
	}
	return s.keys.Seal([]byte(*password), passwordColumn.Context(tx.Workspace(), senderID))
}

// change writes a changed sender down. The changes of the log name no
// password.
func (s *Service) change(ctx context.Context, tx *pg.Tx, before row, d Details) (Sender, error) {
	after := before
	after.Name, after.Address, after.Signature = d.Name, d.Address, d.Signature
	after.Host, after.Port, after.Security, after.Username = d.Host, int32(d.Port), d.Security, d.Username
	after.IsDefault, after.Version = d.IsDefault, before.Version+1
	if d.Password != nil {
		sealed, err := s.seal(tx, before.ID, d.Password)
		if err != nil {
			return Sender{}, err
		}
		after.Password = sealed
	}
	if d.IsDefault && !before.IsDefault {
		tx.Queue(`UPDATE senders SET is_default = false WHERE workspace_id = $1 AND is_default`, tx.Workspace())
	}
	changes := event.Changes{}
	changes.Set("name", before.Name, after.Name)
	changes.Set("address", before.Address, after.Address)
	changes.Set("signature", before.Signature, after.Signature)
	changes.Set("smtp", before.sender().SMTP, after.sender().SMTP)
	changes.Set("is_default", before.IsDefault, after.IsDefault)
	if len(changes) > 0 || d.Password != nil {
		after.State, after.LastError = "ready", ""
	}
	tx.Queue(`
		UPDATE senders SET name = $3, address = $4, address_key = $5, signature = $6, host = $7, port = $8, security = $9, username = $10, password = $11,
			is_default = $12, state = $13, last_error = $14, version = $15, updated_at = now()
		WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), after.ID, after.Name, after.Address, mail.AddressKey(after.Address), after.Signature,
		after.Host, after.Port, after.Security, after.Username, after.Password, after.IsDefault, after.State, after.LastError, after.Version)
	return after.sender(), event.Record(ctx, tx, event.Happened{Entity: "sender", EntityID: after.ID, Kind: event.Updated, Changes: changes})
}
