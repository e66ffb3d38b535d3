package approval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"rapport/internal/agents/approval/subject"
	"rapport/internal/agents/policy"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

var (
	errDecided = problem.New(problem.Conflict, "approval_decided", "This was decided already: done, rejected, expired, or not possible any more.")
	errChanged = problem.New(problem.Conflict, "approval_changed", "This is not what you saw. Read it again, and decide then.")
)

// decision is what a person says to an approval: the hash of what they saw, and
// perhaps what they made of it.
type decision struct {
	hash   string
	args   json.RawMessage
	proved bool
}

// failure is an operation that did not work when it was allowed.
type failure struct{ cause error }

func (f *failure) Error() string { return f.cause.Error() }

// approve carries an action out in the transaction that decides it: the row is
// locked, pending, not over, what the person saw, and what it relies on is as
// it was. So it happens once or not at all. When the operation fails all of it
// is rolled back, and the failure is written down by itself.
func (s *Service) approve(ctx context.Context, approvalID string, d decision) (a Approval, err error) {
	ctx = pg.Within(ctx, nil) // what is decided is committed by itself
	err = s.DB.Write(ctx, func(tx *pg.Tx) error {
		if a, err = s.open(tx, approvalID, d.hash); err != nil {
			return err
		}
		if !s.Now().Before(a.ExpiresAt) {
			return s.settle(ctx, tx, &a, Expired, "Nobody decided it within 72 hours.")
		}
		if err := s.look(ctx, tx, &a, d); err != nil {
			return err
		}
		if err := may(ctx, tx, &a, d.proved); err != nil {
			return err
		}
		if stale, err := s.stale(tx, a.Needs, true); stale != "" || err != nil {
			return errors.Join(err, s.settleStale(ctx, tx, &a, stale))
		}
		return s.execute(ctx, tx, &a)
	})
	if f, ok := errors.AsType[*failure](err); ok {
		return s.fail(ctx, approvalID, d, f.cause)
	}
	return a, err
}

// open locks a pending approval that is what the caller saw, and what was
// stored.
func (s *Service) open(tx *pg.Tx, approvalID, hash string) (Approval, error) {
	a, err := s.load(tx, approvalID, forUpdate)
	switch {
	case err != nil:
		return a, err
	case a.State != Pending:
		return a, errDecided
	case hash != a.Hash || hashOf(a.Operation, a.Args, a.Needs) != a.Hash:
		return a, errChanged
	}
	return a, nil
}

// look judges the action once more, as it is by now or as the person has made
// it: the agent may have been switched off meanwhile.
func (s *Service) look(ctx context.Context, tx *pg.Tx, a *Approval, d decision) error {
	act := a.action()
	if d.args != nil {
		args, err := canonical(d.args)
		if err != nil {
			return err
		}
		p, err := s.preview(tx, a.Operation, args)
		if err != nil {
			return err
		}
		act.Args = args
		a.Edited = a.Edited || string(args) != string(a.Args)
		a.Args, a.Preview, a.Needs = args, p, inOrder(append(a.Needs, p.Needs...)...)
		a.Hash = hashOf(a.Operation, a.Args, a.Needs)
	}
	j, _, err := s.judge(ctx, tx, a.origin(), &act, true)
	if err != nil {
		return err
	}
	if j.Verdict == Blocked && a.Agent != "" && len(j.Risk.Factors) > 0 {
		return problem.New(problem.Conflict, "approval_blocked", j.Reason)
	}
	if a.Edited && len(j.Risk.Factors) > 0 {
		a.Risk, a.Factors, a.Band = j.Risk.Score, j.Risk.Factors, policy.Band(j.Risk.Score)
	}
	return nil
}

// stale names a kind of record that is not as it was. With lock they
// stay so until the transaction ends.
func (s *Service) stale(tx *pg.Tx, needs []Record, lock bool) (string, error) {
	for _, n := range needs {
		read, ok := s.Versions[n.Entity]
		if !ok {
			return "", fmt.Errorf("approval: nobody knows the versions of %q", n.Entity)
		}
		version, err := read(tx, n.ID, lock)
		if err != nil && problem.KindOf(err) != problem.NotFound {
			return "", fmt.Errorf("version of a %s: %w", n.Entity, err)
		}
		if err != nil || version != n.Version {
			return n.Entity, nil
		}
	}
	return "", nil
}

func (s *Service) settleStale(ctx context.Context, tx *pg.Tx, a *Approval, entity string) error {
	if entity == "" {
		return nil
	}
	if entity == "thread" {
		return s.settle(ctx, tx, a, Stale, "The conversation has gone on since.")
	}
	return s.settle(ctx, tx, a, Stale, "The "+entity+" was changed since.")
}

func (s *Service) execute(ctx context.Context, tx *pg.Tx, a *Approval) error {
	who, _ := actor.From(ctx)
	result, err := s.Caller.Call(actor.With(pg.Within(ctx, tx), behalf(who, a)), a.Operation, a.Args)
	if err != nil {
		return &failure{err}
	}
	if json.Valid(result) {
		a.Result = result
	}
	return s.settle(ctx, tx, a, Done, "")
}

// fail writes down what did not work, unless another try may well work or
// somebody else may do it: then nothing was decided.
func (s *Service) fail(ctx context.Context, approvalID string, d decision, cause error) (a Approval, err error) {
	state, reason := Failed, "Something went wrong. It was logged."
	if p, ok := errors.AsType[*problem.Error](cause); ok {
		switch p.Kind {
		case problem.Unavailable, problem.TooMany, problem.Timeout, problem.Forbidden, problem.Unauthorized, problem.PaymentRequired:
			return a, cause
		case problem.Invalid, problem.BadRequest:
			if d.args != nil {
				return a, cause // the person mends what they typed
			}
		case problem.Stale:
			state = Stale
		}
		reason = subject.InWords(p)
	} else {
		s.Log.ErrorContext(ctx, "An approved action failed.", "approval", approvalID, "error", cause)
	}
	err = s.DB.Write(ctx, func(tx *pg.Tx) error {
		if a, err = s.open(tx, approvalID, d.hash); err != nil {
			return err
		}
		return s.settle(ctx, tx, &a, state, reason)
	})
	return a, err
}

// reject ends an approval and keeps what there is to learn from it.
func (s *Service) reject(ctx context.Context, approvalID, reason string) (a Approval, err error) {
	if who, _ := actor.From(ctx); who.Kind == actor.Agent {
		return a, errAgent
	}
	err = s.DB.Write(ctx, func(tx *pg.Tx) error {
		if a, err = s.load(tx, approvalID, forUpdate); err != nil {
			return err
		}
		if a.State != Pending {
			return errDecided
		}
		if s.Learn != nil {
			act := a.action()
			l := Lesson{ApprovalID: a.ID, RunID: a.origin().RunID, Agent: a.Agent, Operation: a.Operation, Title: a.Title, Reason: reason, Entity: act.Entity, ID: act.ID}
			if err := s.Learn(ctx, tx, l); err != nil {
				return err
			}
		}
		return s.settle(ctx, tx, &a, Rejected, reason)
	})
	return a, err
}
