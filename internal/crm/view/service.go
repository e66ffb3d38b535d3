package view

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/crm/field"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Service offers views.
type Service struct {
	db    *pg.DB
	now   func() time.Time
	lists map[string]Listing
}

// New returns the service; lists are by entity.
func New(db *pg.DB, now func() time.Time, lists map[string]Listing) *Service {
	return &Service{db: db, now: now, lists: lists}
}

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/views"
	one := map[string]string{"id": "view"}
	return []op.Operation{
		op.New(op.Meta{Name: "view.list", Method: "GET", Cached: op.Cached{On: "view"}, Path: path, Scope: "view:read",
			Summary: "List one's own views and those for everybody", Example: example{"entity": "contact"}}, s.list),
		op.New(op.Meta{Name: "view.create", Method: "POST", Path: path, Scope: "view:write", Status: 201, Summary: "Keep a list as a view",
			Example: example{"body": example{"entity": "contact", "name": "Hot leads",
				"query": example{"sort": "-score", "filter": example{"and": []any{example{"field": "score", "op": "gte", "value": 70}}}}}}}, s.create),
		op.New(op.Meta{Name: "view.arrange", Method: "PUT", Path: path + "/base", Scope: "view:write",
			Summary: "Keep how one has the columns of a list", Doc: "For oneself, on every device; the list's views have columns of their own. If-Match does not apply: the last one counts.",
			Example: example{"body": example{"entity": "contact", "columns": []string{"name", "score"}, "widths": example{"name": 320}}}}, s.arrange),
		op.New(op.Meta{Name: "view.update", Method: "PATCH", Path: path + "/{id}", Scope: "view:write", Entities: one,
			Summary: "Change, rename, share or move a view", Doc: "Views for everybody are changed by who made them, and by admins.",
			Example: example{"If-Match": `"1"`, "body": example{"name": "Hottest leads"}}}, s.update),
		op.New(op.Meta{Name: "view.delete", Method: "DELETE", Path: path + "/{id}", Scope: "view:write", Status: 204, Entities: one,
			Summary: "Delete a view; what it shows stays"}, s.remove),
		op.New(op.Meta{Name: "view.restore", Method: "POST", Path: path + "/{id}/restore", Scope: "view:write", Entities: one,
			Summary: "Bring a deleted view back"}, s.restore),
	}
}

type row struct {
	View
	Deleted bool
}

const columns = `id::text, entity, name, shared, owner_id::text, false AS base, position, version, created_at, updated_at, query, deleted_at IS NOT NULL AS deleted`

func (r row) view(who actor.Actor) View {
	r.Mine = r.OwnerID != nil && *r.OwnerID == who.UserID
	r.View.deleted = r.Deleted
	return r.View
}

type listInput struct {
	op.InWorkspace
	Entity string `query:"entity" enum:"contact,company,thread,task" doc:"Of this kind of record only."`
}

func (s *Service) list(ctx context.Context, in *listInput) (*op.Body[op.List[View]], error) {
	who, _ := actor.From(ctx)
	out := []View{}
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		rows, err := pg.All[row](tx, `
			SELECT `+columns+` FROM views
			WHERE workspace_id = $1 AND deleted_at IS NULL AND ($2 = '' OR entity = $2) AND (shared OR owner_id = $3)
			UNION ALL
			SELECT `+ofBase+` FROM list_columns WHERE workspace_id = $1 AND ($2 = '' OR entity = $2) AND owner_id = $3
			ORDER BY entity, position, id LIMIT 500`, tx.Workspace(), in.Entity, op.Given(who.UserID))
		if err != nil {
			return err
		}
		for _, r := range rows {
			out = append(out, r.view(who))
		}
		return nil
	})
	return op.Listed(out), err
}

// Details are what a new view is made of.
type Details struct {
	Entity string `json:"entity" enum:"contact,company,thread,task"`
	Name   string `json:"name" minLength:"1" maxLength:"60"`
	Shared bool   `json:"shared,omitempty"`
	Query  Query  `json:"query"`
}

