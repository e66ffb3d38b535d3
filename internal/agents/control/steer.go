package control

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/crm/change"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// is reads the state of a run of many steps, and locks it.
func is(tx *pg.Tx, run string) (string, error) {
	state, err := pg.Column[string](tx, `SELECT state FROM agent_runs WHERE workspace_id = $1 AND id = $2::uuid AND program`, tx.Workspace(), run)
	if err == nil && len(state) == 0 {
		err = problem.Missing("run")
	}
	if err != nil {
		return "", err
	}
	return state[0], nil
}

func (s *Service) cancel(ctx context.Context, in *op.ByID) (*op.Body[Begun], error) {
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		state, err := is(tx, in.ID)
		switch {
		case err != nil:
			return err
		case state == "done", state == "failed", state == "dead", state == "cancelled":
			return problem.New(problem.Conflict, "run_over", "The run is over. What it did can be taken back with run.undo.")
		}
		return s.engine.Cancel(tx, in.ID)
	})
	return &op.Body[Begun]{Body: Begun{in.ID}}, err
}

func (s *Service) retry(ctx context.Context, in *op.ByID) (*op.Body[Begun], error) {
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		state, err := is(tx, in.ID)
		switch {
		case err != nil:
			return err
		case state != "failed" && state != "dead" && state != "paused":
			return problem.New(problem.Conflict, "run_not_stuck", "Only a run that failed, died or was paused can be tried again.")
		}
		return s.engine.Retry(tx, in.ID)
	})
	return &op.Body[Begun]{Body: Begun{in.ID}}, err
}

type undoInput struct {
	op.ByID
	Body *struct {
		Before string `json:"before,omitempty" format:"uuid" doc:"Only what happened before this change, as an answer said."`
	}
}

func (s *Service) undo(ctx context.Context, in *undoInput) (*op.Body[change.Undone], error) {
	var runs []string
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		runs, err = pg.Column[string](tx, `
			WITH RECURSIVE below AS (
				SELECT id FROM agent_runs WHERE workspace_id = $1 AND id = $2::uuid
				UNION ALL
				SELECT r.id FROM agent_runs r JOIN below b ON r.workspace_id = $1 AND r.parent_id = b.id
			)
			SELECT id::text FROM below`, tx.Workspace(), in.ID)
		if err == nil && len(runs) == 0 {
			err = problem.Missing("run")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	before := ""
	if in.Body != nil {
		before = in.Body.Before
	}
	return s.changes.UndoRuns(ctx, runs, before)
}
