package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

const (
	// lease is how long a run belongs to a process that says nothing more.
	lease = 30 * time.Second
	// patience is how often a run is tried that fails for no fault of its own.
	patience = 8
)

// row is a run as it is worked.
type row struct {
	ID, Agent, Version, Title string
	State                     string
	SubjectEntity, SubjectID  string
	Input                     json.RawMessage
	Person, ParentID, RootID  *string
	Depth, Priority, Attempts int
	Calls                     int
	Tokens, CostNano          int64
	Caps                      json.RawMessage
	StartedAt                 time.Time
	RunAt                     time.Time
	LeaseUntil                *time.Time
	Cancelled                 bool
}

// turn works a run until it parks or ends.
func (e *Engine) turn(ctx context.Context, runID string) error {
	r, wait, err := e.claim(ctx, runID)
	switch {
	case err != nil:
		return err
	case wait > 0:
		return queue.Snooze(wait)
	case r == nil:
		return nil // over, or waiting: whoever wakes it adds another job
	}
	ctx, cancel := context.WithTimeout(r.ctx, r.caps.Wall)
	defer cancel()
	ctx, stop := r.hold(ctx)
	r.ctx = ctx
	out, err := r.play()
	stop()
	return r.end(context.WithoutCancel(ctx), out, err)
}

