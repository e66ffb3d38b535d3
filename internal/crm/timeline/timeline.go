// Package timeline shows everything about a contact or company in one stream:
// mail that they wrote or got, what was noted, planned, said, and changed.
package timeline

import (
	"context"
	"slices"
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
	Kind      string           `json:"kind" enum:"message,event,note,task,call,meeting"`
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
	Record    *Record          `json:"record" doc:"The note, task, call or meeting itself."`
}

// Record is what can be read and changed from the stream; the fields are those
// of its kind.
type Record struct {
	Version         int64      `json:"version"`
	Entity          *string    `json:"entity,omitempty" doc:"What a note or task is about."`
	EntityID        *string    `json:"entity_id,omitempty"`
	Body            *string    `json:"body,omitempty"`
	HTML            *string    `json:"html,omitempty"`
	Pinned          *bool      `json:"pinned,omitempty"`
	Status          *string    `json:"status,omitempty" doc:"Of a task."`
	Priority        *string    `json:"priority,omitempty"`
	DueAt           *time.Time `json:"due_at,omitempty"`
	AssigneeID      *string    `json:"assignee_id,omitempty"`
	Outcome         *string    `json:"outcome,omitempty" doc:"Of a call or meeting."`
	DurationMinutes *int32     `json:"duration_minutes,omitempty"`
	Contacts        []Person   `json:"contacts,omitempty" doc:"Those who took part."`
}

// Person is a contact that took part.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
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
	Kind   string `query:"kind" enum:"message,event,note,task,activity" doc:"Only these; activities are calls and meetings."`
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "contact.timeline", Method: "GET", Cached: op.Cached{On: "contact=id company.name message thread note task activity content outgoing"}, Path: "/v1/workspaces/{workspace}/contacts/{id}/timeline", Scope: "contact:read",
			Entities: map[string]string{"id": "contact"}, Summary: "What happened with a contact, newest first"}, s.contact),
		op.New(op.Meta{Name: "company.timeline", Method: "GET", Cached: op.Cached{On: "company=id contact message thread note task activity content outgoing"}, Path: "/v1/workspaces/{workspace}/companies/{id}/timeline", Scope: "company:read",
			Entities: map[string]string{"id": "company"}, Summary: "What happened with a company and its people, newest first"}, s.company),
	}
}

func (s *Service) contact(ctx context.Context, q *Query) (*op.Raw[op.List[Entry]], error) {
	return s.page(ctx, q, "contacts", contactParts)
}

func (s *Service) company(ctx context.Context, q *Query) (*op.Raw[op.List[Entry]], error) {
	return s.page(ctx, q, "companies", companyParts)
}

// page reads one page of the parts that the actor may see. Each part is read
// from an index of its own, in order, no further than a page.
func (s *Service) page(ctx context.Context, q *Query, table string, parts []part) (*op.Raw[op.List[Entry]], error) {
	spec := list.Spec{
		Columns: "t.*",
		From:    "FROM (%s) t\n\tWHERE true",
		ID:      "t.id",
		Sorts:   map[string]list.Sort{"at": {SQL: "t.at", Type: list.Time}},
		Default: "-at",
	}
	var kinds []string // stand in the cursor, which is for these alone
	for _, p := range parts {
		if (q.Kind == "" || q.Kind == p.kind) && (p.scope == "" || op.Allowed(ctx, p.scope) == nil) {
			spec.Parts = append(spec.Parts, p.part)
			kinds = append(kinds, p.kind)
		}
	}
	if len(spec.Parts) == 0 { // a key for contacts alone that asks for mail
		spec.Parts = append(spec.Parts, parts[slices.IndexFunc(parts, func(p part) bool { return p.kind == "event" })].part)
		spec.From += " AND false"
	}
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		var known []int32
		pg.LaterColumn(tx, &known, `SELECT 1 FROM `+table+` WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), q.ID)
		w := list.NewWhere(tx.Workspace(), q.ID)
		w.Add("?::text[] IS NOT NULL", kinds)
		body, err = spec.Page(tx, list.Query{Limit: q.Limit, Cursor: q.Cursor}, w)
		if err == nil && len(known) == 0 {
			return problem.Missing("record")
		}
		return err
	})
	return op.NewRaw[op.List[Entry]](body), err
}
