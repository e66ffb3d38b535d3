package quota

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"rapport/internal/crm/identity"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// row is the limits of one workspace as they are stored.
type row struct {
	WorkspaceID string
	Tier        *string
	Overrides   Overrides
	Shadow      bool
	UpdatedAt   time.Time
}

const columns = `workspace_id::text, tier, overrides, shadow, updated_at`

// Load reads what changed since it was last called. A minute is read twice, for
// transactions that took their time.
func (s *Service) Load(ctx context.Context) error {
	var rows []row
	err := s.db.Global(pg.OnWorker(ctx), func(tx *pg.Tx) (err error) {
		rows, err = pg.All[row](tx, `SELECT `+columns+` FROM limits.workspace_limits WHERE updated_at > $1`, s.loaded.Load().Add(-time.Minute))
		return err
	})
	if err != nil {
		return fmt.Errorf("read the limits of workspaces: %w", err)
	}
	s.know(rows)
	return nil
}

func (s *Service) know(rows []row) {
	latest := *s.loaded.Load()
	changed := map[string]*plan{}
	for _, r := range rows {
		l := Limits{Tier: s.o.Tier, Overrides: r.Overrides, Shadow: r.Shadow}
		if r.Tier != nil {
			l.Tier = *r.Tier
		}
		if was, ok := (*s.own.Load())[r.WorkspaceID]; !ok || !same(was.Limits, l) {
			changed[r.WorkspaceID] = s.plan(l)
		}
		if r.UpdatedAt.After(latest) {
			latest = r.UpdatedAt
		}
	}
	s.loaded.Store(&latest)
	for len(changed) > 0 {
		was := s.own.Load()
		next := maps.Clone(*was)
		maps.Copy(next, changed)
		if s.own.CompareAndSwap(was, &next) {
			return
		}
	}
}

func same(a, b Limits) bool {
	return a.Tier == b.Tier && a.Shadow == b.Shadow && a.Overrides.Concurrent == b.Overrides.Concurrent &&
		a.Overrides.CredentialPercent == b.Overrides.CredentialPercent && maps.Equal(a.Overrides.Windows, b.Overrides.Windows)
}

// Change is what an operator sets for a workspace.
type Change struct {
	Tier      *string    `json:"tier,omitempty" enum:"FREE,STARTER,PRO,ENTERPRISE" doc:"The default of the installation unless said."`
	Overrides *Overrides `json:"overrides,omitempty" doc:"Instead of all overrides that there are; none unless said."`
	Shadow    bool       `json:"shadow,omitempty"`
}

// Set gives a workspace, by id or slug, limits. This process keeps them from
// the next call on, others within ten seconds.
func (s *Service) Set(ctx context.Context, workspace string, c Change) (Limits, error) {
	var overrides Overrides
	if c.Overrides != nil {
		overrides = *c.Overrides
	}
	raw, err := json.Marshal(overrides)
	if err != nil {
		return Limits{}, fmt.Errorf("encode overrides: %w", err)
	}
	var rows []row
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		if rows, err = pg.All[row](tx, `
			INSERT INTO limits.workspace_limits (workspace_id, tier, overrides, shadow, updated_at)
			SELECT p.workspace_id, $2, $3, $4, now() FROM identity.place($1, '') p
			ON CONFLICT (workspace_id) DO UPDATE
			SET tier = excluded.tier, overrides = excluded.overrides, shadow = excluded.shadow, updated_at = excluded.updated_at
			RETURNING `+columns, workspace, c.Tier, raw, c.Shadow); err != nil {
			return err
		}
		if len(rows) == 0 {
			return problem.New(problem.NotFound, "not_found", "There is no such workspace.")
		}
		org, err := pg.Value[string](tx, `SELECT organization_id::text FROM identity.place($1, '')`, workspace)
		if err != nil {
			return err
		}
		tier := s.o.Tier
		if c.Tier != nil {
			tier = *c.Tier
		}
		identity.Note(ctx, tx, identity.Noted{Organization: org, Action: "limits.changed", Subject: workspace, Detail: tier})
		return nil
	})
	if err != nil {
		return Limits{}, err
	}
	s.know(rows)
	return s.of(rows[0].WorkspaceID).Limits, nil
}
