package company

import (
	"context"
	"fmt"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/bulk"
	"rapport/internal/crm/event"
	"rapport/internal/crm/field"
	"rapport/internal/crm/search"
	"rapport/internal/crm/tag"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Service offers companies.
type Service struct {
	db      *pg.DB
	now     func() time.Time
	bulk    *bulk.Service
	renamed func(ctx context.Context, tx *pg.Tx, companyID string) error // or nil
}

// New returns the service over db.
func New(db *pg.DB, now func() time.Time) *Service { return &Service{db: db, now: now} }

// Bulk lets b change many companies.
func (s *Service) Bulk(b *bulk.Service) {
	s.bulk = b
	b.Offer(bulk.Kind{Entity: "company", List: Listing, Living: "c.deleted_at IS NULL", Fields: true, Change: s.changeMany})
}

// Query asks for a page of companies.
type Query struct {
	op.InWorkspace
	list.Query
	Include string `query:"include" enum:"fields" doc:"More of each record: fields are the workspace's own."`
	Q       string `query:"q" maxLength:"200" doc:"Words of the name or domain."`
}

// List returns a page of companies.
func (s *Service) List(ctx context.Context, q *Query) (*op.Raw[op.List[Listed]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace())
		w.AddOver(nil, "c.deleted_at IS NULL")
		if q.Q != "" {
			search.Filter(w, "c.id", "company", q.Q)
		}
		body, err = list.PageWith(tx, q.spec(), q.Query, w, func() (func(string) (list.Field, bool), error) {
			return field.Filters(tx, "company", "c.id")
		})
		return err
	})
	return op.NewRaw[op.List[Listed]](body), err
}

// spec is the list with what is to be included.
func (q *Query) spec() list.Spec {
	spec := Listing
	if q.Include == "fields" {
		spec.Columns += ", " + field.Column(spec.ID)
	}
	return spec
}

// Details are what a person may say of a company.
type Details struct {
	Name     string       `json:"name" minLength:"1" maxLength:"300"`
	Domain   string       `json:"domain,omitempty" maxLength:"300"`
	Industry string       `json:"industry,omitempty" maxLength:"200"`
	Size     string       `json:"size,omitempty" enum:"1-10,11-50,51-200,201-1000,1000+"`
	OwnerID  string       `json:"owner_id,omitempty" format:"uuid"`
	Fields   field.Values `json:"fields,omitempty"`
	Tags     []string     `json:"tags,omitempty"`
}

type createInput struct {
	op.InWorkspace
	Body Details
}

func (s *Service) create(ctx context.Context, in *createInput) (*op.Record[Company], error) {
	d := in.Body
	c := Company{Row: Row{ID: id.New(), Name: d.Name, Industry: op.Given(d.Industry), Size: op.Given(d.Size), OwnerID: op.Given(d.OwnerID), Source: "manual", CreatedAt: s.now().UTC(), Version: 1}}
	if d.Domain != "" {
		domain := NormalDomain(d.Domain)
		c.Domain = &domain
	}
	if err := check(c); err != nil {
		return nil, err
	}
	var made *loading
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		values, err := s.checked(tx, c, d.Fields)
		if err != nil {
			return err
		}
		insert(tx, c)
		field.Put(tx, c.ID, values)
		if _, err := tag.Set(tx, "company", c.ID, nil, d.Tags); err != nil {
			return err
		}
		index(tx, c)
		made = later(tx, c.ID, false)
		return event.Record(ctx, tx, event.Happened{Entity: "company", EntityID: c.ID, Kind: event.Created})
	})
	if err != nil {
		return nil, taken(err)
	}
	c, err = made.company()
	return op.NewRecord(c, c.Version), err
}

