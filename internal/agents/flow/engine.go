package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/lane"
	"rapport/internal/ai"
	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// A gateway answers requests; ai.Gateway does.
type gateway interface {
	Do(ctx context.Context, r ai.Request) (ai.Response, error)
}

// Parts are what an engine works with.
type Parts struct {
	DB      *pg.DB
	Queue   *queue.Queue
	Gateway gateway
	Gate    approval.Gate
	Caller  approval.Caller
	Now     func() time.Time
	Log     *slog.Logger
}

// Engine runs the programs of registered agents.
type Engine struct {
	Parts
	lanes  *lane.Lanes
	agents map[string]Agent
	names  []string
}

// New returns an engine without agents.
func New(p Parts) *Engine {
	return &Engine{Parts: p, lanes: lane.New(p.DB, lane.Options{Now: p.Now, Logger: p.Log}), agents: map[string]Agent{}}
}

// Register adds an agent. It is for the time before the engine works.
func (e *Engine) Register(a Agent) {
	a.Caps = a.Caps.orStandard()
	e.agents[a.Name] = a
	e.names = append(e.names, a.Name)
}

// Agents lists the registry in the order of registration.
func (e *Engine) Agents() []Agent {
	out := make([]Agent, len(e.names))
	for i, name := range e.names {
		out[i] = e.agents[name]
	}
	return out
}

// Knows reports whether there is an agent of a name.
func (e *Engine) Knows(agent string) bool {
	_, ok := e.agents[agent]
	return ok
}

// Offer tells the engine of all operations, so that an agent has the scopes of
// those that it acts with. An operation that is not there is our mistake.
func (e *Engine) Offer(all []op.Operation) error {
	scope := map[string]string{}
	for _, o := range all {
		scope[o.Name] = o.Scope
	}
	for name, a := range e.agents {
		a.scopes = nil
		for _, operation := range a.Operations {
			s, ok := scope[operation]
			if !ok {
				return fmt.Errorf("the agent %s acts with %s, which is no operation", name, operation)
			}
			a.scopes = append(a.scopes, s)
		}
		e.agents[name] = a
	}
	return nil
}

// Entity names runs in the feed.
const Entity = "run"

// Start makes a run within tx, on behalf of the actor of ctx, and returns its
// id. The run begins when tx is committed.
func (e *Engine) Start(ctx context.Context, tx *pg.Tx, s Start) (string, error) {
	return e.start(ctx, tx, s, lineage{})
}

// lineage is what a child inherits.
type lineage struct {
	parent, root *string
	depth        int
	person       *string
}

// deepest is how far runs start runs: a goal's specialists, and theirs.
const deepest = 2

func (e *Engine) start(ctx context.Context, tx *pg.Tx, s Start, l lineage) (string, error) {
	a, ok := e.agents[s.Agent]
	if !ok {
		return "", errUnknown
	}
	if l.depth > deepest {
		return "", problem.New(problem.Conflict, "too_deep", "Runs start runs to a depth of two at most.")
	}
	input, err := e.input(a, s.Input)
	if err != nil {
		return "", err
	}
	who, _ := actor.From(ctx)
	by, err := json.Marshal(who)
	if err != nil {
		return "", fmt.Errorf("encode the actor: %w", err)
	}
	caps, err := json.Marshal(a.Caps)
	if err != nil {
		return "", fmt.Errorf("encode the caps of %s: %w", a.Name, err)
	}
	if l.person == nil && who.UserID != "" {
		l.person = &who.UserID
	}
	if s.Entity == "" {
		s.Entity, s.SubjectID = "workspace", tx.Workspace()
	}
	runID := id.New()
	once := s.Once
	if once == "" {
		once = runID
	}
	at := s.At
	if at.IsZero() {
		at = e.Now()
	}
	made, err := pg.Column[string](tx, insertRun, tx.Workspace(), runID, a.Name, a.Version, s.Entity, s.SubjectID, once, by, s.Title, input,
		l.person, l.parent, l.root, l.depth, int(s.Priority), at, caps, e.Now())
	if err != nil {
		return "", err
	}
	if made[0] != runID {
		return made[0], nil
	}
	event.Hint(tx, Entity, runID)
	e.lanes.Put(tx, lane.Entry{RunID: runID, Agent: a.Name, Priority: int(s.Priority), Due: at})
	return runID, nil
}

// Check refuses an input that no run of an agent could begin with.
func (e *Engine) Check(agent string, input json.RawMessage) error {
	a, ok := e.agents[agent]
	if !ok {
		return errUnknown
	}
	_, err := e.input(a, input)
	return err
}

var errUnknown = problem.New(problem.NotFound, "unknown_agent", "There is no agent of this name. agent.list lists those that there are.")

// input checks what a run is given.
func (e *Engine) input(a Agent, v any) (json.RawMessage, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode the input of %s: %w", a.Name, err)
	}
	if v == nil {
		b = []byte("{}")
	}
	if a.Input == nil {
		return b, nil
	}
	if faults := a.Input.Check(b); len(faults) > 0 {
		var f problem.Fields
		for _, fault := range faults {
			f.Check(false, "/input"+strings.TrimSuffix(fault.Pointer, "/"), "invalid", fault.Rule)
		}
		return nil, f.Err()
	}
	return b, nil
}

const insertRun = `
	WITH new AS (
		INSERT INTO agent_runs (workspace_id, id, agent, version, state, subject_entity, subject_id, input_hash, actor, title, input,
			program, person, parent_id, root_id, depth, priority, run_at, caps, started_at)
		VALUES ($1, $2::uuid, $3, $4, 'queued', $5, $6::uuid, $7, $8::jsonb, $9, $10::jsonb, true, $11::uuid, $12::uuid, coalesce($13::uuid, $2::uuid), $14, $15, $16, $17::jsonb, $18)
		ON CONFLICT ON CONSTRAINT agent_runs_once DO NOTHING
		RETURNING id
	)
	SELECT id::text FROM new
	UNION ALL
	SELECT id::text FROM agent_runs
	WHERE workspace_id = $1 AND agent = $3 AND version = $4 AND subject_id = $6::uuid AND input_hash = $7 AND NOT EXISTS (SELECT 1 FROM new)`

// Wake has a run go on that waits, once tx is committed. One that is being
// worked is played once more.
func (e *Engine) Wake(_ context.Context, tx *pg.Tx, runID string) error {
	return e.put(tx, `UPDATE agent_runs r SET state = CASE WHEN state = 'waiting' THEN 'queued' ELSE state END, run_at = $3
		WHERE workspace_id = $1 AND id = $2 AND program AND state IN ('queued', 'waiting', 'running')`, runID, e.Now())
}

// put changes runs and has those changed worked at once.
func (e *Engine) put(tx *pg.Tx, update string, args ...any) error {
	var changed []struct {
		ID, Agent string
		Priority  int
	}
	pg.Later(tx, &changed, update+` RETURNING r.id::text, r.agent, r.priority`, append([]any{tx.Workspace()}, args...)...)
	if err := tx.Flush(); err != nil {
		return err
	}
	for _, c := range changed {
		event.Hint(tx, Entity, c.ID)
		e.lanes.Put(tx, lane.Entry{RunID: c.ID, Agent: c.Agent, Priority: c.Priority, Due: e.Now()})
	}
	return nil
}

// Work has the queue work runs.
func (e *Engine) Work() {
	e.lanes.Sole, e.lanes.Over = e.Queue.Sole(), e.Queue.Over
	e.Queue.Beside(func(ctx context.Context) error { return e.lanes.Run(ctx, e.turn) })
}
