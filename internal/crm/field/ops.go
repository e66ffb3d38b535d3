package field

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Service offers custom fields as operations.
type Service struct{ db *pg.DB }

// New returns the service over db.
func New(db *pg.DB) *Service { return &Service{db: db} }

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/custom-fields"
	entities := map[string]string{"id": "custom_field"}
	body := map[string]any{"entity": "contact", "key": "shoe_size", "label": "Shoe size", "type": "number"}
	return []op.Operation{
		op.New(op.Meta{Name: "custom_field.list", Method: "GET", Cached: op.Cached{On: "custom_field", Shared: true}, Path: path, Scope: "custom_field:read",
			Summary: "List the fields that the workspace added"}, s.list),
		op.New(op.Meta{Name: "custom_field.create", Method: "POST", Path: path, Scope: "custom_field:write", Status: 201,
			Summary: "Add a field to contacts or companies", Example: map[string]any{"body": body}}, s.create),
		op.New(op.Meta{Name: "custom_field.update", Method: "PATCH", Path: path + "/{id}", Scope: "custom_field:write", Entities: entities,
			Summary: "Change a field; its type stays", Example: map[string]any{"If-Match": `"1"`, "body": map[string]any{"label": "Size of shoes"}}}, s.update),
		op.New(op.Meta{Name: "custom_field.delete", Method: "DELETE", Path: path + "/{id}", Scope: "custom_field:delete", Status: 204, Entities: entities,
			Summary: "Remove a field with all its values"}, s.remove),
	}
}

func (s *Service) list(ctx context.Context, _ *op.InWorkspace) (*op.Body[op.List[Definition]], error) {
	var out []Definition
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.All[Definition](tx, `SELECT `+columns+` FROM custom_field_definitions WHERE workspace_id = $1 ORDER BY entity, label, id`, tx.Workspace())
		return err
	})
	return op.Listed(out), err
}

type newField struct {
	op.InWorkspace
	Body struct {
		Entity   string   `json:"entity" enum:"contact,company"`
		Key      string   `json:"key" pattern:"^[a-z][a-z0-9_]{0,62}$"`
		Label    string   `json:"label" minLength:"1" maxLength:"100"`
		Type     string   `json:"type" enum:"text,number,bool,date,select,multi"`
		Options  []string `json:"options,omitempty"`
		Required bool     `json:"required,omitempty"`
	}
}

const maxFields = 200

func (s *Service) create(ctx context.Context, in *newField) (out *op.Record[Definition], err error) {
	b := in.Body
	d := Definition{ID: id.New(), Entity: b.Entity, Key: b.Key, Label: b.Label, Type: b.Type, Options: b.Options, Required: b.Required, Version: 1}
	if d.Options == nil {
		d.Options = []string{}
	}
	if err := d.validate(); err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		n, err := pg.Value[int64](tx, `SELECT count(*) FROM custom_field_definitions WHERE workspace_id = $1`, tx.Workspace())
		if err != nil {
			return err
		}
		if n >= maxFields {
			return problem.Newf(problem.Conflict, "in_use", "A workspace has at most %d custom fields.", maxFields)
		}
		d, err = pg.One[Definition](tx, `
			INSERT INTO custom_field_definitions (workspace_id, id, entity, key, label, type, options, required)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING `+columns,
			tx.Workspace(), d.ID, d.Entity, d.Key, d.Label, d.Type, d.Options, d.Required)
		if err != nil {
			return err
		}
		out = op.NewRecord(d, d.Version)
		return event.Record(ctx, tx, event.Happened{Entity: "custom_field", EntityID: d.ID, Kind: event.Created})
	})
	if pg.Violates(err, "custom_field_definitions_key") {
		return nil, &problem.Error{Kind: problem.Conflict, Code: "duplicate", Detail: "There is a field with this key already.",
			Fields: []problem.Field{{Pointer: "/key", Code: "duplicate", Message: "Choose another key."}}}
	}
	return out, err
}

type patch struct {
	op.Versioned
	Body struct {
		Label    string    `json:"label,omitempty" minLength:"1" maxLength:"100"`
		Options  *[]string `json:"options,omitempty"`
		Required *bool     `json:"required,omitempty"`
	}
}

func (s *Service) update(ctx context.Context, in *patch) (out *op.Record[Definition], err error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		d, err := lock(tx, in.ID)
		if err != nil {
			return err
		}
		if d.Version != version {
			return op.Stale(d.Version)
		}
		changes := event.Changes{}
		if err := in.apply(tx, &d, changes); err != nil {
			return err
		}
		d.Version++
		tx.Queue(`UPDATE custom_field_definitions SET label = $3, options = $4, required = $5, version = $6 WHERE workspace_id = $1 AND id = $2`,
			tx.Workspace(), d.ID, d.Label, d.Options, d.Required, d.Version)
		out = op.NewRecord(d, d.Version)
		return event.Record(ctx, tx, event.Happened{Entity: "custom_field", EntityID: d.ID, Kind: event.Updated, Changes: changes})
	})
	return out, err
}

