package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/approval"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Load looks at the world and keeps what it saw, so that the run sees the same
// when it is played again. f has no effect.
func Load[T any](r *Run, key string, f func(context.Context) (T, error)) (T, error) {
	var v T
	s, err := r.find("load", key)
	if err != nil {
		return v, err
	}
	if s == nil || s.State != done {
		seen, err := f(r.ctx)
		if err != nil {
			return v, err
		}
		if s, err = r.begin("load", key, s, struct{}{}); err != nil {
			return v, err
		}
		if err := r.conclude(s, result{output: seen}); err != nil {
			return v, err
		}
	}
	if err := json.Unmarshal(s.Output, &v); err != nil {
		return v, &PauseError{fmt.Sprintf("The result of step %d cannot be read.", s.Seq)}
	}
	return v, nil
}

// Store writes the agent's own tables in the transaction that ends the step.
// f may return what later steps need.
func (r *Run) Store(key string, f func(context.Context, *pg.Tx) (any, error)) (json.RawMessage, error) {
	s, err := r.find("store", key)
	if err != nil {
		return nil, err
	}
	if s != nil && s.State == done {
		return s.Output, nil
	}
	if s, err = r.begin("store", key, s, struct{}{}); err != nil {
		return nil, err
	}
	err = r.engine.DB.Write(r.ctx, func(tx *pg.Tx) error {
		if err := r.fence(tx); err != nil {
			return err
		}
		out, err := f(pg.Within(r.ctx, tx), tx)
		if err != nil {
			return err
		}
		return r.finish(tx, s, result{output: out})
	})
	return r.settled(s, err)
}

// settled returns the output of a step whose effect was tried in a transaction.
// A fault of the caller is the step's for good; anything else may pass.
func (r *Run) settled(s *step, err error) (json.RawMessage, error) {
	if err == nil {
		return s.Output, nil
	}
	s.State, s.Output = intent, nil
	if _, ours := errors.AsType[*problem.Error](err); !ours || passing(err) {
		return nil, err
	}
	if err := r.conclude(s, result{output: struct{}{}, fault: err.Error()}); err != nil {
		return nil, err
	}
	return nil, s.fault()
}

// Ask asks a model, or rules where there is none. An answer that was stored is
// not paid again. While no engine answers, the run is parked.
func (r *Run) Ask(key string, d agents.Definition, w agents.Work) (Answer, error) {
	var a Answer
	s, err := r.find("model", key)
	if err != nil {
		return a, err
	}
	if s == nil || s.State != done {
		if err := r.mayAsk(); err != nil {
			return a, err
		}
		if s, err = r.begin("model", key, s, map[string]any{"task": d.Name, "version": d.Version, "entity": w.Entity, "id": w.SubjectID, "input": w.Input}); err != nil {
			return a, err
		}
		if err := r.ask(s, d, w); err != nil {
			return a, err
		}
	}
	if err := json.Unmarshal(s.Output, &a); err != nil {
		return a, &PauseError{fmt.Sprintf("The result of step %d cannot be read.", s.Seq)}
	}
	return a, nil
}

// spent is what counts against the caps.
type spent struct {
	Calls            int
	Tokens, CostNano int64
}

// mayAsk holds the run, and what it is a part of, to what they may spend.
func (r *Run) mayAsk() error {
	if err := (spent{r.row.Calls, r.row.Tokens, r.row.CostNano}).within(r.caps); err != nil {
		return err
	}
	if r.row.Depth == 0 && !r.parental() {
		return nil
	}
	var all []spent
	err := r.engine.DB.Read(r.ctx, func(tx *pg.Tx) (err error) {
		all, err = pg.All[spent](tx, `
			SELECT sum(calls)::bigint AS calls, sum(tokens)::bigint AS tokens, sum(cost_nano)::bigint AS cost_nano
			FROM agent_runs WHERE workspace_id = $1 AND root_id = $2::uuid`, tx.Workspace(), r.row.RootID)
		return err
	})
	if err != nil {
		return err
	}
	return all[0].within(r.tree)
}

func (s spent) within(c Caps) error {
	switch {
	case s.Calls >= c.Calls:
		return &CapError{"calls"}
	case s.Tokens >= c.Tokens:
		return &CapError{"tokens"}
	case s.CostNano >= int64(c.Money):
		return &CapError{"money"}
	}
	return nil
}

// parental reports whether the run has children.
func (r *Run) parental() bool {
	for _, s := range r.steps {
		if s.ChildID != nil {
			return true
		}
	}
	return false
}

func (r *Run) ask(s *step, d agents.Definition, w agents.Work) error {
	q := d.Request(w)
	q.Agent, q.RunID, q.IdempotencyKey = r.agent.Name, r.row.ID, fmt.Sprintf("%s/%d", r.row.ID, s.Seq)
	q.Interactive = r.row.Priority == int(Interactive)
	res, err := r.engine.Gateway.Do(r.ctx, q)
	a := Answer{Output: res.Output, Engine: res.Engine, Model: res.Model, Version: res.Version, Degraded: res.Degraded,
		CallID: res.CallID, Usage: res.Usage, Attempts: res.Attempts}
	paid := result{output: a, spent: res.Usage, asked: 1}
	switch {
	case err == nil && res.Deferred == nil:
		return r.conclude(s, paid)
	case err == nil:
		return r.postpone(s, paid, res.Deferred.After)
	case r.ctx.Err() != nil:
		return context.Cause(r.ctx)
	case passing(err):
		p, _ := errors.AsType[*problem.Error](err)
		return r.postpone(s, paid, max(p.RetryAfter, time.Minute))
	}
	paid.fault = err.Error()
	if err := r.conclude(s, paid); err != nil {
		return err
	}
	return s.fault()
}

