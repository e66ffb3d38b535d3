package queue

import (
	"context"
	"fmt"
	"time"
)

// Census is how many jobs there are in each state, and how long the one waits
// that is due longest. Those that are done are not counted.
type Census struct {
	States map[string]int64
	Oldest time.Duration
}

// Census counts the jobs.
func (q *Queue) Census(ctx context.Context) (Census, error) {
	out := Census{States: map[string]int64{"available": 0, "running": 0, "retryable": 0, "scheduled": 0, "discarded": 0}}
	rows, err := q.db.Session().Query(ctx, `
		SELECT state::text, count(*), coalesce(extract(epoch FROM now() - min(scheduled_at) FILTER (WHERE state = 'available' OR state IN ('scheduled', 'retryable') AND scheduled_at < now())), 0)::double precision
		FROM river.river_job WHERE state IN ('available', 'running', 'retryable', 'scheduled', 'discarded') GROUP BY state`)
	if err != nil {
		return out, fmt.Errorf("count the jobs: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var state string
		var n int64
		var oldest float64
		if err := rows.Scan(&state, &n, &oldest); err != nil {
			return out, fmt.Errorf("count the jobs: %w", err)
		}
		out.States[state] = n
		out.Oldest = max(out.Oldest, time.Duration(oldest*float64(time.Second)))
	}
	return out, rows.Err()
}
