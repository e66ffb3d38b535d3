// Package change shows what was changed and takes it back. Undo is a new
// change: field by field, refusing those that somebody has changed since.
package change

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// A Target is a kind of record whose changes can be taken back.
type Target interface {
	// Current locks the record and returns its fields as events name them.
	Current(tx *pg.Tx, id string) (fields map[string]any, deleted bool, err error)
	// Revert sets fields to former values and records that it undoes an event.
	Revert(ctx context.Context, tx *pg.Tx, id string, fields map[string]any, undoes string) error
	// SetDeleted deletes or restores, likewise.
	SetDeleted(ctx context.Context, tx *pg.Tx, id string, deleted bool, undoes string) error
}

// Service offers the log of changes, and undo.
type Service struct {
	db      *pg.DB
	targets map[string]Target
}

// New returns the service; targets are by entity.
func New(db *pg.DB, targets map[string]Target) *Service { return &Service{db: db, targets: targets} }

// Change is an event as people see it.
type Change struct {
	ID         string           `json:"id"`
	At         time.Time        `json:"at"`
	Actor      actor.Actor      `json:"actor"`
	Operation  string           `json:"operation"`
	Entity     string           `json:"entity"`
	EntityID   string           `json:"entity_id"`
	EntityName *string          `json:"entity_name" doc:"What the record is called now; null where it has no name."`
	Kind       event.Kind       `json:"kind" enum:"created,updated,deleted,restored"`
	Changes    map[string][]any `json:"changes" doc:"Each field with its value before and after."`
	BatchID    *string          `json:"batch_id"`
	RunID      *string          `json:"run_id"`
	Undoes     *string          `json:"undoes"`
	UndoneBy   *string          `json:"undone_by"`
	Reason     string           `json:"reason"`
}

var listing = list.Spec{
	Columns: `e.id, e.at, e.actor, e.operation, e.entity, e.entity_id,
	CASE e.entity
		WHEN 'contact' THEN (SELECT r.name FROM contacts r WHERE r.workspace_id = e.workspace_id AND r.id = e.entity_id)
		WHEN 'company' THEN (SELECT r.name FROM companies r WHERE r.workspace_id = e.workspace_id AND r.id = e.entity_id)
		WHEN 'thread' THEN (SELECT nullif(r.subject, '') FROM threads r WHERE r.workspace_id = e.workspace_id AND r.id = e.entity_id)
		WHEN 'import' THEN (SELECT r.filename FROM imports r WHERE r.workspace_id = e.workspace_id AND r.id = e.entity_id)
		WHEN 'task' THEN (SELECT r.title FROM tasks r WHERE r.workspace_id = e.workspace_id AND r.id = e.entity_id)
		WHEN 'activity' THEN (SELECT r.subject FROM activities r WHERE r.workspace_id = e.workspace_id AND r.id = e.entity_id)
		WHEN 'view' THEN (SELECT r.name FROM views r WHERE r.workspace_id = e.workspace_id AND r.id = e.entity_id)
		WHEN 'content' THEN (SELECT r.title FROM content_drafts r WHERE r.workspace_id = e.workspace_id AND r.id = e.entity_id)
		WHEN 'tag' THEN (SELECT r.name FROM tags r WHERE r.workspace_id = e.workspace_id AND r.id = e.entity_id)
	END AS entity_name, e.kind, e.changes, e.batch_id, e.run_id, e.undoes,
	(SELECT u.id FROM events u WHERE u.workspace_id = e.workspace_id AND u.undoes = e.id LIMIT 1) AS undone_by, e.reason`,
	From: "FROM events e\nWHERE e.workspace_id = $1",
	ID:   "e.id",
	Fields: map[string]list.Field{
		"entity":    {SQL: "e.entity", Type: list.Text},
		"operation": {SQL: "e.operation", Type: list.Text},
		"kind":      {SQL: "e.kind", Type: list.Text, Values: []string{"created", "updated", "deleted", "restored"}},
		"at":        {SQL: "e.at", Type: list.Time},
	},
	Sorts:   map[string]list.Sort{"at": {SQL: "e.id", Type: list.ID}},
	Default: "-at",
}

