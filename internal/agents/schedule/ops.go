package schedule

import (
	"context"
	"encoding/json"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/schedules"
	entities := map[string]string{"id": "schedule"}
	return []op.Operation{
		op.New(op.Meta{Name: "schedule.list", Method: "GET", Cached: op.Cached{On: "schedule[] run"}, Path: path, Scope: "schedule:read",
			Summary: "When agents run by themselves, the next first"}, s.list),
		op.New(op.Meta{Name: "schedule.create", Method: "POST", Path: path, Scope: "schedule:write", Status: 201,
			Summary: "Have an agent run by the clock",
			Doc:     "It runs on your behalf, every 5 minutes at most. Of times that were missed, one is made up for.",
			Example: map[string]any{"body": map[string]any{"agent": "orchestrator", "title": "The week", "cron": "0 7 * * 1", "time_zone": "Europe/Lisbon",
				"input": map[string]any{"goal": "weekly_report"}}}}, s.create),
		op.New(op.Meta{Name: "schedule.update", Method: "PATCH", Path: path + "/{id}", Scope: "schedule:write", Entities: entities,
			Summary: "Change a schedule, or switch it off or on", Example: map[string]any{"If-Match": `"1"`, "body": map[string]any{"enabled": false}}}, s.update),
		op.New(op.Meta{Name: "schedule.delete", Method: "DELETE", Path: path + "/{id}", Scope: "schedule:delete", Status: 204, Entities: entities,
			Summary: "Delete a schedule; its runs stay"}, s.remove),
	}
}

// Listing is what the list of schedules offers.
var Listing = list.Spec{
	Columns: columns,
	From:    from,
	ID:      "x.id",
	Fields:  map[string]list.Field{"agent": {SQL: "x.agent", Type: list.Text}, "next_at": {SQL: "x.next_at", Type: list.Time}},
	Sorts:   map[string]list.Sort{"next_at": {SQL: "x.next_at", Type: list.Time}},
	Default: "next_at",
}

type query struct {
	op.InWorkspace
	list.Query
}

func (s *Service) list(ctx context.Context, q *query) (*op.Raw[op.List[Schedule]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		body, err = Listing.Page(tx, q.Query, list.NewWhere(tx.Workspace()))
		return err
	})
	return op.NewRaw[op.List[Schedule]](body), err
}

type createInput struct {
	op.InWorkspace
	Body struct {
		Agent    string         `json:"agent" minLength:"1" maxLength:"100"`
		Title    string         `json:"title" minLength:"1" maxLength:"200"`
		Cron     string         `json:"cron" minLength:"1" maxLength:"100"`
		TimeZone string         `json:"time_zone,omitempty" maxLength:"100" doc:"That of the workspace unless said."`
		Input    map[string]any `json:"input,omitempty"`
	}
}

func (s *Service) create(ctx context.Context, in *createInput) (*op.Record[Schedule], error) {
	who, _ := actor.From(ctx)
	now := s.now().UTC()
	x := Schedule{ID: id.New(), Agent: in.Body.Agent, Title: in.Body.Title, Cron: in.Body.Cron, TimeZone: in.Body.TimeZone, Enabled: true,
		Person: op.Given(who.UserID), Version: 1, CreatedAt: now, UpdatedAt: now}
	if x.TimeZone == "" {
		x.TimeZone = who.TimeZone
	}
	if err := x.take(in.Body.Input); err != nil {
		return nil, err
	}
	if err := s.check(&x); err != nil {
		return nil, err
	}
	err := s.db.Write(ctx, func(tx *pg.Tx) error { return s.put(ctx, tx, x) })
	return op.NewRecord(x, x.Version), err
}

// take sets what the runs are given.
func (x *Schedule) take(input map[string]any) (err error) {
	if input == nil {
		input = map[string]any{}
	}
	x.Input, err = json.Marshal(input)
	return err
}

// check refuses what would never run, and says when it runs next.
func (s *Service) check(x *Schedule) error {
	if err := s.engine.Check(x.Agent, x.Input); err != nil {
		return err
	}
	var f problem.Fields
	rhythm := parse(x.Cron, x.TimeZone, &f)
	if err := f.Err(); err != nil {
		return err
	}
	x.NextAt = rhythm.next(s.now())
	return nil
}

type patchInput struct {
	op.Versioned
	Body struct {
		Title    op.Optional[string] `json:"title,omitzero"`
		Cron     op.Optional[string] `json:"cron,omitzero"`
		TimeZone op.Optional[string] `json:"time_zone,omitzero"`
		Enabled  op.Optional[bool]   `json:"enabled,omitzero"`
		Input    map[string]any      `json:"input,omitempty"`
	}
}

func (s *Service) update(ctx context.Context, in *patchInput) (*op.Record[Schedule], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	var x Schedule
	err = s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		if x, err = lock(tx, in.ID); err != nil {
			return err
		}
		if x.Version != version {
			return op.Stale(x.Version)
		}
		if err := in.onto(&x); err != nil {
			return err
		}
		if err := s.check(&x); err != nil {
			return err
		}
		x.Version, x.UpdatedAt = x.Version+1, s.now().UTC()
		return s.change(ctx, tx, x)
	})
	return op.NewRecord(x, x.Version), err
}

func (in *patchInput) onto(x *Schedule) error {
	for _, f := range []struct {
		dst *string
		src op.Optional[string]
	}{{&x.Title, in.Body.Title}, {&x.Cron, in.Body.Cron}, {&x.TimeZone, in.Body.TimeZone}} {
		if f.src.Set && !f.src.Null {
			*f.dst = f.src.Value
		}
	}
	if in.Body.Enabled.Set && !in.Body.Enabled.Null {
		x.Enabled = in.Body.Enabled.Value
	}
	if in.Body.Input == nil {
		return nil
	}
	return x.take(in.Body.Input)
}

// change writes a changed schedule; the job of the version before ends by
// itself.
func (s *Service) change(ctx context.Context, tx *pg.Tx, x Schedule) error {
	tx.Queue(`
		UPDATE agent_schedules SET title = $3, cron = $4, time_zone = $5, input = $6, enabled = $7, next_at = $8, version = $9, updated_at = $10
		WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), x.ID, x.Title, x.Cron, x.TimeZone, x.Input, x.Enabled, x.NextAt, x.Version, x.UpdatedAt)
	event.Hint(tx, Entity, x.ID)
	if !x.Enabled {
		return nil
	}
	return s.queue.Add(ctx, tx, Fire{Workspace: tx.Workspace(), ID: x.ID, Version: x.Version})
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	return nil, s.db.Write(ctx, func(tx *pg.Tx) error {
		n, err := tx.Exec(`DELETE FROM agent_schedules WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), in.ID)
		if err == nil && n == 0 {
			err = problem.Missing("schedule")
		}
		if err != nil {
			return err
		}
		return event.Record(ctx, tx, event.Happened{Entity: Entity, EntityID: in.ID, Kind: event.Deleted})
	})
}
