package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
	"rapport/internal/platform/telemetry"
)

// Run is a bulk change that a job works off.
type Run struct {
	ID         string     `json:"id" doc:"Also the batch of all its changes, for undo."`
	Entity     string     `json:"entity" enum:"contact,company,thread,task"`
	State      string     `json:"state" enum:"running,done,failed,cancelled"`
	Total      int64      `json:"total"`
	Done       int64      `json:"done" doc:"Of these, how many were looked at: changed, unchanged or refused."`
	Changed    int64      `json:"changed"`
	Unchanged  int64      `json:"unchanged"`
	Refused    []Reason   `json:"refused" doc:"Those left as they are, by reason."`
	Error      string     `json:"error" doc:"Why it failed, or what keeps it for now."`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at"`
}

// Reason is why some records were left as they are.
type Reason struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Count   int64    `json:"count"`
	IDs     []string `json:"ids" doc:"The first ten of them."`
}

const examples = 10

// add counts a refusal by its reason.
func (r *Run) add(x Refusal) {
	at := slices.IndexFunc(r.Refused, func(k Reason) bool { return k.Code == x.Code && k.Message == x.Message })
	if at < 0 {
		at = len(r.Refused)
		r.Refused = append(r.Refused, Reason{Code: x.Code, Message: x.Message, IDs: []string{}})
	}
	k := &r.Refused[at]
	if k.Count++; len(k.IDs) < examples {
		k.IDs = append(k.IDs, x.ID)
	}
}

// Ops lists the operations on runs; those that begin one belong to features.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/bulk-runs/{id}"
	one := map[string]string{"id": "bulk_run"}
	return []op.Operation{
		op.New(op.Meta{Name: "bulk.get", Method: "GET", Cached: op.Cached{Never: "Watched while it changes."}, Path: path, Scope: "change:read", Entities: one,
			Summary: "Read how far a bulk change is"}, s.get),
		op.New(op.Meta{Name: "bulk.cancel", Method: "POST", Path: path + "/cancel", Scope: "change:write", Entities: one,
			Summary: "Stop a bulk change; what it has changed stays, and can be undone", Doc: "A run that is over stays as it ended."}, s.cancel),
	}
}

// Work is the job of a run.
type Work struct {
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
}

// Kind names the job.
func (Work) Kind() string { return "bulk.run" }

// In is the workspace of the run.
func (w Work) In() string { return w.Workspace }

// Limit is how long the largest run may take.
func (Work) Limit() time.Duration { return 10 * time.Minute }

// Handle lets q work the runs.
func (s *Service) Handle(q *queue.Queue) { queue.Handle(q, s.work) }

const columns = `id::text, entity, state, total, done, changed, unchanged, refused, error, created_at, finished_at`

func (s *Service) begin(ctx context.Context, tx *pg.Tx, kind Kind, ids []string, set json.RawMessage) (*Run, error) {
	who, _ := actor.From(ctx)
	whoJSON, err := json.Marshal(who)
	if err != nil {
		return nil, fmt.Errorf("encode the actor: %w", err)
	}
	slices.Sort(ids) // the order in which all of these lock
	state := "running"
	if len(ids) == 0 {
		state = "done"
	}
	run, err := pg.One[Run](tx, `
		INSERT INTO bulk_runs (workspace_id, id, entity, operation, actor, user_id, ids, set, total, state, finished_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7::uuid[], $8, $9, $10, CASE WHEN $10 = 'done' THEN now() END) RETURNING `+columns,
		tx.Workspace(), id.New(), kind.Entity, telemetry.Operation(ctx), string(whoJSON), op.Given(who.UserID), ids, string(set), len(ids), state)
	if err != nil || state == "done" {
		return &run, err
	}
	return &run, s.queue.Add(ctx, tx, Work{tx.Workspace(), run.ID})
}

