package identity

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Everything is the organizations of the installation, for its operators.
func (s *Service) everything(ctx context.Context, _ *struct{}) (*op.Body[op.List[Organization]], error) {
	rows, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	out := []Organization{}
	for _, r := range rows {
		if n := len(out); n == 0 || out[n-1].ID != r.OrganizationID {
			out = append(out, Organization{ID: r.OrganizationID, Name: r.Organization, Role: actor.Owner, Workspaces: []Place{}})
		}
		if r.WorkspaceID != nil {
			o := &out[len(out)-1]
			o.Workspaces = append(o.Workspaces, Place{ID: *r.WorkspaceID, Slug: *r.Slug, Name: *r.Workspace, TimeZone: *r.TimeZone})
		}
	}
	return op.Listed(out), nil
}

type everyRow struct {
	OrganizationID, Organization                    string
	WorkspaceID, Slug, Workspace, TimeZone, OwnerID *string
}

func (s *Service) all(ctx context.Context) ([]everyRow, error) {
	return global[everyRow](ctx, s.db, `
		SELECT organization_id::text, organization, workspace_id::text, slug, workspace, time_zone, owner_id::text FROM identity.everything()`)
}

// ownerOf returns whose name a key made by the machine itself bears: the
// first owner of the organization.
func (s *Service) ownerOf(ctx context.Context, organization string) (string, error) {
	rows, err := s.all(ctx)
	if err != nil {
		return "", err
	}
	for _, r := range rows {
		if r.OrganizationID == organization && r.OwnerID != nil {
			return *r.OwnerID, nil
		}
	}
	return "", problem.Missing("owner of this organization")
}

type operatorInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Operator bool   `json:"operator"`
	}
}

func (s *Service) setOperator(ctx context.Context, in *operatorInput) (*op.NoContent, error) {
	defer s.auth.Forget()
	return nil, s.db.Global(ctx, func(tx *pg.Tx) error {
		n, err := pg.Value[int32](tx, `SELECT identity.operator_set($1, $2)`, EmailKey(in.Body.Email), in.Body.Operator)
		if err == nil && n == 0 {
			return problem.New(problem.NotFound, "not_found", "There is no account with this address.")
		}
		action := map[bool]string{true: "operator.granted", false: "operator.revoked"}[in.Body.Operator]
		Note(ctx, tx, Noted{Action: action, Subject: in.Body.Email})
		return err
	})
}

type accountInput struct{ Body Registration }

// addAccount makes an account for somebody, without signing them in.
func (s *Service) addAccount(ctx context.Context, in *accountInput) (*op.Body[Me], error) {
	uid, err := s.Register(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	me, err := s.Me(ctx, uid)
	return &op.Body[Me]{Body: me}, err
}

// Gone reports whether there is no such workspace.
func Gone(ctx context.Context, db *pg.DB, workspace string) (gone bool, err error) {
	err = db.Global(ctx, func(tx *pg.Tx) error {
		gone, err = pg.Value[bool](tx, `SELECT NOT EXISTS (SELECT FROM identity.all_workspaces() AS t (id) WHERE id = $1::uuid)`, workspace)
		return err
	})
	return gone, err
}

// Workspaces lists every workspace, for work that goes tenant by tenant.
func Workspaces(ctx context.Context, db *pg.DB) (ids []string, err error) {
	err = db.Global(ctx, func(tx *pg.Tx) error {
		ids, err = pg.Column[string](tx, `SELECT id::text FROM identity.all_workspaces() AS t (id)`)
		return err
	})
	return ids, err
}
