package mailbox

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/crm/grant"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/mailboxes"
	entities := map[string]string{"id": "mailbox"}
	account := example{"name": "Ana", "address": "ana@lumen.example", "username": "ana@lumen.example", "password": "app password",
		"imap": example{"host": "imap.lumen.example", "port": 993, "security": "tls"}}
	return []op.Operation{
		op.New(op.Meta{Name: "mailbox.list", Method: "GET", Cached: op.Cached{Never: "How an account does at this moment."}, Path: path, Scope: "mailbox:read",
			Summary: "List mailboxes with how they are"}, s.list),
		op.New(op.Meta{Name: "mailbox.create", Outside: true, Method: "POST", Path: path, Scope: "mailbox:write", Status: 201, Secret: true, Cost: 10,
			Summary: "Connect a mailbox", Doc: "Connects first: what the server does not like is a 422 that names the field. Reading begins at once, newest first.",
			Example: example{"body": account}}, s.Connect),
		op.New(op.Meta{Name: "mailbox.test", Outside: true, Method: "POST", Path: path + "/test", Scope: "mailbox:write", Secret: true, Cost: 10,
			Summary: "Try to connect, and list the folders", Doc: "Nothing is stored.", Example: example{"body": account}}, s.test),
		op.New(op.Meta{Name: "mailbox.get", Method: "GET", Cached: op.Cached{Never: "How an account does at this moment."}, Path: path + "/{id}", Scope: "mailbox:read", Entities: entities,
			Summary: "Read a mailbox with how it is"}, s.one),
		op.New(op.Meta{Name: "mailbox.update", Outside: true, Method: "PATCH", Path: path + "/{id}", Scope: "mailbox:write", Entities: entities, Secret: true, Cost: 10,
			Summary: "Change a mailbox", Doc: "A change of server, user name or password is tried first. A mailbox that was paused for trouble goes on.",
			Example: example{"If-Match": `"1"`, "body": example{"name": "Ana Duarte"}}}, s.update),
		op.New(op.Meta{Name: "mailbox.delete", Method: "DELETE", Path: path + "/{id}", Scope: "mailbox:delete", Status: 204, Entities: entities,
			Summary: "Disconnect a mailbox; its mail stays"}, s.Remove),
		op.New(op.Meta{Name: "mailbox.retry", Method: "POST", Path: path + "/{id}/retry", Scope: "mailbox:write", Entities: entities,
			Summary: "Try again at once", Doc: "Also asks again for messages that could not be taken."}, s.Retry),
		op.New(op.Meta{Name: "mailbox.pause", Method: "POST", Path: path + "/{id}/pause", Scope: "mailbox:write", Entities: entities,
			Summary: "Fetch no more mail"}, s.pause),
		op.New(op.Meta{Name: "mailbox.resume", Method: "POST", Path: path + "/{id}/resume", Scope: "mailbox:write", Entities: entities,
			Summary: "Fetch mail again"}, s.resume),
		op.New(op.Meta{Name: "mailbox.folders", Method: "GET", Cached: op.Cached{Never: "Asked of the mail server."}, Path: path + "/{id}/folders", Scope: "mailbox:read", Entities: entities,
			Summary: "List the folders of a mailbox"}, s.Folders),
		op.New(op.Meta{Name: "mailbox.choose", Method: "PUT", Path: path + "/{id}/folders", Scope: "mailbox:write", Entities: entities,
			Summary: "Choose the folders that are read", Doc: "What was read of the others stays.",
			Example: example{"body": example{"chosen": []string{"INBOX"}}}}, s.choose),
	}
}

func (s *Service) list(ctx context.Context, _ *op.InWorkspace) (*op.Body[op.List[Mailbox]], error) {
	out, err := s.all(ctx)
	return op.Listed(out), err
}

func (s *Service) one(ctx context.Context, in *op.ByID) (*op.Record[Mailbox], error) {
	return s.record(ctx, in.ID)
}

func (s *Service) record(ctx context.Context, mailboxID string) (*op.Record[Mailbox], error) {
	m, err := s.Get(ctx, mailboxID)
	if err != nil {
		return nil, err
	}
	return op.NewRecord(m, m.Version), nil
}

// Remove takes the account away at once; its rows follow as a job.
func (s *Service) Remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	return nil, s.db.Write(ctx, func(tx *pg.Tx) error {
		m, err := pg.One[row](tx, `
			UPDATE mailboxes SET deleted_at = now(), password = NULL WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL
			RETURNING name, grant_id::text`, tx.Workspace(), in.ID)
		if err != nil {
			return missing(err)
		}
		s.delist(tx, in.ID)
		if m.GrantID != nil {
			grant.Leave(tx, *m.GrantID)
		}
		return event.Record(ctx, tx, event.Happened{Entity: "mailbox", EntityID: in.ID, Kind: event.Deleted, Changes: event.Changes{"name": {m.Name, nil}}})
	})
}

