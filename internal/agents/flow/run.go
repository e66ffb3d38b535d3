package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"rapport/internal/agents/lane"
	"rapport/internal/ai"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// Run is one run of a program, as the program sees it. It serves one goroutine.
type Run struct {
	engine *Engine
	agent  Agent
	row    row
	caps   Caps
	tree   Caps // of the run that all this is a part of
	ctx    context.Context
	claim  lane.Claim
	broken string // why it cannot be played
	seq    int
	steps  map[string]*step
	used   map[string]bool
	// until is when a parked run goes on by itself.
	until *time.Time
}

// ID names the run.
func (r *Run) ID() string { return r.row.ID }

// Now is when the run was made: the same each time it is played.
func (r *Run) Now() time.Time { return r.row.StartedAt }

// Depth is how many runs stand above this one.
func (r *Run) Depth() int { return r.row.Depth }

// Context is that of the turn. It ends when the run is cancelled.
func (r *Run) Context() context.Context { return r.ctx }

// Person is the user on whose behalf the run acts; "" if nobody asked for it.
func (r *Run) Person() string {
	a, _ := actor.From(r.ctx)
	return a.UserID
}

// Subject is what the run is about.
func (r *Run) Subject() (entity, id string) { return r.row.SubjectEntity, r.row.SubjectID }

// Input reads what the run was given.
func (r *Run) Input(into any) error {
	if err := json.Unmarshal(r.row.Input, into); err != nil {
		return fmt.Errorf("read the input: %w", err)
	}
	return nil
}

// Spent is what the run has cost so far.
func (r *Run) Spent() ai.Nano { return ai.Nano(r.row.CostNano) }

// step is one step as it is stored.
type step struct {
	Seq        int
	Key        string
	Kind       string
	State      string
	Output     json.RawMessage
	Error      string
	Attempts   int
	ChildID    *string
	ApprovalID *string
}

// The states of a step.
const (
	intent  = "intent"
	waiting = "waiting"
	done    = "done"
	failed  = "failed"
)

// find returns the step of a key, nil if it has not begun. A key is used once;
// a step of another kind means that the program or the row was changed.
func (r *Run) find(kind, key string) (*step, error) {
	if err := context.Cause(r.ctx); err != nil {
		return nil, err
	}
	if r.used[key] || key == "" {
		return nil, &PauseError{fmt.Sprintf("The program uses the step %q twice.", key)}
	}
	r.used[key] = true
	s := r.steps[key]
	switch {
	case s == nil && len(r.steps) >= r.caps.Steps:
		return nil, &CapError{"steps"}
	case s == nil:
		return nil, nil
	case s.Kind != kind:
		return nil, &PauseError{fmt.Sprintf("Step %d is a %s, the program expects a %s.", s.Seq, s.Kind, kind)}
	case s.State == done && !json.Valid(s.Output):
		return nil, &PauseError{fmt.Sprintf("The result of step %d cannot be read.", s.Seq)}
	case s.State == failed:
		return nil, s.fault()
	}
	return s, nil
}

// StepError is a step that failed, now or when it was first made.
type StepError struct {
	Key, Message string
}

// Error says what failed.
func (e *StepError) Error() string { return e.Key + ": " + e.Message }

// fault is what a failed step returned.
func (s *step) fault() error {
	var blocked struct{ Blocked *BlockedError }
	if json.Unmarshal(s.Output, &blocked) == nil && blocked.Blocked != nil {
		return blocked.Blocked
	}
	return &StepError{s.Key, s.Error}
}

// fence locks the run for a commit of its owner.
func (r *Run) fence(tx *pg.Tx) error {
	held, err := pg.Column[bool](tx, `
		SELECT cancelled FROM agent_runs WHERE workspace_id = $1 AND id = $2 AND lease = $3 AND state = 'running' FOR UPDATE`, tx.Workspace(), r.row.ID, r.claim.Lease)
	switch {
	case err != nil:
		return err
	case len(held) == 0:
		return errLost
	case held[0]:
		return lane.ErrCancelled
	}
	return nil
}

