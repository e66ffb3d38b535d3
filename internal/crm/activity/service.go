package activity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/contact"
	"rapport/internal/crm/event"
	"rapport/internal/crm/field"
	"rapport/internal/crm/lead"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/markdown"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Service keeps activities.
type Service struct {
	db    *pg.DB
	queue *queue.Queue
	now   func() time.Time
}

// New returns the service over db; people who took part are scored anew by
// jobs in q.
func New(db *pg.DB, q *queue.Queue, now func() time.Time) *Service {
	return &Service{db: db, queue: q, now: now}
}

type createInput struct {
	op.InWorkspace
	Body struct {
		Kind            string    `json:"kind" enum:"call,meeting"`
		ContactIDs      []string  `json:"contact_ids,omitempty" maxItems:"50" doc:"Those who took part."`
		CompanyID       string    `json:"company_id,omitempty" format:"uuid" doc:"That of the first contact, unless said."`
		Subject         string    `json:"subject" minLength:"1" maxLength:"300"`
		Body            string    `json:"body,omitempty" maxLength:"50000" doc:"Markdown."`
		At              time.Time `json:"at" doc:"When it was."`
		DurationMinutes *int32    `json:"duration_minutes,omitempty" minimum:"0" maximum:"10080"`
		Outcome         string    `json:"outcome,omitempty" maxLength:"300"`
	}
}

func (s *Service) create(ctx context.Context, in *createInput) (*op.Record[Activity], error) {
	b := in.Body
	who, _ := actor.From(ctx)
	a := Activity{ID: id.New(), Kind: b.Kind, Subject: strings.TrimSpace(b.Subject), Body: b.Body, HTML: markdown.HTML(b.Body), At: b.At.UTC(),
		DurationMinutes: b.DurationMinutes, Outcome: strings.TrimSpace(b.Outcome), CompanyID: op.Given(b.CompanyID), Contacts: named(b.ContactIDs),
		Author: Author{op.Given(who.UserID), who.Name}, CreatedAt: s.now().UTC(), Version: 1}
	a.UpdatedAt = a.CreatedAt
	if err := a.check(s.now()); err != nil {
		return nil, err
	}
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		if err := resolve(tx, &a); err != nil {
			return err
		}
		insert(tx, a)
		if err := event.Record(ctx, tx, event.Happened{Entity: "activity", EntityID: a.ID, Kind: event.Created}); err != nil {
			return err
		}
		return s.touch(ctx, tx, a)
	})
	return op.NewRecord(a, a.Version), err
}

func named(ids []string) []Participant {
	out := []Participant{}
	seen := map[string]bool{}
	for _, contactID := range ids {
		if !seen[contactID] {
			seen[contactID] = true
			out = append(out, Participant{ID: contactID})
		}
	}
	return out
}

type personRow struct{ ID, Name, CompanyID, CompanyName string }

// resolve checks whom and what an activity names, and completes the names and
// the company.
func resolve(tx *pg.Tx, a *Activity) error {
	var people []personRow
	var companies []string
	valid := []string{}
	for _, c := range a.Contacts {
		if id.Valid(c.ID) {
			valid = append(valid, c.ID)
		}
	}
	pg.Later(tx, &people, `
		SELECT c.id, c.name, coalesce(co.id::text, '') AS company_id, coalesce(co.name, '') AS company_name
		FROM contacts c LEFT JOIN companies co ON co.workspace_id = c.workspace_id AND co.id = c.company_id AND co.deleted_at IS NULL
		WHERE c.workspace_id = $1 AND c.id = ANY ($2::uuid[]) AND c.deleted_at IS NULL`, tx.Workspace(), valid)
	if a.CompanyID != nil {
		pg.LaterColumn(tx, &companies, `SELECT name FROM companies WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL`, tx.Workspace(), *a.CompanyID)
	}
	if err := tx.Flush(); err != nil {
		return err
	}
	var f problem.Fields
	f.Check(len(people) == len(a.Contacts), "/contact_ids", "not_allowed", "One of these contacts is not in this workspace.")
	f.Check(a.CompanyID == nil || len(companies) == 1, "/company_id", "not_allowed", "There is no such company in this workspace.")
	if err := f.Err(); err != nil {
		return err
	}
	if len(companies) == 1 {
		a.CompanyName = &companies[0]
	}
	a.complete(people)
	return nil
}

func (a *Activity) complete(people []personRow) {
	byID := map[string]personRow{}
	for _, p := range people {
		byID[p.ID] = p
	}
	for i := range a.Contacts {
		p := byID[a.Contacts[i].ID]
		a.Contacts[i].Name = p.Name
		if i == 0 && a.CompanyID == nil && p.CompanyID != "" {
			a.CompanyID, a.CompanyName = &p.CompanyID, &p.CompanyName
		}
	}
}

// touch raises when those who took part were last spoken to, and has them
// scored anew.
func (s *Service) touch(ctx context.Context, tx *pg.Tx, a Activity) error {
	touched := map[string]time.Time{}
	for _, c := range a.Contacts {
		touched[c.ID] = a.At
	}
	contact.Touch(tx, touched)
	return s.queue.Add(ctx, tx, lead.Jobs(tx.Workspace(), a.ids())...)
}

func (s *Service) get(ctx context.Context, in *op.ByID) (*op.Record[Activity], error) {
	var rows []Activity
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		rows, err = pg.All[Activity](tx, `SELECT `+columns+` `+from+` AND x.id = $2`, tx.Workspace(), in.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, problem.Missing("activity")
	}
	return op.NewRecord(rows[0], rows[0].Version), nil
}

