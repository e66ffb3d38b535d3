package queue

import (
	"context"
	"encoding/json"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"rapport/internal/platform/trace"
)

// metadata is what a job has with it beside what it is about.
type metadata struct {
	Traceparent string `json:"traceparent"`
}

// carried is what jobs that are added in ctx have with them: who added them.
func carried(ctx context.Context) *river.InsertOpts {
	by := trace.Carry(ctx)
	if by == "" {
		return nil
	}
	b, err := json.Marshal(metadata{by})
	if err != nil {
		return nil // a string is always written
	}
	return &river.InsertOpts{Metadata: b}
}

// trace begins the trace of an attempt at a job.
func (q *Queue) trace(ctx context.Context, job *rivertype.JobRow) (context.Context, *trace.Span) {
	var m metadata
	_ = json.Unmarshal(job.Metadata, &m) // what is not there links to nothing
	ctx, span := q.traces.Job(ctx, job.Kind, m.Traceparent)
	span.Set(trace.Int("job.attempt", job.Attempt), trace.Int("job.id", job.ID), trace.Int("job.waited_ms", time.Since(job.ScheduledAt).Milliseconds()))
	return ctx, span
}