// begin commits that a step is about to happen. An intent that a dead process
// left is taken over; its engine may have billed it.
func (r *Run) begin(kind, key string, s *step, input any) (*step, error) {
	about, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("encode step %s: %w", key, err)
	}
	fresh := s == nil
	if fresh {
		r.seq++
		s = &step{Seq: r.seq, Key: key, Kind: kind, State: intent, Attempts: 1}
	}
	err = r.engine.DB.Write(r.ctx, func(tx *pg.Tx) error {
		if err := r.fence(tx); err != nil {
			return err
		}
		event.Hint(tx, Entity, r.row.ID)
		if fresh {
			tx.Queue(`
				INSERT INTO agent_steps (workspace_id, run_id, seq, key, kind, state, input, started_at) VALUES ($1, $2, $3, $4, $5, 'intent', $6::jsonb, $7)`,
				tx.Workspace(), r.row.ID, s.Seq, key, kind, about, r.engine.Now())
			return nil
		}
		tx.Queue(`
			UPDATE agent_steps SET state = 'intent', attempts = attempts + 1,
				maybe_billed = maybe_billed + CASE WHEN kind = 'model' AND state = 'intent' THEN 1 ELSE 0 END
			WHERE workspace_id = $1 AND run_id = $2 AND seq = $3`, tx.Workspace(), r.row.ID, s.Seq)
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.steps[key] = s
	return s, nil
}

// note commits a step without effect, of which nobody need know that it began.
func (r *Run) note(kind, key string, s *step, res result) (*step, error) {
	fresh := s == nil
	if fresh {
		r.seq++
		s = &step{Seq: r.seq, Key: key, Kind: kind, Attempts: 1}
		r.steps[key] = s
	}
	return s, r.engine.DB.Write(context.WithoutCancel(r.ctx), func(tx *pg.Tx) error {
		if err := r.fence(tx); err != nil {
			return err
		}
		if fresh {
			tx.Queue(`INSERT INTO agent_steps (workspace_id, run_id, seq, key, kind, state, started_at) VALUES ($1, $2, $3, $4, $5, 'intent', $6)`,
				tx.Workspace(), r.row.ID, s.Seq, key, kind, r.engine.Now())
		}
		return r.finish(tx, s, res)
	})
}

// result is how a step ends.
type result struct {
	output any
	fault  string // "" is done
	spent  ai.Usage
	asked  int // calls of models
}

// finish commits the end of a step within tx. Progress forgives earlier
// attempts.
func (r *Run) finish(tx *pg.Tx, s *step, res result) error {
	b, err := json.Marshal(res.output)
	if err != nil {
		return fmt.Errorf("encode the result of %s: %w", s.Key, err)
	}
	s.State, s.Output, s.Error = done, b, clip(res.fault, maxError)
	if res.fault != "" {
		s.State = failed
	}
	a, _ := res.output.(Answer)
	tx.Queue(`
		UPDATE agent_steps SET state = $4, output = $5::jsonb, error = $6, finished_at = $7, tokens = tokens + $8, cost_nano = cost_nano + $9
		WHERE workspace_id = $1 AND run_id = $2 AND seq = $3`,
		tx.Workspace(), r.row.ID, s.Seq, s.State, b, s.Error, r.engine.Now(), res.spent.Tokens(), res.spent.CostNano)
	tx.Queue(`
		UPDATE agent_runs SET attempts = 0, calls = calls + $3, tokens = tokens + $4, cost_nano = cost_nano + $5,
			engine = CASE WHEN $6 = '' THEN engine ELSE $6 END, degraded = degraded OR $7
		WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), r.row.ID, res.asked, res.spent.Tokens(), res.spent.CostNano, a.Engine, a.Degraded)
	event.Hint(tx, Entity, r.row.ID)
	r.row.Attempts = 0
	r.row.Calls += res.asked
	r.row.Tokens += res.spent.Tokens()
	r.row.CostNano += res.spent.CostNano
	return nil
}

// conclude is finish in a transaction of its own.
func (r *Run) conclude(s *step, res result) error {
	return r.engine.DB.Write(context.WithoutCancel(r.ctx), func(tx *pg.Tx) error {
		if err := r.fence(tx); err != nil && !errors.Is(err, lane.ErrCancelled) { // what was paid for is kept
			return err
		}
		return r.finish(tx, s, res)
	})
}

// clip bounds what is stored of an error.
func clip(s string, most int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