// Purge removes what is left of disconnected mailboxes in the workspace.
func (s *Service) Purge(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		_, err := tx.Exec(`DELETE FROM mailboxes WHERE workspace_id = $1 AND deleted_at IS NOT NULL`, tx.Workspace())
		return err
	})
}

// Retry lets a mailbox try at once, whatever it waits for.
func (s *Service) Retry(ctx context.Context, in *op.ByID) (*op.Record[Mailbox], error) {
	return s.turn(ctx, in.ID, "")
}

func (s *Service) resume(ctx context.Context, in *op.ByID) (*op.Record[Mailbox], error) {
	return s.turn(ctx, in.ID, "")
}

func (s *Service) pause(ctx context.Context, in *op.ByID) (*op.Record[Mailbox], error) {
	return s.turn(ctx, in.ID, PausedByHand)
}

// turn pauses an account for a reason, or lets it go on. Its worker begins
// anew either way, with nothing to wait for.
func (s *Service) turn(ctx context.Context, mailboxID, reason string) (*op.Record[Mailbox], error) {
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		was, err := pg.Value[string](tx, `
			UPDATE mailboxes m SET paused = $3, version = m.version + 1
			FROM (SELECT paused FROM mailboxes WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL FOR UPDATE) o
			WHERE m.workspace_id = $1 AND m.id = $2::uuid
			RETURNING o.paused`, tx.Workspace(), mailboxID, reason)
		if err != nil {
			return missing(err)
		}
		if reason == "" {
			s.enlist(tx, mailboxID)
		} else {
			s.delist(tx, mailboxID)
		}
		changes := event.Changes{}
		changes.Set("paused", was, reason)
		return event.Record(ctx, tx, event.Happened{Entity: "mailbox", EntityID: mailboxID, Kind: event.Updated, Changes: changes})
	})
	if err != nil {
		return nil, err
	}
	return s.record(ctx, mailboxID)
}

// Folders lists the folders of a mailbox with how far each is read.
func (s *Service) Folders(ctx context.Context, in *op.ByID) (*op.Body[op.List[Folder]], error) {
	var there []string
	var out []Folder
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		pg.LaterColumn(tx, &there, `SELECT name FROM mailboxes WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`, tx.Workspace(), in.ID)
		pg.Later(tx, &out, `
			SELECT f.id::text, f.name, f.kind, f.chosen, coalesce(p.total, 0) AS total, coalesce(p.done, 0) AS done, coalesce(p.refused, 0) AS refused,
				coalesce(p.validity, 0) AS uid_validity, coalesce(p.trouble, '') AS trouble, p.synced_at AS last_synced_at
			FROM mailbox_folders f
			LEFT JOIN mailbox_progress p ON p.workspace_id = f.workspace_id AND p.folder_id = f.id
			WHERE f.workspace_id = $1 AND f.mailbox_id = $2::uuid
			ORDER BY array_position(ARRAY['inbox', 'sent', 'archive', 'other', 'drafts', 'junk', 'trash', 'all'], f.kind), f.name`, tx.Workspace(), in.ID)
		return tx.Flush()
	})
	if err == nil && len(there) == 0 {
		err = problem.Missing("mailbox")
	}
	return op.Listed(out), err
}

type choice struct {
	op.ByID
	Body struct {
		Chosen []string `json:"chosen" maxItems:"1000" doc:"Names of folders."`
	}
}

func (s *Service) choose(ctx context.Context, in *choice) (*op.Body[op.List[Folder]], error) {
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		var there, known []string
		pg.LaterColumn(tx, &there, `SELECT name FROM mailboxes WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL FOR UPDATE`, tx.Workspace(), in.ID)
		pg.LaterColumn(tx, &known, `SELECT name FROM mailbox_folders WHERE workspace_id = $1 AND mailbox_id = $2::uuid`, tx.Workspace(), in.ID)
		if err := tx.Flush(); err != nil {
			return err
		}
		if len(there) == 0 {
			return problem.Missing("mailbox")
		}
		if err := allKnown("/chosen", in.Body.Chosen, known); err != nil {
			return err
		}
		tx.Queue(`UPDATE mailboxes SET chosen = $3, version = version + 1 WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), in.ID, in.Body.Chosen)
		tx.Queue(`UPDATE mailbox_folders SET chosen = name = ANY ($3::text[]) WHERE workspace_id = $1 AND mailbox_id = $2::uuid`, tx.Workspace(), in.ID, in.Body.Chosen)
		s.poke(tx, in.ID)
		return event.Record(ctx, tx, event.Happened{Entity: "mailbox", EntityID: in.ID, Kind: event.Updated, Changes: event.Changes{"folders": {nil, in.Body.Chosen}}})
	})
	if err != nil {
		return nil, err
	}
	return s.Folders(ctx, &in.ByID)
}
