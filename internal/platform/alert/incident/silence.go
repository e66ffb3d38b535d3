package incident

import (
	"context"

	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

const selectSilences = `
	SELECT id::text, rule, kind, reason, starts_at, ends_at, created_by, created_at
	FROM alerts.silences`

// Silences lists those that hold or will, the next to end first.
func (k *Book) Silences(ctx context.Context) (out []Silence, err error) {
	err = k.db.Global(ctx, func(tx *pg.Tx) error {
		out, err = pg.All[Silence](tx, selectSilences+` WHERE ends_at > now() ORDER BY ends_at, id`)
		return err
	})
	return out, err
}

// Silence adds one. It holds from the next look on, within ten seconds.
func (k *Book) Silence(ctx context.Context, s Silence) (Silence, error) {
	err := k.db.Global(ctx, func(tx *pg.Tx) (err error) {
		s, err = pg.One[Silence](tx, `
			INSERT INTO alerts.silences (id, rule, kind, reason, starts_at, ends_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
			RETURNING id::text, rule, kind, reason, starts_at, ends_at, created_by, created_at`,
			s.ID, s.Rule, s.Kind, s.Reason, s.StartsAt, s.EndsAt, s.CreatedBy)
		return err
	})
	return s, err
}

// Unsilence ends one now.
func (k *Book) Unsilence(ctx context.Context, silenceID string) error {
	return k.db.Global(ctx, func(tx *pg.Tx) error {
		n, err := tx.Exec(`DELETE FROM alerts.silences WHERE id = $1::uuid`, silenceID)
		if err == nil && n == 0 {
			err = errNoSilence
		}
		return err
	})
}

var errNoSilence = problem.New(problem.NotFound, "not_found", "There is no such silence.")

// Sweep removes what is over for long: silences after a month, incidents after
// two years, notices that nobody could be told of in a week.
func (k *Book) Sweep(tx *pg.Tx) error {
	tx.Queue(`DELETE FROM alerts.silences WHERE ends_at < now() - interval '30 days'`)
	tx.Queue(`DELETE FROM alerts.incidents WHERE resolved_at < now() - interval '2 years'`)
	tx.Queue(`DELETE FROM alerts.uptime WHERE day < now() - interval '2 years'`)
	tx.Queue(`DELETE FROM alerts.notices WHERE created_at < now() - interval '7 days'`)
	return nil
}
