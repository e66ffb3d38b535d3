package note

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/markdown"
	"rapport/internal/platform/pg"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/notes"
	entities := map[string]string{"id": "note"}
	return []op.Operation{
		op.New(op.Meta{Name: "note.list", Method: "GET", Cached: op.Cached{On: "note[] contact.name company.name"}, Path: path, Scope: "note:read",
			Summary: "List notes, newest first, of one record or of all"}, s.list),
		op.New(op.Meta{Name: "note.create", Method: "POST", Path: path, Scope: "note:write", Status: 201,
			Summary: "Write a note about a contact, company or thread",
			Example: example{"body": example{"entity": "contact", "entity_id": "{contact}", "body": "Prefers **calls** before noon."}}}, s.create),
		op.New(op.Meta{Name: "note.preview", Method: "POST", Path: path + "/preview", Scope: "note:write",
			Summary: "Show Markdown as a note would; nothing is kept", Example: example{"body": example{"body": "Prefers **calls**."}}}, s.preview),
		op.New(op.Meta{Name: "note.get", Method: "GET", Cached: op.Cached{On: "note=id contact.name company.name"}, Path: path + "/{id}", Scope: "note:read", Entities: entities,
			Summary: "Read a note"}, s.get),
		op.New(op.Meta{Name: "note.update", Method: "PATCH", Path: path + "/{id}", Scope: "note:write", Entities: entities,
			Summary: "Change or pin a note", Example: example{"If-Match": `"1"`, "body": example{"pinned": true}}}, s.update),
		op.New(op.Meta{Name: "note.delete", Method: "DELETE", Path: path + "/{id}", Scope: "note:delete", Status: 204, Entities: entities,
			Summary: "Delete a note; it can be restored"}, s.remove),
		op.New(op.Meta{Name: "note.restore", Method: "POST", Path: path + "/{id}/restore", Scope: "note:delete", Entities: entities,
			Summary: "Restore a deleted note"}, s.restore),
	}
}

// Query asks for a page of notes.
type Query struct {
	op.InWorkspace
	list.Query
	Entity   string `query:"entity" enum:"contact,company,thread" doc:"Only notes about such records."`
	EntityID string `query:"entity_id" maxLength:"36" doc:"Only notes about this record."`
	Deleted  bool   `query:"deleted" doc:"Those that were deleted, instead of the living."`
}

func (s *Service) list(ctx context.Context, q *Query) (*op.Raw[op.List[Note]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace())
		if q.Deleted {
			w.Add("x.deleted_at IS NOT NULL")
		} else {
			w.AddOver(nil, "x.deleted_at IS NULL")
		}
		if q.Entity != "" {
			w.Add("x.entity = ?", q.Entity)
		}
		switch {
		case q.EntityID == "":
		case id.Valid(q.EntityID):
			w.Add("x.entity_id = ?::uuid", q.EntityID)
		default:
			w.Add("false")
		}
		body, err = Listing.Page(tx, q.Query, w)
		return err
	})
	return op.NewRaw[op.List[Note]](body), err
}

type previewInput struct {
	op.InWorkspace
	Body struct {
		Body string `json:"body" maxLength:"50000"`
	}
}

// Preview is how a text would be shown.
type Preview struct {
	HTML string `json:"html"`
}

func (s *Service) preview(_ context.Context, in *previewInput) (*op.Body[Preview], error) {
	return &op.Body[Preview]{Body: Preview{markdown.HTML(in.Body.Body)}}, nil
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	_, err := s.write(ctx, in.ID, func(tx *pg.Tx, n *stored) error { return s.setDeleted(ctx, tx, n, true, "") })
	return nil, err
}

func (s *Service) restore(ctx context.Context, in *op.ByID) (*op.Record[Note], error) {
	return s.write(ctx, in.ID, func(tx *pg.Tx, n *stored) error { return s.setDeleted(ctx, tx, n, false, "") })
}