// checked asks, in one round trip, for everything that a new company rests on.
func (s *Service) checked(tx *pg.Tx, c Company, in field.Values) (map[string]field.Input, error) {
	defs := field.DefinitionsLater(tx, "company")
	owner := event.MemberLater(tx, "/owner_id", c.OwnerID)
	if err := tx.Flush(); err != nil {
		return nil, err
	}
	var f problem.Fields
	owner.Check(&f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return defs.Check(in, true)
}

// Get returns a company.
func (s *Service) get(ctx context.Context, in *op.ByID) (out *op.Record[Company], err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		c, err := load(tx, in.ID, false)
		out = op.NewRecord(c, c.Version)
		return err
	})
	return out, err
}

// Patch is a change of some fields; null clears one.
type Patch struct {
	Name     op.Optional[string] `json:"name,omitzero"`
	Domain   op.Optional[string] `json:"domain,omitzero"`
	Industry op.Optional[string] `json:"industry,omitzero"`
	Size     op.Optional[string] `json:"size,omitzero"`
	OwnerID  op.Optional[string] `json:"owner_id,omitzero"`
	Fields   field.Values        `json:"fields,omitempty" doc:"Only those that change; null clears one."`
	Tags     *[]string           `json:"tags,omitempty" doc:"All tags that it shall have."`
}

type patchInput struct {
	op.Versioned
	Body Patch
}

func (s *Service) update(ctx context.Context, in *patchInput) (*op.Record[Company], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return s.write(ctx, in.ID, func(ctx context.Context, tx *pg.Tx, c *Company) error {
		if c.Version != version {
			return op.Stale(c.Version)
		}
		return s.apply(ctx, tx, c, in.Body, "")
	})
}

// write locks a living company, lets f change it and answers how it is then.
func (s *Service) write(ctx context.Context, companyID string, f func(context.Context, *pg.Tx, *Company) error) (*op.Record[Company], error) {
	var c Company
	err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		if c, err = load(tx, companyID, true); err != nil {
			return err
		}
		return f(ctx, tx, &c)
	})
	if err != nil {
		return nil, taken(err)
	}
	return op.NewRecord(c, c.Version), nil
}

func (s *Service) apply(ctx context.Context, tx *pg.Tx, c *Company, p Patch, undoes string) error {
	if c.DeletedAt != nil {
		return problem.Missing("company")
	}
	before := *c
	p.onto(c)
	if err := check(*c); err != nil {
		return err
	}
	changes := diff(before, *c)
	if err := references(tx, *c, changes); err != nil {
		return err
	}
	if err := s.applyLoose(tx, c, p, changes); err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	c.Version++
	c.UpdatedAt = s.now().UTC()
	update(tx, *c)
	index(tx, *c)
	if before.Name != c.Name && s.renamed != nil {
		if err := s.renamed(ctx, tx, c.ID); err != nil {
			return err
		}
	}
	return event.Record(ctx, tx, event.Happened{Entity: "company", EntityID: c.ID, Kind: event.Updated, Changes: changes, Undoes: undoes})
}

// references asks for the owner, if the change is about one.
func references(tx *pg.Tx, c Company, changes event.Changes) error {
	if _, changed := changes["owner_id"]; !changed || c.OwnerID == nil {
		return nil
	}
	owner := event.MemberLater(tx, "/owner_id", c.OwnerID)
	if err := tx.Flush(); err != nil {
		return err
	}
	var f problem.Fields
	owner.Check(&f)
	return f.Err()
}

// applyLoose changes what lives in tables of its own: custom fields and tags.
func (s *Service) applyLoose(tx *pg.Tx, c *Company, p Patch, changes event.Changes) error {
	if len(p.Fields) > 0 {
		defs := field.DefinitionsLater(tx, "company")
		if err := tx.Flush(); err != nil {
			return err
		}
		values, err := defs.Check(p.Fields, false)
		if err != nil {
			return err
		}
		field.Put(tx, c.ID, values)
		field.Change(c.Fields, values, changes)
	}
	if p.Tags != nil {
		tagged, err := tag.Set(tx, "company", c.ID, c.Tags, *p.Tags)
		if err != nil {
			return err
		}
		if len(tagged) > 0 {
			changes["tags"] = tagged["tags"]
			tag.Later(tx, &c.Tags, c.ID)
		}
	}
	return nil
}