// Patch is a change of some fields; null clears one.
type Patch struct {
	Kind            op.Optional[string]    `json:"kind,omitzero" doc:"call or meeting."`
	ContactIDs      *[]string              `json:"contact_ids,omitempty" doc:"All who took part."`
	CompanyID       op.Optional[string]    `json:"company_id,omitzero"`
	Subject         op.Optional[string]    `json:"subject,omitzero"`
	Body            op.Optional[string]    `json:"body,omitzero"`
	At              op.Optional[time.Time] `json:"at,omitzero"`
	DurationMinutes op.Optional[int32]     `json:"duration_minutes,omitzero"`
	Outcome         op.Optional[string]    `json:"outcome,omitzero"`
}

func (p Patch) onto(a *Activity) {
	for _, f := range []struct {
		from op.Optional[string]
		to   *string
	}{{p.Kind, &a.Kind}, {p.Subject, &a.Subject}, {p.Body, &a.Body}, {p.Outcome, &a.Outcome}} {
		if f.from.Set {
			*f.to = f.from.Value
		}
	}
	if p.At.Set {
		a.At = p.At.Value.UTC()
	}
	if p.ContactIDs != nil {
		a.Contacts = named(*p.ContactIDs)
	}
	p.CompanyID.Onto(&a.CompanyID)
	p.DurationMinutes.Onto(&a.DurationMinutes)
	a.HTML = markdown.HTML(a.Body)
}

type patchInput struct {
	op.Versioned
	Body Patch
}

func (s *Service) update(ctx context.Context, in *patchInput) (*op.Record[Activity], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return s.write(ctx, in.ID, func(tx *pg.Tx, a *stored) error {
		if a.Version != version {
			return op.Stale(a.Version)
		}
		return s.apply(ctx, tx, a, in.Body, "")
	})
}

// write locks an activity, lets f change it and answers how it is then.
func (s *Service) write(ctx context.Context, activityID string, f func(*pg.Tx, *stored) error) (*op.Record[Activity], error) {
	var a stored
	err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		if a, err = load(tx, activityID); err != nil {
			return err
		}
		return f(tx, &a)
	})
	if err != nil {
		return nil, err
	}
	return op.NewRecord(a.Activity, a.Version), nil
}

func (s *Service) apply(ctx context.Context, tx *pg.Tx, a *stored, p Patch, undoes string) error {
	if a.DeletedAt != nil {
		return problem.Missing("activity")
	}
	before := a.Activity
	p.onto(&a.Activity)
	if err := a.check(s.now()); err != nil {
		return err
	}
	changes := diff(before, a.Activity)
	if len(changes) == 0 {
		return nil
	}
	_, people := changes["contact_ids"]
	if _, company := changes["company_id"]; people || company {
		if err := resolve(tx, &a.Activity); err != nil {
			return err
		}
	}
	a.Version++
	a.UpdatedAt = s.now().UTC()
	update(tx, *a)
	if err := event.Record(ctx, tx, event.Happened{Entity: "activity", EntityID: a.ID, Kind: event.Updated, Changes: changes, Undoes: undoes}); err != nil {
		return err
	}
	if _, moved := changes["at"]; moved || people {
		return s.touch(ctx, tx, a.Activity)
	}
	return nil
}

func (s *Service) setDeleted(ctx context.Context, tx *pg.Tx, a *stored, deleted bool, undoes string) error {
	if (a.DeletedAt != nil) == deleted {
		if deleted {
			return problem.Missing("activity")
		}
		return nil
	}
	now := s.now().UTC()
	a.Version++
	a.UpdatedAt, a.DeletedAt = now, nil
	kind := event.Restored
	if deleted {
		a.DeletedAt, kind = &now, event.Deleted
	}
	update(tx, *a)
	return event.Record(ctx, tx, event.Happened{Entity: "activity", EntityID: a.ID, Kind: kind, Undoes: undoes})
}

// Current locks an activity and returns its fields as events name them, for
// undo.
func (s *Service) Current(tx *pg.Tx, activityID string) (fields map[string]any, deleted bool, err error) {
	a, err := load(tx, activityID)
	if err != nil {
		return nil, false, err
	}
	return map[string]any{"kind": a.Kind, "subject": a.Subject, "body": a.Body, "at": a.At.UTC().Format(time.RFC3339Nano), "duration_minutes": a.DurationMinutes,
		"outcome": a.Outcome, "company_id": a.CompanyID, "contact_ids": a.ids()}, a.DeletedAt != nil, nil
}

// Revert sets fields back, as JSON by the names of the events.
func (s *Service) Revert(ctx context.Context, tx *pg.Tx, activityID string, fields map[string]any, undoes string) error {
	a, err := load(tx, activityID)
	if err != nil {
		return err
	}
	var p Patch
	if err := field.Unflatten(fields, &p); err != nil {
		return fmt.Errorf("read the former values: %w", err)
	}
	return s.apply(ctx, tx, &a, p, undoes)
}

// SetDeleted deletes or restores, for undo.
func (s *Service) SetDeleted(ctx context.Context, tx *pg.Tx, activityID string, deleted bool, undoes string) error {
	a, err := load(tx, activityID)
	if err != nil {
		return err
	}
	return s.setDeleted(ctx, tx, &a, deleted, undoes)
}
