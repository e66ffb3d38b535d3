// Package tag keeps labels on records.
package tag

import (
	"context"
	"slices"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Tag is a label.
type Tag struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Color     string    `json:"color" enum:"grey,blue,green,amber,red,violet,teal,magenta"`
	Uses      int64     `json:"uses" doc:"How many records carry it."`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
}

// Mark is a tag as a record shows it.
type Mark struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

// Later queues the read of a record's tags into dst, which is never nil then.
func Later(tx *pg.Tx, dst *[]Mark, entityID string) {
	pg.Later(tx, dst, `
		SELECT t.id::text, t.name, t.color FROM taggings g JOIN tags t ON t.workspace_id = g.workspace_id AND t.id = g.tag_id
		WHERE g.workspace_id = $1 AND g.entity_id = $2 ORDER BY t.name_key`, tx.Workspace(), entityID)
}

// Of are the tags of some records.
type Of struct{ rows []markOf }

type markOf struct {
	EntityID string
	Mark
}

// OfLater queues the read of the tags of some records, for the next Flush.
func OfLater(tx *pg.Tx, entityIDs []string) *Of {
	o := &Of{}
	pg.Later(tx, &o.rows, `
		SELECT g.entity_id::text, t.id::text, t.name, t.color FROM taggings g JOIN tags t ON t.workspace_id = g.workspace_id AND t.id = g.tag_id
		WHERE g.workspace_id = $1 AND g.entity_id = ANY ($2::uuid[]) ORDER BY t.name_key`, tx.Workspace(), entityIDs)
	return o
}

// Marks are the tags of each record by its id.
func (o *Of) Marks() map[string][]Mark {
	out := map[string][]Mark{}
	for _, r := range o.rows {
		out[r.EntityID] = append(out[r.EntityID], r.Mark)
	}
	return out
}

// Altered are the names of marks with some more and some fewer; what is both
// added and removed is added.
func Altered(marks []Mark, add, remove []string) []string {
	has := func(names []string, name string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(strings.TrimSpace(n), name) })
	}
	out := slices.DeleteFunc(namesOf(marks), func(n string) bool { return has(remove, n) })
	for _, n := range add {
		if !has(out, strings.TrimSpace(n)) {
			out = append(out, n)
		}
	}
	return out
}

// CheckNames reports names that no tag can have.
func CheckNames(names ...string) error {
	_, err := clean(names)
	return err
}

// Condition is a list's filter by tag: it takes the name of a tag.
func Condition(idColumn string) string {
	return `EXISTS (SELECT 1 FROM taggings g JOIN tags t ON t.workspace_id = g.workspace_id AND t.id = g.tag_id
			WHERE g.workspace_id = $1 AND g.entity_id = ` + idColumn + ` AND t.name_key = ?)`
}

const (
	maxPerRecord = 50
	maxName      = 100
)

// Set queues that names become the tags of a record, which has those of before
// until then. Tags that are new to the workspace are made.
func Set(tx *pg.Tx, entity, entityID string, before []Mark, names []string) (event.Changes, error) {
	wanted, err := clean(names)
	if err != nil {
		return nil, err
	}
	changes := event.Changes{}
	changes.Set("tags", namesOf(before), sortedFold(wanted))
	if len(changes) == 0 {
		return nil, nil
	}
	ids := make([]string, len(wanted))
	lower := make([]string, len(wanted))
	for i := range wanted {
		ids[i], lower[i] = id.New(), strings.ToLower(wanted[i])
	}
	tx.Queue(`INSERT INTO tags (workspace_id, id, name) SELECT $1, i, n FROM unnest($2::uuid[], $3::text[]) AS t (i, n) ON CONFLICT DO NOTHING`, tx.Workspace(), ids, wanted)
	tx.Queue(`
		DELETE FROM taggings WHERE workspace_id = $1 AND entity_id = $2
		AND tag_id NOT IN (SELECT id FROM tags WHERE workspace_id = $1 AND name_key = ANY ($3))`, tx.Workspace(), entityID, lower)
	tx.Queue(`
		INSERT INTO taggings (workspace_id, tag_id, entity, entity_id)
		SELECT $1, id, $2, $3 FROM tags WHERE workspace_id = $1 AND name_key = ANY ($4) ON CONFLICT DO NOTHING`, tx.Workspace(), entity, entityID, lower)
	return changes, nil
}

func clean(names []string) ([]string, error) {
	var f problem.Fields
	out, seen := []string{}, map[string]bool{}
	for _, n := range names {
		n = strings.TrimSpace(n)
		f.Check(n != "" && len(n) <= maxName && !strings.ContainsRune(n, 0), "/tags", "length", "A tag has 1 to 100 characters.")
		if key := strings.ToLower(n); !seen[key] {
			seen[key] = true
			out = append(out, n)
		}
	}
	f.Check(len(out) <= maxPerRecord, "/tags", "length", "A record carries at most 50 tags.")
	return out, f.Err()
}

func namesOf(marks []Mark) []string {
	out := make([]string, len(marks))
	for i, m := range marks {
		out[i] = m.Name
	}
	return sortedFold(out)
}

