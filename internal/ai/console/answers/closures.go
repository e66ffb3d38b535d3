package answers

import (
	"context"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/traffic"
	"rapport/internal/platform/pg"
)

// Closures are traffic.Closures in the database. They belong to no workspace.
type Closures struct{ db *pg.DB }

// NewClosures returns closures over db.
func NewClosures(db *pg.DB) *Closures { return &Closures{db: db} }

type closure struct {
	Provider, KeyID, Family, Model, Kind, Detail string
	Until                                        time.Time
}

// Load lists those that have not ended.
func (c *Closures) Load(ctx context.Context) ([]traffic.Closure, error) {
	var rows []closure
	err := c.db.Global(ctx, func(tx *pg.Tx) (err error) {
		rows, err = pg.All[closure](tx, `SELECT provider, key_id, family, model, kind, detail, until FROM ai.closures WHERE until > now() ORDER BY provider, key_id, family, model`)
		return err
	})
	out := make([]traffic.Closure, 0, len(rows))
	for _, r := range rows {
		lane := traffic.Lane{Provider: r.Provider, Key: r.KeyID, Family: r.Family, Model: r.Model}
		out = append(out, traffic.Closure{Lane: lane, Until: r.Until, Why: r.Detail, Kind: ai.Kind(r.Kind)})
	}
	return out, err
}

// Save keeps cl in place of what was known of its lane; an Until of zero ends it.
func (c *Closures) Save(ctx context.Context, cl traffic.Closure) error {
	return c.db.Global(ctx, func(tx *pg.Tx) error {
		if cl.Until.IsZero() {
			tx.Queue(`DELETE FROM ai.closures WHERE provider = $1 AND key_id = $2 AND family = $3 AND model = $4`, cl.Provider, cl.Key, cl.Family, cl.Model)
			return nil
		}
		tx.Queue(`
			INSERT INTO ai.closures (provider, key_id, family, model, kind, detail, until) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (provider, key_id, family, model) DO UPDATE SET kind = excluded.kind, detail = excluded.detail, until = excluded.until`,
			cl.Provider, cl.Key, cl.Family, cl.Model, string(cl.Kind), cl.Why, cl.Until)
		return nil
	})
}

// SweepClosures queues the removal of those that have ended.
func SweepClosures(tx *pg.Tx) error {
	tx.Queue(`DELETE FROM ai.closures WHERE until <= now()`)
	return nil
}