func (s *Service) get(ctx context.Context, in *op.ByID) (*op.Body[Run], error) {
	var runs []Run
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		runs, err = pg.All[Run](tx, `SELECT `+columns+` FROM bulk_runs WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), in.ID)
		return err
	})
	if err == nil && len(runs) == 0 {
		err = problem.Missing("bulk run")
	}
	if err != nil {
		return nil, err
	}
	return &op.Body[Run]{Body: runs[0]}, nil
}

func (s *Service) cancel(ctx context.Context, in *op.ByID) (*op.Body[Run], error) {
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		entity, err := pg.Column[string](tx, `SELECT entity FROM bulk_runs WHERE workspace_id = $1 AND id = $2::uuid FOR UPDATE`, tx.Workspace(), in.ID)
		if err == nil && len(entity) == 0 {
			err = problem.Missing("bulk run")
		}
		if err != nil {
			return err
		}
		if err := op.Allowed(ctx, entity[0]+":write"); err != nil {
			return err
		}
		tx.Queue(`UPDATE bulk_runs SET state = 'cancelled', finished_at = now() WHERE workspace_id = $1 AND id = $2::uuid AND state = 'running'`, tx.Workspace(), in.ID)
		event.Hint(tx, "bulk_run", in.ID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.get(ctx, in)
}

// part is what a job has in hand: a run with the records that come next.
type part struct {
	Run
	Operation string
	Actor     []byte
	UserID    *string
	Set       []byte
	Next      []string
}

// work changes part after part. Each is stored with its progress or not at
// all, so that a job that was killed goes on where it stood.
func (s *Service) work(ctx context.Context, job Work) error {
	for {
		more, err := s.step(ctx, job.ID)
		switch {
		case err != nil && problem.KindOf(err) < problem.Internal:
			return s.stop(ctx, job.ID, err)
		case err != nil:
			return errors.Join(err, s.note(ctx, job.ID))
		case !more:
			return nil
		}
	}
}

func (s *Service) step(ctx context.Context, runID string) (more bool, err error) {
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		parts, err := pg.All[part](tx, `
			SELECT `+columns+`, operation, actor, user_id::text, set, ids[done + 1 : done + $3]::text[] AS next
			FROM bulk_runs WHERE workspace_id = $1 AND id = $2::uuid FOR UPDATE`, tx.Workspace(), runID, Inline)
		if err != nil || len(parts) == 0 || parts[0].State != "running" {
			return err
		}
		p := parts[0]
		acting, err := p.as(ctx, tx.Workspace())
		if err != nil {
			return err
		}
		out, err := s.kinds[p.Entity].Change(acting, tx, p.Next, p.Set)
		if err != nil {
			return err
		}
		more = p.count(out)
		return p.save(tx)
	})
	return more, err
}

// as is the context of whoever asked for the run, with its changes as a batch.
func (p part) as(ctx context.Context, workspace string) (context.Context, error) {
	var who actor.Actor
	if err := json.Unmarshal(p.Actor, &who); err != nil {
		return nil, fmt.Errorf("read the actor of a run: %w", err)
	}
	who.WorkspaceID, who.BatchID, who.Role = workspace, p.ID, actor.Member
	if p.UserID != nil {
		who.UserID = *p.UserID
	}
	return context.WithValue(telemetry.WithOperation(actor.With(ctx, who), p.Operation), running{}, true), nil
}

// count adds what became of a part, and reports whether there is more.
func (p *part) count(o Outcome) bool {
	p.Done += int64(len(p.Next))
	p.Changed += int64(len(o.Changed))
	p.Unchanged += int64(len(o.Unchanged))
	for _, r := range o.Refused {
		p.add(r)
	}
	if p.Done >= p.Total {
		p.State = "done"
	}
	return p.State == "running"
}

func (p part) save(tx *pg.Tx) error {
	refused, err := json.Marshal(p.Refused)
	if err != nil {
		return fmt.Errorf("encode what was refused: %w", err)
	}
	tx.Queue(`
		UPDATE bulk_runs SET done = $3, changed = $4, unchanged = $5, refused = $6, state = $7, error = '',
			finished_at = CASE WHEN $7 = 'running' THEN NULL ELSE now() END
		WHERE workspace_id = $1 AND id = $2::uuid`,
		tx.Workspace(), p.ID, p.Done, p.Changed, p.Unchanged, string(refused), p.State)
	event.Hint(tx, "bulk_run", p.ID)
	return nil
}

// stop ends a run that cannot go on; what it has changed stays.
func (s *Service) stop(ctx context.Context, runID string, cause error) error {
	reason := cause.Error()
	if p, ok := errors.AsType[*problem.Error](cause); ok {
		reason = p.Detail
		if len(p.Fields) > 0 {
			reason = p.Fields[0].Message
		}
	}
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE bulk_runs SET state = 'failed', error = $3, finished_at = now() WHERE workspace_id = $1 AND id = $2::uuid AND state = 'running'`,
			tx.Workspace(), runID, reason)
		event.Hint(tx, "bulk_run", runID)
		return nil
	})
}

// note shows that a run was interrupted; the queue tries again.
func (s *Service) note(ctx context.Context, runID string) error {
	return s.db.Write(context.WithoutCancel(ctx), func(tx *pg.Tx) error {
		tx.Queue(`UPDATE bulk_runs SET error = 'Interrupted, and tried again.' WHERE workspace_id = $1 AND id = $2::uuid AND state = 'running'`, tx.Workspace(), runID)
		event.Hint(tx, "bulk_run", runID)
		return nil
	})
}

// Sweep removes runs that ended a month ago; their changes stay in the log.
func Sweep(tx *pg.Tx) {
	tx.Queue(`DELETE FROM bulk_runs WHERE workspace_id = $1 AND finished_at < now() - interval '30 days'`, tx.Workspace())
}
