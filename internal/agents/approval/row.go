package approval

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rapport/internal/agents/policy"
	"rapport/internal/ai"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Approval is something that somebody wants to do and a person decides.
type Approval struct {
	ID            string          `json:"id"`
	State         State           `json:"state" enum:"pending,done,rejected,expired,stale,failed,cancelled,blocked"`
	Agent         string          `json:"agent" doc:"The agent that asks; empty for another client."`
	Requester     actor.Actor     `json:"requester"`
	RunID         *string         `json:"run_id"`
	Operation     string          `json:"operation"`
	Args          json.RawMessage `json:"args"`
	Hash          string          `json:"hash" doc:"Names exactly what is shown here; to approve it, send it back."`
	Title         string          `json:"title"`
	Why           string          `json:"why"`
	Evidence      []Evidence      `json:"evidence"`
	Preview       Preview         `json:"preview"`
	Needs         []Record        `json:"needs" doc:"The records that it relies on, as they were."`
	SubjectEntity string          `json:"subject_entity"`
	SubjectID     *string         `json:"subject_id"`
	SubjectName   *string         `json:"subject_name"`
	Risk          int             `json:"risk" doc:"0 to 100."`
	Band          string          `json:"band" enum:"low,medium,high,critical"`
	Factors       []Factor        `json:"factors"`
	CostNano      ai.Nano         `json:"cost_nano" doc:"What it cost until here."`
	Edited        bool            `json:"edited" doc:"Whoever approved it had changed it."`
	Reason        string          `json:"reason" doc:"Why it was blocked, rejected, stale or failed."`
	Result        json.RawMessage `json:"result"`
	CreatedAt     time.Time       `json:"created_at"`
	ExpiresAt     time.Time       `json:"expires_at"`
	Overdue       bool            `json:"overdue" doc:"It has waited for more than 24 hours."`
	DecidedAt     *time.Time      `json:"decided_at"`
	DecidedBy     *actor.Actor    `json:"decided_by"`
	Version       int64           `json:"version"`
	StepKey       string          `json:"-"`
	RequesterID   *string         `json:"-"`
	PersonID      *string         `json:"-"`
	Tainted       bool            `json:"-"`
	Confidence    float64         `json:"-"`
}

// selection is the query behind Approval; the workspace is $1, the moment $2.
const selection = `
	SELECT a.id::text, a.state, a.agent, a.requester, a.run_id::text, a.operation, a.args, a.hash, a.title, a.why, a.evidence, a.preview, a.needs, a.subject_entity, a.subject_id::text,
		` + subjectName + ` AS subject_name, a.risk::bigint AS risk, a.factors, a.cost_nano, a.edited, a.reason, a.result, a.created_at, a.expires_at,
		a.state = 'pending' AND a.created_at < $2::timestamptz - interval '24 hours' AS overdue, a.decided_at, a.decided_by, a.version,
		a.step_key, a.requester_id::text, a.person_id::text, a.tainted, a.confidence
	FROM approvals a
	WHERE a.workspace_id = $1`

const subjectName = `CASE a.subject_entity
		WHEN 'contact' THEN (SELECT r.name FROM contacts r WHERE r.workspace_id = a.workspace_id AND r.id = a.subject_id)
		WHEN 'company' THEN (SELECT r.name FROM companies r WHERE r.workspace_id = a.workspace_id AND r.id = a.subject_id)
		WHEN 'thread' THEN (SELECT nullif(r.subject, '') FROM threads r WHERE r.workspace_id = a.workspace_id AND r.id = a.subject_id)
		WHEN 'task' THEN (SELECT r.title FROM tasks r WHERE r.workspace_id = a.workspace_id AND r.id = a.subject_id)
	END`

// load reads one approval; lock is what follows the query.
func (s *Service) load(tx *pg.Tx, approvalID, lock string) (Approval, error) {
	a, err := pg.One[Approval](tx, selection+` AND a.id = $3::uuid`+lock, tx.Workspace(), s.Now().UTC(), approvalID)
	if err == pg.ErrNone {
		return a, problem.Missing("approval")
	}
	a.Band = policy.Band(a.Risk)
	return a, err
}

const forUpdate = ` FOR UPDATE OF a`

// action is what was asked for.
func (a *Approval) action() Action {
	subject := ""
	if a.SubjectID != nil {
		subject = *a.SubjectID
	}
	return Action{Operation: a.Operation, Args: a.Args, Title: a.Title, Needs: a.Needs, Entity: a.SubjectEntity, ID: subject, Tainted: a.Tainted, Confidence: a.Confidence}
}

func (a *Approval) origin() Origin {
	o := Origin{Agent: a.Agent, StepKey: a.StepKey}
	if a.RunID != nil {
		o.RunID = *a.RunID
	}
	return o
}

// settle ends a pending approval that is locked, and wakes its run.
func (s *Service) settle(ctx context.Context, tx *pg.Tx, a *Approval, to State, reason string) error {
	who, _ := actor.From(ctx)
	by, err := json.Marshal(who)
	if err != nil {
		return fmt.Errorf("encode the actor: %w", err)
	}
	factors, err := json.Marshal(nonNil(a.Factors))
	if err != nil {
		return fmt.Errorf("encode the factors: %w", err)
	}
	shown, err := json.Marshal(a.Preview)
	if err != nil {
		return fmt.Errorf("encode the preview: %w", err)
	}
	needs, err := json.Marshal(a.Needs)
	if err != nil {
		return fmt.Errorf("encode the records: %w", err)
	}
	var result *string
	if len(a.Result) > 0 {
		result = new(string(a.Result))
	}
	now := s.Now().UTC()
	tx.Queue(`
		UPDATE approvals SET state = $3, reason = $4, args = $5::json, hash = $6, preview = $7::jsonb, needs = $8::jsonb, risk = $9, factors = $10::jsonb, edited = $11, result = $12::jsonb,
			decided_at = $13, decided_by = $14::jsonb, version = version + 1
		WHERE workspace_id = $1 AND id = $2::uuid`,
		tx.Workspace(), a.ID, string(to), clip(reason, 4000), string(a.Args), a.Hash, string(shown), string(needs), a.Risk, string(factors), a.Edited, result, now, string(by))
	a.State, a.Reason, a.DecidedAt, a.DecidedBy, a.Overdue, a.Version = to, reason, &now, &who, false, a.Version+1
	a.Band = policy.Band(a.Risk)
	if err := event.Record(ctx, tx, event.Happened{Entity: Entity, EntityID: a.ID, Kind: event.Updated, Changes: event.Changes{"state": {Pending, to}}, Reason: clip(reason, 500)}); err != nil {
		return err
	}
	return s.wake(ctx, tx, a.RunID)
}
