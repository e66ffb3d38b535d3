package contact

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/crm/bulk"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/contacts"
	entities := map[string]string{"id": "contact", "email": "contact_email"}
	return []op.Operation{
		op.New(op.Meta{Name: "contact.list", Method: "GET", Cached: op.Cached{On: "contact[] company.name tag.name custom_field", Shared: true}, Path: path, Scope: "contact:read",
			Summary: "List contacts", Example: example{"sort": "-score", "limit": 20}}, s.list),
		op.New(op.Meta{Name: "contact.create", Method: "POST", Path: path, Scope: "contact:write", Status: 201,
			Summary: "Add a contact", Example: example{"body": example{"name": "Ben Ode", "email": "ben.ode@lumen.example", "title": "Head of purchasing"}}}, s.create),
		op.New(op.Meta{Name: "contact.get", Method: "GET", Cached: op.Cached{On: "contact=id company.name tag.name tag.color custom_field", Shared: true}, Path: path + "/{id}", Scope: "contact:read", Entities: entities,
			Summary: "Read a contact"}, s.get),
		op.New(op.Meta{Name: "contact.update", Method: "PATCH", Path: path + "/{id}", Scope: "contact:write", Entities: entities,
			Summary: "Change a contact", Example: example{"If-Match": `"1"`, "body": example{"title": "Director"}}}, s.update),
		op.New(op.Meta{Name: "contact.delete", Method: "DELETE", Path: path + "/{id}", Scope: "contact:delete", Status: 204, Entities: entities,
			Summary: "Delete a contact; it can be restored"}, s.remove),
		op.New(op.Meta{Name: "contact.restore", Method: "POST", Path: path + "/{id}/restore", Scope: "contact:delete", Entities: entities,
			Summary: "Restore a deleted contact"}, s.restore),
		op.New(op.Meta{Name: "contact.bulk_update", Class: op.Background, Method: "POST", Path: path + "/bulk", Scope: "contact:write",
			Summary: "Change, tag or delete many contacts", Doc: bulk.Doc + " To delete takes the scope contact:delete.",
			Example: example{"body": example{"ids": []string{"{contact}"}, "set": example{"status": "customer", "add_tags": []string{"Partner"}}}}}, s.bulkUpdate),
		op.New(op.Meta{Name: "contact.tag", Method: "PUT", Path: path + "/{id}/tags", Scope: "contact:write", Entities: entities,
			Summary: "Set the tags of a contact", Example: example{"body": example{"tags": []string{"Partner"}}}}, s.setTags),
		op.New(op.Meta{Name: "contact.email.add", Method: "POST", Path: path + "/{id}/emails", Scope: "contact:write", Entities: entities,
			Summary: "Add an address to a contact", Example: example{"body": example{"address": "b.ode@lumen.example", "label": "old"}}}, s.addEmail),
		op.New(op.Meta{Name: "contact.email.remove", Method: "DELETE", Path: path + "/{id}/emails/{email}", Scope: "contact:write", Entities: entities,
			Summary: "Remove an address; the next becomes primary"}, s.removeEmail),
		op.New(op.Meta{Name: "contact.email.primary", Method: "PUT", Path: path + "/{id}/emails/{email}/primary", Scope: "contact:write", Entities: entities,
			Summary: "Make an address the primary one"}, s.makePrimary),
	}
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	_, err := s.write(ctx, in.ID, func(tx *pg.Tx, c *Contact) error { return s.setDeleted(ctx, tx, c, true, "") })
	return nil, err
}

func (s *Service) restore(ctx context.Context, in *op.ByID) (*op.Record[Contact], error) {
	return s.write(ctx, in.ID, func(tx *pg.Tx, c *Contact) error { return s.setDeleted(ctx, tx, c, false, "") })
}

type tagInput struct {
	op.ByID
	Body struct {
		Tags []string `json:"tags" maxItems:"50"`
	}
}

func (s *Service) setTags(ctx context.Context, in *tagInput) (*op.Record[Contact], error) {
	return s.write(ctx, in.ID, func(tx *pg.Tx, c *Contact) error {
		return s.apply(ctx, tx, c, Patch{Tags: &in.Body.Tags}, "")
	})
}

type emailInput struct {
	op.ByID
	Body EmailInput
}

func (s *Service) addEmail(ctx context.Context, in *emailInput) (*op.Record[Contact], error) {
	return s.write(ctx, in.ID, func(tx *pg.Tx, c *Contact) error {
		all := append(inputs(c.Emails), in.Body)
		return s.apply(ctx, tx, c, Patch{Emails: &all}, "")
	})
}

type emailRef struct {
	op.ByID
	Email string `path:"email" doc:"Id of the address."`
}

func (s *Service) removeEmail(ctx context.Context, in *emailRef) (*op.Record[Contact], error) {
	return s.rearrange(ctx, in, false)
}

func (s *Service) makePrimary(ctx context.Context, in *emailRef) (*op.Record[Contact], error) {
	return s.rearrange(ctx, in, true)
}

// rearrange takes one address out and, if it is kept, puts it first.
func (s *Service) rearrange(ctx context.Context, in *emailRef, keep bool) (*op.Record[Contact], error) {
	return s.write(ctx, in.ID, func(tx *pg.Tx, c *Contact) error {
		var rest, picked []EmailInput
		for _, e := range c.Emails {
			one := EmailInput{Address: e.Address, Label: e.Label}
			if e.ID == in.Email {
				picked = append(picked, one)
			} else {
				rest = append(rest, one)
			}
		}
		if picked == nil {
			return problem.Missing("address")
		}
		if keep {
			rest = append(picked, rest...)
		}
		return s.apply(ctx, tx, c, Patch{Emails: &rest}, "")
	})
}
