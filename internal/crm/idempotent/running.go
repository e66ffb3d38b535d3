package idempotent

import (
	"context"
	"sync"
	"time"
)

// patience is how long a second attempt waits for the first before it is told
// to come again. Here it waits in memory, in another process on the key's row.
const patience = time.Second

// running are the attempts of this process that are being worked, so that
// those who repeat them wait without a connection to the database.
type running struct {
	mu   sync.Mutex
	keys map[slot]chan struct{}
}

// slot is a key as one caller may use it.
type slot struct{ workspace, credential, key string }

// enter waits until nobody works s, and returns how to say that it is over;
// false if it takes too long.
func (r *running) enter(ctx context.Context, s slot) (leave func(), ok bool) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		r.mu.Lock()
		before, busy := r.keys[s]
		if !busy {
			mine := make(chan struct{})
			r.keys[s] = mine
			r.mu.Unlock()
			return func() {
				r.mu.Lock()
				delete(r.keys, s)
				r.mu.Unlock()
				close(mine)
			}, true
		}
		r.mu.Unlock()
		select {
		case <-before:
		case <-timer.C:
			return nil, false
		case <-ctx.Done():
			return nil, false
		}
	}
}
