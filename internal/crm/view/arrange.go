package view

import (
	"context"
	"encoding/json"
	"fmt"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// ofBase are the columns of a view, of one that is the list itself.
const ofBase = `id::text, entity, 'Base' AS name, false AS shared, owner_id::text, true AS base, 0::double precision AS position, version, created_at, updated_at, query, false AS deleted`

type arrangeInput struct {
	op.InWorkspace
	Body struct {
		Entity  string         `json:"entity" enum:"contact,company,thread,task"`
		Columns []string       `json:"columns,omitempty" maxItems:"50" doc:"Fields in order; the list's own choice if there are none."`
		Widths  map[string]int `json:"widths,omitempty" doc:"In pixels."`
	}
}

var errNobody = problem.New(problem.Conflict, "no_person", "A key belongs to nobody whose columns could be kept. Sign in as the person.")

// arrange keeps the columns of a person's list itself. It is nobody else's
// business, and no change that anybody takes back.
func (s *Service) arrange(ctx context.Context, in *arrangeInput) (*op.Record[View], error) {
	who, _ := actor.From(ctx)
	if who.UserID == "" {
		return nil, errNobody
	}
	v := View{ID: id.New(), Entity: in.Body.Entity, Name: "Base", OwnerID: &who.UserID, Query: Query{Columns: in.Body.Columns, Widths: in.Body.Widths}}
	query, err := json.Marshal(v.Query)
	if err != nil {
		return nil, fmt.Errorf("encode a view: %w", err)
	}
	var kept []row
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		if err := s.check(tx, v); err != nil {
			return err
		}
		event.Hint(tx, "view") // one of them, whichever
		pg.Later(tx, &kept, `
			INSERT INTO list_columns AS l (workspace_id, id, entity, owner_id, query, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $6)
			ON CONFLICT (workspace_id, owner_id, entity) DO UPDATE SET query = excluded.query, updated_at = excluded.updated_at, version = l.version + 1
			RETURNING `+ofBase, tx.Workspace(), v.ID, v.Entity, v.OwnerID, string(query), s.now().UTC())
		return nil
	})
	if err != nil {
		return nil, err
	}
	v = kept[0].view(who)
	return op.NewRecord(v, v.Version), nil
}
