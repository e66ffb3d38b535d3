package agents

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// run is a row as a batch meets it, with the answer of its last model step.
type run struct {
	ID        string
	SubjectID string
	InputHash string
	State     State
	Engine    string
	Degraded  bool
	Error     string
	LastSeq   int
	ModelSeq  int    // of the step that answered; 0: none
	Version   string // of the engine
	Answer    string
}

// open makes the runs that are not there, finds those that are, and opens
// again what failed if the batch wants that. What is skipped now is applied at
// once. The rows stay locked until tx ends.
func (r *Runner) open(ctx context.Context, tx *pg.Tx, b Batch) ([]*task, error) {
	if len(b.Works) == 0 {
		return nil, nil
	}
	who, _ := actor.From(ctx)
	actorJSON, err := json.Marshal(who)
	if err != nil {
		return nil, fmt.Errorf("encode the actor: %w", err)
	}
	ids := newIDs(len(b.Works))
	var entities, subjects, hashes, skips []string
	for _, w := range b.Works {
		entities = append(entities, w.Entity)
		subjects = append(subjects, w.SubjectID)
		hashes = append(hashes, w.hash())
		skips = append(skips, w.Skip)
	}
	tx.Queue(insertRuns, tx.Workspace(), b.Agent.Name, b.Agent.Version, ids, entities, subjects, hashes, skips, actorJSON, r.now())
	var runs []run
	tx.Queue(lockRuns, tx.Workspace(), b.Agent.Name, b.Agent.Version, subjects, hashes)
	pg.Later(tx, &runs, selectRuns, tx.Workspace(), b.Agent.Name, b.Agent.Version, subjects, hashes)
	if err := tx.Flush(); err != nil {
		return nil, err
	}
	found := make(map[string]run, len(runs))
	for _, row := range runs {
		found[row.SubjectID+row.InputHash] = row
	}
	tasks := make([]*task, len(b.Works))
	for i, w := range b.Works {
		row, ok := found[subjects[i]+hashes[i]]
		if !ok {
			return nil, fmt.Errorf("run of %s over %s %s is not there", b.Agent.Name, w.Entity, w.SubjectID)
		}
		tasks[i] = meet(b, w, row, row.ID != ids[i])
	}
	return tasks, r.begin(tx, b, tasks)
}

const insertRuns = `
	INSERT INTO agent_runs (workspace_id, id, agent, version, state, subject_entity, subject_id, input_hash, error, actor, started_at, finished_at)
	SELECT $1, id, $2, $3, CASE WHEN skip = '' THEN 'running' ELSE 'skipped' END, entity, subject, hash, skip, $9::jsonb, $10,
		CASE WHEN skip = '' THEN NULL ELSE $10::timestamptz END
	FROM unnest($4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::text[]) AS t (id, entity, subject, hash, skip)
	ORDER BY subject
	ON CONFLICT ON CONSTRAINT agent_runs_once DO NOTHING`

// theRuns finds the runs of a batch. Its inner query is made row by row
// whatever the planner believes: in the first minutes of a large import it has
// no statistics, and would read all runs of the workspace.
const theRuns = `
	FROM (SELECT * FROM unnest($4::uuid[], $5::text[]) AS u (subject, hash) ORDER BY subject) t
	CROSS JOIN LATERAL (
		SELECT id, subject_id, input_hash, state, engine, degraded, error FROM agent_runs
		WHERE workspace_id = $1 AND agent = $2 AND subject_id = t.subject AND version = $3 AND input_hash = t.hash
		LIMIT 1`

// The lock comes first, so that selectRuns sees what was written before it.
const lockRuns = `SELECT 1` + theRuns + ` FOR UPDATE) r`

const selectRuns = `
	SELECT r.id::text, r.subject_id::text, r.input_hash, r.state, r.engine, r.degraded, r.error,
		coalesce((SELECT max(s.seq) FROM agent_steps s WHERE s.workspace_id = $1 AND s.run_id = r.id), 0) AS last_seq,
		coalesce(m.seq, 0) AS model_seq, coalesce(m.output ->> 'version', '') AS version, coalesce((m.output -> 'answer')::text, '') AS answer` + theRuns + `
	) r
	LEFT JOIN LATERAL (
		SELECT s.seq, s.output FROM agent_steps s
		WHERE s.workspace_id = $1 AND s.run_id = r.id AND s.kind = 'model' AND s.state = 'done' AND (r.state = 'done' OR r.degraded)
		ORDER BY s.seq DESC LIMIT 1
	) m ON true`

