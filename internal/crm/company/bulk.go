package company

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

// Set is what many companies shall be alike; what is left out stays as it is.
type Set struct {
	Industry   op.Optional[string] `json:"industry,omitzero"`
	Size       op.Optional[string] `json:"size,omitzero" doc:"1-10, 11-50, 51-200, 201-1000 or 1000+."`
	OwnerID    op.Optional[string] `json:"owner_id,omitzero"`
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
		return s.bulk.Start(ctx, "company", in.Body.Choice, in.Body.Set)
	}
	if err := in.Body.Set.check(ctx); err != nil {
		return nil, err
	}
	return s.bulk.Start(ctx, "company", in.Body.Choice, in.Body.Set)
}

// check reports what is wrong with a set whatever it is made to.
func (m Set) check(ctx context.Context) error {
	if m.Deleted {
		return op.Allowed(ctx, "company:delete")
	}
	var f problem.Fields
	any := m.Industry.Set || m.Size.Set || m.OwnerID.Set || len(m.AddTags)+len(m.RemoveTags) > 0
	f.Check(any, "/set", "required", "Say what shall change.")
	f.Check(m.Size.Pointer() == nil || slices.Contains(sizes, m.Size.Value), "/set/size", "not_allowed", "There is no such size.", sizes...)
	if err := f.Err(); err != nil {
		return err
	}
	if err := check(Company{Row: Row{Name: "-", Industry: m.Industry.Pointer()}}); err != nil {
		return err
	}
	return tag.CheckNames(slices.Concat(m.AddTags, m.RemoveTags)...)
}

// changeMany is one read and one write, however many companies there are.
func (s *Service) changeMany(ctx context.Context, tx *pg.Tx, ids []string, raw json.RawMessage) (bulk.Outcome, error) {
	var set Set
	var out bulk.Outcome
	if err := json.Unmarshal(raw, &set); err != nil {
		return out, fmt.Errorf("read a bulk change: %w", err)
	}
	owner := event.MemberLater(tx, "/set/owner_id", set.OwnerID.Pointer())
	found, err := loadMany(tx, ids)
	if err != nil {
		return out, err
	}
	var f problem.Fields
	owner.Check(&f)
	if err := f.Err(); err != nil {
		return out, err
	}
	var events []event.Happened
	for _, companyID := range ids {
		c, known := found[companyID]
		if !known || c.DeletedAt != nil {
			out.Refuse(companyID, problem.Missing("company"))
			continue
		}
		e, err := s.setOne(tx, &c, set)
		switch {
		case err != nil:
			out.Refuse(companyID, err)
		case e.Kind == "":
			out.Unchanged = append(out.Unchanged, companyID)
		default:
			out.Changed, events = append(out.Changed, companyID), append(events, e)
		}
	}
	out.Logged = len(events) > 0
	return out, event.Record(ctx, tx, events...)
}

// setOne queues the change of one company and returns what happened, nothing
// if it was so already.
func (s *Service) setOne(tx *pg.Tx, c *Company, set Set) (event.Happened, error) {
	e := event.Happened{Entity: "company", EntityID: c.ID, Kind: event.Updated}
	before := *c
	if set.Deleted {
		e.Kind, c.DeletedAt = event.Deleted, new(s.now().UTC())
		index(tx, *c)
	} else {
		Patch{Industry: set.Industry, Size: set.Size, OwnerID: set.OwnerID}.onto(c)
		e.Changes = diff(before, *c)
		if len(set.AddTags)+len(set.RemoveTags) > 0 {
			tagged, err := tag.Set(tx, "company", c.ID, c.Tags, tag.Altered(c.Tags, set.AddTags, set.RemoveTags))
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
	return e, nil
}

// loadMany locks those of the companies that are there, in one order so that
// two of these never wait for each other, without their custom fields.
func loadMany(tx *pg.Tx, ids []string) (map[string]Company, error) {
	valid := slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return !id.Valid(s) })
	var rows []Company
	pg.Later(tx, &rows, `SELECT `+columns+`, c.deleted_at FROM companies c WHERE c.workspace_id = $1 AND c.id = ANY ($2::uuid[]) ORDER BY c.id FOR UPDATE OF c`, tx.Workspace(), valid)
	tags := tag.OfLater(tx, valid)
	if err := tx.Flush(); err != nil {
		return nil, err
	}
	marks := tags.Marks()
	found := make(map[string]Company, len(rows))
	for _, c := range rows {
		c.Tags = marks[c.ID]
		found[c.ID] = c
	}
	return found, nil
}