// claim takes a run for this process. It returns nil if there is nothing to do,
// or how long to wait.
func (e *Engine) claim(ctx context.Context, runID string) (*Run, time.Duration, error) {
	r := &Run{engine: e, lease: id.New(), steps: map[string]*step{}, used: map[string]bool{}}
	var wait time.Duration
	var found bool
	err := e.DB.Write(ctx, func(tx *pg.Tx) error {
		rows, err := pg.All[row](tx, `
			SELECT id::text, agent, version, title, state, subject_entity, subject_id::text, input, person::text, parent_id::text, root_id::text, depth, priority,
				attempts, calls, tokens, cost_nano, caps, started_at, run_at, lease_until, cancelled
			FROM agent_runs WHERE workspace_id = $1 AND id = $2 AND program FOR UPDATE`, tx.Workspace(), runID)
		if err != nil || len(rows) == 0 {
			return err
		}
		r.row = rows[0]
		now := e.Now()
		switch {
		case r.row.State == "queued" && r.row.RunAt.After(now):
			wait = r.row.RunAt.Sub(now)
			return nil
		case r.row.State == "running" && r.row.LeaseUntil != nil && r.row.LeaseUntil.After(now):
			wait = r.row.LeaseUntil.Sub(now)
			return nil
		case r.row.State != "queued" && r.row.State != "running":
			return nil
		}
		found = true
		tx.Queue(`
			UPDATE agent_runs SET state = 'running', lease = $3, lease_until = $4, attempts = attempts + 1, woken = false
			WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), runID, r.lease, now.Add(lease))
		event.Hint(tx, Entity, runID)
		return r.load(ctx, tx)
	})
	if err != nil || !found {
		return nil, wait, err
	}
	return r, 0, nil
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
		r.seq = max(r.seq, s.Seq)
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
	if err := json.Unmarshal(r.row.Caps, &r.caps); err != nil {
		return fmt.Errorf("read the caps of a run: %w", err)
	}
	return nil
}

var (
	errCancelled = errors.New("flow: the run was cancelled")
	errLost      = errors.New("flow: another process has taken the run")
)

// hold renews the lease while ctx lives, and ends it when the run was cancelled
// or taken away.
func (r *Run) hold(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for tick := time.NewTicker(lease / 10); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
				if err := r.renew(ctx); err != nil {
					cancel(err)
				}
			}
		}
	}()
	return ctx, func() { cancel(nil); <-over }
}

// renew returns an error only if the run is not to go on.
func (r *Run) renew(ctx context.Context) error {
	var cancelled []bool
	err := r.engine.DB.Write(ctx, func(tx *pg.Tx) (err error) {
		cancelled, err = pg.Column[bool](tx, `
			UPDATE agent_runs SET lease_until = $4 WHERE workspace_id = $1 AND id = $2 AND lease = $3 AND state = 'running'
			RETURNING cancelled`, tx.Workspace(), r.row.ID, r.lease, r.engine.Now().Add(lease))
		return err
	})
	switch {
	case err != nil:
		return nil //nolint:nilerr // the lease lasts longer than a moment without database
	case len(cancelled) == 0:
		return errLost
	case cancelled[0]:
		return errCancelled
	}
	return nil
}

// play runs the program from its beginning; steps that have a result answer
// from the store.
func (r *Run) play() (out any, err error) {
	a, ok := r.engine.agents[r.row.Agent]
	switch {
	case r.row.Cancelled:
		return nil, errCancelled
	case !ok:
		return nil, &PauseError{"There is no agent " + r.row.Agent + " in this release."}
	case a.Version != r.row.Version:
		return nil, &PauseError{fmt.Sprintf("The run began with %s, this release has %s.", r.row.Version, a.Version)}
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the program panicked: %v", v)
		}
	}()
	r.agent = a
	out, err = a.Program(r)
	if cause := context.Cause(r.ctx); err != nil && (errors.Is(cause, errCancelled) || errors.Is(cause, errLost)) {
		err = cause
	}
	if errors.Is(err, context.DeadlineExceeded) && errors.Is(r.ctx.Err(), context.DeadlineExceeded) {
		err = &CapError{"time"}
	}
	return out, err
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
	case errors.Is(err, errLost):
		return nil
	case errors.Is(err, errCancelled):
		return r.close(ctx, "cancelled", nil, "Somebody cancelled the run.")
	case errors.Is(err, ErrParked):
		return r.wait(ctx)
	case paused:
		return r.close(ctx, "paused", nil, err.Error())
	case errors.Is(err, context.Canceled):
		return errors.Join(r.again(ctx, 0), context.Canceled) // the process stops
	case passing(err):
		return r.retry(ctx, err)
	}
	return r.close(ctx, "failed", nil, err.Error())
}

// passing reports whether err says nothing about the run.
func passing(err error) bool {
	return pg.Away(err) || problem.KindOf(err) == problem.Unavailable
}

// retry has a run that was let down tried again, at last as a dead letter.
func (r *Run) retry(ctx context.Context, err error) error {
	if r.row.Attempts+1 >= patience {
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
	if after == 0 {
		return r.leave(ctx, `state = 'queued', lease = NULL, lease_until = NULL, attempts = greatest(attempts - 1, 0)`)
	}
	if err := r.leave(ctx, `state = 'queued', lease = NULL, lease_until = NULL, run_at = now() + make_interval(secs => $4)`, after.Seconds()); err != nil {
		return err
	}
	return queue.Snooze(after)
}

// leave ends the turn without ending the run.
func (r *Run) leave(ctx context.Context, set string, args ...any) error {
	return r.engine.DB.Write(ctx, func(tx *pg.Tx) error {
		event.Hint(tx, Entity, r.row.ID)
		_, err := tx.Exec(`UPDATE agent_runs SET `+set+` WHERE workspace_id = $1 AND id = $2 AND lease = $3`,
			append([]any{tx.Workspace(), r.row.ID, r.lease}, args...)...)
		return err
	})
}

// wait parks the run, unless what it waits for has come meanwhile.
func (r *Run) wait(ctx context.Context) error {
	return r.engine.DB.Write(ctx, func(tx *pg.Tx) error {
		left, err := pg.All[struct {
			State string
			RunAt time.Time
		}](tx, `
			UPDATE agent_runs SET state = CASE WHEN woken OR $4::timestamptz IS NOT NULL THEN 'queued' ELSE 'waiting' END,
				run_at = CASE WHEN woken THEN now() ELSE coalesce($4, run_at) END,
				woken = false, lease = NULL, lease_until = NULL, attempts = 0
			WHERE workspace_id = $1 AND id = $2 AND lease = $3
			RETURNING state, run_at`, tx.Workspace(), r.row.ID, r.lease, r.until)
		if err != nil || len(left) == 0 {
			return err
		}
		event.Hint(tx, Entity, r.row.ID)
		if left[0].State == "waiting" {
			return nil
		}
		return r.engine.Queue.Add(ctx, tx, Turn{Workspace: tx.Workspace(), ID: r.row.ID})
	})
}

const maxError = 1000

// close ends the run, or pauses it, and tells whoever waits for it.
func (r *Run) close(ctx context.Context, state string, output json.RawMessage, fault string) error {
	fault = clip(fault, maxError)
	return r.engine.DB.Write(ctx, func(tx *pg.Tx) error {
		ended, err := tx.Exec(`
			UPDATE agent_runs SET state = $4, output = $5::jsonb, error = $6, finished_at = CASE WHEN $4 = 'paused' THEN NULL ELSE $7::timestamptz END,
				lease = NULL, lease_until = NULL
			WHERE workspace_id = $1 AND id = $2 AND lease = $3`, tx.Workspace(), r.row.ID, r.lease, state, output, fault, r.engine.Now())
		if err != nil || ended == 0 {
			return err
		}
		event.Hint(tx, Entity, r.row.ID)
		if state == "cancelled" {
			r.engine.Gate.Cancel(tx, []string{r.row.ID})
		}
		if r.row.ParentID == nil || state == "paused" {
			return nil
		}
		return r.engine.Wake(ctx, tx, *r.row.ParentID)
	})
}
