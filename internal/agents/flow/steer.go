package flow

import (
	"encoding/json"
	"fmt"

	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// descendants are the runs that a run started, and those that they started; the
// deepest come first, as in every transaction that locks several.
const descendants = `
	WITH RECURSIVE below AS (
		SELECT r.id, r.depth FROM agent_runs r WHERE r.workspace_id = $1 AND r.id = $2::uuid
		UNION ALL
		SELECT r.id, r.depth FROM agent_runs r JOIN below b ON r.workspace_id = $1 AND r.parent_id = b.id
	)
	SELECT r.id::text FROM agent_runs r JOIN below b ON r.id = b.id
	WHERE r.workspace_id = $1 AND r.program ORDER BY r.depth DESC, r.id FOR UPDATE OF r`

// Cancel ends a run with all that it started, once tx is committed: what waits
// at once, what is worked when its process has noticed. Approvals that it
// waited for are no longer asked.
func (e *Engine) Cancel(tx *pg.Tx, runID string) error { return e.stop(tx, runID, true) }

func (e *Engine) stop(tx *pg.Tx, runID string, itself bool) error {
	runs, err := pg.Column[string](tx, descendants, tx.Workspace(), runID)
	if err != nil {
		return err
	}
	e.Gate.Cancel(tx, runs)
	if !itself {
		runs = runs[:max(len(runs)-1, 0)]
	}
	if len(runs) == 0 {
		return nil
	}
	if err := e.put(tx, `UPDATE agent_runs r SET cancelled = true
		WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND state IN ('queued', 'running', 'waiting', 'paused')`, runs); err != nil {
		return err
	}
	e.lanes.Cancel(tx, runs)
	return nil
}

// Retry has a run go on that failed, died or was paused, from the steps that
// have a result; so do those of its children that failed it. It goes on with the
// program of this release, and may spend once more what it may spend.
func (e *Engine) Retry(tx *pg.Tx, runID string) error {
	runs, err := pg.Column[string](tx, descendants, tx.Workspace(), runID)
	if err != nil {
		return err
	}
	again, err := pg.All[struct{ ID, Agent string }](tx, `
		SELECT id::text, agent FROM agent_runs
		WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND state IN ('failed', 'dead', 'paused', 'cancelled')`, tx.Workspace(), runs)
	if err != nil {
		return err
	}
	var ids, versions, caps []string
	for _, a := range again {
		agent, ok := e.agents[a.Agent]
		if !ok {
			return errUnknown
		}
		b, err := json.Marshal(agent.Caps)
		if err != nil {
			return fmt.Errorf("encode the caps of %s: %w", a.Agent, err)
		}
		ids, versions, caps = append(ids, a.ID), append(versions, agent.Version), append(caps, string(b))
	}
	tx.Queue(`
		UPDATE agent_steps SET state = CASE WHEN kind IN ('model', 'child') THEN 'waiting' ELSE 'intent' END, output = '{}', error = '', approval_id = NULL
		WHERE workspace_id = $1 AND run_id = ANY ($2::uuid[]) AND (state = 'failed' OR kind = 'child' AND child_id = ANY ($2::uuid[]))`, tx.Workspace(), ids)
	err = e.put(tx, reopen, ids, versions, caps, e.Now())
	if pg.Violates(err, "agent_runs_once") {
		return problem.New(problem.Conflict, "run_again", "The same was begun anew meanwhile. Look at that run.")
	}
	return err
}

const reopen = `
	UPDATE agent_runs r SET state = 'queued', version = t.version, error = '', output = NULL, finished_at = NULL, cancelled = false,
		attempts = 0, worked_ms = 0, run_at = $5, caps = t.caps || jsonb_build_object(
			'calls', (t.caps->>'calls')::bigint + s.calls, 'tokens', (t.caps->>'tokens')::bigint + s.tokens,
			'money_nano', (t.caps->>'money_nano')::bigint + s.cost, 'steps', (t.caps->>'steps')::bigint + s.steps)
	FROM unnest($2::uuid[], $3::text[], $4::jsonb[]) AS t (id, version, caps),
		LATERAL (
			SELECT coalesce(sum(o.calls), 0) AS calls, coalesce(sum(o.tokens), 0) AS tokens, coalesce(sum(o.cost_nano), 0) AS cost,
				(SELECT count(*) FROM agent_steps a WHERE a.workspace_id = $1 AND a.run_id = t.id) AS steps
			FROM agent_runs o WHERE o.workspace_id = $1 AND (o.id = t.id OR o.root_id = t.id)) s
	WHERE r.workspace_id = $1 AND r.id = t.id`
