package memory

import (
	"context"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/memories"
	return []op.Operation{
		op.New(op.Meta{Name: "memory.list", Method: "GET", Cached: op.Cached{Never: "What is remembered weighs less by the second."}, Path: path, Scope: "memory:read",
			Summary: "What agents remember, newest first, of one record or of all"}, s.list),
		op.New(op.Meta{Name: "memory.create", Method: "POST", Path: path, Scope: "memory:write", Status: 201,
			Summary: "Have agents remember something",
			Doc:     "Secrets are left out of it.",
			Example: map[string]any{"body": map[string]any{"kind": "preference", "entity": "contact", "entity_id": "{contact}", "body": "Wants prices in euros."}}}, s.create),
		op.New(op.Meta{Name: "memory.delete", Method: "DELETE", Path: path + "/{id}", Scope: "memory:delete", Status: 204, Entities: map[string]string{"id": "memory"},
			Summary: "Have agents forget something, for good"}, s.remove),
	}
}

// Listing is what the list of memories offers.
var Listing = list.Spec{
	Columns: columns,
	From:    from,
	ID:      "x.id",
	Fields: map[string]list.Field{
		"kind":       {SQL: "x.kind", Type: list.Text, Values: []string{"fact", "preference", "decision", "outcome", "lesson"}},
		"entity_id":  {SQL: "x.entity_id", Type: list.ID},
		"created_at": {SQL: "x.created_at", Type: list.Time},
	},
	Sorts:   map[string]list.Sort{"created_at": {SQL: "x.created_at", Type: list.Time}},
	Default: "-created_at",
}

type query struct {
	op.InWorkspace
	list.Query
	Kind     string `query:"kind" enum:"fact,preference,decision,outcome,lesson"`
	EntityID string `query:"entity_id" maxLength:"36" doc:"Only what is about this record."`
}

func (s *Service) list(ctx context.Context, q *query) (*op.Raw[op.List[Memory]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace())
		if q.Kind != "" {
			w.Add("x.kind = ?", q.Kind)
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
	return op.NewRaw[op.List[Memory]](body), err
}

type createInput struct {
	op.InWorkspace
	Body struct {
		Kind       Kind       `json:"kind" enum:"fact,preference,decision,outcome,lesson"`
		Entity     string     `json:"entity,omitempty" enum:"contact,company,thread"`
		EntityID   string     `json:"entity_id,omitempty" format:"uuid"`
		Body       string     `json:"body" minLength:"1" maxLength:"1000"`
		Importance *float64   `json:"importance,omitempty" minimum:"0" maximum:"1" doc:"0.5 unless said."`
		Confidence *float64   `json:"confidence,omitempty" minimum:"0" maximum:"1" doc:"1 unless said."`
		Quote      string     `json:"quote,omitempty" maxLength:"1000"`
		ExpiresAt  *time.Time `json:"expires_at,omitempty"`
	}
}

func (s *Service) create(ctx context.Context, in *createInput) (*op.Body[Memory], error) {
	b := in.Body
	m := Memory{Kind: b.Kind, Entity: op.Given(b.Entity), EntityID: op.Given(b.EntityID), Body: b.Body, Importance: 0.5, Confidence: 1,
		Quote: b.Quote, ExpiresAt: b.ExpiresAt}
	if b.Importance != nil {
		m.Importance = *b.Importance
	}
	if b.Confidence != nil {
		m.Confidence = *b.Confidence
	}
	err := s.db.Write(ctx, func(tx *pg.Tx) error { return s.Add(ctx, tx, &m) })
	return &op.Body[Memory]{Body: m}, err
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	return nil, s.db.Write(ctx, func(tx *pg.Tx) error {
		n, err := tx.Exec(`DELETE FROM agent_memories WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), in.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.Missing("memory")
		}
		return event.Record(ctx, tx, event.Happened{Entity: "memory", EntityID: in.ID, Kind: event.Deleted})
	})
}
