// Package timeline shows everything about a contact or company in one stream:
// mail that they wrote or got, and what was changed.
package timeline

import (
	"context"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Entry is one thing in the stream.
type Entry struct {
	ID        string           `json:"id"`
	At        time.Time        `json:"at"`
	Kind      string           `json:"kind" enum:"message,event"`
	Title     string           `json:"title"`
	Summary   string           `json:"summary"`
	Actor     actor.Actor      `json:"actor" doc:"Who did it; the sender of a message is of kind mail."`
	ThreadID  *string          `json:"thread_id"`
	Direction *string          `json:"direction"`
	Operation *string          `json:"operation"`
	Change    *string          `json:"change" doc:"created, updated, deleted or restored."`
	Changes   map[string][]any `json:"changes" doc:"Each field with its value before and after."`
	BatchID   *string          `json:"batch_id"`
	Undone    bool             `json:"undone"`
}

// Service offers timelines.
type Service struct{ db *pg.DB }

// New returns the service over db.
func New(db *pg.DB) *Service { return &Service{db: db} }

// Query asks for a page of a timeline.
type Query struct {
	op.ByID
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"2000"`
	Kind   string `query:"kind" enum:"message,event" doc:"Only these."`
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "contact.timeline", Method: "GET", Path: "/v1/workspaces/{workspace}/contacts/{id}/timeline", Scope: "contact:read",
			Entities: map[string]string{"id": "contact"}, Summary: "What happened with a contact, newest first"}, s.contact),
		op.New(op.Meta{Name: "company.timeline", Method: "GET", Path: "/v1/workspaces/{workspace}/companies/{id}/timeline", Scope: "company:read",
			Entities: map[string]string{"id": "company"}, Summary: "What happened with a company, newest first"}, s.company),
	}
}

const messageColumns = `m.id, m.sent_at AS at, 'message' AS kind, m.subject AS title, left(m.body, 200) AS summary,
		jsonb_build_object('kind', 'mail', 'name', coalesce(nullif(m.from_name, ''), m.from_address)) AS actor,
		m.thread_id, m.direction, NULL::text AS operation, NULL::text AS change, NULL::jsonb AS changes, NULL::uuid AS batch_id, false AS undone`

const eventColumns = `e.id, e.at, 'event' AS kind, e.operation AS title, '' AS summary, e.actor,
		NULL::uuid AS thread_id, NULL::text AS direction, e.operation, e.kind AS change, e.changes, e.batch_id,
		EXISTS (SELECT 1 FROM events u WHERE u.workspace_id = e.workspace_id AND u.undoes = e.id) AS undone`

func (s *Service) contact(ctx context.Context, q *Query) (*op.Raw[op.List[Entry]], error) {
	return s.page(ctx, q, "contacts", `
		SELECT `+messageColumns+` FROM messages m
		WHERE m.workspace_id = $1 AND m.id IN (SELECT a.message_id FROM message_addresses a WHERE a.workspace_id = $1 AND a.contact_id = $2)`)
}

func (s *Service) company(ctx context.Context, q *Query) (*op.Raw[op.List[Entry]], error) {
	return s.page(ctx, q, "companies", `
		SELECT `+messageColumns+` FROM messages m
		WHERE m.workspace_id = $1 AND m.contact_id IN (SELECT c.id FROM contacts c WHERE c.workspace_id = $1 AND c.company_id = $2)`)
}

func (s *Service) page(ctx context.Context, q *Query, table, messages string) (*op.Raw[op.List[Entry]], error) {
	spec := list.Spec{
		Columns: "t.*",
		From: `FROM (` + messages + `
		UNION ALL
		SELECT ` + eventColumns + ` FROM events e WHERE e.workspace_id = $1 AND e.entity_id = $2) t
	WHERE true`,
		ID:      "t.id",
		Sorts:   map[string]list.Sort{"at": {SQL: "t.at", Type: list.Time}},
		Default: "-at",
	}
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		var known []int32
		pg.LaterColumn(tx, &known, `SELECT 1 FROM `+table+` WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), q.ID)
		w := list.NewWhere(tx.Workspace(), q.ID)
		if q.Kind != "" {
			w.Add("t.kind = ?", q.Kind)
		}
		if op.Allowed(ctx, "thread:read") != nil { // a key for contacts alone reads no mail
			w.Add("t.kind <> 'message'")
		}
		body, err = spec.Page(tx, list.Query{Limit: q.Limit, Cursor: q.Cursor}, w)
		if err == nil && len(known) == 0 {
			return problem.Missing("record")
		}
		return err
	})
	return op.NewRaw[op.List[Entry]](body), err
}
