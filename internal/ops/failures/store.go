package failures

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rapport/internal/platform/failure"
	"rapport/internal/platform/pg"
)

// keep writes groups to the database, each in one row, in one statement. A group
// that was resolved is open again when a release has it that nobody knew to have
// it when it was resolved.
func (s *Service) keep(ctx context.Context, groups []failure.Group) error {
	all, err := json.Marshal(groups)
	if err != nil {
		return fmt.Errorf("encode groups of failures: %w", err)
	}
	return s.db.Global(pg.OnWorker(ctx), func(tx *pg.Tx) error {
		tx.Queue(`
			INSERT INTO failures.groups AS g (id, code, title, place, frames, count, first_seen, last_seen, releases, samples)
			SELECT n.id, n.code, n.title, n.place, n.frames, n.count, n.first_seen, n.last_seen, ARRAY[$2], n.samples
			FROM jsonb_to_recordset($1::jsonb) AS n (id uuid, code text, title text, place text, frames jsonb, count bigint, first_seen timestamptz, last_seen timestamptz, samples jsonb)
			ORDER BY n.id
			ON CONFLICT (id) DO UPDATE
			SET count = g.count + excluded.count, first_seen = least(g.first_seen, excluded.first_seen), last_seen = greatest(g.last_seen, excluded.last_seen),
				releases = CASE WHEN $2 = ANY (g.releases) THEN g.releases ELSE (ARRAY[$2] || g.releases)[1:20] END,
				samples = jsonb_path_query_array(excluded.samples || g.samples, '$[0 to 4]'),
				state = CASE WHEN g.state = 'resolved' AND $2 <> ALL (g.known_in) THEN 'open' ELSE g.state END,
				state_at = CASE WHEN g.state = 'resolved' AND $2 <> ALL (g.known_in) THEN excluded.last_seen ELSE g.state_at END,
				reopened = g.reopened + (g.state = 'resolved' AND $2 <> ALL (g.known_in))::int`, string(all), s.release)
		return nil
	})
}

// How long groups are kept, and how many.
const (
	kept = 90 * 24 * time.Hour
	most = 5000
)

// Sweep removes groups that were not seen for long, and the oldest of too many.
func Sweep(tx *pg.Tx) error {
	tx.Queue(`DELETE FROM failures.groups WHERE last_seen < now() - make_interval(secs => $1)`, kept.Seconds())
	tx.Queue(`DELETE FROM failures.groups WHERE id IN (SELECT id FROM failures.groups ORDER BY last_seen DESC OFFSET $1)`, most)
	return nil
}

const columns = `id::text, code, title, place, frames, count, first_seen, last_seen, releases, samples, state, state_at, reopened`

func list(tx *pg.Tx, state string, limit int) ([]Group, error) {
	return pg.All[Group](tx, `
		SELECT `+columns+` FROM failures.groups
		WHERE $1 = '' OR state = $1
		ORDER BY last_seen DESC, id LIMIT $2`, state, limit)
}

func load(tx *pg.Tx, group string) (Group, error) {
	g, err := pg.One[Group](tx, `SELECT `+columns+` FROM failures.groups WHERE id = $1::uuid`, group)
	return g, missing(err)
}

// set puts a group into a state. The releases that are known to have it are
// those which it was seen in, and the one that runs.
func (s *Service) set(tx *pg.Tx, group, state string) (Group, error) {
	g, err := pg.One[Group](tx, `
		UPDATE failures.groups SET state = $2, state_at = now(), known_in = CASE WHEN $3 = ANY (releases) THEN releases ELSE releases || $3 END
		WHERE id = $1::uuid
		RETURNING `+columns, group, state, s.release)
	return g, missing(err)
}
