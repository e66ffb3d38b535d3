package draft

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/drafts"
	entities := map[string]string{"id": "draft"}
	return []op.Operation{
		op.New(op.Meta{Name: "upload.create", Method: "POST", Path: "/v1/workspaces/{workspace}/uploads", Scope: "draft:write", Status: 201, Stream: true,
			Summary: "Bring a file to attach, 25 MB at most", Doc: "A file that no mail has used for a week is removed.",
			Example: map[string]any{"filename": "offer.pdf"}}, s.take),
		op.New(op.Meta{Name: "draft.list", Method: "GET", Cached: op.Cached{Never: "Saved while it is typed, which nobody is told."}, Path: path, Scope: "draft:read", Summary: "List your drafts, the latest first"}, s.list),
		op.New(op.Meta{Name: "draft.get", Method: "GET", Cached: op.Cached{Never: "Saved while it is typed, which nobody is told."}, Path: path + "/{id}", Scope: "draft:read", Entities: entities, Summary: "Read a draft of yours"}, s.get),
		op.New(op.Meta{Name: "draft.create", Method: "POST", Path: path, Scope: "draft:write", Status: 201, Summary: "Begin a draft",
			Doc:     "Addresses need not be complete yet.",
			Example: map[string]any{"body": map[string]any{"mode": "new", "to": []map[string]any{{"address": "ben@fjord.example"}}, "subject": "Prices", "text": "Hello Ben,"}}}, s.create),
		op.New(op.Meta{Name: "draft.update", Method: "PATCH", Path: path + "/{id}", Scope: "draft:write", Entities: entities, Summary: "Save a draft; fields that are left out stay",
			Example: map[string]any{"If-Match": `"1"`, "body": map[string]any{"text": "Hello Ben,\nhere they are."}}}, s.update),
		op.New(op.Meta{Name: "draft.delete", Method: "DELETE", Path: path + "/{id}", Scope: "draft:write", Effect: op.Write, Status: 204, Entities: entities,
			Summary: "Discard a draft of yours"}, s.remove),
	}
}

type listInput struct {
	op.InWorkspace
	ThreadID string `query:"thread_id" format:"uuid" doc:"Only answers to this thread."`
}

const maxListed = 200

func (s *Service) list(ctx context.Context, in *listInput) (*op.Body[op.List[Draft]], error) {
	var rows []row
	var files []Upload
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		pg.Later(tx, &rows, selection+` AND ($3 = '' OR m.thread_id = nullif($3, '')::uuid) ORDER BY d.updated_at DESC, d.id DESC LIMIT $4`,
			tx.Workspace(), Author(ctx), in.ThreadID, maxListed)
		pg.Later(tx, &files, `
			SELECT u.id::text, u.filename, u.content_type, u.size FROM uploads u
			WHERE u.workspace_id = $1 AND u.id IN (SELECT unnest(d.upload_ids) FROM drafts d WHERE d.workspace_id = $1 AND d.author_id = $2::uuid)`, tx.Workspace(), Author(ctx))
		return tx.Flush()
	})
	var out []Draft
	for _, r := range rows {
		out = append(out, r.draft(files))
	}
	return op.Listed(out), err
}

func (s *Service) get(ctx context.Context, in *op.ByID) (out *op.Record[Draft], err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		r, files, err := load(tx, Author(ctx), in.ID, "")
		out = op.NewRecord(r.draft(files), r.Version)
		return err
	})
	return out, err
}

func load(tx *pg.Tx, authorID, draftID, lock string) (r row, files []Upload, err error) {
	var rows []row
	pg.Later(tx, &rows, selection+` AND d.id = $3::uuid`+lock, tx.Workspace(), authorID, draftID)
	pg.Later(tx, &files, `
		SELECT u.id::text, u.filename, u.content_type, u.size FROM uploads u
		WHERE u.workspace_id = $1 AND u.id IN (SELECT unnest(d.upload_ids) FROM drafts d WHERE d.workspace_id = $1 AND d.id = $2::uuid)`, tx.Workspace(), draftID)
	if err := tx.Flush(); err != nil {
		return r, nil, err
	}
	if len(rows) == 0 {
		return r, nil, problem.Missing("draft")
	}
	return rows[0], files, nil
}

// letterInput is what people type; everything may be missing.
type letterInput struct {
	Mode        string       `json:"mode,omitempty" enum:"new,reply,reply_all,forward" default:"new"`
	MessageID   string       `json:"message_id,omitempty" format:"uuid"`
	SenderID    string       `json:"sender_id,omitempty" format:"uuid"`
	To          *[]Recipient `json:"to,omitempty" maxItems:"100"`
	Cc          *[]Recipient `json:"cc,omitempty" maxItems:"100"`
	Bcc         *[]Recipient `json:"bcc,omitempty" maxItems:"100"`
	Subject     *string      `json:"subject,omitempty" maxLength:"500"`
	Text        *string      `json:"text,omitempty" maxLength:"500000"`
	Attachments *[]string    `json:"attachments,omitempty" maxItems:"100" doc:"Ids of uploads."`
}

