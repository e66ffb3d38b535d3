package queue

import (
	"context"
	"time"
)

// TakeLost is what watch does at each look.
func (q *Queue) TakeLost(ctx context.Context, client string, inHand []int64) error {
	return q.takeLost(ctx, client, inHand)
}

// InHand begins jobs one and two, ends the second, and lists what is in hand
// right after that and once it has settled.
func InHand(now time.Time) (soon, later []int64) {
	d := newDesk()
	d.begin(1, context.Background())
	d.begin(2, context.Background())
	d.end(2, now)
	return d.inHand(now), d.inHand(now.Add(settle + time.Second))
}