// meet turns a run into a task: answered by what is stored, or to be done.
func meet(b Batch, w Work, row run, old bool) *task {
	t := &task{work: w, run: row, result: Result{RunID: row.ID, SubjectID: w.SubjectID, State: row.State, Stored: old,
		Engine: row.Engine, Version: row.Version, Degraded: row.Degraded, Error: row.Error}}
	if row.State == Running || b.reopens(row) {
		t.result, t.noRules = Result{RunID: row.ID, SubjectID: w.SubjectID, State: Running}, b.NoRules
		if t.upgrade = b.NoRules && row.Degraded && row.ModelSeq > 0; t.upgrade {
			t.result.Output, _ = verify(b.Agent, w, json.RawMessage(row.Answer))
		}
	}
	if t.result.State == Done {
		// What a stricter verifier refuses today was applied long ago.
		t.result.Output, _ = verify(b.Agent, w, json.RawMessage(row.Answer))
	}
	return t
}

// reopens reports whether a run that ended is worth another try.
func (b Batch) reopens(row run) bool {
	return b.Again && (row.State == Failed || row.State == Done && row.Degraded)
}

// begin opens ended runs again and applies what was skipped just now.
func (r *Runner) begin(tx *pg.Tx, b Batch, tasks []*task) error {
	var again []string
	var skipped []Result
	for _, t := range tasks {
		if t.run.State != Running && t.result.State == Running {
			again = append(again, t.run.ID)
		}
		if t.result.State == Skipped && !t.result.Stored {
			skipped = append(skipped, t.result)
		}
	}
	if len(again) > 0 {
		tx.Queue(`
			UPDATE agent_runs SET state = 'running', error = '', finished_at = NULL
			WHERE workspace_id = $1 AND id = ANY ($2::uuid[])`, tx.Workspace(), again)
	}
	if len(skipped) == 0 {
		return nil
	}
	return b.Apply(tx, skipped)
}

// interrupted is what is said of a step whose process ended before its result.
const interrupted = "Interrupted before the result was stored; an engine that costs may have billed it."

// intend writes the model steps that are about to begin.
func (r *Runner) intend(tx *pg.Tx, b Batch, tasks []*task) error {
	open := unfinished(tasks)
	if len(open) == 0 {
		return nil
	}
	var ids []string
	var seqs []int
	var inputs []string
	for _, t := range open {
		t.seq = t.run.LastSeq + 1
		about := map[string]any{"task": b.Agent.Name, "version": b.Agent.Version,
			t.work.Entity + "_id": t.work.SubjectID, "input_hash": t.run.InputHash}
		if t.upgrade {
			about["supersedes"] = t.run.ModelSeq
		}
		input, err := json.Marshal(about)
		if err != nil {
			return fmt.Errorf("encode a step: %w", err)
		}
		ids, seqs, inputs = append(ids, t.run.ID), append(seqs, t.seq), append(inputs, string(input))
	}
	tx.Queue(`
		UPDATE agent_steps SET state = 'failed', error = $3, finished_at = $4
		WHERE workspace_id = $1 AND run_id = ANY ($2::uuid[]) AND state = 'intent'`, tx.Workspace(), ids, interrupted, r.now())
	tx.Queue(`
		INSERT INTO agent_steps (workspace_id, run_id, seq, kind, state, input, started_at)
		SELECT $1, run, seq, 'model', 'intent', input, $5
		FROM unnest($2::uuid[], $3::integer[], $4::jsonb[]) AS t (run, seq, input)`, tx.Workspace(), ids, seqs, inputs, r.now())
	return nil
}

