package contact

import (
	"context"
	"slices"
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

// Service offers contacts.
type Service struct {
	db   *pg.DB
	now  func() time.Time
	bulk *bulk.Service
}

// New returns the service over db.
func New(db *pg.DB, now func() time.Time) *Service { return &Service{db: db, now: now} }

// Bulk lets b change many contacts.
func (s *Service) Bulk(b *bulk.Service) {
	s.bulk = b
	b.Offer(bulk.Kind{Entity: "contact", List: Listing, Living: "c.deleted_at IS NULL", Fields: true, Change: s.changeMany})
}

// Query asks for a page of contacts.
type Query struct {
	op.InWorkspace
	list.Query
	Include string `query:"include" enum:"fields" doc:"More of each record: fields are the workspace's own."`
	Q       string `query:"q" maxLength:"200" doc:"Words of name, addresses, title, company."`
	Deleted bool   `query:"deleted" doc:"Those that were deleted, instead of the living."`
}

func (s *Service) list(ctx context.Context, q *Query) (*op.Raw[op.List[Listed]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace())
		if q.Deleted {
			w.Add("c.deleted_at IS NOT NULL")
		} else {
			w.AddOver(nil, "c.deleted_at IS NULL")
		}
		if q.Q != "" {
			search.Filter(w, "c.id", "contact", q.Q)
		}
		body, err = list.PageWith(tx, q.spec(), q.Query, w, func() (func(string) (list.Field, bool), error) {
			return field.Filters(tx, "contact", "c.id")
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

// Details are what a person may say of a contact.
type Details struct {
	Name      string       `json:"name" minLength:"1" maxLength:"300"`
	Email     string       `json:"email,omitempty" maxLength:"254" doc:"The same as emails with one entry."`
	Emails    []EmailInput `json:"emails,omitempty" maxItems:"50" doc:"The first is the primary address."`
	Title     string       `json:"title,omitempty" maxLength:"200"`
	Phone     string       `json:"phone,omitempty" maxLength:"100"`
	Status    string       `json:"status,omitempty" enum:"prospect,lead,customer,former" default:"prospect"`
	OwnerID   string       `json:"owner_id,omitempty" format:"uuid"`
	CompanyID string       `json:"company_id,omitempty" format:"uuid"`
	Fields    field.Values `json:"fields,omitempty"`
	Tags      []string     `json:"tags,omitempty" maxItems:"50"`
}

type createInput struct {
	op.InWorkspace
	Body Details
}

func (d Details) contact(now time.Time) Contact {
	c := Contact{Row: Row{ID: id.New(), Name: d.Name, Title: op.Given(d.Title), Phone: op.Given(d.Phone), Status: d.Status, OwnerID: op.Given(d.OwnerID),
		CompanyID: op.Given(d.CompanyID), Source: "manual", CreatedAt: now, Version: 1}}
	if d.Status == "" {
		c.Status = statuses[0]
	}
	in := d.Emails
	if d.Email != "" {
		in = append([]EmailInput{{Address: d.Email}}, in...)
	}
	c.Emails = addresses(in, nil, id.New)
	c.primary()
	return c
}

func (c *Contact) primary() {
	c.Email = nil
	if len(c.Emails) > 0 {
		c.Email = &c.Emails[0].Address
	}
}

func (s *Service) create(ctx context.Context, in *createInput) (*op.Record[Contact], error) {
	c := in.Body.contact(s.now().UTC())
	if err := check(c); err != nil {
		return nil, err
	}
	var made *loading
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		defs, refs := field.DefinitionsLater(tx, "contact"), referencesLater(tx, c)
		if err := tx.Flush(); err != nil {
			return err
		}
		if err := refs.check(&c); err != nil {
			return err
		}
		values, err := defs.Check(in.Body.Fields, true)
		if err != nil {
			return err
		}
		insert(tx, c)
		putEmails(tx, c.ID, c.Emails)
		field.Put(tx, c.ID, values)
		if _, err := tag.Set(tx, "contact", c.ID, nil, in.Body.Tags); err != nil {
			return err
		}
		index(tx, c)
		made = later(tx, c.ID, false)
		return event.Record(ctx, tx, event.Happened{Entity: "contact", EntityID: c.ID, Kind: event.Created})
	})
	if err != nil {
		return nil, s.taken(ctx, c, err)
	}
	c, err = made.contact()
	return op.NewRecord(c, c.Version), err
}

// taken names the contact that won a race for an address.
func (s *Service) taken(ctx context.Context, c Contact, err error) error {
	if !violates(err) {
		return err
	}
	var refs *references
	if s.db.Read(ctx, func(tx *pg.Tx) error {
		refs = referencesLater(tx, Contact{Row: Row{ID: c.ID}, Emails: c.Emails})
		return tx.Flush()
	}) != nil || len(refs.holders) == 0 {
		return duplicate("")
	}
	return duplicate(refs.holders[0])
}

func (s *Service) get(ctx context.Context, in *op.ByID) (out *op.Record[Contact], err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		c, err := load(tx, in.ID, false)
		out = op.NewRecord(c, c.Version)
		return err
	})
	return out, err
}

