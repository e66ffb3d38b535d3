package content

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/crm/content/claim"
	"rapport/internal/crm/event"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Patch is a change of some fields. Whatever changes the text makes it a draft
// again: nobody has approved it as it is now.
type Patch struct {
	Title    op.Optional[string]         `json:"title,omitzero"`
	Body     op.Optional[map[string]any] `json:"body,omitzero" doc:"The whole body."`
	Brief    op.Optional[string]         `json:"brief,omitzero"`
	Facts    op.Optional[[]claim.Fact]   `json:"facts,omitzero"`
	Archived op.Optional[bool]           `json:"archived,omitzero" doc:"Puts it away, or takes it out again as a draft."`
	Origin
}

type patchInput struct {
	op.Versioned
	Body Patch
}

var errClosed = problem.New(problem.Conflict, "content_closed", "What was sent or put away stays as it is. Make another draft of it.")

func (s *Service) update(ctx context.Context, in *patchInput) (*op.Record[Draft], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return s.write(ctx, in.ID, func(tx *pg.Tx, d *stored, around *surroundings) error {
		if d.Version != version {
			return op.Stale(d.Version)
		}
		return s.apply(ctx, tx, d, around, edit{in.Body, ""})
	})
}

// write locks a draft with what it names, lets f change it and answers how it
// is then.
func (s *Service) write(ctx context.Context, draftID string, f func(*pg.Tx, *stored, *surroundings) error) (*op.Record[Draft], error) {
	var d stored
	err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		d, err = s.locked(tx, draftID, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return op.NewRecord(d.Draft, d.Version), nil
}

// locked is write within tx.
func (s *Service) locked(tx *pg.Tx, draftID string, f func(*pg.Tx, *stored, *surroundings) error) (stored, error) {
	var around surroundings
	pg.Later(tx, &around.readers, readers+` AND c.id = (SELECT d.contact_id FROM content_drafts d WHERE d.workspace_id = $1 AND d.id = $2::uuid)`, tx.Workspace(), draftID)
	VoiceLater(tx, &around.voices)
	d, err := load(tx, draftID)
	if err != nil {
		return d, err
	}
	return d, f(tx, &d, &around)
}

// edit is a patch with the event that it takes back.
type edit struct {
	Patch
	undoes string
}

func (s *Service) apply(ctx context.Context, tx *pg.Tx, d *stored, around *surroundings, e edit) error {
	if d.DeletedAt != nil {
		return problem.Missing("content")
	}
	before := d.fields()
	switch {
	case d.Status == "sent", d.Status == "archived" && !e.Archived.Set:
		return errClosed
	case e.Archived.Set && e.Archived.Value:
		d.Status = "archived"
	case e.Archived.Set && d.Status == "archived":
		d.Status = "draft"
	}
	who := actorOf(ctx)
	o := e.Origin.by(who)
	if e.Title.Set {
		d.Title = strings.TrimSpace(e.Title.Value)
	}
	if e.Body.Set {
		text, err := encode(e.Body.Value)
		if err != nil {
			return err
		}
		d.Body, d.Engine, d.Degraded = json.RawMessage(text), o.Engine, o.Degraded
	}
	if e.Brief.Set {
		d.Brief = strings.TrimSpace(e.Brief.Value)
	}
	if e.Facts.Set {
		d.Facts = append([]claim.Fact{}, e.Facts.Value...)
	}
	if err := d.check(); err != nil {
		return err
	}
	after := d.fields()
	if rewritten(before, after) && d.Status != "archived" {
		d.Status = "draft"
	}
	return s.store(ctx, tx, d, around, written{before: before, reason: o.Reason, undoes: e.undoes})
}

// rewritten reports whether more than the status has changed.
func rewritten(before, after map[string]any) bool {
	for name, v := range before {
		if name != "status" && !reflect.DeepEqual(v, after[name]) {
			return true
		}
	}
	return false
}

// written is what there is to say of a change.
type written struct {
	before         map[string]any
	reason, undoes string
}

// store checks a changed draft and writes it, with a version if its text is
// another.
func (s *Service) store(ctx context.Context, tx *pg.Tx, d *stored, around *surroundings, w written) error {
	changes, after := event.Changes{}, d.fields()
	for name, v := range w.before {
		changes.Set(name, v, after[name])
	}
	if len(changes) == 0 {
		return nil
	}
	d.Version++
	d.UpdatedAt = s.now().UTC()
	d.inspect(around, d.AuthorName)
	if err := save(tx, d); err != nil {
		return err
	}
	if _, body := changes["body"]; body || changes["title"] != [2]any{} {
		if err := keep(tx, d.Draft, actorOf(ctx), w.reason); err != nil {
			return err
		}
	}
	return event.Record(ctx, tx, event.Happened{Entity: Entity, EntityID: d.ID, Kind: event.Updated, Changes: changes, Undoes: w.undoes, Reason: w.reason})
}

func save(tx *pg.Tx, d *stored) error {
	facts, err := encode(d.Facts)
	if err != nil {
		return err
	}
	findings, err := encode(d.Findings)
	if err != nil {
		return err
	}
	tx.Queue(`
		UPDATE content_drafts SET title = $3, body = $4::jsonb, plain = $5, status = $6, tone = $7, score = $8, brief = $9, facts = $10::jsonb, findings = $11::jsonb,
			engine = $12, degraded = $13, outgoing_id = $14, sent_at = $15, version = $16, updated_at = $17, deleted_at = $18
		WHERE workspace_id = $1 AND id = $2`,
		tx.Workspace(), d.ID, d.Title, string(d.Body), d.Plain, d.Status, d.Tone, d.Score, d.Brief, facts, findings,
		d.Engine, d.Degraded, d.OutgoingID, d.SentAt, d.Version, d.UpdatedAt, d.DeletedAt)
	return nil
}

func (s *Service) setDeleted(ctx context.Context, tx *pg.Tx, d *stored, deleted bool, undoes string) error {
	if (d.DeletedAt != nil) == deleted {
		if deleted {
			return problem.Missing("content")
		}
		return nil
	}
	now := s.now().UTC()
	d.Version++
	d.UpdatedAt, d.DeletedAt = now, nil
	kind := event.Restored
	if deleted {
		d.DeletedAt, kind = &now, event.Deleted
	}
	if err := save(tx, d); err != nil {
		return err
	}
	return event.Record(ctx, tx, event.Happened{Entity: Entity, EntityID: d.ID, Kind: kind, Undoes: undoes})
}

// Current locks a draft and returns its fields as events name them, for undo.
func (s *Service) Current(tx *pg.Tx, draftID string) (fields map[string]any, deleted bool, err error) {
	d, err := load(tx, draftID)
	return d.fields(), d.DeletedAt != nil, err
}

// former is what undo sets back.
type former struct {
	Patch
	Status string `json:"status"`
}

// Revert sets fields back, as JSON by the names of the events. A mail that was
// sent stays sent.
func (s *Service) Revert(ctx context.Context, tx *pg.Tx, draftID string, fields map[string]any, undoes string) error {
	text, err := encode(fields)
	if err != nil {
		return err
	}
	var f former
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return err
	}
	_, err = s.locked(tx, draftID, func(tx *pg.Tx, d *stored, around *surroundings) error {
		if d.Status == "sent" {
			return errClosed
		}
		before := d.fields()
		if f.Status == "draft" || f.Status == "archived" || f.Status == "in_review" {
			d.Status = f.Status // nothing is approved by taking something back
		}
		if f.Body.Set || f.Title.Set || f.Brief.Set || f.Facts.Set {
			return s.apply(ctx, tx, d, around, edit{f.Patch, undoes})
		}
		return s.store(ctx, tx, d, around, written{before: before, undoes: undoes})
	})
	return err
}

// SetDeleted deletes or restores, for undo.
func (s *Service) SetDeleted(ctx context.Context, tx *pg.Tx, draftID string, deleted bool, undoes string) error {
	d, err := load(tx, draftID)
	if err != nil {
		return err
	}
	return s.setDeleted(ctx, tx, &d, deleted, undoes)
}