// end closes the model steps of tasks that are still this process's, writes
// the steps after them, ends the runs and applies the results. A run that
// another process has taken up meanwhile is left to it.
func (r *Runner) end(tx *pg.Tx, b Batch, tasks []*task) error {
	mine, err := closeModelSteps(tx, tasks)
	if err != nil {
		return err
	}
	var results []Result
	var ended []*task
	for _, t := range tasks {
		if !mine[t.run.ID] {
			t.result = Result{RunID: t.run.ID, SubjectID: t.work.SubjectID, State: Running, Stored: true}
			continue
		}
		if t.ticket == nil || t.stands {
			ended = append(ended, t)
		}
		if t.ticket == nil && !t.stands {
			results = append(results, t.result)
		}
	}
	later := r.leave(tx, b, tasks)
	if len(ended) > 0 {
		writeSteps(tx, ended)
		writeRuns(tx, ended)
	}
	if len(results) > 0 {
		if err := b.Apply(tx, results); err != nil {
			return err
		}
	}
	if !later || b.Later == nil {
		return nil
	}
	return b.Later(tx)
}

func closeModelSteps(tx *pg.Tx, tasks []*task) (map[string]bool, error) {
	var ids, states, outputs, faults []string
	var seqs []int
	var began, ended []time.Time
	for _, t := range tasks {
		state, fault := "done", ""
		if !t.verified {
			state, fault = "failed", t.fault
		}
		ids, seqs, states = append(ids, t.run.ID), append(seqs, t.seq), append(states, state)
		outputs, faults = append(outputs, string(t.model)), append(faults, fault)
		began, ended = append(began, t.began), append(ended, t.ended)
	}
	// Runs are always locked first, and in one order.
	tx.Queue(`SELECT 1 FROM agent_runs WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) ORDER BY subject_id FOR UPDATE`, tx.Workspace(), ids)
	mine, err := pg.Column[string](tx, `
		UPDATE agent_steps s SET state = t.state, output = t.output, error = t.error, started_at = t.began, finished_at = t.ended
		FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::jsonb[], $6::text[], $7::timestamptz[], $8::timestamptz[])
			AS t (run, seq, state, output, error, began, ended)
		WHERE s.workspace_id = $1 AND s.run_id = t.run AND s.seq = t.seq AND s.state = 'intent'
		RETURNING s.run_id::text`, tx.Workspace(), ids, seqs, states, outputs, faults, began, ended)
	set := make(map[string]bool, len(mine))
	for _, id := range mine {
		set[id] = true
	}
	return set, err
}

// writeSteps adds what follows an answer: its verification and, if that held,
// its application.
func writeSteps(tx *pg.Tx, tasks []*task) {
	var ids, kinds, states, faults []string
	var seqs []int
	var at []time.Time
	add := func(t *task, after int, kind, state, fault string) {
		ids, seqs, kinds = append(ids, t.run.ID), append(seqs, t.seq+after), append(kinds, kind)
		states, faults, at = append(states, state), append(faults, fault), append(at, t.ended)
	}
	for _, t := range tasks {
		switch {
		case t.stands:
		case t.result.State == Done:
			add(t, 1, "verify", "done", "")
			add(t, 2, "apply", "done", "")
		case t.verified:
			add(t, 1, "verify", "failed", t.result.Error)
		}
	}
	if len(ids) == 0 {
		return
	}
	tx.Queue(`
		INSERT INTO agent_steps (workspace_id, run_id, seq, kind, state, error, started_at, finished_at)
		SELECT $1, run, seq, kind, state, error, at, at
		FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) AS t (run, seq, kind, state, error, at)`,
		tx.Workspace(), ids, seqs, kinds, states, faults, at)
}

func writeRuns(tx *pg.Tx, tasks []*task) {
	var ids, states, engines, faults []string
	var degraded []bool
	var ended []time.Time
	for _, t := range tasks {
		ids, states, engines = append(ids, t.run.ID), append(states, string(t.result.State)), append(engines, t.result.Engine)
		faults, degraded, ended = append(faults, t.result.Error), append(degraded, t.result.Degraded), append(ended, t.ended)
	}
	event.Hint(tx, "run")
	tx.Queue(`
		UPDATE agent_runs r SET state = t.state, engine = t.engine, degraded = t.degraded, error = t.error, finished_at = t.ended
		FROM unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::timestamptz[])
			AS t (id, state, engine, degraded, error, ended)
		WHERE r.workspace_id = $1 AND r.id = t.id`, tx.Workspace(), ids, states, engines, degraded, faults, ended)
}
