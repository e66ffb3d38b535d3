package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"rapport/internal/agents/lane"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// patience is how often a run is tried that comes no further: because it is let
// down, or because its process ends.
const patience = 8

// row is a run as it is worked.
type row struct {
	ID, Agent, Version       string
	State                    string
	SubjectEntity, SubjectID string
	Input                    json.RawMessage
	Person, ParentID, RootID *string
	Depth, Priority          int
	Attempts                 int
	Calls                    int
	Tokens, CostNano         int64
	WorkedMS                 int64
	Caps, RootCaps           json.RawMessage
	StartedAt                time.Time
	Cancelled                bool
}

// turn works a run until it parks or ends.
func (e *Engine) turn(ctx context.Context, c lane.Claim) error {
	r, err := e.take(ctx, c)
	if err != nil || r == nil {
		return err // nil: it is over, and out of the lanes
	}
	began := e.Now()
	left := r.caps.Wall - time.Duration(r.row.WorkedMS)*time.Millisecond
	ctx, cancel := context.WithTimeout(r.ctx, max(left, 0))
	defer cancel()
	r.ctx = ctx
	out, err := r.play()
	r.row.WorkedMS += e.Now().Sub(began).Milliseconds()
	return r.end(context.WithoutCancel(ctx), out, err)
}

const selectRun = `
	SELECT id::text, agent, version, state, subject_entity, subject_id::text, input, person::text, parent_id::text, root_id::text, depth, priority,
		attempts, calls, tokens, cost_nano, worked_ms, caps, started_at, cancelled,
		(SELECT o.caps FROM agent_runs o WHERE o.workspace_id = $1 AND o.id = r.root_id) AS root_caps
	FROM agent_runs r WHERE workspace_id = $1 AND id = $2 AND program FOR UPDATE OF r`

