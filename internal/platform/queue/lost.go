package queue

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// settle is how long the end of a job may take to reach the database.
	settle = 20 * time.Second
	// look is how often jobs are looked for whose end never did.
	look = 5 * time.Second
)

// desk knows which jobs this process has in hand. The database may believe in
// others: if it was away for some seconds when a job was fetched or ended, it
// holds the job for running, and only the rescue would tell it, minutes later.
type desk struct {
	mu    sync.Mutex
	ended map[int64]time.Time // zero while the job runs
	as    map[int64]context.Context
}

func newDesk() *desk { return &desk{ended: map[int64]time.Time{}, as: map[int64]context.Context{}} }

func (d *desk) begin(job int64, as context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended[job], d.as[job] = time.Time{}, as
}

// of is the context in which a job is or was worked, for the log; ctx if that
// is not known.
func (d *desk) of(job int64, ctx context.Context) context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if as := d.as[job]; as != nil {
		return as
	}
	return ctx
}

func (d *desk) end(job int64, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended[job] = at
}

// inHand lists the jobs that run, or ended so shortly before now that the
// database may not know it yet; older ones are forgotten.
func (d *desk) inHand(now time.Time) []int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := []int64{}
	for id, at := range d.ended {
		if !at.IsZero() && now.Sub(at) > settle {
			delete(d.ended, id)
			delete(d.as, id)
			continue
		}
		ids = append(ids, id)
	}
	return ids
}

// watch makes lost jobs of the client available again until ctx ends.
func (q *Queue) watch(ctx context.Context, client string) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if err := q.takeLost(ctx, client, q.desk.inHand(now)); err != nil && ctx.Err() == nil {
				q.log.WarnContext(ctx, "cannot look for lost jobs now", "error", err)
			}
		}
	}
}

func (q *Queue) takeLost(ctx context.Context, client string, inHand []int64) error {
	ctx, cancel := context.WithTimeout(ctx, look)
	defer cancel()
	tag, err := q.db.Session().Exec(ctx, `
		UPDATE river.river_job SET state = 'available', scheduled_at = now(), attempt = greatest(attempt - 1, 0)
		WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1 AND attempted_at < now() - make_interval(secs => $2)
			AND NOT id = ANY ($3)`, client, settle.Seconds(), inHand)
	if err != nil {
		return fmt.Errorf("take back lost jobs: %w", err)
	}
	if n := tag.RowsAffected(); n > 0 {
		q.log.WarnContext(ctx, "jobs whose end was lost with the database are taken up again", "jobs", n)
	}
	return nil
}
