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
	State         State      `json:"state" enum:"queued,running,waiting,paused,done,skipped,failed,cancelled,dead"`
	Engine        string     `json:"engine" doc:"What answered: rules, or the name of a provider."`
	Degraded      bool       `json:"degraded" doc:"A weaker engine stood in for one that was away."`
	SubjectEntity string     `json:"subject_entity"`
	SubjectID     string     `json:"subject_id"`
	Error         string     `json:"error" doc:"Why the run failed or was skipped."`
	StartedAt     time.Time  `json:"started_at"`
	FinishedAt    *time.Time `json:"finished_at"`
	Program       bool       `json:"program" doc:"It takes many steps, and can be cancelled, tried again and taken back."`
	Title         string     `json:"title"`
	ParentID      *string    `json:"parent_id" doc:"The run that started it."`
	RootID        *string    `json:"root_id" doc:"The run that all this is a part of."`
	Person        *string    `json:"person" doc:"The user on whose behalf it acts."`
	RunAt         time.Time  `json:"run_at" doc:"When it goes on, if it waits for a time."`
	Attempts      int        `json:"attempts" doc:"How often it was begun since it last came further."`
	Calls         int64      `json:"calls" doc:"Questions to models."`
	Tokens        int64      `json:"tokens"`
	CostNano      int64      `json:"cost_nano"`
	WorkedMS      int64      `json:"worked_ms" doc:"How long it was worked, without what it waited."`
}

// Trail is a run with its steps.
type Trail struct {
	Run
	Input    json.RawMessage `json:"input"`
	Output   json.RawMessage `json:"output"`
	Caps     json.RawMessage `json:"caps" doc:"What it and its children may spend."`
	Steps    []Step          `json:"steps" db:"-"`
	Children []Run           `json:"children" db:"-"`
}

// Step is one thing that a run did.
type Step struct {
	Seq        int             `json:"seq"`
	Key        string          `json:"key" doc:"What the program calls the step."`
	Kind       string          `json:"kind" enum:"model,verify,apply,load,act,store,child,timer"`
	State      string          `json:"state" enum:"intent,waiting,done,failed"`
	Input      json.RawMessage `json:"input"`
	Output     json.RawMessage `json:"output"`
	Error      string          `json:"error"`
	StartedAt  time.Time       `json:"started_at"`
	FinishedAt *time.Time      `json:"finished_at"`
	Attempts   int             `json:"attempts"`
	// MaybeBilled counts the calls whose answer was lost with a process.
	MaybeBilled int             `json:"maybe_billed" doc:"Calls whose answer was lost with a process: they may have been paid."`
	CallID      *string         `json:"call_id" doc:"The call of a model in the usage of AI."`
	ChildID     *string         `json:"child_id" doc:"The run that the step started."`
	ApprovalID  *string         `json:"approval_id" doc:"What a person was asked."`
	Tokens      int64           `json:"tokens"`
	CostNano    int64           `json:"cost_nano"`
	Trail       json.RawMessage `json:"trail" doc:"How the engines that were asked fared, in their order."`
}

// Ops lists the operations.
func (r *Runner) Ops() []op.Operation {
	const runs = "/v1/workspaces/{workspace}/runs"
	return []op.Operation{
		op.New(op.Meta{Name: "run.list", Method: "GET", Cached: op.Cached{Never: "Watched while it changes."}, Path: runs, Scope: "run:read",
			Summary:  "List what agents did, newest first",
			Entities: map[string]string{"message_id": "message"},
			Example:  map[string]any{"agent": "email.triage", "state": "done"}}, r.list),
		op.New(op.Meta{Name: "run.get", Method: "GET", Cached: op.Cached{Never: "Watched while it changes."}, Path: runs + "/{id}", Scope: "run:read",
			Summary:  "Read one run with its steps",
			Entities: map[string]string{"id": "run"}}, r.get),
	}
}

const columns = `id, agent, version, state, engine, degraded, subject_entity, subject_id, error, started_at, finished_at, program, title, parent_id, root_id, person, run_at, attempts,
	calls, tokens, cost_nano, worked_ms`

// Listing is what the list of runs offers.
var Listing = list.Spec{
	Columns: columns,
	From:    "FROM agent_runs\n\tWHERE workspace_id = $1",
	ID:      "id",
	Fields: map[string]list.Field{
		"agent":      {SQL: "agent", Type: list.Text},
		"state":      {SQL: "state", Type: list.Text, Values: []string{"queued", "running", "waiting", "paused", "done", "skipped", "failed", "cancelled", "dead"}},
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
	State     string `query:"state" enum:"queued,running,waiting,paused,done,skipped,failed,cancelled,dead" doc:"Dead letters are those that nothing but a person's retry brings back."`
	Program   bool   `query:"program" doc:"Only runs of many steps."`
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
		if in.Program {
			w.Add("program")
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
	var children []Run
	err := r.db.Read(ctx, func(tx *pg.Tx) error {
		pg.Later(tx, &out, `SELECT `+typed+`, input, coalesce(output, 'null') AS output, caps
			FROM agent_runs WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), in.ID)
		pg.Later(tx, &steps, `
			SELECT seq, key, kind, state, input, output, error, started_at, finished_at, attempts, maybe_billed, coalesce(call_id::text, nullif(output ->> 'call_id', '')) AS call_id,
				child_id::text, approval_id::text, tokens, cost_nano, coalesce(output -> 'attempts', '[]') AS trail
			FROM agent_steps WHERE workspace_id = $1 AND run_id = $2::uuid ORDER BY seq`, tx.Workspace(), in.ID)
		pg.Later(tx, &children, `SELECT `+typed+` FROM agent_runs WHERE workspace_id = $1 AND parent_id = $2::uuid ORDER BY id`, tx.Workspace(), in.ID)
		return tx.Flush()
	})
	if err == nil && len(out) == 0 {
		err = problem.Missing("run")
	}
	if err != nil {
		return nil, err
	}
	out[0].Steps, out[0].Children = steps, children
	return &op.Body[Trail]{Body: out[0]}, nil
}

// typed are the columns for a query whose rows are scanned.
const typed = `id::text, agent, version, state, engine, degraded, subject_entity, subject_id::text, error, started_at, finished_at,
	program, title, parent_id::text, root_id::text, person::text, run_at, attempts, calls, tokens, cost_nano, worked_ms`
