package incident

import (
	"context"
	"sync"
)

// Look looks once, as Run does every ten seconds.
func (w *Watch) Look(ctx context.Context) {
	if w.began.IsZero() {
		w.began = w.now()
	}
	w.pass(ctx)
}

// Deliver sends what waits, until ctx ends; the returned function waits for that.
func (w *Watch) Deliver(ctx context.Context) (wait func()) {
	var wg sync.WaitGroup
	for _, d := range w.desks {
		wg.Go(func() { d.run(ctx) })
	}
	return wg.Wait
}
