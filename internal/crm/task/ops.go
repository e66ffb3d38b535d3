package task

import (
	"context"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/bulk"
	"rapport/internal/crm/search"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const ws = "/v1/workspaces/{workspace}"
	const path = ws + "/tasks"
	entities := map[string]string{"id": "task"}
	return []op.Operation{
		op.New(op.Meta{Name: "task.list", Method: "GET", Cached: op.Cached{On: "task[] contact.name company.name thread"}, Path: path, Scope: "task:read",
			Summary: "List tasks, the first due first", Example: example{"sort": "due_at"}}, s.list),
		op.New(op.Meta{Name: "task.counts", Method: "GET", Cached: op.Cached{On: "task", For: 20 * time.Second}, Path: path + "/counts", Scope: "task:read",
			Summary: "Count the tasks that are to be done"}, s.counts),
		op.New(op.Meta{Name: "task.create", Method: "POST", Path: path, Scope: "task:write", Status: 201,
			Summary: "Make a task", Example: example{"body": example{"title": "Send the offer", "due_at": "2030-01-31T15:00:00Z", "priority": "high", "entity": "contact", "entity_id": "{contact}"}}}, s.create),
		op.New(op.Meta{Name: "task.get", Method: "GET", Cached: op.Cached{On: "task=id contact.name company.name thread"}, Path: path + "/{id}", Scope: "task:read", Entities: entities,
			Summary: "Read a task"}, s.get),
		op.New(op.Meta{Name: "task.update", Method: "PATCH", Path: path + "/{id}", Scope: "task:write", Entities: entities,
			Summary: "Change, complete or reopen a task", Example: example{"If-Match": `"1"`, "body": example{"status": "done"}}}, s.update),
		op.New(op.Meta{Name: "task.delete", Method: "DELETE", Path: path + "/{id}", Scope: "task:delete", Status: 204, Entities: entities,
			Summary: "Delete a task; it can be restored"}, s.remove),
		op.New(op.Meta{Name: "task.restore", Method: "POST", Path: path + "/{id}/restore", Scope: "task:delete", Entities: entities,
			Summary: "Restore a deleted task"}, s.restore),
		op.New(op.Meta{Name: "task.bulk_update", Class: op.Background, Method: "POST", Path: path + "/bulk", Scope: "task:write",
			Summary: "Change, complete or delete many tasks", Doc: bulk.Doc + " To delete takes the scope task:delete. In a run nobody is told of each task that becomes theirs.",
			Example: example{"body": example{"ids": []string{"{task}"}, "set": example{"status": "done"}}}}, s.bulkUpdate),
		op.New(op.Meta{Name: "message.task", Method: "POST", Path: ws + "/messages/{id}/task", Scope: "task:write", Status: 201, Entities: map[string]string{"id": "message"},
			Summary: "Make a task of a message",
			Doc:     "Title, due time, priority and contact come from what was understood of the message. A message whose task is still to be done answers with that one.",
			Example: example{"body": example{}}}, s.fromMessage),
	}
}

// Query asks for a page of tasks.
type Query struct {
	op.InWorkspace
	list.Query
	Q       string `query:"q" maxLength:"200" doc:"Words of title, description and what it is about."`
	Deleted bool   `query:"deleted" doc:"Those that were deleted, instead of the living."`
}

func (s *Service) list(ctx context.Context, q *Query) (*op.Raw[op.List[Task]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace())
		if q.Deleted {
			w.Add("x.deleted_at IS NOT NULL")
		} else {
			w.AddOver(nil, "x.deleted_at IS NULL")
		}
		if q.Q != "" {
			search.Filter(w, "x.id", "task", q.Q)
		}
		body, err = Listing.Page(tx, q.Query, w)
		return err
	})
	return op.NewRaw[op.List[Task]](body), err
}

// Counts is how much there is to be done. Today ends at midnight in the
// workspace's time zone.
type Counts struct {
	Open    int64 `json:"open" doc:"Of everybody."`
	Mine    int64 `json:"mine" doc:"Of these, the caller's."`
	Overdue int64 `json:"overdue" doc:"Of the caller's."`
	Today   int64 `json:"today" doc:"Of the caller's, due later today."`
}

func (s *Service) counts(ctx context.Context, _ *op.InWorkspace) (*op.Body[Counts], error) {
	who, _ := actor.From(ctx)
	now := s.now()
	var out Counts
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.One[Counts](tx, `
			SELECT count(*) AS open,
				count(*) FILTER (WHERE x.assignee_id = $2) AS mine,
				count(*) FILTER (WHERE x.assignee_id = $2 AND x.due_at < $3) AS overdue,
				count(*) FILTER (WHERE x.assignee_id = $2 AND x.due_at >= $3 AND x.due_at < $4) AS today
			FROM tasks x WHERE x.workspace_id = $1 AND `+Pending, tx.Workspace(), op.Given(who.UserID), now, Midnight(now, who.TimeZone))
		return err
	})
	return &op.Body[Counts]{Body: out}, err
}

// Midnight is when the day of now ends in a time zone, UTC if there is no such.
func Midnight(now time.Time, zone string) time.Time {
	place, err := time.LoadLocation(zone)
	if err != nil {
		place = time.UTC
	}
	y, m, d := now.In(place).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, place)
}

func (s *Service) get(ctx context.Context, in *op.ByID) (*op.Record[Task], error) {
	t, err := s.read(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return op.NewRecord(t, t.Version), nil
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	_, err := s.write(ctx, in.ID, func(tx *pg.Tx, t *stored) error { return s.setDeleted(ctx, tx, t, true, "") })
	return nil, err
}

func (s *Service) restore(ctx context.Context, in *op.ByID) (*op.Record[Task], error) {
	return s.write(ctx, in.ID, func(tx *pg.Tx, t *stored) error { return s.setDeleted(ctx, tx, t, false, "") })
}