func sortedFold(names []string) []string {
	out := slices.Clone(names)
	slices.SortFunc(out, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return out
}

// Service offers tags as operations.
type Service struct{ db *pg.DB }

// New returns the service over db.
func New(db *pg.DB) *Service { return &Service{db: db} }

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/tags"
	entities := map[string]string{"id": "tag"}
	return []op.Operation{
		op.New(op.Meta{Name: "tag.list", Method: "GET", Cached: op.Cached{On: "tag contact+tags company+tags", Shared: true}, Path: path, Scope: "tag:read", Summary: "List tags with their uses"}, s.list),
		op.New(op.Meta{Name: "tag.create", Method: "POST", Path: path, Scope: "tag:write", Status: 201,
			Summary: "Make a tag", Example: map[string]any{"body": map[string]any{"name": "Partner", "color": "teal"}}}, s.create),
		op.New(op.Meta{Name: "tag.update", Method: "PATCH", Path: path + "/{id}", Scope: "tag:write", Entities: entities,
			Summary: "Rename or recolour a tag", Example: map[string]any{"If-Match": `"1"`, "body": map[string]any{"color": "amber"}}}, s.update),
		op.New(op.Meta{Name: "tag.delete", Method: "DELETE", Path: path + "/{id}", Scope: "tag:delete", Status: 204, Entities: entities,
			Summary: "Remove a tag from everything"}, s.remove),
	}
}

const columns = `id::text, name, color, version, created_at`

func (s *Service) list(ctx context.Context, _ *op.InWorkspace) (*op.Body[op.List[Tag]], error) {
	var out []Tag
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.All[Tag](tx, `
			SELECT id::text, name, color, version, created_at, (SELECT count(*) FROM taggings g WHERE g.workspace_id = $1 AND g.tag_id = tags.id) AS uses
			FROM tags WHERE workspace_id = $1 ORDER BY name_key`, tx.Workspace())
		return err
	})
	return op.Listed(out), err
}

type newTag struct {
	op.InWorkspace
	Body struct {
		Name  string `json:"name" minLength:"1" maxLength:"100"`
		Color string `json:"color,omitempty" enum:"grey,blue,green,amber,red,violet,teal,magenta" default:"grey"`
	}
}

func (s *Service) create(ctx context.Context, in *newTag) (out *op.Record[Tag], err error) {
	names, err := clean([]string{in.Body.Name})
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		t, err := pg.One[Tag](tx, `INSERT INTO tags (workspace_id, id, name, color) VALUES ($1, $2, $3, $4) RETURNING `+columns,
			tx.Workspace(), id.New(), names[0], in.Body.Color)
		if err != nil {
			return err
		}
		out = op.NewRecord(t, t.Version)
		return event.Record(ctx, tx, event.Happened{Entity: "tag", EntityID: t.ID, Kind: event.Created})
	})
	return out, taken(err)
}

func taken(err error) error {
	if pg.Violates(err, "tags_name_key") {
		return &problem.Error{Kind: problem.Conflict, Code: "duplicate", Detail: "There is a tag of this name already.",
			Fields: []problem.Field{{Pointer: "/name", Code: "duplicate", Message: "Choose another name."}}}
	}
	return err
}

type patch struct {
	op.Versioned
	Body struct {
		Name  string `json:"name,omitempty" minLength:"1" maxLength:"100"`
		Color string `json:"color,omitempty" enum:"grey,blue,green,amber,red,violet,teal,magenta"`
	}
}

func (s *Service) update(ctx context.Context, in *patch) (out *op.Record[Tag], err error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		t, err := lock(tx, in.ID)
		if err != nil {
			return err
		}
		if t.Version != version {
			return op.Stale(t.Version)
		}
		before := t
		if in.Body.Name != "" {
			names, err := clean([]string{in.Body.Name})
			if err != nil {
				return err
			}
			t.Name = names[0]
		}
		if in.Body.Color != "" {
			t.Color = in.Body.Color
		}
		t.Version++
		tx.Queue(`UPDATE tags SET name = $3, color = $4, version = $5 WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), t.ID, t.Name, t.Color, t.Version)
		changes := event.Changes{}
		changes.Set("name", before.Name, t.Name)
		changes.Set("color", before.Color, t.Color)
		out = op.NewRecord(t, t.Version)
		return event.Record(ctx, tx, event.Happened{Entity: "tag", EntityID: t.ID, Kind: event.Updated, Changes: changes})
	})
	return out, taken(err)
}

func lock(tx *pg.Tx, tagID string) (Tag, error) {
	t, err := pg.One[Tag](tx, `SELECT `+columns+` FROM tags WHERE workspace_id = $1 AND id = $2 FOR UPDATE`, tx.Workspace(), tagID)
	if err == pg.ErrNone {
		err = problem.Missing("tag")
	}
	return t, err
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	return nil, s.db.Write(ctx, func(tx *pg.Tx) error {
		t, err := lock(tx, in.ID)
		if err != nil {
			return err
		}
		tx.Queue(`DELETE FROM tags WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), t.ID)
		return event.Record(ctx, tx, event.Happened{Entity: "tag", EntityID: t.ID, Kind: event.Deleted, Changes: event.Changes{"name": {t.Name, nil}, "color": {t.Color, nil}}})
	})
}

// Names returns the names of tags in the order that events have them.
func Names(marks []Mark) []string { return namesOf(marks) }
