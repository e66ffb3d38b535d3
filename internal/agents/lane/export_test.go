package lane

import "context"

// Take is one look for a run; nil is none.
func (l *Lanes) Take(ctx context.Context) (*Claim, error) {
	c, _, err := l.take(ctx)
	return c, err
}
