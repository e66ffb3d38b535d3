package contact

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rapport/internal/api/op"
	"rapport/internal/crm/bulk"
	"rapport/internal/crm/event"
	"rapport/internal/crm/tag"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Set is what many contacts shall be alike; what is left out stays as it is.
type Set struct {
	Status     op.Optional[string] `json:"status,omitzero" doc:"prospect, lead, customer or former."`
	OwnerID    op.Optional[string] `json:"owner_id,omitzero"`
	CompanyID  op.Optional[string] `json:"company_id,omitzero"`
	AddTags    []string            `json:"add_tags,omitempty" maxItems:"50"`
	RemoveTags []string            `json:"remove_tags,omitempty" maxItems:"50"`
	Deleted    bool                `json:"deleted,omitempty" doc:"True deletes them; they can be restored. Nothing else is set then."`
}

type bulkInput struct {
	op.InWorkspace
	Body struct {
		bulk.Choice
		Set Set `json:"set" doc:"The same for all of them."`
	}
}

func (s *Service) bulkUpdate(ctx context.Context, in *bulkInput) (*op.Body[bulk.Result], error) {
	if in.Body.DryRun {
		return s.bulk.Start(ctx, "contact", in.Body.Choice, in.Body.Set)
	}
	if err := in.Body.Set.check(ctx); err != nil {
		return nil, err
	}
	return s.bulk.Start(ctx, "contact", in.Body.Choice, in.Body.Set)
}

// check reports what is wrong with a set whatever it is made to.
func (m Set) check(ctx context.Context) error {
	if m.Deleted {
		return op.Allowed(ctx, "contact:delete")
	}
	var f problem.Fields
	any := m.Status.Set || m.OwnerID.Set || m.CompanyID.Set || len(m.AddTags)+len(m.RemoveTags) > 0
	f.Check(any, "/set", "required", "Say what shall change.")
	f.Check(!m.Status.Set || contains(statuses, m.Status.Value), "/set/status", "not_allowed", "There is no such status.", statuses...)
	if err := f.Err(); err != nil {
		return err
	}
	return tag.CheckNames(slices.Concat(m.AddTags, m.RemoveTags)...)
}

// changeMany is one read and one write, however many contacts there are.
func (s *Service) changeMany(ctx context.Context, tx *pg.Tx, ids []string, raw json.RawMessage) (bulk.Outcome, error) {
	var set Set
	var out bulk.Outcome
	if err := json.Unmarshal(raw, &set); err != nil {
		return out, fmt.Errorf("read a bulk change: %w", err)
	}
	refs := referencesLater(tx, Contact{Row: Row{OwnerID: set.OwnerID.Pointer(), CompanyID: set.CompanyID.Pointer()}})
	found, err := loadMany(tx, ids)
	if err != nil {
		return out, err
	}
	asked := Contact{Row: Row{OwnerID: set.OwnerID.Pointer(), CompanyID: set.CompanyID.Pointer()}}
	if err := refs.check(&asked); err != nil {
		return out, err
	}
	var events []event.Happened
	for _, contactID := range ids {
		c, known := found[contactID]
		if !known || c.DeletedAt != nil {
			out.Refuse(contactID, problem.Missing("contact"))
			continue
		}
		e, err := s.setOne(tx, &c, set, asked.CompanyName)
		switch {
		case err != nil:
			out.Refuse(contactID, err)
		case e.Kind == "":
			out.Unchanged = append(out.Unchanged, contactID)
		default:
			out.Changed, events = append(out.Changed, contactID), append(events, e)
		}
	}
	out.Logged = len(events) > 0
	return out, event.Record(ctx, tx, events...)
}

// setOne queues the change of one contact and returns what happened, nothing
// if it was so already.
func (s *Service) setOne(tx *pg.Tx, c *Contact, set Set, company *string) (event.Happened, error) {
	e := event.Happened{Entity: "contact", EntityID: c.ID, Kind: event.Updated}
	before := *c
	if set.Deleted {
		e.Kind, c.DeletedAt = event.Deleted, new(s.now().UTC())
		activate(tx, c.ID, false)
	} else {
		Patch{Status: set.Status, OwnerID: set.OwnerID, CompanyID: set.CompanyID}.onto(c)
		e.Changes = diff(before, *c)
		if len(set.AddTags)+len(set.RemoveTags) > 0 {
			tagged, err := tag.Set(tx, "contact", c.ID, c.Tags, tag.Altered(c.Tags, set.AddTags, set.RemoveTags))
			if err != nil {
				return e, err
			}
			for name, pair := range tagged {
				e.Changes[name] = pair
			}
		}
		if len(e.Changes) == 0 {
			return event.Happened{}, nil
		}
	}
	c.Version++
	c.UpdatedAt = s.now().UTC()
	update(tx, *c)
	if _, moved := e.Changes["company_id"]; moved || set.Deleted {
		if moved {
			c.CompanyName = company
		}
		index(tx, *c)
	}
	return e, nil
}

type emailOf struct {
	ContactID, ID, Address, Label, EmailKey string
}

// loadMany locks those of the contacts that are there, in one order so that two
// of these never wait for each other, without their custom fields.
func loadMany(tx *pg.Tx, ids []string) (map[string]Contact, error) {
	valid := slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return !id.Valid(s) })
	var rows []Contact
	var emails []emailOf
	pg.Later(tx, &rows, `SELECT `+columns+`, c.deleted_at`+tables+` WHERE c.workspace_id = $1 AND c.id = ANY ($2::uuid[]) ORDER BY c.id FOR UPDATE OF c`, tx.Workspace(), valid)
	pg.Later(tx, &emails, `SELECT contact_id::text, id::text, address, label, email_key FROM contact_emails
		WHERE workspace_id = $1 AND contact_id = ANY ($2::uuid[]) ORDER BY contact_id, position, id`, tx.Workspace(), valid)
	tags := tag.OfLater(tx, valid)
	if err := tx.Flush(); err != nil {
		return nil, err
	}
	marks, addresses := tags.Marks(), map[string][]Email{}
	for _, e := range emails {
		have := addresses[e.ContactID]
		addresses[e.ContactID] = append(have, Email{ID: e.ID, Address: e.Address, Label: e.Label, Primary: len(have) == 0, key: e.EmailKey})
	}
	found := make(map[string]Contact, len(rows))
	for _, c := range rows {
		c.Emails, c.Tags = addresses[c.ID], marks[c.ID]
		found[c.ID] = c
	}
	return found, nil
}
