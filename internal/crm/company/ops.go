package company

import (
	"rapport/internal/api/op"
	"rapport/internal/crm/bulk"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/companies"
	entities := map[string]string{"id": "company"}
	return []op.Operation{
		op.New(op.Meta{Name: "company.list", Method: "GET", Cached: op.Cached{On: "company[] contact+company_id tag.name custom_field", Shared: true}, Path: path, Scope: "company:read",
			Summary: "List companies", Example: example{"sort": "name"}}, s.List),
		op.New(op.Meta{Name: "company.create", Method: "POST", Path: path, Scope: "company:write", Status: 201,
			Summary: "Add a company", Example: example{"body": example{"name": "Lumen", "domain": "lumen.example"}}}, s.create),
		op.New(op.Meta{Name: "company.get", Method: "GET", Cached: op.Cached{On: "company=id contact+company_id tag.name tag.color custom_field", Shared: true}, Path: path + "/{id}", Scope: "company:read", Entities: entities,
			Summary: "Read a company"}, s.get),
		op.New(op.Meta{Name: "company.update", Method: "PATCH", Path: path + "/{id}", Scope: "company:write", Entities: entities,
			Summary: "Change a company", Example: example{"If-Match": `"1"`, "body": example{"industry": "Software"}}}, s.update),
		op.New(op.Meta{Name: "company.delete", Method: "DELETE", Path: path + "/{id}", Scope: "company:delete", Status: 204, Entities: entities,
			Summary: "Delete a company; it can be restored"}, s.remove),
		op.New(op.Meta{Name: "company.restore", Method: "POST", Path: path + "/{id}/restore", Scope: "company:delete", Entities: entities,
			Summary: "Restore a deleted company"}, s.restore),
		op.New(op.Meta{Name: "company.bulk_update", Class: op.Background, Method: "POST", Path: path + "/bulk", Scope: "company:write",
			Summary: "Change, tag or delete many companies", Doc: bulk.Doc + " To delete takes the scope company:delete.",
			Example: example{"body": example{"ids": []string{"{company}"}, "set": example{"size": "11-50", "add_tags": []string{"Partner"}}}}}, s.bulkUpdate),
		op.New(op.Meta{Name: "company.tag", Method: "PUT", Path: path + "/{id}/tags", Scope: "company:write", Entities: entities,
			Summary: "Set the tags of a company", Example: example{"body": example{"tags": []string{"Partner"}}}}, s.setTags),
	}
}
