package activity

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/activities"
	entities := map[string]string{"id": "activity"}
	return []op.Operation{
		op.New(op.Meta{Name: "activity.list", Method: "GET", Cached: op.Cached{On: "activity[] contact.name company.name"}, Path: path, Scope: "activity:read",
			Summary: "List calls and meetings, the latest first"}, s.list),
		op.New(op.Meta{Name: "activity.create", Method: "POST", Path: path, Scope: "activity:write", Status: 201,
			Summary: "Log a call or a meeting with one or several contacts",
			Example: example{"body": example{"kind": "call", "contact_ids": []string{"{contact}"}, "subject": "Prices", "at": "2026-01-31T15:00:00Z", "duration_minutes": 20, "outcome": "Sends the numbers"}}}, s.create),
		op.New(op.Meta{Name: "activity.get", Method: "GET", Cached: op.Cached{On: "activity=id contact.name company.name"}, Path: path + "/{id}", Scope: "activity:read", Entities: entities,
			Summary: "Read a call or meeting"}, s.get),
		op.New(op.Meta{Name: "activity.update", Method: "PATCH", Path: path + "/{id}", Scope: "activity:write", Entities: entities,
			Summary: "Change a call or meeting", Example: example{"If-Match": `"1"`, "body": example{"outcome": "Agreed"}}}, s.update),
		op.New(op.Meta{Name: "activity.delete", Method: "DELETE", Path: path + "/{id}", Scope: "activity:delete", Status: 204, Entities: entities,
			Summary: "Delete a call or meeting; it can be restored"}, s.remove),
		op.New(op.Meta{Name: "activity.restore", Method: "POST", Path: path + "/{id}/restore", Scope: "activity:delete", Entities: entities,
			Summary: "Restore a deleted call or meeting"}, s.restore),
	}
}

// Query asks for a page of activities.
type Query struct {
	op.InWorkspace
	list.Query
	EntityID string `query:"entity_id" maxLength:"36" doc:"Only those with this contact or company."`
	Deleted  bool   `query:"deleted" doc:"Those that were deleted, instead of the living."`
}

func (s *Service) list(ctx context.Context, q *Query) (*op.Raw[op.List[Activity]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace())
		if q.Deleted {
			w.Add("x.deleted_at IS NOT NULL")
		} else {
			w.AddOver(nil, "x.deleted_at IS NULL")
		}
		switch {
		case q.EntityID == "":
		case id.Valid(q.EntityID):
			w.Add(`(x.company_id = ?::uuid OR x.id IN (SELECT p.activity_id FROM activity_contacts p WHERE p.workspace_id = $1 AND p.contact_id = ?::uuid))`, q.EntityID, q.EntityID)
		default:
			w.Add("false")
		}
		body, err = Listing.Page(tx, q.Query, w)
		return err
	})
	return op.NewRaw[op.List[Activity]](body), err
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	_, err := s.write(ctx, in.ID, func(tx *pg.Tx, a *stored) error { return s.setDeleted(ctx, tx, a, true, "") })
	return nil, err
}

func (s *Service) restore(ctx context.Context, in *op.ByID) (*op.Record[Activity], error) {
	return s.write(ctx, in.ID, func(tx *pg.Tx, a *stored) error { return s.setDeleted(ctx, tx, a, false, "") })
}