// Query asks for a page of changes.
type Query struct {
	op.InWorkspace
	list.Query
	Entity   string `query:"entity" maxLength:"50"`
	EntityID string `query:"entity_id" maxLength:"36"`
	BatchID  string `query:"batch_id" maxLength:"36"`
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/changes"
	return []op.Operation{
		op.New(op.Meta{Name: "change.list", Method: "GET", Cached: op.Cached{Never: "Every change is one more."}, Path: path, Scope: "change:read",
			Summary: "Who changed what, newest first"}, s.list),
		op.New(op.Meta{Name: "change.undo", Method: "POST", Path: path + "/{id}/undo", Scope: "change:write", Entities: map[string]string{"id": "event"},
			Summary: "Take one change back", Doc: "Fields that somebody has changed since are left and listed as conflicts."}, s.undo),
		op.New(op.Meta{Name: "change.undo_batch", Method: "POST", Path: path + "/undo", Scope: "change:write",
			Summary: "Take all changes of a batch back", Doc: "Up to 500 changes a call, the newest first; the answer says where the next goes on.", Example: map[string]any{"body": map[string]any{"batch_id": "{batch}"}}}, s.undoBatch),
	}
}

func (s *Service) list(ctx context.Context, q *Query) (*op.Raw[op.List[Change]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace())
		// In one order always: the cursor stands for the conditions as they come.
		for _, c := range []struct{ column, is string }{{"e.entity_id", q.EntityID}, {"e.batch_id", q.BatchID}} {
			switch {
			case c.is == "":
			case id.Valid(c.is):
				w.Add(c.column+" = ?::uuid", c.is)
			default:
				w.Add("false")
			}
		}
		if q.Entity != "" {
			w.Add("e.entity = ?", q.Entity)
		}
		body, err = listing.Page(tx, q.Query, w)
		return err
	})
	return op.NewRaw[op.List[Change]](body), err
}

// Undone says what was taken back and what was not.
type Undone struct {
	Undone    []Reverted `json:"undone"`
	Conflicts []Conflict `json:"conflicts"`
	Before    *string    `json:"before" doc:"There is more of the batch than one call takes back: call again with this as before."`
}

// Reverted is a record whose fields are as they were.
type Reverted struct {
	Entity   string   `json:"entity"`
	EntityID string   `json:"entity_id"`
	Fields   []string `json:"fields" doc:"Empty if the record as a whole was deleted or restored."`
}

// Conflict is a field that was changed after the change to undo.
type Conflict struct {
	Entity   string `json:"entity"`
	EntityID string `json:"entity_id"`
	Field    string `json:"field"`
	Expected any    `json:"expected" doc:"What the change had made of it."`
	Actual   any    `json:"actual" doc:"What it is now, and stays."`
}

var errOver = problem.New(problem.Conflict, "not_undoable", "This change was undone before, or is of a kind that cannot be undone.")

func (s *Service) undo(ctx context.Context, in *op.ByID) (*op.Body[Undone], error) {
	return s.reverse(ctx, "e.id = $2 AND $3 = ''", in.ID, "", problem.Missing("change"))
}

type batchInput struct {
	op.InWorkspace
	Body struct {
		BatchID string `json:"batch_id" format:"uuid"`
		Before  string `json:"before,omitempty" format:"uuid" doc:"Only what happened before this change, as an answer said."`
	}
}

func (s *Service) undoBatch(ctx context.Context, in *batchInput) (*op.Body[Undone], error) {
	return s.reverse(ctx, "e.batch_id = $2 AND ($3 = '' OR e.id < nullif($3, '')::uuid)", in.Body.BatchID, in.Body.Before, problem.Missing("batch"))
}

// UndoRuns takes back what runs of agents changed, newest first, of all of them
// together. before is what an earlier answer said, "" at first.
func (s *Service) UndoRuns(ctx context.Context, runs []string, before string) (*op.Body[Undone], error) {
	return s.reverse(ctx, "e.run_id = ANY ($2::uuid[]) AND e.undoes IS NULL AND ($3 = '' OR e.id < nullif($3, '')::uuid)", runs, before, errOver)
}