// take makes the run of a claim this process's, and reads it. It returns nil if
// there is nothing to do.
func (e *Engine) take(ctx context.Context, c lane.Claim) (*Run, error) {
	r := &Run{engine: e, claim: c, steps: map[string]*step{}, used: map[string]bool{}}
	var found bool
	err := e.DB.Write(ctx, func(tx *pg.Tx) error {
		rows, err := pg.All[row](tx, selectRun, tx.Workspace(), c.RunID)
		if err != nil {
			return err
		}
		if found = len(rows) > 0 && rows[0].open(); !found {
			e.lanes.Leave(tx, c)
			return nil
		}
		r.row = rows[0]
		tx.Queue(`
			UPDATE agent_runs SET state = 'running', lease = $3, attempts = attempts + 1
			WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), c.RunID, c.Lease)
		event.Hint(tx, Entity, c.RunID)
		return r.load(ctx, tx)
	})
	if err != nil || !found {
		return nil, err
	}
	return r, nil
}

// open reports whether there is something to do for a run.
func (w row) open() bool {
	switch w.State {
	case "queued", "running", "waiting":
		return true
	}
	return w.State == "paused" && w.Cancelled
}

// load reads what a run did so far and who stands behind it.
func (r *Run) load(ctx context.Context, tx *pg.Tx) error {
	var steps []step
	var who []struct {
		Name, Role, OrganizationID, TimeZone string
	}
	pg.Later(tx, &steps, `
		SELECT seq, key, kind, state, output, error, attempts, child_id::text, approval_id::text
		FROM agent_steps WHERE workspace_id = $1 AND run_id = $2 ORDER BY seq`, tx.Workspace(), r.row.ID)
	if r.row.Person != nil {
		pg.Later(tx, &who, `SELECT name, role, organization_id::text, time_zone FROM identity.standing($1::uuid)`, *r.row.Person)
	} else {
		pg.Later(tx, &who, `SELECT '' AS name, 'member' AS role, organization_id::text, time_zone FROM identity.place()`)
	}
	if err := tx.Flush(); err != nil {
		return err
	}
	for i := range steps {
		s := &steps[i]
		if s.Seq != i+1 {
			r.broken = fmt.Sprintf("Step %d is missing.", i+1)
		}
		r.seq = s.Seq
		r.steps[s.Key] = s
	}
	a := actor.Actor{Kind: actor.Agent, Name: r.row.Agent, Role: actor.Viewer, WorkspaceID: tx.Workspace(), RunID: r.row.ID, Scopes: []string{}}
	if len(who) > 0 {
		a.OnBehalfOf, a.Role, a.OrganizationID, a.TimeZone = who[0].Name, actor.Role(who[0].Role), who[0].OrganizationID, who[0].TimeZone
		if r.row.Person != nil {
			a.UserID = *r.row.Person
		}
	}
	if agent, ok := r.engine.agents[r.row.Agent]; ok {
		a.Scopes = append(a.Scopes, agent.scopes...)
	}
	r.ctx = actor.With(ctx, a)
	if json.Unmarshal(r.row.Caps, &r.caps) != nil || json.Unmarshal(r.row.RootCaps, &r.tree) != nil {
		r.broken = "The limits of the run cannot be read."
	}
	r.caps, r.tree = r.caps.orStandard(), r.tree.orStandard()
	return nil
}

// errLost says that another process works the run by now.
var errLost = errors.New("flow: another process has taken the run")

// play runs the program from its beginning; steps that have a result answer
// from the store.
func (r *Run) play() (out any, err error) {
	a, ok := r.engine.agents[r.row.Agent]
	switch {
	case r.row.Cancelled:
		return nil, lane.ErrCancelled
	case !ok:
		return nil, &PauseError{"There is no agent " + r.row.Agent + " in this release."}
	case a.Version != r.row.Version:
		return nil, &PauseError{fmt.Sprintf("The run began with %s, this release has %s.", r.row.Version, a.Version)}
	case r.broken != "":
		return nil, &PauseError{r.broken}
	case r.row.Attempts >= patience:
		return nil, errPoison
	}
	defer func() {
		if v := recover(); v != nil {
			r.engine.Log.ErrorContext(r.ctx, "the program of a run panicked", "agent", a.Name, "value", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fmt.Errorf("the program panicked: %v", v)
		}
	}()
	r.agent = a
	out, err = a.Program(r)
	if err == nil {
		err = r.childless()
	}
	cause := context.Cause(r.ctx)
	switch {
	case err == nil || cause == nil:
		return out, err
	case errors.Is(cause, context.DeadlineExceeded):
		return out, &CapError{"time"}
	}
	return out, cause // cancelled, lost, or the process ends
}

// errPoison ends a run whose process ended too often.
var errPoison = fmt.Errorf("the process ended %d times in a row within this run", patience)

// childless parks a run that is through, until its children are.
func (r *Run) childless() error {
	var keys []string
	for key, s := range r.steps {
		if s.Kind == "child" && s.ChildID != nil {
			keys = append(keys, key)
		}
	}
	ended, err := r.Ended(keys...)
	if err == nil && len(ended) < len(keys) {
		return ErrParked
	}
	return err
}

// end stores what a turn has come to.
func (r *Run) end(ctx context.Context, out any, err error) error {
	_, paused := errors.AsType[*PauseError](err)
	switch {
	case err == nil:
		b, err := json.Marshal(out)
		if err != nil {
			return r.close(ctx, "failed", nil, "the result cannot be written: "+err.Error())
		}
		return r.close(ctx, "done", b, "")
	case errors.Is(err, errLost), errors.Is(err, lane.ErrLost):
		return nil
	case errors.Is(err, lane.ErrCancelled):
		return r.close(ctx, "cancelled", nil, "Somebody cancelled the run.")
	case errors.Is(err, ErrParked):
		return r.wait(ctx)
	case paused:
		return r.close(ctx, "paused", nil, err.Error())
	case errors.Is(err, context.Canceled): // the process stops
		return r.again(ctx, 0)
	case errors.Is(err, errPoison):
		return r.close(ctx, "dead", nil, err.Error())
	case passing(err):
		return r.retry(ctx, err)
	}
	r.blame(err)
	return r.close(ctx, "failed", nil, err.Error())
}

// blame logs the end of a run that is nobody's fault but ours: not that of who
// asked for it, of the rules, or of a step that has said so itself.
func (r *Run) blame(err error) {
	_, refused := errors.AsType[*BlockedError](err)
	_, capped := errors.AsType[*CapError](err)
	_, step := errors.AsType[*StepError](err)
	if !refused && !capped && !step && problem.KindOf(err) >= problem.Internal {
		r.engine.Log.ErrorContext(r.ctx, "a run failed", "agent", r.row.Agent, "error", err)
	}
}

// passing reports whether err says nothing about the run.
func passing(err error) bool {
	return pg.Away(err) || problem.KindOf(err) == problem.Unavailable
}

// retry has a run that was let down tried again, at last as a dead letter.
func (r *Run) retry(ctx context.Context, err error) error {
	if r.row.Attempts+1 >= patience {
		r.blame(err)
		return r.close(ctx, "dead", nil, err.Error())
	}
	after := time.Second << r.row.Attempts
	if p, ok := errors.AsType[*problem.Error](err); ok && p.RetryAfter > after {
		after = p.RetryAfter
	}
	return r.again(ctx, after)
}

// again gives the run back, to be taken up later.
func (r *Run) again(ctx context.Context, after time.Duration) error {
	at, forgiven := r.engine.Now().Add(after), 0
	if after == 0 {
		forgiven = 1
	}
	return r.leave(ctx, func(tx *pg.Tx) error {
		tx.Queue(`
			UPDATE agent_runs SET state = 'queued', lease = NULL, run_at = $3, attempts = greatest(attempts - $4, 0), worked_ms = $5
			WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), r.row.ID, at, forgiven, r.row.WorkedMS)
		r.engine.lanes.Later(tx, r.claim, at)
		return nil
	})
}