// Patch is a change of some fields; null clears one.
type Patch struct {
	Name      op.Optional[string] `json:"name,omitzero"`
	Title     op.Optional[string] `json:"title,omitzero"`
	Phone     op.Optional[string] `json:"phone,omitzero"`
	Status    op.Optional[string] `json:"status,omitzero"`
	OwnerID   op.Optional[string] `json:"owner_id,omitzero"`
	CompanyID op.Optional[string] `json:"company_id,omitzero"`
	Emails    *[]EmailInput       `json:"emails,omitempty" doc:"All addresses, the primary one first."`
	Fields    field.Values        `json:"fields,omitempty" doc:"Only those that change; null clears one."`
	Tags      *[]string           `json:"tags,omitempty" doc:"All tags that they shall have."`
}

type patchInput struct {
	op.Versioned
	Body Patch
}

func (s *Service) update(ctx context.Context, in *patchInput) (*op.Record[Contact], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return s.write(ctx, in.ID, func(tx *pg.Tx, c *Contact) error {
		if c.Version != version {
			return op.Stale(c.Version)
		}
		return s.apply(ctx, tx, c, in.Body, "")
	})
}

// write locks a contact, lets f change it and answers how it is then.
func (s *Service) write(ctx context.Context, contactID string, f func(*pg.Tx, *Contact) error) (*op.Record[Contact], error) {
	var c Contact
	err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		if c, err = load(tx, contactID, true); err != nil {
			return err
		}
		return f(tx, &c)
	})
	if err != nil {
		return nil, s.taken(ctx, c, err)
	}
	return op.NewRecord(c, c.Version), nil
}

func (s *Service) apply(ctx context.Context, tx *pg.Tx, c *Contact, p Patch, undoes string) error {
	if c.DeletedAt != nil {
		return problem.Missing("contact")
	}
	before := *c
	before.Emails = slices.Clone(c.Emails)
	p.onto(c)
	if err := check(*c); err != nil {
		return err
	}
	changes := diff(before, *c)
	if err := s.referenced(tx, c, changes); err != nil {
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
	if _, changed := changes["emails"]; changed {
		putEmails(tx, c.ID, c.Emails)
	}
	index(tx, *c)
	return event.Record(ctx, tx, event.Happened{Entity: "contact", EntityID: c.ID, Kind: event.Updated, Changes: changes, Undoes: undoes})
}

// referenced asks for what the contact points to, as far as that changed.
func (s *Service) referenced(tx *pg.Tx, c *Contact, changes event.Changes) error {
	_, owner := changes["owner_id"]
	_, company := changes["company_id"]
	_, emails := changes["emails"]
	if !owner && !company && !emails {
		return nil
	}
	changed := Contact{Row: Row{ID: c.ID}}
	if owner {
		changed.OwnerID = c.OwnerID
	}
	if company {
		changed.CompanyID = c.CompanyID
	}
	if emails {
		changed.Emails = c.Emails
	}
	refs := referencesLater(tx, changed)
	if err := tx.Flush(); err != nil {
		return err
	}
	err := refs.check(&changed)
	if company {
		c.CompanyName = changed.CompanyName
	}
	return err
}

// applyLoose changes what lives in tables of its own: custom fields and tags.
func (s *Service) applyLoose(tx *pg.Tx, c *Contact, p Patch, changes event.Changes) error {
	if len(p.Fields) > 0 {
		defs := field.DefinitionsLater(tx, "contact")
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
	if p.Tags == nil {
		return nil
	}
	tagged, err := tag.Set(tx, "contact", c.ID, c.Tags, *p.Tags)
	if err != nil || len(tagged) == 0 {
		return err
	}
	changes["tags"] = tagged["tags"]
	c.Tags = []tag.Mark{}
	tag.Later(tx, &c.Tags, c.ID)
	return nil
}

func (p Patch) onto(c *Contact) {
	if p.Name.Set {
		c.Name = p.Name.Value
	}
	if p.Status.Set {
		c.Status = p.Status.Value
	}
	p.Title.Onto(&c.Title)
	p.Phone.Onto(&c.Phone)
	p.OwnerID.Onto(&c.OwnerID)
	p.CompanyID.Onto(&c.CompanyID)
	if p.Emails != nil {
		c.Emails = addresses(*p.Emails, c.Emails, id.New)
		c.primary()
	}
}

func diff(before, after Contact) event.Changes {
	c := event.Changes{}
	c.Set("name", before.Name, after.Name)
	c.Set("title", before.Title, after.Title)
	c.Set("phone", before.Phone, after.Phone)
	c.Set("status", before.Status, after.Status)
	c.Set("owner_id", before.OwnerID, after.OwnerID)
	c.Set("company_id", before.CompanyID, after.CompanyID)
	c.Set("emails", inputs(before.Emails), inputs(after.Emails))
	return c
}

func (s *Service) setDeleted(ctx context.Context, tx *pg.Tx, c *Contact, deleted bool, undoes string) error {
	if (c.DeletedAt != nil) == deleted {
		if deleted {
			return problem.Missing("contact")
		}
		return nil
	}
	now := s.now().UTC()
	c.Version++
	c.UpdatedAt, c.DeletedAt = now, nil
	kind := event.Restored
	if deleted {
		c.DeletedAt, kind = &now, event.Deleted
	} else if err := s.referenced(tx, c, event.Changes{"emails": {}}); err != nil {
		return err
	}
	update(tx, *c)
	activate(tx, c.ID, !deleted)
	index(tx, *c)
	return event.Record(ctx, tx, event.Happened{Entity: "contact", EntityID: c.ID, Kind: kind, Undoes: undoes})
}
