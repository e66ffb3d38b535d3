package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Workspace is where a team works.
type Workspace struct {
	ID           string    `json:"id"`
	Slug         string    `json:"slug"`
	Name         string    `json:"name"`
	TimeZone     string    `json:"time_zone"`
	OwnAddresses []string  `json:"own_addresses" doc:"Addresses of the team itself; mail from them is outbound."`
	Version      int64     `json:"version"`
	CreatedAt    time.Time `json:"created_at"`
}

func (s *Service) workspaces(ctx context.Context, in *InOrganization) (*op.Body[op.List[Workspace]], error) {
	out, err := global[Workspace](ctx, s.db, `
		SELECT id::text, slug, name, time_zone, own_addresses, version, created_at FROM identity.workspaces_of($1::uuid)`, in.Organization)
	return op.Listed(out), err
}

type workspaceInput struct {
	InOrganization
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"200"`
		Slug     string `json:"slug,omitempty" pattern:"^[a-z0-9][a-z0-9-]{0,62}$"`
		TimeZone string `json:"time_zone,omitempty" default:"UTC"`
	}
}

func (s *Service) addWorkspace(ctx context.Context, in *workspaceInput) (*op.Body[Workspace], error) {
	var f problem.Fields
	CheckZone(&f, "/time_zone", in.Body.TimeZone)
	f.Check(!id.Valid(in.Body.Slug), "/slug", "not_allowed", "A slug cannot have the form of an id: it would stand for another workspace.")
	if err := f.Err(); err != nil {
		return nil, err
	}
	if in.Body.Slug == "" {
		in.Body.Slug = slug(in.Body.Name)
	}
	w := Workspace{ID: id.New(), Slug: in.Body.Slug, Name: in.Body.Name, TimeZone: in.Body.TimeZone, OwnAddresses: []string{}, Version: 1, CreatedAt: s.now().UTC()}
	arg, err := json.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("encode the workspace: %w", err)
	}
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		_, err := tx.Exec(`SELECT identity.workspace_add($1::uuid, $2)`, in.Organization, arg)
		Note(ctx, tx, Noted{Organization: in.Organization, Action: "workspace.created", Subject: w.Name})
		return err
	})
	if pg.Violates(err, "workspaces_slug_key") {
		return nil, &problem.Error{Kind: problem.Conflict, Code: "duplicate", Detail: "Another workspace of this installation has this slug.",
			Fields: []problem.Field{{Pointer: "/slug", Code: "duplicate", Message: "Choose another slug."}}}
	}
	return &op.Body[Workspace]{Body: w}, err
}

// Settings returns the workspace that tx is bound to.
func Settings(tx *pg.Tx) (Workspace, error) {
	return pg.One[Workspace](tx, `SELECT id::text, slug, name, time_zone, own_addresses, version, created_at FROM identity.workspace()`)
}

func (s *Service) workspace(ctx context.Context, _ *op.InWorkspace) (out *op.Record[Workspace], err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		w, err := Settings(tx)
		out = op.NewRecord(w, w.Version)
		return err
	})
	return out, err
}

type workspacePatch struct {
	op.InWorkspace
	IfMatch string `header:"If-Match"`
	Body    struct {
		Name         string    `json:"name,omitempty" minLength:"1" maxLength:"200"`
		TimeZone     string    `json:"time_zone,omitempty"`
		OwnAddresses *[]string `json:"own_addresses,omitempty" maxItems:"200"`
	}
}

func (s *Service) setWorkspace(ctx context.Context, in *workspacePatch) (out *op.Record[Workspace], err error) {
	version, err := op.Versioned{IfMatch: in.IfMatch}.Version()
	if err != nil {
		return nil, err
	}
	defer s.auth.Forget()
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		w, err := Settings(tx)
		if err != nil {
			return err
		}
		if w.Version != version {
			return op.Stale(w.Version)
		}
		if err := in.apply(&w); err != nil {
			return err
		}
		n, err := pg.Value[int32](tx, `SELECT identity.workspace_set($1, $2, $3, $4)`, w.Name, w.TimeZone, w.OwnAddresses, version)
		if err == nil && n == 0 {
			return op.Stale(w.Version + 1)
		}
		w.Version++
		out = op.NewRecord(w, w.Version)
		return err
	})
	return out, err
}

func (in *workspacePatch) apply(w *Workspace) error {
	if in.Body.Name != "" {
		w.Name = in.Body.Name
	}
	if in.Body.TimeZone != "" {
		w.TimeZone = in.Body.TimeZone
	}
	var f problem.Fields
	CheckZone(&f, "/time_zone", w.TimeZone)
	if in.Body.OwnAddresses != nil {
		w.OwnAddresses = []string{}
		for i, a := range *in.Body.OwnAddresses {
			f.Check(strings.Contains(a, "@"), fmt.Sprintf("/own_addresses/%d", i), "format", "Enter a valid email address.")
			w.OwnAddresses = append(w.OwnAddresses, EmailKey(a))
		}
	}
	return f.Err()
}
