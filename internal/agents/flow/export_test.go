package flow

import "context"

// Turn works a run in this goroutine.
func (e *Engine) Turn(ctx context.Context, runID string) error { return e.turn(ctx, runID) }