type createInput struct {
	op.InWorkspace
	Body Details
}

const maxViews = 200 // of one person or of everybody, for one kind of record

func (s *Service) create(ctx context.Context, in *createInput) (*op.Record[View], error) {
	who, _ := actor.From(ctx)
	d := in.Body
	v := View{ID: id.New(), Entity: d.Entity, Name: d.Name, Shared: d.Shared, OwnerID: op.Given(who.UserID), Mine: who.UserID != "", Query: d.Query,
		Version: 1, CreatedAt: s.now().UTC(), UpdatedAt: s.now().UTC()}
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		var last []lastRow
		pg.Later(tx, &last, `SELECT coalesce(max(position), 0) AS position, count(*) AS n FROM views WHERE workspace_id = $1 AND entity = $2 AND deleted_at IS NULL AND (shared OR owner_id = $3)`,
			tx.Workspace(), v.Entity, v.OwnerID)
		if err := s.check(tx, v); err != nil {
			return err
		}
		if last[0].N >= maxViews {
			return problem.Newf(problem.Conflict, "too_many", "There are %d views already: delete one first.", maxViews)
		}
		v.Position = last[0].Position + 1
		query, err := json.Marshal(v.Query)
		if err != nil {
			return fmt.Errorf("encode a view: %w", err)
		}
		tx.Queue(`
			INSERT INTO views (workspace_id, id, entity, name, shared, owner_id, position, query, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
			tx.Workspace(), v.ID, v.Entity, v.Name, v.Shared, v.OwnerID, v.Position, string(query), v.CreatedAt)
		return record(ctx, tx, v, event.Happened{Kind: event.Created})
	})
	return op.NewRecord(v, v.Version), err
}

type lastRow struct {
	Position float64
	N        int64
}

// check asks for the workspace's own fields, with what is queued, and compares
// a view with its list.
func (s *Service) check(tx *pg.Tx, v View) error {
	l, ok := s.lists[v.Entity]
	var f problem.Fields
	f.Check(ok, "/entity", "not_allowed", "Of these records no views can be kept yet.")
	checkName(&f, v.Name)
	f.Check(v.Shared || v.OwnerID != nil, "/shared", "required", "Without a person who owns it a view is for everybody: share it.")
	own := func(string) (list.Field, bool) { return list.Field{}, false }
	if l.Fields {
		var err error
		if own, err = field.Filters(tx, v.Entity, l.Spec.ID); err != nil {
			return err
		}
	} else if err := tx.Flush(); err != nil {
		return err
	}
	if ok {
		faults, err := l.check(v.Query, own)
		if err != nil {
			return err
		}
		f = append(f, faults...)
	}
	return f.Err()
}

// record writes what happened to a view that others can see. What somebody
// keeps for themselves is nobody else's business, the log's included.
func record(ctx context.Context, tx *pg.Tx, v View, e event.Happened) error {
	if _, was := e.Changes["shared"]; !v.Shared && !was {
		event.Hint(tx, "view") // one of them, whichever
		return nil
	}
	e.Entity, e.EntityID = "view", v.ID
	return event.Record(ctx, tx, e)
}

// load locks a view that the actor may see.
func load(tx *pg.Tx, viewID string, who actor.Actor) (View, error) {
	r, err := pg.One[row](tx, `SELECT `+columns+` FROM views WHERE workspace_id = $1 AND id = $2 AND (shared OR owner_id = $3) FOR UPDATE`,
		tx.Workspace(), viewID, op.Given(who.UserID))
	if err == pg.ErrNone {
		err = problem.Missing("view")
	}
	if err != nil {
		return View{}, err
	}
	return r.view(who), nil
}

// mayChange keeps members from changing what others have made for everybody.
func mayChange(v View, who actor.Actor) error {
	if v.Mine || who.Role.AtLeast(actor.Admin) {
		return nil
	}
	return problem.New(problem.Forbidden, "forbidden", "Only who made this view, or an admin, may change it. Save it under another name instead.")
}

// Patch is a change of some properties.
type Patch struct {
	Name     *string  `json:"name,omitempty" minLength:"1" maxLength:"60"`
	Shared   *bool    `json:"shared,omitempty"`
	Position *float64 `json:"position,omitempty" minimum:"-1000000000" maximum:"1000000000"`
	Query    *Query   `json:"query,omitempty"`
}

type patchInput struct {
	op.Versioned
	Body Patch
}

func (s *Service) update(ctx context.Context, in *patchInput) (*op.Record[View], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	who, _ := actor.From(ctx)
	var v View
	err = s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		if v, err = load(tx, in.ID, who); err != nil {
			return err
		}
		switch {
		case v.deleted:
			return problem.Missing("view")
		case v.Version != version:
			return op.Stale(v.Version)
		}
		if err := mayChange(v, who); err != nil {
			return err
		}
		return s.apply(ctx, tx, &v, in.Body, "")
	})
	return op.NewRecord(v, v.Version), err
}

func (s *Service) apply(ctx context.Context, tx *pg.Tx, v *View, p Patch, undoes string) error {
	before := *v
	if p.Name != nil {
		v.Name = *p.Name
	}
	if p.Shared != nil {
		v.Shared = *p.Shared
	}
	if p.Position != nil {
		v.Position = *p.Position
	}
	if p.Query != nil {
		v.Query = *p.Query
	}
	changes := diff(before, *v)
	if len(changes) == 0 {
		return nil
	}
	if err := s.check(tx, *v); err != nil {
		return err
	}
	if before.Shared && !v.Shared && !v.Mine {
		return problem.New(problem.Conflict, "not_mine", "A view of somebody else stays shared, or you could not see it any more. Delete it instead.")
	}
	if err := s.save(tx, v); err != nil {
		return err
	}
	if !before.Shared { // what it was before is nobody's business
		for name := range changes {
			changes[name] = [2]any{nil, changes[name][1]}
		}
	}
	return record(ctx, tx, *v, event.Happened{Kind: event.Updated, Changes: changes, Undoes: undoes})
}

func (s *Service) save(tx *pg.Tx, v *View) error {
	query, err := json.Marshal(v.Query)
	if err != nil {
		return fmt.Errorf("encode a view: %w", err)
	}
	v.Version++
	v.UpdatedAt = s.now().UTC()
	var gone *time.Time
	if v.deleted {
		gone = &v.UpdatedAt
	}
	tx.Queue(`
		UPDATE views SET name = $3, shared = $4, position = $5, query = $6, version = $7, updated_at = $8, deleted_at = $9
		WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), v.ID, v.Name, v.Shared, v.Position, string(query), v.Version, v.UpdatedAt, gone)
	return nil
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	_, err := s.setDeleted(ctx, in.ID, true)
	return nil, err
}

func (s *Service) restore(ctx context.Context, in *op.ByID) (*op.Record[View], error) {
	v, err := s.setDeleted(ctx, in.ID, false)
	return op.NewRecord(v, v.Version), err
}

func (s *Service) setDeleted(ctx context.Context, viewID string, deleted bool) (v View, err error) {
	who, _ := actor.From(ctx)
	err = s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		if v, err = load(tx, viewID, who); err != nil {
			return err
		}
		if err := mayChange(v, who); err != nil {
			return err
		}
		return s.delete(ctx, tx, &v, deleted, "")
	})
	return v, err
}

func (s *Service) delete(ctx context.Context, tx *pg.Tx, v *View, deleted bool, undoes string) error {
	if v.deleted == deleted {
		return nil
	}
	v.deleted = deleted
	if err := s.save(tx, v); err != nil {
		return err
	}
	kind := event.Restored
	if deleted {
		kind = event.Deleted
	}
	return record(ctx, tx, *v, event.Happened{Kind: kind, Undoes: undoes})
}