// postpone leaves a question for later; what was tried is paid for.
func (r *Run) postpone(s *step, paid result, after time.Duration) error {
	at := r.engine.Now().Add(max(after, time.Second))
	r.until = &at
	err := r.engine.DB.Write(context.WithoutCancel(r.ctx), func(tx *pg.Tx) error {
		if err := r.fence(tx); err != nil {
			return err
		}
		tx.Queue(`
			UPDATE agent_steps SET state = 'waiting', output = $4::jsonb, tokens = tokens + $5, cost_nano = cost_nano + $6
			WHERE workspace_id = $1 AND run_id = $2 AND seq = $3`,
			tx.Workspace(), r.row.ID, s.Seq, mustJSON(paid.output), paid.spent.Tokens(), paid.spent.CostNano)
		tx.Queue(`UPDATE agent_runs SET calls = calls + 1, tokens = tokens + $3, cost_nano = cost_nano + $4 WHERE workspace_id = $1 AND id = $2`,
			tx.Workspace(), r.row.ID, paid.spent.Tokens(), paid.spent.CostNano)
		return nil
	})
	if err != nil {
		return err
	}
	return ErrParked
}

// Act calls an operation as the agent, under policy: at once, in one
// transaction with its step; or when a person has allowed it; or never, which
// is a BlockedError.
func (r *Run) Act(key string, a approval.Action) (json.RawMessage, error) {
	s, err := r.find("act", key)
	if err != nil {
		return nil, err
	}
	switch {
	case s != nil && s.State == done:
		return s.Output, nil
	case s != nil && s.State == waiting:
		return r.decided(s, a)
	}
	if s, err = r.begin("act", key, s, a); err != nil {
		return nil, err
	}
	a.Spent = r.Spent()
	o := approval.Origin{Agent: r.agent.Name, RunID: r.row.ID, StepKey: key}
	j, err := r.engine.Gate.Judge(r.ctx, o, a)
	if err != nil {
		return nil, err
	}
	if j.Verdict == approval.Allowed {
		return r.settled(s, r.engine.DB.Write(r.ctx, func(tx *pg.Tx) error {
			if err := r.fence(tx); err != nil {
				return err
			}
			out, err := r.engine.Caller.Call(pg.Within(r.ctx, tx), a.Operation, a.Args)
			if err != nil {
				return err
			}
			return r.finish(tx, s, result{output: empty(out)})
		}))
	}
	return nil, r.propose(s, o, a, j)
}

// empty is the output of an operation that answers nothing.
func empty(out json.RawMessage) json.RawMessage {
	if len(out) == 0 {
		return json.RawMessage("{}")
	}
	return out
}

// propose records an action that waits for a person, or never happens.
func (r *Run) propose(s *step, o approval.Origin, a approval.Action, j approval.Judgement) error {
	err := r.engine.DB.Write(r.ctx, func(tx *pg.Tx) error {
		if err := r.fence(tx); err != nil {
			return err
		}
		approvalID, err := r.engine.Gate.Open(pg.Within(r.ctx, tx), tx, o, a, j)
		if err != nil {
			return err
		}
		s.ApprovalID = &approvalID
		if j.Verdict == approval.Blocked {
			tx.Queue(`UPDATE agent_steps SET approval_id = $4 WHERE workspace_id = $1 AND run_id = $2 AND seq = $3`, tx.Workspace(), r.row.ID, s.Seq, approvalID)
			return r.finish(tx, s, blocked(a, string(approval.Refused), j.Reason))
		}
		tx.Queue(`UPDATE agent_steps SET state = 'waiting', approval_id = $4 WHERE workspace_id = $1 AND run_id = $2 AND seq = $3`,
			tx.Workspace(), r.row.ID, s.Seq, approvalID)
		s.State = waiting
		return nil
	})
	switch {
	case err != nil:
		return err
	case s.State == failed:
		return s.fault()
	}
	return ErrParked
}

func blocked(a approval.Action, state, reason string) result {
	return result{output: map[string]any{"blocked": BlockedError{Operation: a.Operation, State: state, Reason: reason}}, fault: reason + " (" + state + ")"}
}

// decided reads what became of an action that a person was asked about.
func (r *Run) decided(s *step, a approval.Action) (json.RawMessage, error) {
	if s.ApprovalID == nil {
		return nil, &PauseError{fmt.Sprintf("Step %d waits for an approval that it does not name.", s.Seq)}
	}
	var o approval.Outcome
	err := r.engine.DB.Read(r.ctx, func(tx *pg.Tx) (err error) {
		o, err = r.engine.Gate.Outcome(tx, *s.ApprovalID)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case o.State == approval.Pending:
		return nil, ErrParked
	case o.State == approval.Done:
		err := r.conclude(s, result{output: empty(o.Result)})
		return s.Output, err
	}
	if err := r.conclude(s, blocked(a, string(o.State), o.Reason)); err != nil {
		return nil, err
	}
	return nil, s.fault()
}

// Sleep parks the run until a time.
func (r *Run) Sleep(key string, until time.Time) error {
	s, err := r.find("timer", key)
	if err != nil || s != nil && s.State == done {
		return err
	}
	if s == nil {
		if s, err = r.begin("timer", key, s, map[string]any{"until": until}); err != nil {
			return err
		}
	}
	if r.engine.Now().Before(until) {
		r.until = &until
		return ErrParked
	}
	return r.conclude(s, result{output: struct{}{}})
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("{}") // an Answer is made of what JSON can say
	}
	return b
}
