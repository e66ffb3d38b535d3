package identity

import (
	"context"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

type meRow struct {
	OrganizationID, Organization, Role, WorkspaceID, Slug, Workspace, TZ *string
}

// Me says who a person is, and where they may go.
func (s *Service) Me(ctx context.Context, uid string) (Me, error) {
	var rows []meRow
	var users []User
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		pg.Later(tx, &users, `SELECT id::text, email, name, operator, time_zone, verified FROM identity.profile($1::uuid)`, uid)
		rows, err = pg.All[meRow](tx, `
			SELECT organization_id::text, organization, role, workspace_id::text, slug, workspace, time_zone AS tz
			FROM identity.me($1::uuid)`, uid)
		return err
	})
	if err != nil || len(users) == 0 {
		return Me{}, err
	}
	me := Me{User: users[0], Organizations: []Organization{}}
	for _, r := range rows {
		if r.OrganizationID == nil {
			continue
		}
		last := len(me.Organizations) - 1
		if last < 0 || me.Organizations[last].ID != *r.OrganizationID {
			me.Organizations = append(me.Organizations, Organization{ID: *r.OrganizationID, Name: *r.Organization, Role: actor.Role(*r.Role), Workspaces: []Place{}})
			last++
		}
		if r.WorkspaceID != nil {
			o := &me.Organizations[last]
			o.Workspaces = append(o.Workspaces, Place{ID: *r.WorkspaceID, Slug: *r.Slug, Name: *r.Workspace, TimeZone: *r.TZ})
		}
	}
	return me, nil
}
