package note

import (
	"context"
	"fmt"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/about"
	"rapport/internal/crm/event"
	"rapport/internal/crm/field"
	"rapport/internal/crm/search"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/markdown"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Service keeps notes.
type Service struct {
	db  *pg.DB
	now func() time.Time
}

// New returns the service over db.
func New(db *pg.DB, now func() time.Time) *Service { return &Service{db: db, now: now} }

type createInput struct {
	op.InWorkspace
	Body struct {
		Entity   string `json:"entity" enum:"contact,company,thread"`
		EntityID string `json:"entity_id" format:"uuid"`
		Body     string `json:"body" minLength:"1" maxLength:"50000" doc:"Markdown."`
		Pinned   bool   `json:"pinned,omitempty"`
	}
}

func (s *Service) create(ctx context.Context, in *createInput) (*op.Record[Note], error) {
	if err := check(in.Body.Body); err != nil {
		return nil, err
	}
	who, _ := actor.From(ctx)
	n := Note{ID: id.New(), Entity: in.Body.Entity, EntityID: in.Body.EntityID, Body: in.Body.Body, HTML: markdown.HTML(in.Body.Body), Pinned: in.Body.Pinned,
		Author: Author{op.Given(who.UserID), who.Name}, CreatedAt: s.now().UTC(), Version: 1}
	n.UpdatedAt = n.CreatedAt
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		subject := about.Later(tx, &n.Entity, &n.EntityID)
		if err := tx.Flush(); err != nil {
			return err
		}
		var f problem.Fields
		if subject.Check(&f); f.Err() != nil {
			return f.Err()
		}
		n.EntityName = subject.Name()
		insert(tx, n)
		index(tx, n)
		return event.Record(ctx, tx, event.Happened{Entity: "note", EntityID: n.ID, Kind: event.Created})
	})
	return op.NewRecord(n, n.Version), err
}

func (s *Service) get(ctx context.Context, in *op.ByID) (*op.Record[Note], error) {
	var rows []Note
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		rows, err = pg.All[Note](tx, `SELECT `+columns+` `+from+` AND x.id = $2`, tx.Workspace(), in.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, problem.Missing("note")
	}
	return op.NewRecord(rows[0], rows[0].Version), nil
}

// Patch is a change of some fields.
type Patch struct {
	Body   op.Optional[string] `json:"body,omitzero" doc:"Markdown."`
	Pinned op.Optional[bool]   `json:"pinned,omitzero"`
}

type patchInput struct {
	op.Versioned
	Body Patch
}

func (s *Service) update(ctx context.Context, in *patchInput) (*op.Record[Note], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return s.write(ctx, in.ID, func(tx *pg.Tx, n *stored) error {
		if n.Version != version {
			return op.Stale(n.Version)
		}
		return s.apply(ctx, tx, n, in.Body, "")
	})
}

// write locks a note, lets f change it and answers how it is then.
func (s *Service) write(ctx context.Context, noteID string, f func(*pg.Tx, *stored) error) (*op.Record[Note], error) {
	var n stored
	err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		if n, err = load(tx, noteID); err != nil {
			return err
		}
		return f(tx, &n)
	})
	if err != nil {
		return nil, err
	}
	return op.NewRecord(n.Note, n.Version), nil
}

func (s *Service) apply(ctx context.Context, tx *pg.Tx, n *stored, p Patch, undoes string) error {
	if n.DeletedAt != nil {
		return problem.Missing("note")
	}
	before := n.Note
	if p.Body.Set {
		n.Body, n.HTML = p.Body.Value, markdown.HTML(p.Body.Value)
	}
	if p.Pinned.Set {
		n.Pinned = p.Pinned.Value
	}
	if err := check(n.Body); err != nil {
		return err
	}
	changes := diff(before, n.Note)
	if len(changes) == 0 {
		return nil
	}
	n.Version++
	n.UpdatedAt = s.now().UTC()
	update(tx, *n)
	index(tx, n.Note)
	return event.Record(ctx, tx, event.Happened{Entity: "note", EntityID: n.ID, Kind: event.Updated, Changes: changes, Undoes: undoes})
}

func (s *Service) setDeleted(ctx context.Context, tx *pg.Tx, n *stored, deleted bool, undoes string) error {
	if (n.DeletedAt != nil) == deleted {
		if deleted {
			return problem.Missing("note")
		}
		return nil
	}
	now := s.now().UTC()
	n.Version++
	n.UpdatedAt, n.DeletedAt = now, nil
	kind := event.Restored
	if deleted {
		n.DeletedAt, kind = &now, event.Deleted
		search.Remove(tx, "note", n.ID)
	} else {
		index(tx, n.Note)
	}
	update(tx, *n)
	return event.Record(ctx, tx, event.Happened{Entity: "note", EntityID: n.ID, Kind: kind, Undoes: undoes})
}

// Current locks a note and returns its fields as events name them, for undo.
func (s *Service) Current(tx *pg.Tx, noteID string) (fields map[string]any, deleted bool, err error) {
	n, err := load(tx, noteID)
	return map[string]any{"body": n.Body, "pinned": n.Pinned}, n.DeletedAt != nil, err
}

// Revert sets fields back, as JSON by the names of the events.
func (s *Service) Revert(ctx context.Context, tx *pg.Tx, noteID string, fields map[string]any, undoes string) error {
	n, err := load(tx, noteID)
	if err != nil {
		return err
	}
	var p Patch
	if err := field.Unflatten(fields, &p); err != nil {
		return fmt.Errorf("read the former values: %w", err)
	}
	return s.apply(ctx, tx, &n, p, undoes)
}

// SetDeleted deletes or restores, for undo.
func (s *Service) SetDeleted(ctx context.Context, tx *pg.Tx, noteID string, deleted bool, undoes string) error {
	n, err := load(tx, noteID)
	if err != nil {
		return err
	}
	return s.setDeleted(ctx, tx, &n, deleted, undoes)
}
