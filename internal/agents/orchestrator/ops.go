package orchestrator

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"rapport/internal/agents/flow"
	"rapport/internal/agents/orchestrator/goal"
	"rapport/internal/agents/orchestrator/plan"
	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type example = map[string]any

const confirmOperation = "goal.confirm"

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const goals = "/v1/workspaces/{workspace}/goals"
	entities := map[string]string{"id": "goal"}
	return []op.Operation{
		op.New(op.Meta{Name: "goal.list", Method: "GET", Cached: op.Cached{Never: "Watched while it changes."}, Path: goals, Scope: "run:read",
			Summary: "List the goals so far, newest first, and those that can be set",
			Doc:     "templates are the known goals with what they take, and why one is unavailable.",
			Example: example{"state": "done"}}, s.list),
		op.New(op.Meta{Name: "goal.create", Method: "POST", Path: goals, Scope: "run:write", Status: 202, AI: true,
			Summary: "Set a goal: a known one by its name, or another in words",
			Doc:     "A goal in words is planned by a model, or matched to a known one by rules; its plan always waits for a person. The run goes on by itself: read it with goal.get.",
			Example: example{"body": example{"goal": "weekly_report"}}}, s.create),
		op.New(op.Meta{Name: "goal.get", Method: "GET", Cached: op.Cached{Never: "Watched while it changes."}, Path: goals + "/{id}", Scope: "run:read", Entities: entities,
			Summary: "Read a goal: its plan with the state of each step, and the result"}, s.get),
		op.New(op.Meta{Name: confirmOperation, Method: "POST", Path: goals + "/{id}/confirm", Scope: "run:write", Entities: entities,
			Summary: "Confirm the plan of a goal",
			Doc:     "It is what the approval of a plan carries out. Called by itself it is refused: the goal goes on because its approval was given.",
			Example: example{"body": example{"title": "A plan", "steps": []example{}}}}, s.confirm),
	}
}

