package series

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"syscall"
	"time"

	"rapport/internal/platform/metric"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

// Census asks the database now and then how many there are of what nobody
// counts in memory.
type Census struct {
	DB    *pg.DB
	Queue *queue.Queue
	// Daily and Monthly are the AI budgets of workspaces that have none of their
	// own, in nano-dollars.
	Daily, Monthly int64
	// Dir is on the disk whose free part is told.
	Dir string
	Log *slog.Logger

	last atomic.Pointer[counted]
}

// counted is what was found, and when.
type counted struct {
	at    time.Time
	queue queue.Census
	rows  []row
}

type row struct {
	Name, Label string
	Value       float64
}

const (
	countEvery = 15 * time.Second
	// stale is when what was found says nothing any more.
	stale = time.Minute
)

// Run counts until ctx ends. While the database is away there is nothing to
// tell, and so nothing is told.
func (c *Census) Run(ctx context.Context) error {
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	for {
		if err := c.count(ctx); err != nil && ctx.Err() == nil {
			c.Log.WarnContext(ctx, "jobs and mailboxes cannot be counted now", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (c *Census) count(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(pg.OnWorker(ctx), countEvery)
	defer cancel()
	out := counted{at: time.Now()}
	var err error
	if out.queue, err = c.Queue.Census(ctx); err != nil {
		return err
	}
	err = c.DB.Global(ctx, func(tx *pg.Tx) error {
		out.rows, err = pg.All[row](tx, `SELECT name, label, value FROM telemetry.census($1, $2)`, c.Daily, c.Monthly)
		return err
	})
	if err != nil {
		return err
	}
	c.last.Store(&out)
	return nil
}

// Read tells what was found.
func (c *Census) Read(emit metric.Emit) {
	if free, err := free(c.Dir); err == nil {
		emit("disk_free_ratio", free)
	}
	found := c.last.Load()
	if found == nil || time.Since(found.at) > stale {
		return
	}
	for state, n := range found.queue.States {
		emit("queue_jobs", float64(n), state)
	}
	emit("queue_oldest_seconds", found.queue.Oldest.Seconds())
	for _, r := range found.rows {
		if r.Label == "" {
			emit(r.Name, r.Value)
			continue
		}
		emit(r.Name, r.Value, r.Label)
	}
}

var errNoBlocks = errors.New("the disk does not say how large it is")

// free is the part of the disk of dir that is left for us.
func free(dir string) (float64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	if s.Blocks == 0 {
		return 0, errNoBlocks
	}
	return float64(s.Bavail) / float64(s.Blocks), nil
}