// maxBatch bounds what one transaction takes back.
const maxBatch = 500

// reverse takes back the events that a condition finds, newest first.
func (s *Service) reverse(ctx context.Context, condition string, arg any, before string, none error) (*op.Body[Undone], error) {
	out := Undone{Undone: []Reverted{}, Conflicts: []Conflict{}}
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		events, err := pg.All[Change](tx, fmt.Sprintf(`SELECT %s FROM events e WHERE e.workspace_id = $1 AND %s ORDER BY e.id DESC LIMIT %d`,
			listing.Columns, condition, maxBatch+1), tx.Workspace(), arg, before)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return none
		}
		if len(events) > maxBatch {
			events = events[:maxBatch]
			last := events[maxBatch-1].ID
			out.Before = &last
		}
		events = slices.DeleteFunc(events, func(c Change) bool { return c.UndoneBy != nil || s.targets[c.Entity] == nil })
		if len(events) == 0 && out.Before == nil && before == "" {
			return errOver
		}
		inOrder(events)
		for _, e := range events {
			if err := s.one(ctx, tx, e, &out); err != nil {
				return err
			}
		}
		return nil
	})
	return &op.Body[Undone]{Body: out}, err
}

// inOrder sorts what happened to records of one kind in a row by the record, and
// for each leaves it newest first: in this order everybody locks them.
func inOrder(events []Change) {
	for len(events) > 0 {
		n := slices.IndexFunc(events, func(c Change) bool { return c.Entity != events[0].Entity })
		if n < 0 {
			n = len(events)
		}
		slices.SortStableFunc(events[:n], func(a, b Change) int { return strings.Compare(a.EntityID, b.EntityID) })
		events = events[n:]
	}
}

// allowed lets nobody do by undoing what they may not do: whatever makes a
// record come or go asks for the right to delete.
func allowed(ctx context.Context, e Change) error {
	verb := ":delete"
	if e.Kind == event.Updated {
		verb = ":write"
	}
	return op.Allowed(ctx, e.Entity+verb)
}

func (s *Service) one(ctx context.Context, tx *pg.Tx, e Change, out *Undone) error {
	target := s.targets[e.Entity]
	if err := allowed(ctx, e); err != nil {
		return err
	}
	fields, deleted, err := target.Current(tx, e.EntityID)
	if err != nil {
		return err
	}
	if e.Kind != event.Updated {
		back := e.Kind != event.Deleted // what was made or restored is deleted
		if deleted == back {
			return nil
		}
		if err := target.SetDeleted(ctx, tx, e.EntityID, back, e.ID); err != nil {
			return err
		}
		out.Undone = append(out.Undone, Reverted{Entity: e.Entity, EntityID: e.EntityID, Fields: []string{}})
		return nil
	}
	former := map[string]any{}
	for name, pair := range e.Changes {
		_, known := fields[name] // an empty custom field is not there
		known = known || strings.HasPrefix(name, "fields.")
		if deleted || !known || !same(fields[name], pair[1]) {
			out.Conflicts = append(out.Conflicts, Conflict{Entity: e.Entity, EntityID: e.EntityID, Field: name, Expected: pair[1], Actual: fields[name]})
			continue
		}
		former[name] = pair[0]
	}
	if len(former) == 0 {
		return nil
	}
	if err := target.Revert(ctx, tx, e.EntityID, former, e.ID); err != nil {
		return err
	}
	names := make([]string, 0, len(former))
	for name := range former {
		names = append(names, name)
	}
	slices.Sort(names)
	out.Undone = append(out.Undone, Reverted{Entity: e.Entity, EntityID: e.EntityID, Fields: names})
	return nil
}

// same compares a value with one that went through JSON.
func same(current, stored any) bool {
	b, err := json.Marshal(current)
	if err != nil {
		return false
	}
	var plain any
	return json.Unmarshal(b, &plain) == nil && reflect.DeepEqual(plain, stored)
}