// onto applies what was typed.
func (in letterInput) onto(l *Letter, uploadIDs *[]string) {
	if id := op.Given(in.MessageID); id != nil {
		l.MessageID = id
	}
	if id := op.Given(in.SenderID); id != nil {
		l.SenderID = id
	}
	for _, list := range []struct {
		dst *[]Recipient
		src *[]Recipient
	}{{&l.To, in.To}, {&l.Cc, in.Cc}, {&l.Bcc, in.Bcc}} {
		if list.src != nil {
			*list.dst = *list.src
		}
	}
	if in.Subject != nil {
		l.Subject = *in.Subject
	}
	if in.Text != nil {
		l.Text = *in.Text
	}
	if in.Attachments != nil {
		*uploadIDs = *in.Attachments
	}
}

// named are the records that a letter names, as the database knows them.
type named struct {
	files             []File
	messages, senders []string
}

func (n *named) later(tx *pg.Tx, l Letter, uploadIDs []string) {
	FilesLater(tx, &n.files, uploadIDs)
	pg.LaterColumn(tx, &n.messages, `SELECT id::text FROM messages WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), l.MessageID)
	pg.LaterColumn(tx, &n.senders, `SELECT id::text FROM senders WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`, tx.Workspace(), l.SenderID)
}

func (n *named) check(l Letter, uploadIDs []string) error {
	var f problem.Fields
	l.Check(&f)
	f.Check(l.MessageID == nil || len(n.messages) > 0, "/message_id", "not_found", "There is no such message.")
	f.Check(l.SenderID == nil || len(n.senders) > 0, "/sender_id", "not_found", "There is no such account to send from.")
	CheckFiles(&f, uploadIDs, n.files, 0)
	return f.Err()
}

type createInput struct {
	op.InWorkspace
	Body letterInput
}

func (s *Service) create(ctx context.Context, in *createInput) (out *op.Record[Draft], err error) {
	l, uploadIDs := Letter{Mode: in.Body.Mode}, []string{}
	in.Body.onto(&l, &uploadIDs)
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		var n named
		n.later(tx, l, uploadIDs)
		if err := tx.Flush(); err != nil {
			return err
		}
		if err := n.check(l, uploadIDs); err != nil {
			return err
		}
		who, _ := actor.From(ctx)
		d, err := MakeBy(tx, Author(ctx), l, Uploads(uploadIDs, n.files), who.RunID)
		out = op.NewRecord(d, d.Version)
		return err
	})
	return out, err
}

type updateInput struct {
	op.Versioned
	Body letterInput
}

func (s *Service) update(ctx context.Context, in *updateInput) (out *op.Record[Draft], err error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		r, _, err := load(tx, Author(ctx), in.ID, " FOR UPDATE OF d")
		if err != nil {
			return err
		}
		if r.Version != version {
			return op.Stale(r.Version)
		}
		l := r.draft(nil).Letter
		uploadIDs := r.UploadIDs
		in.Body.onto(&l, &uploadIDs)
		var n named
		n.later(tx, l, uploadIDs)
		if err := tx.Flush(); err != nil {
			return err
		}
		if err := n.check(l, uploadIDs); err != nil {
			return err
		}
		if who, _ := actor.From(ctx); who.RunID != "" {
			r.RunID = &who.RunID
		}
		d, err := save(tx, r, l, Uploads(uploadIDs, n.files))
		out = op.NewRecord(d, d.Version)
		return err
	})
	return out, err
}

func save(tx *pg.Tx, r row, l Letter, files []Upload) (Draft, error) {
	lists, err := encode(l)
	if err != nil {
		return Draft{}, err
	}
	r.MessageID, r.SenderID, r.ToList, r.CcList, r.BccList, r.Subject, r.Body = l.MessageID, l.SenderID, l.To, l.Cc, l.Bcc, l.Subject, l.Text
	r.UploadIDs = idsOf(files)
	r.Version++
	at, err := pg.One[row](tx, `
		UPDATE drafts SET message_id = $3::uuid, sender_id = $4::uuid, to_list = $5::jsonb, cc_list = $6::jsonb, bcc_list = $7::jsonb, subject = $8, body = $9,
			upload_ids = $10::uuid[], version = $11, run_id = $12::uuid, updated_at = now()
		WHERE workspace_id = $1 AND id = $2::uuid
		RETURNING updated_at`, tx.Workspace(), r.ID, l.MessageID, l.SenderID, lists[0], lists[1], lists[2], l.Subject, l.Text, r.UploadIDs, r.Version, r.RunID)
	r.UpdatedAt = at.UpdatedAt
	return r.draft(files), err
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	return nil, s.db.Write(ctx, func(tx *pg.Tx) error {
		there, err := Drop(tx, Author(ctx), in.ID)
		if err == nil && !there {
			err = problem.Missing("draft")
		}
		return err
	})
}
