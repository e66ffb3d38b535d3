package mailbox

import (
	"context"
	"reflect"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/imap"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type patch struct {
	op.Versioned
	Body struct {
		Name     string                `json:"name,omitempty" maxLength:"200"`
		Address  string                `json:"address,omitempty" maxLength:"320"`
		Username string                `json:"username,omitempty" maxLength:"320"`
		Password string                `json:"password,omitempty" maxLength:"1000"`
		GrantID  string                `json:"grant_id,omitempty" format:"uuid"`
		IMAP     *Server               `json:"imap,omitempty"`
		Folders  op.Optional[[]string] `json:"folders,omitempty" doc:"Names of the folders to read; null for all that matter."`
		Since    op.Optional[string]   `json:"since,omitempty" doc:"A date, or null for everything."`
		MarkSeen *bool                 `json:"mark_seen,omitempty"`
	}
}

// stored is an account as an update finds it.
type stored struct {
	row
	Password []byte
}

const storedSelection = `SELECT ` + account + `, m.password FROM mailboxes m WHERE m.workspace_id = $1 AND m.id = $2::uuid AND m.deleted_at IS NULL`

func (s *Service) update(ctx context.Context, in *patch) (*op.Record[Mailbox], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	before, err := s.stored(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if before.Version != version {
		return nil, op.Stale(before.Version)
	}
	d, err := s.patched(ctx, before, in)
	if err != nil {
		return nil, err
	}
	if err := d.check(true); err != nil {
		return nil, err
	}
	var folders []imap.Folder
	if in.opens() {
		if folders, err = s.try(ctx, d); err != nil {
			return nil, err
		}
	}
	if err := s.db.Write(ctx, func(tx *pg.Tx) error { return s.change(ctx, tx, before, d, folders) }); err != nil {
		return nil, taken(err)
	}
	return s.record(ctx, in.ID)
}

func (s *Service) stored(ctx context.Context, mailboxID string) (r stored, err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		r, err = pg.One[stored](tx, storedSelection, tx.Workspace(), mailboxID)
		return missing(err)
	})
	return r, err
}

// opens reports whether the account has to be tried.
func (in *patch) opens() bool {
	b := &in.Body
	return b.Username != "" || b.Password != "" || b.IMAP != nil || b.GrantID != "" || b.Folders.Set && !b.Folders.Null
}

// patched is the account after the change.
func (s *Service) patched(ctx context.Context, before stored, in *patch) (*Details, error) {
	r, b := before.row, &in.Body
	d := &Details{Name: r.Name, Address: r.Address, Auth: r.Auth, Username: r.Username, IMAP: Server{r.Host, r.Port, r.Security}, Folders: r.Chosen, MarkSeen: r.MarkSeen}
	if r.GrantID != nil {
		d.GrantID = *r.GrantID
	}
	for to, from := range map[*string]string{&d.Name: b.Name, &d.Address: b.Address, &d.Username: b.Username, &d.GrantID: b.GrantID} {
		if from != "" {
			*to = from
		}
	}
	if b.IMAP != nil {
		d.IMAP = *b.IMAP
	}
	if b.MarkSeen != nil {
		d.MarkSeen = *b.MarkSeen
	}
	if b.Folders.Set {
		d.Folders = b.Folders.Pointer()
	}
	if d.Since = b.Since.Pointer(); !b.Since.Set && r.Since != nil {
		day := r.Since.Format("2006-01-02")
		d.Since = &day
	}
	d.Password = b.Password
	if d.Password == "" && d.Auth == "password" {
		if moved := d.IMAP.Host != r.Host; moved && b.IMAP != nil {
			// A stored password goes to no server that it was not given for.
			return nil, problem.Fields{{Pointer: "/password", Code: "required", Message: "Enter the password again for another server."}}.Err()
		}
		login, err := s.open(ctx, before)
		if err != nil {
			return nil, err
		}
		d.Password = login.Password
	}
	d.complete()
	return d, nil
}

// change stores an account; one that was paused for trouble goes on.
func (s *Service) change(ctx context.Context, tx *pg.Tx, before stored, d *Details, folders []imap.Folder) error {
	since, err := day(d.Since)
	if err != nil {
		return err
	}
	sealed, err := s.seal(tx.Workspace(), before.ID, d.Password)
	if err != nil {
		return err
	}
	paused := before.Paused
	if folders != nil && paused != PausedByHand {
		paused = ""
	}
	n, err := tx.Exec(`
		UPDATE mailboxes SET name = $3, address = $4, grant_id = $5, username = $6, password = $7, host = $8, port = $9, security = $10,
			chosen = $11, since = $12, mark_seen = $13, paused = $14, version = version + 1
		WHERE workspace_id = $1 AND id = $2::uuid AND version = $15 AND deleted_at IS NULL`,
		tx.Workspace(), before.ID, d.Name, d.Address, op.Given(d.GrantID), d.Username, sealed, d.IMAP.Host, d.IMAP.Port, d.IMAP.Security,
		d.Folders, since, d.MarkSeen, paused, before.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return op.Stale(before.Version + 1)
	}
	if folders != nil {
		queueFolders(tx, before.ID, folders)
	}
	if paused == "" {
		s.enlist(tx, before.ID)
	}
	changes := event.Changes{}
	for name, v := range map[string][2]any{"name": {before.Name, d.Name}, "address": {before.Address, d.Address}, "username": {before.Username, d.Username},
		"host": {before.Host, d.IMAP.Host}, "port": {before.Port, d.IMAP.Port}, "security": {before.Security, d.IMAP.Security}, "mark_seen": {before.MarkSeen, d.MarkSeen}} {
		changes.Set(name, v[0], v[1])
	}
	if !reflect.DeepEqual(before.Chosen, d.Folders) {
		changes["folders"] = [2]any{before.Chosen, d.Folders}
	}
	return event.Record(ctx, tx, event.Happened{Entity: "mailbox", EntityID: before.ID, Kind: event.Updated, Changes: changes})
}
