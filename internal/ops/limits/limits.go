// Package limits shows operators who uses up what, and lets them set what a
// workspace may do.
package limits

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"rapport/internal/api/op"
	"rapport/internal/crm/quota"
	"rapport/internal/platform/limit"
	"rapport/internal/platform/pg"
)

// Service shows what quotas counts.
type Service struct {
	db     *pg.DB
	quotas *quota.Service
}

// New returns the service.
func New(db *pg.DB, quotas *quota.Service) *Service { return &Service{db: db, quotas: quotas} }

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "limit.status", Method: "GET", Cached: op.Cached{Never: "It changes with every call."}, Path: "/v1/ops/limits", Scope: op.Operator,
			Summary: "List who uses up the most, the tiers, and the workspaces that have limits of their own", Doc: "Counts are those of the process that answers, since midnight (UTC)."}, s.status),
		op.New(op.Meta{Name: "limit.set", Method: "PUT", Path: "/v1/ops/limits", Scope: op.Operator,
			Summary: "Set the tier of a workspace", Doc: "Holds at once in the process that answers, and within ten seconds in others. Without tier the default of the installation holds again.",
			Example: map[string]any{"body": map[string]any{"workspace": "{workspace}", "tier": "ENTERPRISE"}}}, s.set),
	}
}

type statusInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"20" doc:"How many consumers are listed."`
}

// Status is how limits are used.
type Status struct {
	Default    string           `json:"default" doc:"The tier of workspaces that have none of their own."`
	Sharing    quota.Sharing    `json:"sharing"`
	Tiers      []Tier           `json:"tiers"`
	Workspaces []quota.Consumer `json:"workspaces" doc:"Those that spent the most today."`
	Addresses  []quota.Consumer `json:"addresses" doc:"Of callers without a credential."`
	Own        []Own            `json:"own" doc:"Workspaces with limits of their own."`
}

// Tier is a plan.
type Tier struct {
	Name       string         `json:"name"`
	Concurrent int32          `json:"concurrent"`
	Windows    []quota.Window `json:"windows"`
}

// Own is the limits of a workspace that differ from the default.
type Own struct {
	WorkspaceID string `json:"workspace_id"`
	Slug        string `json:"slug"`
	quota.Limits
}

func (s *Service) status(ctx context.Context, in *statusInput) (*op.Body[Status], error) {
	out := Status{Default: s.quotas.Default(), Sharing: s.quotas.Sharing(), Own: []Own{}}
	for _, t := range limit.Tiers() {
		out.Tiers = append(out.Tiers, Tier{t.Name, t.Concurrent, quota.Windows(t.Quotas)})
	}
	out.Workspaces, out.Addresses = s.quotas.Top(in.Limit)
	own := s.quotas.Own()
	ids := slices.Collect(maps.Keys(own))
	for _, c := range out.Workspaces {
		ids = append(ids, c.WorkspaceID)
	}
	slugs, err := s.slugs(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, c := range out.Workspaces {
		out.Workspaces[i].Slug = slugs[c.WorkspaceID]
	}
	for id, l := range own {
		out.Own = append(out.Own, Own{id, slugs[id], l})
	}
	slices.SortFunc(out.Own, func(a, b Own) int { return cmp.Compare(a.Slug+a.WorkspaceID, b.Slug+b.WorkspaceID) })
	return &op.Body[Status]{Body: out}, nil
}

type named struct{ ID, Slug string }

func (s *Service) slugs(ctx context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	err := s.db.Global(ctx, func(tx *pg.Tx) error {
		found, err := pg.All[named](tx, `SELECT workspace_id::text AS id, slug FROM identity.everything() WHERE workspace_id::text = ANY($1)`, ids)
		for _, n := range found {
			out[n.ID] = n.Slug
		}
		return err
	})
	return out, err
}

type setInput struct {
	Body struct {
		Workspace string `json:"workspace" minLength:"1" maxLength:"100" doc:"Id or slug."`
		quota.Change
	}
}

func (s *Service) set(ctx context.Context, in *setInput) (*op.Body[quota.Limits], error) {
	l, err := s.quotas.Set(ctx, in.Body.Workspace, in.Body.Change)
	return &op.Body[quota.Limits]{Body: l}, err
}