func (p Patch) onto(c *Company) {
	if p.Name.Set {
		c.Name = p.Name.Value
	}
	if p.Domain.Set {
		c.Domain = p.Domain.Pointer()
		if c.Domain != nil {
			*c.Domain = NormalDomain(*c.Domain)
		}
	}
	p.Industry.Onto(&c.Industry)
	p.Size.Onto(&c.Size)
	p.OwnerID.Onto(&c.OwnerID)
}

func diff(before, after Company) event.Changes {
	c := event.Changes{}
	c.Set("name", before.Name, after.Name)
	c.Set("domain", before.Domain, after.Domain)
	c.Set("industry", before.Industry, after.Industry)
	c.Set("size", before.Size, after.Size)
	c.Set("owner_id", before.OwnerID, after.OwnerID)
	return c
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	_, err := s.write(ctx, in.ID, func(ctx context.Context, tx *pg.Tx, c *Company) error {
		return s.setDeleted(ctx, tx, c, true, "")
	})
	return nil, err
}

func (s *Service) restore(ctx context.Context, in *op.ByID) (*op.Record[Company], error) {
	return s.write(ctx, in.ID, func(ctx context.Context, tx *pg.Tx, c *Company) error {
		return s.setDeleted(ctx, tx, c, false, "")
	})
}

func (s *Service) setDeleted(ctx context.Context, tx *pg.Tx, c *Company, deleted bool, undoes string) error {
	if (c.DeletedAt != nil) == deleted {
		if deleted {
			return problem.Missing("company")
		}
		return nil
	}
	now := s.now().UTC()
	c.Version++
	c.UpdatedAt, c.DeletedAt = now, nil
	kind := event.Restored
	if deleted {
		c.DeletedAt, kind = &now, event.Deleted
	}
	update(tx, *c)
	index(tx, *c)
	return event.Record(ctx, tx, event.Happened{Entity: "company", EntityID: c.ID, Kind: kind, Undoes: undoes})
}

// Current returns the fields of a company as its events name them, for undo.
func (s *Service) Current(tx *pg.Tx, companyID string) (fields map[string]any, deleted bool, err error) {
	c, err := load(tx, companyID, true)
	if err != nil {
		return nil, false, err
	}
	fields = map[string]any{"name": c.Name, "domain": c.Domain, "industry": c.Industry, "size": c.Size, "owner_id": c.OwnerID, "tags": tag.Names(c.Tags)}
	for key, v := range c.Fields {
		fields["fields."+key] = v
	}
	return fields, c.DeletedAt != nil, nil
}

// Revert sets fields back, as JSON by the names of the events.
func (s *Service) Revert(ctx context.Context, tx *pg.Tx, companyID string, fields map[string]any, undoes string) error {
	c, err := load(tx, companyID, true)
	if err != nil {
		return err
	}
	var p Patch
	if err := field.Unflatten(fields, &p); err != nil {
		return fmt.Errorf("read the former values: %w", err)
	}
	return taken(s.apply(ctx, tx, &c, p, undoes))
}

// SetDeleted deletes or restores, for undo.
func (s *Service) SetDeleted(ctx context.Context, tx *pg.Tx, companyID string, deleted bool, undoes string) error {
	c, err := load(tx, companyID, true)
	if err != nil {
		return err
	}
	return taken(s.setDeleted(ctx, tx, &c, deleted, undoes))
}

type tagInput struct {
	op.ByID
	Body struct {
		Tags []string `json:"tags" maxItems:"50"`
	}
}

func (s *Service) setTags(ctx context.Context, in *tagInput) (*op.Record[Company], error) {
	return s.write(ctx, in.ID, func(ctx context.Context, tx *pg.Tx, c *Company) error {
		return s.apply(ctx, tx, c, Patch{Tags: &in.Body.Tags}, "")
	})
}
