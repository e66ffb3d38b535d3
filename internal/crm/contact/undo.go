package contact

import (
	"context"
	"fmt"

	"rapport/internal/crm/field"
	"rapport/internal/crm/tag"
	"rapport/internal/platform/pg"
)

// Current returns the fields of a contact as its events name them, for undo.
func (s *Service) Current(tx *pg.Tx, contactID string) (fields map[string]any, deleted bool, err error) {
	c, err := load(tx, contactID, true)
	if err != nil {
		return nil, false, err
	}
	fields = map[string]any{"name": c.Name, "title": c.Title, "phone": c.Phone, "status": c.Status, "owner_id": c.OwnerID,
		"company_id": c.CompanyID, "emails": inputs(c.Emails), "tags": tag.Names(c.Tags)}
	for key, v := range c.Fields {
		fields["fields."+key] = v
	}
	return fields, c.DeletedAt != nil, nil
}

// Revert sets fields back, as JSON by the names of the events.
func (s *Service) Revert(ctx context.Context, tx *pg.Tx, contactID string, fields map[string]any, undoes string) error {
	c, err := load(tx, contactID, true)
	if err != nil {
		return err
	}
	var p Patch
	if err := field.Unflatten(fields, &p); err != nil {
		return fmt.Errorf("read the former values: %w", err)
	}
	return s.apply(ctx, tx, &c, p, undoes)
}

// SetDeleted deletes or restores, for undo.
func (s *Service) SetDeleted(ctx context.Context, tx *pg.Tx, contactID string, deleted bool, undoes string) error {
	c, err := load(tx, contactID, true)
	if err != nil {
		return err
	}
	return s.setDeleted(ctx, tx, &c, deleted, undoes)
}
