package flow

import (
	"context"

	"rapport/internal/agents/lane"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
)

// Turn works a run in this goroutine.
func (e *Engine) Turn(ctx context.Context, runID string) error {
	c := lane.Claim{RunID: runID, Lease: id.New()}
	err := e.DB.Global(ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE agent_lanes SET lease = $2, until = now() + interval '30 seconds' WHERE run_id = $1`, runID, c.Lease)
		return nil
	})
	if err != nil {
		return err
	}
	return e.turn(ctx, c)
}

// Run has runs worked until ctx ends, without a queue beside.
func (e *Engine) Run(ctx context.Context) error {
	e.lanes.Sole = e.Queue.Sole()
	return e.lanes.Run(ctx, e.turn)
}

// TurnOf works the run of a claim.
func (e *Engine) TurnOf(ctx context.Context, c lane.Claim) error { return e.turn(ctx, c) }