func (in *patch) apply(tx *pg.Tx, d *Definition, changes event.Changes) error {
	before := *d
	if in.Body.Label != "" {
		d.Label = in.Body.Label
	}
	if in.Body.Required != nil {
		d.Required = *in.Body.Required
	}
	if in.Body.Options != nil {
		d.Options = *in.Body.Options
		used, err := pg.Column[string](tx, `SELECT DISTINCT text_value FROM field_values WHERE workspace_id = $1 AND field_id = $2 AND text_value <> ALL ($3)`,
			tx.Workspace(), d.ID, d.Options)
		if err != nil {
			return err
		}
		if len(used) > 0 {
			slices.Sort(used)
			return problem.Newf(problem.Conflict, "in_use", "%d options that records use would be lost; change those records first.", len(used))
		}
	}
	changes.Set("label", before.Label, d.Label)
	changes.Set("required", before.Required, d.Required)
	changes.Set("options", before.Options, d.Options)
	return d.validate()
}

func lock(tx *pg.Tx, fid string) (Definition, error) {
	d, err := pg.One[Definition](tx, `SELECT `+columns+` FROM custom_field_definitions WHERE workspace_id = $1 AND id = $2 FOR UPDATE`, tx.Workspace(), fid)
	if err == pg.ErrNone {
		err = problem.Missing("custom field")
	}
	return d, err
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	return nil, s.db.Write(ctx, func(tx *pg.Tx) error {
		d, err := lock(tx, in.ID)
		if err != nil {
			return err
		}
		tx.Queue(`DELETE FROM custom_field_definitions WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), d.ID)
		return event.Record(ctx, tx, event.Happened{Entity: "custom_field", EntityID: d.ID, Kind: event.Deleted,
			Changes: event.Changes{"key": {d.Key, nil}, "label": {d.Label, nil}, "type": {d.Type, nil}}})
	})
}

// Column is the custom fields of a list's records, by key, as a column called
// fields. idColumn is the record's id in the list.
func Column(idColumn string) string {
	return `(SELECT coalesce(jsonb_object_agg(k.key, k.value), '{}') FROM (
		SELECT d.key, CASE d.type WHEN 'multi' THEN jsonb_agg(v.text_value ORDER BY v.position)
			ELSE jsonb_agg(coalesce(to_jsonb(v.text_value), to_jsonb(v.number_value), to_jsonb(v.bool_value), to_jsonb(v.date_value))) -> 0 END AS value
		FROM field_values v JOIN custom_field_definitions d ON d.workspace_id = v.workspace_id AND d.id = v.field_id
		WHERE v.workspace_id = $1 AND v.entity_id = ` + idColumn + `
		GROUP BY d.key, d.type) k) AS fields`
}

// Filters finds the custom fields of a kind of record for a list's filter:
// they are named field.<key>. idColumn is the record's id in the list.
func Filters(tx *pg.Tx, entity, idColumn string) (func(name string) (list.Field, bool), error) {
	read := DefinitionsLater(tx, entity)
	if err := tx.Flush(); err != nil {
		return nil, err
	}
	defs := read.byKey()
	return func(name string) (list.Field, bool) {
		key, ok := strings.CutPrefix(name, "field.")
		d, known := defs[key]
		if !ok || !known {
			return list.Field{}, false
		}
		if d.Type == "multi" {
			return list.Field{Type: list.Lookup, Values: d.Options, SQL: fmt.Sprintf(
				`EXISTS (SELECT 1 FROM field_values v WHERE v.workspace_id = $1 AND v.field_id = '%s' AND v.entity_id = %s AND v.text_value = ?)`, d.ID, idColumn)}, true
		}
		column := map[string]string{"text": "text_value", "select": "text_value", "number": "number_value", "bool": "bool_value", "date": "date_value"}[d.Type]
		kind := map[string]list.Type{"text": list.Text, "select": list.Text, "number": list.Float, "bool": list.Bool, "date": list.Date}[d.Type]
		return list.Field{Type: kind, Values: d.Options, SQL: "v." + column, Within: fmt.Sprintf(
			`%s IN (SELECT v.entity_id FROM field_values v WHERE v.workspace_id = $1 AND v.field_id = '%s' AND %%s)`, idColumn, d.ID)}, true
	}, nil
}
