package agents

import (
	"context"
	"encoding/json"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Run is what an agent did about one subject.
type Run struct {
	ID            string     `json:"id"`
	Agent         string     `json:"agent"`
	Version       string     `json:"version"`
	State         State      `json:"state" enum:"running,done,skipped,failed,cancelled"`
	Engine        string     `json:"engine" doc:"What answered: rules, or the name of a provider."`
	Degraded      bool       `json:"degraded" doc:"A weaker engine stood in for one that was away."`
	SubjectEntity string     `json:"subject_entity"`
	SubjectID     string     `json:"subject_id"`
	Error         string     `json:"error" doc:"Why the run failed or was skipped."`
	StartedAt     time.Time  `json:"started_at"`
	FinishedAt    *time.Time `json:"finished_at"`
}

// Trail is a run with its steps.
type Trail struct {
	Run
	Steps []Step `json:"steps" db:"-"`
}

// Step is one thing that a run did.
type Step struct {
	Seq        int             `json:"seq"`
	Kind       string          `json:"kind" enum:"model,verify,apply"`
	State      string          `json:"state" enum:"intent,done,failed"`
	Input      json.RawMessage `json:"input"`
	Output     json.RawMessage `json:"output"`
	Error      string          `json:"error"`
	StartedAt  time.Time       `json:"started_at"`
	FinishedAt *time.Time      `json:"finished_at"`
}

// Ops lists the operations.
func (r *Runner) Ops() []op.Operation {
	const runs = "/v1/workspaces/{workspace}/runs"
	return []op.Operation{
		op.New(op.Meta{Name: "run.list", Method: "GET", Path: runs, Scope: "run:read",
			Summary:  "List what agents did, newest first",
			Entities: map[string]string{"message_id": "message"},
			Example:  map[string]any{"agent": "email.triage", "state": "done"}}, r.list),
		op.New(op.Meta{Name: "run.get", Method: "GET", Path: runs + "/{id}", Scope: "run:read",
			Summary:  "Read one run with its steps",
			Entities: map[string]string{"id": "run"}}, r.get),
	}
}

const columns = `id, agent, version, state, engine, degraded, subject_entity, subject_id, error, started_at, finished_at`

// Listing is what the list of runs offers.
var Listing = list.Spec{
	Columns: columns,
	From:    "FROM agent_runs\n\tWHERE workspace_id = $1",
	ID:      "id",
	Fields: map[string]list.Field{
		"agent":      {SQL: "agent", Type: list.Text},
		"state":      {SQL: "state", Type: list.Text, Values: []string{"running", "done", "skipped", "failed", "cancelled"}},
		"subject_id": {SQL: "subject_id", Type: list.ID},
		"started_at": {SQL: "started_at", Type: list.Time},
	},
	Sorts:   map[string]list.Sort{"started_at": {SQL: "started_at", Type: list.Time}},
	Default: "-started_at",
}

type listInput struct {
	op.InWorkspace
	list.Query
	MessageID string `query:"message_id" format:"uuid" doc:"Runs over this message."`
	Agent     string `query:"agent" maxLength:"100" example:"email.triage"`
	State     string `query:"state" enum:"running,done,skipped,failed,cancelled"`
}

func (r *Runner) list(ctx context.Context, in *listInput) (out *op.Raw[op.List[Run]], err error) {
	err = r.db.Read(ctx, func(tx *pg.Tx) error {
		w := list.NewWhere(tx.Workspace())
		if in.MessageID != "" {
			w.Add("subject_id = ?::uuid", in.MessageID)
		}
		if in.Agent != "" {
			w.Add("agent = ?", in.Agent)
		}
		if in.State != "" {
			w.Add("state = ?", in.State)
		}
		body, err := Listing.Page(tx, in.Query, w)
		out = op.NewRaw[op.List[Run]](body)
		return err
	})
	return out, err
}

func (r *Runner) get(ctx context.Context, in *op.ByID) (*op.Body[Trail], error) {
	var out []Trail
	var steps []Step
	err := r.db.Read(ctx, func(tx *pg.Tx) error {
		pg.Later(tx, &out, `
			SELECT id::text, agent, version, state, engine, degraded, subject_entity, subject_id::text, error, started_at, finished_at
			FROM agent_runs WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), in.ID)
		pg.Later(tx, &steps, `
			SELECT seq, kind, state, input, output, error, started_at, finished_at
			FROM agent_steps WHERE workspace_id = $1 AND run_id = $2::uuid ORDER BY seq`, tx.Workspace(), in.ID)
		return tx.Flush()
	})
	if err == nil && len(out) == 0 {
		err = problem.Missing("run")
	}
	if err != nil {
		return nil, err
	}
	out[0].Steps = steps
	if steps == nil {
		out[0].Steps = []Step{}
	}
	return &op.Body[Trail]{Body: out[0]}, nil
}