// leave ends the turn, unless the run is another's by now.
func (r *Run) leave(ctx context.Context, f func(tx *pg.Tx) error) error {
	err := r.engine.DB.Write(ctx, func(tx *pg.Tx) error {
		if err := r.fence(tx); err != nil && !errors.Is(err, lane.ErrCancelled) {
			return err
		}
		event.Hint(tx, Entity, r.row.ID)
		return f(tx)
	})
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}

// wait parks the run, until it is woken or a time has come.
func (r *Run) wait(ctx context.Context) error {
	return r.leave(ctx, func(tx *pg.Tx) error {
		state := "waiting"
		if r.until != nil {
			state = "queued"
			r.engine.lanes.Later(tx, r.claim, *r.until)
		} else {
			r.engine.lanes.Leave(tx, r.claim)
		}
		tx.Queue(`
			UPDATE agent_runs SET state = $3, run_at = coalesce($4, run_at), lease = NULL, attempts = 0, worked_ms = $5
			WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), r.row.ID, state, r.until, r.row.WorkedMS)
		return nil
	})
}

const maxError = 1000

// close ends the run, or pauses it, and tells whoever waits for it. What hangs
// on a run that came to nothing ends with it.
func (r *Run) close(ctx context.Context, state string, output json.RawMessage, fault string) error {
	return r.leave(ctx, func(tx *pg.Tx) error {
		tx.Queue(`
			UPDATE agent_runs SET state = $3, output = $4::jsonb, error = $5, finished_at = CASE WHEN $3 = 'paused' THEN NULL ELSE $6::timestamptz END,
				lease = NULL, worked_ms = $7
			WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), r.row.ID, state, output, clip(fault, maxError), r.engine.Now(), r.row.WorkedMS)
		r.engine.lanes.Leave(tx, r.claim)
		if state == "paused" {
			return nil
		}
		if state != "done" {
			if err := r.engine.stop(tx, r.row.ID, false); err != nil {
				return err
			}
		}
		if r.row.ParentID == nil {
			return nil
		}
		return r.engine.Wake(ctx, tx, *r.row.ParentID)
	})
}
