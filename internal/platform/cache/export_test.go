package cache

import "context"

// ShareNow puts out what is due.
func (c *Cache) ShareNow(ctx context.Context) {
	if c.position.Load() != nil {
		c.share(ctx)
	}
}
