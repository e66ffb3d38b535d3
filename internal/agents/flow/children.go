package flow

import (
	"encoding/json"

	"rapport/internal/platform/pg"
)

// Child starts a run that belongs to this one, of another agent. It does not
// wait for it: Await does.
func (r *Run) Child(key string, start Start) (string, error) {
	s, err := r.find("child", key)
	if err != nil {
		return "", err
	}
	if s != nil && s.ChildID != nil {
		return *s.ChildID, nil
	}
	if s, err = r.begin("child", key, s, start); err != nil {
		return "", err
	}
	err = r.engine.DB.Write(r.ctx, func(tx *pg.Tx) error {
		if err := r.fence(tx); err != nil {
			return err
		}
		childID, err := r.engine.start(r.ctx, tx, start, lineage{parent: &r.row.ID, root: r.row.RootID, depth: r.row.Depth + 1, person: r.row.Person})
		if err != nil {
			return err
		}
		s.ChildID, s.State = &childID, waiting
		tx.Queue(`UPDATE agent_steps SET state = 'waiting', child_id = $4 WHERE workspace_id = $1 AND run_id = $2 AND seq = $3`,
			tx.Workspace(), r.row.ID, s.Seq, childID)
		return nil
	})
	if err != nil {
		s.ChildID = nil
		_, err := r.settled(s, err)
		return "", err
	}
	return *s.ChildID, nil
}

// ChildResult is what became of a child.
type ChildResult struct {
	Key    string          `json:"key"`
	RunID  string          `json:"run_id"`
	State  string          `json:"state"` // done, failed, cancelled, dead
	Output json.RawMessage `json:"output"`
	Error  string          `json:"error"`
}

// Ended returns those children of keys that are over, by key. A program that
// cannot go on without more of them returns ErrParked: whichever ends next wakes
// it.
func (r *Run) Ended(keys ...string) (map[string]ChildResult, error) {
	out := map[string]ChildResult{}
	var open []string
	byID := map[string]string{}
	for _, key := range keys {
		s := r.steps[key]
		if s == nil || s.ChildID == nil {
			continue
		}
		if s.State == done {
			var c ChildResult
			if json.Unmarshal(s.Output, &c) != nil {
				return nil, &PauseError{"The result of a child cannot be read."}
			}
			out[key] = c
			continue
		}
		open, byID[*s.ChildID] = append(open, *s.ChildID), key
	}
	if len(open) == 0 {
		return out, nil
	}
	var rows []ChildResult
	err := r.engine.DB.Read(r.ctx, func(tx *pg.Tx) (err error) {
		rows, err = pg.All[ChildResult](tx, `
			SELECT id::text AS run_id, state, coalesce(output, 'null') AS output, error FROM agent_runs
			WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND state IN ('done', 'failed', 'cancelled', 'dead', 'skipped')`, tx.Workspace(), open)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, c := range rows {
		c.Key = byID[c.RunID]
		if err := r.conclude(r.steps[c.Key], result{output: c}); err != nil {
			return nil, err
		}
		out[c.Key] = c
	}
	return out, nil
}

// Await waits until all children of keys are over, and returns what became of
// them in this order. A child that failed is no error here.
func (r *Run) Await(keys ...string) ([]ChildResult, error) {
	ended, err := r.Ended(keys...)
	if err != nil {
		return nil, err
	}
	out := make([]ChildResult, 0, len(keys))
	for _, key := range keys {
		c, ok := ended[key]
		if !ok {
			return nil, ErrParked
		}
		out = append(out, c)
	}
	return out, nil
}