// Goal is a goal that somebody set.
type Goal struct {
	ID         string     `json:"id"`
	Title      string     `json:"title"`
	Goal       string     `json:"goal" doc:"The name of a known goal, or the words of the person."`
	State      string     `json:"state" enum:"queued,running,waiting,paused,done,failed,cancelled,dead"`
	Summary    string     `json:"summary" doc:"What came of it."`
	Error      string     `json:"error"`
	Person     *string    `json:"person" doc:"Id of the user on whose behalf it is."`
	Steps      int        `json:"steps" doc:"Of the plan; 0 while there is none."`
	Begun      int        `json:"begun" doc:"Steps that have begun."`
	Ended      int        `json:"ended" doc:"Steps that are over."`
	CostNano   int64      `json:"cost_nano" doc:"Of all of its runs."`
	StartedAt  time.Time  `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
}

const columns = `id, title, goal, state, summary, error, person, steps, begun, ended, cost_nano, started_at, finished_at`

// goals are the runs of the orchestrator as goals; $1 is the workspace.
const goals = `
	SELECT r.workspace_id, r.id, r.title, r.input ->> 'goal' AS goal, r.state, coalesce(r.output ->> 'summary', '') AS summary, regexp_replace(r.error, '^[a-z_]+: ', '') AS error, r.person,
		coalesce(jsonb_array_length(p.output -> 'steps'), 0) AS steps, coalesce(k.begun, 0) + coalesce(o.read, 0) AS begun, coalesce(k.ended, 0) + coalesce(o.read, 0) AS ended,
		r.cost_nano + coalesce(k.cost_nano, 0) AS cost_nano, r.started_at, r.finished_at
	FROM agent_runs r
	LEFT JOIN agent_steps p ON p.workspace_id = r.workspace_id AND p.run_id = r.id AND p.key = 'plan' AND p.state = 'done'
	LEFT JOIN LATERAL (
		SELECT count(*)::integer AS read FROM agent_steps s
		WHERE s.workspace_id = r.workspace_id AND s.run_id = r.id AND s.kind = 'load' AND s.key LIKE 'step:%' AND s.state = 'done') o ON true
	LEFT JOIN LATERAL (
		SELECT count(*) FILTER (WHERE c.parent_id = r.id)::integer AS begun,
			count(*) FILTER (WHERE c.parent_id = r.id AND c.state IN ('done', 'failed', 'cancelled', 'dead', 'skipped'))::integer AS ended,
			sum(c.cost_nano)::bigint AS cost_nano
		FROM agent_runs c WHERE c.workspace_id = r.workspace_id AND c.root_id = r.root_id AND c.id <> r.id AND r.depth = 0) k ON true
	WHERE r.workspace_id = $1 AND r.program AND r.agent = 'orchestrator'`

var states = []string{"queued", "running", "waiting", "paused", "done", "failed", "cancelled", "dead"}

// Listing is what the list of goals offers. Plans within plans are steps of
// theirs and not listed.
var Listing = list.Spec{
	Columns: columns,
	From:    "FROM (" + goals + " AND r.depth = 0) x\n\tWHERE x.workspace_id = $1",
	ID:      "x.id",
	Fields: map[string]list.Field{
		"state":      {SQL: "x.state", Type: list.Text, Values: states},
		"started_at": {SQL: "x.started_at", Type: list.Time},
	},
	Sorts:   map[string]list.Sort{"started_at": {SQL: "x.started_at", Type: list.Time}},
	Default: "-started_at",
}

type listInput struct {
	op.InWorkspace
	list.Query
	State string `query:"state" enum:"queued,running,waiting,paused,done,failed,cancelled,dead"`
}

// Known is a goal that is known, as it is offered.
type Known struct {
	Name      string          `json:"name"`
	Title     string          `json:"title"`
	About     string          `json:"about"`
	Available bool            `json:"available"`
	Reason    string          `json:"reason" doc:"Why it is unavailable."`
	Without   []string        `json:"without" doc:"What it would do besides if the agents for it were there."`
	Arguments json.RawMessage `json:"arguments" doc:"What it takes, as a JSON schema."`
}

// Goals is a page of goals with the templates.
type Goals struct {
	op.List[Goal]
	Templates []Known `json:"templates"`
}

func (s *Service) list(ctx context.Context, in *listInput) (out *op.Raw[Goals], err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		w := list.NewWhere(tx.Workspace())
		if in.State != "" {
			w.Add("x.state = ?", in.State)
		}
		page, err := Listing.Page(tx, in.Query, w)
		if err != nil {
			return err
		}
		page = append(append(page[:len(page)-1], `,"templates":`...), mustJSON(s.known())...)
		out = op.NewRaw[Goals](append(page, '}'))
		return nil
	})
	return out, err
}

// known are all templates as they stand with the agents that are registered.
func (s *Service) known() []Known {
	crew := s.crew()
	out := []Known{}
	for _, t := range goal.Templates() {
		reason := t.Reason(crew)
		out = append(out, Known{Name: t.Name, Title: t.Title, About: t.About, Available: reason == "", Reason: reason,
			Without: nonNil(t.Without(crew)), Arguments: json.RawMessage(t.Schema)})
	}
	return out
}

type createInput struct {
	op.InWorkspace
	Body struct {
		Goal      string         `json:"goal" minLength:"1" maxLength:"2000" doc:"The name of a known goal, or what is wanted in words."`
		Arguments map[string]any `json:"arguments,omitempty" doc:"What the known goal takes; for words, ids that they speak of."`
		Title     string         `json:"title,omitempty" maxLength:"200"`
	}
}

// Begun is the run of a goal.
type Begun struct {
	RunID string `json:"run_id" doc:"Of the goal: read it with goal.get."`
}

func (s *Service) create(ctx context.Context, in *createInput) (*op.Body[Begun], error) {
	b := in.Body
	b.Goal = strings.TrimSpace(b.Goal)
	title := b.Title
	if t, ok := goal.Find(b.Goal); ok {
		crew := s.crew()
		if missing := t.Missing(crew); len(missing) > 0 {
			return nil, t.Unavailable(missing)
		}
		if _, err := t.Read(b.Arguments); err != nil {
			return nil, err
		}
		title = cmp.Or(title, t.Title)
	} else if !wordy(b.Goal) {
		return nil, unknownGoal()
	}
	start := flow.Start{Agent: plan.Conductor, Title: cmp.Or(title, plan.Clip(b.Goal, 120)), Input: Input{Goal: b.Goal, Arguments: b.Arguments}, Priority: flow.Normal}
	if entity, id := subject(b.Arguments); id != "" {
		start.Entity, start.SubjectID = entity, id
	}
	var out Begun
	err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		out.RunID, err = s.engine.Start(ctx, tx, start)
		return err
	})
	return &op.Body[Begun]{Body: out}, err
}

type confirmInput struct {
	op.ByID
	Body struct {
		Title string `json:"title" maxLength:"200"`
		Steps []struct {
			ID    string   `json:"id,omitempty" maxLength:"40"`
			Agent string   `json:"agent,omitempty" maxLength:"60"`
			Title string   `json:"title,omitempty" maxLength:"200"`
			Needs []string `json:"needs,omitempty"`
		} `json:"steps" maxItems:"20"`
	}
}

// Confirmed is the record of a confirmation, as the run keeps it.
type Confirmed struct {
	RunID string   `json:"run_id"`
	Title string   `json:"title"`
	Steps []string `json:"steps" doc:"What was to be done when it was confirmed."`
}

// errConfirm is for those who would confirm a plan past its approval: nothing
// would come of it.
var errConfirm = problem.New(problem.Conflict, "goal_approval", "A plan is confirmed by allowing its approval, which goal.get names; then the goal goes on by itself.")

// confirm answers what was confirmed. The run keeps the answer with its step.
// Only the run itself gets here, by an approval that was given.
func (s *Service) confirm(ctx context.Context, in *confirmInput) (*op.Body[Confirmed], error) {
	who, _ := actor.From(ctx)
	var state []string
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		state, err = pg.Column[string](tx, `SELECT state FROM agent_runs WHERE workspace_id = $1 AND id = $2::uuid AND program AND agent = 'orchestrator'`, tx.Workspace(), in.ID)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case len(state) == 0:
		return nil, problem.Missing("goal")
	case slices.Contains([]string{"cancelled", "failed", "dead"}, state[0]):
		return nil, problem.New(problem.Conflict, "goal_over", "This goal has ended; its plan can no longer be confirmed.")
	case who.Kind != actor.Agent || who.Name != plan.Conductor || who.RunID != in.ID:
		return nil, errConfirm
	}
	out := Confirmed{RunID: in.ID, Title: in.Body.Title, Steps: []string{}}
	for _, x := range in.Body.Steps {
		out.Steps = append(out.Steps, x.Title)
	}
	return &op.Body[Confirmed]{Body: out}, nil
}
