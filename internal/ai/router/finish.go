package router

import (
	"context"
	"errors"
	"time"
)

// finish closes the call: its span and its record.
func (c *call) finish(ctx context.Context, err error) {
	outcome := c.outcome(err)
	c.end(outcome, &c.res)
	if c.g.Book == nil {
		return
	}
	r := Record{ID: c.id, Task: c.r.Task, Class: c.r.Class, Agent: c.r.Agent, RunID: c.r.RunID, Interactive: c.r.Interactive,
		StartedAt: c.began, Duration: time.Since(c.began), Outcome: outcome, Response: c.res}
	if err != nil {
		r.Error = err.Error()
	}
	r.Response.Output = nil
	c.g.Book.Record(context.WithoutCancel(ctx), r)
}

func (c *call) outcome(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case err != nil:
		return "failed"
	case c.res.Cached:
		return "cached"
	case c.res.Degraded:
		return "degraded"
	case c.res.Deferred != nil:
		return "deferred"
	}
	return "answered"
}
