package agents

import (
	"time"

	"rapport/internal/platform/pg"
)

// Wait is a subject whose answer is missing or degraded, until an engine can
// give a full one.
type Wait struct {
	Agent     string
	SubjectID string
	Since     time.Time
}

// leave writes down which tasks wait, and which do no longer, and reports
// whether any waits. What the last time brings is final.
func (r *Runner) leave(tx *pg.Tx, b Batch, tasks []*task) bool {
	var over, waiting []string
	var at, due []time.Time
	var old, fresh []int
	var runs []string
	for _, t := range tasks {
		switch {
		case t.result.State == Running && t.ticket == nil: // is another process's
		case t.until > 0:
			waiting, at, due = append(waiting, t.work.SubjectID), append(at, t.work.At), append(due, r.now().Add(t.until))
		default:
			over = append(over, t.work.SubjectID)
		}
		if t.upgrade && !t.stands && t.result.State == Done {
			runs, old, fresh = append(runs, t.run.ID), append(old, t.run.ModelSeq), append(fresh, t.seq)
		}
	}
	if len(runs) > 0 {
		tx.Queue(`
			UPDATE agent_steps s SET output = s.output || jsonb_build_object('superseded_by', t.fresh)
			FROM unnest($2::uuid[], $3::integer[], $4::integer[]) AS t (run, old, fresh)
			WHERE s.workspace_id = $1 AND s.run_id = t.run AND s.seq = t.old`, tx.Workspace(), runs, old, fresh)
	}
	if len(over) > 0 {
		r.Forget(tx, b.Agent.Name, over)
	}
	if len(waiting) > 0 {
		tx.Queue(`
			INSERT INTO agent_waits AS w (workspace_id, agent, subject_id, subject_at, since, due_at)
			SELECT $1, $2, subject, at, $6, due FROM unnest($3::uuid[], $4::timestamptz[], $5::timestamptz[]) AS t (subject, at, due) ORDER BY subject
			ON CONFLICT (workspace_id, agent, subject_id) DO UPDATE SET due_at = excluded.due_at, tries = w.tries + 1`,
			tx.Workspace(), b.Agent.Name, waiting, at, due, r.now())
	}
	return len(waiting) > 0
}

// Forget ends the waiting of subjects.
func (r *Runner) Forget(tx *pg.Tx, agent string, subjects []string) {
	tx.Queue(`DELETE FROM agent_waits WHERE workspace_id = $1 AND agent = $2 AND subject_id = ANY ($3::uuid[])`, tx.Workspace(), agent, subjects)
}

// Due lists up to limit subjects that are worth another try now: of the first
// of the agents that has any, those from the latest on. Where none is, next is
// when the first will be, zero if nobody waits.
func (r *Runner) Due(tx *pg.Tx, agents []string, limit int) (due []Wait, next time.Time, err error) {
	var first []*time.Time
	pg.Later(tx, &due, `
		SELECT w.agent, w.subject_id::text, w.since FROM agent_waits w
		WHERE w.workspace_id = $1 AND w.due_at <= $3 AND w.agent = (
			SELECT a.agent FROM unnest($2::text[]) WITH ORDINALITY AS a (agent, n)
			WHERE EXISTS (SELECT 1 FROM agent_waits o WHERE o.workspace_id = $1 AND o.agent = a.agent AND o.due_at <= $3) ORDER BY a.n LIMIT 1)
		ORDER BY w.subject_at DESC, w.subject_id LIMIT $4`, tx.Workspace(), agents, r.now(), limit)
	pg.LaterColumn(tx, &first, `SELECT min(due_at) FROM agent_waits WHERE workspace_id = $1 AND agent = ANY ($2::text[])`, tx.Workspace(), agents)
	if err := tx.Flush(); err != nil {
		return nil, next, err
	}
	if len(first) > 0 && first[0] != nil {
		next = *first[0]
	}
	return due, next, nil
}
