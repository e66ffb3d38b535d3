package view

import (
	"context"
	"encoding/json"
	"fmt"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// Current returns a view as its events name it, for undo.
func (s *Service) Current(tx *pg.Tx, viewID string) (fields map[string]any, deleted bool, err error) {
	v, err := load(tx, viewID, actor.Actor{})
	if err != nil {
		return nil, false, err
	}
	return map[string]any{"name": v.Name, "shared": v.Shared, "position": v.Position, "query": v.Query.plain()}, v.deleted, nil
}

// Revert sets fields back, as JSON by the names of the events.
func (s *Service) Revert(ctx context.Context, tx *pg.Tx, viewID string, fields map[string]any, undoes string) error {
	who, _ := actor.From(ctx)
	v, err := load(tx, viewID, who)
	if err != nil {
		return err
	}
	if err := mayChange(v, who); err != nil {
		return err
	}
	b, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("read the former values: %w", err)
	}
	var p Patch
	if err := json.Unmarshal(b, &p); err != nil {
		return fmt.Errorf("read the former values: %w", err)
	}
	return s.apply(ctx, tx, &v, p, undoes)
}

// SetDeleted deletes or restores, for undo.
func (s *Service) SetDeleted(ctx context.Context, tx *pg.Tx, viewID string, deleted bool, undoes string) error {
	who, _ := actor.From(ctx)
	v, err := load(tx, viewID, who)
	if err != nil {
		return err
	}
	if err := mayChange(v, who); err != nil {
		return err
	}
	return s.delete(ctx, tx, &v, deleted, undoes)
}
