package pg

import (
	"context"
	"time"
)

// Persist repeats f while the database is away, for a minute at most: for what
// must be written down because it has happened already.
func Persist(ctx context.Context, f func() error) error {
	err := f()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for range 30 {
		if err == nil || !Away(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
			err = f()
		}
	}
	return err
}
