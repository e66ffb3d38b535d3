package approval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"rapport/internal/agents/approval/subject"
	"rapport/internal/agents/policy"
	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Entity names approvals in events and the feed.
const Entity = "approval"

// Judge says what is to become of an action of the actor of ctx.
func (s *Service) Judge(ctx context.Context, o Origin, a Action) (j Judgement, err error) {
	err = s.DB.Write(ctx, func(tx *pg.Tx) error {
		j, _, err = s.judge(ctx, tx, o, &a, false)
		return err
	})
	return j, err
}

// judge shows a the way it is called and judges it. An action that would not
// work is blocked with the reason.
func (s *Service) judge(ctx context.Context, tx *pg.Tx, o Origin, a *Action, typed bool) (Judgement, Preview, error) {
	args, err := canonical(a.Args)
	if err != nil {
		return blocked("Its arguments cannot be read."), Preview{}, nil
	}
	a.Args = args
	if len(s.known) > 0 && !s.changes(a.Operation) {
		return blocked("There is no operation of this name that changes anything."), Preview{}, nil
	}
	if fault, ok := errors.AsType[*problem.Error](s.check(a.Operation, args)); ok {
		return blocked("It would not work: " + subject.InWords(fault)), Preview{}, nil
	}
	p, err := s.preview(tx, a.Operation, args)
	if fault, ok := errors.AsType[*problem.Error](err); ok && fault.Kind != problem.Unavailable {
		return blocked("It would not work: " + subject.InWords(fault)), Preview{}, nil
	}
	if err != nil {
		return Judgement{}, p, err
	}
	local, day := s.local(ctx), ""
	if !typed {
		day = local.Format(time.DateOnly)
	}
	f, err := s.facts(tx, o, *a, p, day)
	f.At = local
	if err != nil {
		return Judgement{}, p, fmt.Errorf("look up what an action is about: %w", err)
	}
	r := policy.Judge(proposal(o, *a, p, typed), f)
	j := Judgement{Verdict: Allowed, Risk: Risk{Score: r.Score, Factors: r.Factors}, Reason: strings.Join(r.Blocked, " ")}
	switch {
	case len(r.Blocked) > 0:
		j.Verdict = Blocked
	case r.Asked:
		j.Verdict = Asked
	}
	return j, p, nil
}

// changes reports whether there is an operation of this name that changes
// anything.
func (s *Service) changes(operation string) bool {
	o, ok := s.known[operation]
	return ok && o.Effect != op.Read
}

// check says what an operation does not take of arguments. Of one that is not
// there, nothing is known.
func (s *Service) check(operation string, args json.RawMessage) error {
	if s.Check == nil || !s.changes(operation) {
		return nil
	}
	args, err := canonical(args)
	if err != nil {
		return err
	}
	return s.Check(operation, args)
}

func blocked(reason string) Judgement {
	return Judgement{Verdict: Blocked, Risk: Risk{Factors: []Factor{}}, Reason: reason}
}

// Open records an action that waits for a person, or was blocked, within tx.
func (s *Service) Open(ctx context.Context, tx *pg.Tx, o Origin, a Action, j Judgement) (string, error) {
	state := Pending
	if j.Verdict == Blocked {
		state = Refused
	}
	args, err := canonical(a.Args)
	if err != nil && state == Pending {
		return "", err
	}
	if err != nil {
		args = json.RawMessage("{}")
	}
	p, err := s.preview(tx, a.Operation, args)
	if err != nil && state == Pending {
		return "", err
	}
	if err != nil {
		p = Plain(args)
	}
	a.Args, a.Needs = args, inOrder(append(a.Needs, p.Needs...)...)
	for _, n := range a.Needs {
		if s.Versions[n.Entity] == nil && state == Pending || !id.Valid(n.ID) {
			return "", fmt.Errorf("approval: nobody knows the version of %s %q", n.Entity, n.ID)
		}
	}
	approvalID := id.New()
	if err := s.insert(ctx, tx, approvalID, entry{origin: o, action: a, preview: p, judgement: j, state: state}); err != nil {
		return "", err
	}
	return approvalID, event.Record(ctx, tx, event.Happened{Entity: Entity, EntityID: approvalID, Kind: event.Created,
		Changes: event.Changes{"state": {nil, state}, "operation": {nil, a.Operation}, "title": {nil, a.Title}}})
}

// entry is a new approval.
type entry struct {
	origin    Origin
	action    Action
	preview   Preview
	judgement Judgement
	state     State
}

func (s *Service) insert(ctx context.Context, tx *pg.Tx, approvalID string, e entry) error {
	who, _ := actor.From(ctx)
	a, now := e.action, s.Now().UTC()
	encoded := make([][]byte, 5)
	for i, v := range []any{who, nonNil(a.Evidence), e.preview, a.Needs, nonNil(e.judgement.Risk.Factors)} {
		b, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encode an approval: %w", err)
		}
		encoded[i] = b
	}
	title := strings.TrimSpace(a.Title)
	if title == "" {
		title = a.Operation
	}
	tx.Queue(`
		INSERT INTO approvals (workspace_id, id, run_id, step_key, agent, requester, requester_id, person_id, operation, args, hash, title, why, evidence, preview, needs,
			subject_entity, subject_id, risk, factors, cost_nano, state, reason, created_at, expires_at, decided_at, tainted, confidence, always)
		VALUES ($1, $2, $3::uuid, $4, $5, $6::jsonb, CASE WHEN $5 = '' THEN $7::uuid END, CASE WHEN $5 <> '' THEN $7::uuid END, $8, $9::json, $10, $11, $12, $13::jsonb, $14::jsonb, $15::jsonb,
			$16, $17::uuid, $18, $19::jsonb, $20, $21, $22, $23, $24, CASE WHEN $21 = 'blocked' THEN $23::timestamptz END, $25, $26, $27)`,
		tx.Workspace(), approvalID, valid(e.origin.RunID), e.origin.StepKey, e.origin.Agent, string(encoded[0]), valid(who.UserID),
		a.Operation, string(a.Args), hashOf(a.Operation, a.Args, a.Needs), clip(title, 300), clip(a.Why, 4000), string(encoded[1]), string(encoded[2]), string(encoded[3]),
		a.Entity, valid(a.ID), e.judgement.Risk.Score, string(encoded[4]), a.Spent, string(e.state), e.judgement.Reason, now, now.Add(Life), a.Tainted, a.Confidence, a.Ask)
	return nil
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// Outcome reads what became of an approval.
func (s *Service) Outcome(tx *pg.Tx, approvalID string) (Outcome, error) {
	o, err := pg.One[Outcome](tx, `SELECT state, result, reason FROM approvals WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), approvalID)
	if err == pg.ErrNone {
		err = problem.Missing("approval")
	}
	return o, err
}

// Cancel ends the pending approvals of runs.
func (s *Service) Cancel(tx *pg.Tx, runIDs []string) {
	if len(runIDs) == 0 {
		return
	}
	tx.Queue(`
		UPDATE approvals SET state = 'cancelled', decided_at = $3, version = version + 1, reason = 'The run was cancelled.'
		WHERE workspace_id = $1 AND run_id = ANY ($2::uuid[]) AND state = 'pending'`, tx.Workspace(), runIDs, s.Now().UTC())
	event.Hint(tx, Entity)
}
