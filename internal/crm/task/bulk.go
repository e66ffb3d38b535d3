package task

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/bulk"
	"rapport/internal/crm/event"
	"rapport/internal/crm/search"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Set is what many tasks shall be alike; what is left out stays as it is.
type Set struct {
	Status     op.Optional[string]    `json:"status,omitzero" doc:"open, in_progress, done or cancelled."`
	Priority   op.Optional[string]    `json:"priority,omitzero" doc:"low, medium, high or urgent."`
	AssigneeID op.Optional[string]    `json:"assignee_id,omitzero"`
	DueAt      op.Optional[time.Time] `json:"due_at,omitzero"`
	Deleted    bool                   `json:"deleted,omitempty" doc:"True deletes them; they can be restored. Nothing else is set then."`
}

type bulkInput struct {
	op.InWorkspace
	Body struct {
		bulk.Choice
		Set Set `json:"set" doc:"The same for all of them."`
	}
}

func (s *Service) bulkUpdate(ctx context.Context, in *bulkInput) (*op.Body[bulk.Result], error) {
	set := in.Body.Set
	if in.Body.DryRun {
		return s.bulk.Start(ctx, "task", in.Body.Choice, set)
	}
	if set.Deleted {
		if err := op.Allowed(ctx, "task:delete"); err != nil {
			return nil, err
		}
		return s.bulk.Start(ctx, "task", in.Body.Choice, set)
	}
	var f problem.Fields
	f.Check(set != (Set{}), "/set", "required", "Say what shall change.")
	if err := f.Err(); err != nil {
		return nil, err
	}
	like := Task{Title: "-", Priority: "medium", Status: "open"}
	set.patch().onto(&like)
	if err := like.check(); err != nil {
		return nil, err
	}
	return s.bulk.Start(ctx, "task", in.Body.Choice, set)
}

func (m Set) patch() Patch {
	return Patch{Status: m.Status, Priority: m.Priority, AssigneeID: m.AssigneeID, DueAt: m.DueAt}
}

// changeMany is one read and one write, however many tasks there are, and one
// more where reminders are set.
func (s *Service) changeMany(ctx context.Context, tx *pg.Tx, ids []string, raw json.RawMessage) (bulk.Outcome, error) {
	var set Set
	var out bulk.Outcome
	if err := json.Unmarshal(raw, &set); err != nil {
		return out, fmt.Errorf("read a bulk change: %w", err)
	}
	found, err := loadMany(tx, ids, set)
	if err != nil {
		return out, err
	}
	var events []event.Happened
	var dues []queue.Args
	for _, taskID := range ids {
		t, known := found[taskID]
		if !known || t.DeletedAt != nil {
			out.Refuse(taskID, problem.Missing("task"))
			continue
		}
		before := t.Task
		e := s.setOne(tx, &t, set)
		if e.Kind == "" {
			out.Unchanged = append(out.Unchanged, taskID)
			continue
		}
		out.Changed, events = append(out.Changed, taskID), append(events, e)
		if e.Kind == event.Updated && !bulk.InRun(ctx) {
			if err := tellAssignee(ctx, tx, before, t.Task); err != nil {
				return out, err
			}
		}
		if _, moved := e.Changes["due_at"]; (moved || before.over()) && s.coming(t.Task) {
			dues = append(dues, Due{tx.Workspace(), t.ID, *t.DueAt})
		}
	}
	out.Logged = len(events) > 0
	if err := event.Record(ctx, tx, events...); err != nil {
		return out, err
	}
	return out, s.queue.Add(ctx, tx, dues...)
}

// setOne queues the change of one task and returns what happened, nothing if
// it was so already.
func (s *Service) setOne(tx *pg.Tx, t *stored, set Set) event.Happened {
	e := event.Happened{Entity: "task", EntityID: t.ID, Kind: event.Updated}
	before := t.Task
	now := s.now().UTC()
	if set.Deleted {
		e.Kind, t.DeletedAt = event.Deleted, &now
		search.Remove(tx, "task", t.ID)
	} else {
		set.patch().onto(&t.Task)
		if e.Changes = diff(before, t.Task); len(e.Changes) == 0 {
			return event.Happened{}
		}
		t.complete(before, now)
		index(tx, t.Task)
	}
	t.Version++
	t.UpdatedAt = now
	update(tx, *t)
	return e
}

// loadMany locks those of the tasks that are there, in one order so that two
// of these never wait for each other, and looks up the assignee with them.
func loadMany(tx *pg.Tx, ids []string, set Set) (map[string]stored, error) {
	valid := slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return !id.Valid(s) })
	member := event.MemberLater(tx, "/set/assignee_id", set.AssigneeID.Pointer())
	rows, err := pg.All[stored](tx, `SELECT `+Columns+`, x.reminded_at, x.deleted_at `+From+` AND x.id = ANY ($2::uuid[]) ORDER BY x.id FOR UPDATE OF x`, tx.Workspace(), valid)
	if err != nil {
		return nil, err
	}
	var f problem.Fields
	member.Check(&f)
	found := make(map[string]stored, len(rows))
	for _, t := range rows {
		found[t.ID] = t
	}
	return found, f.Err()
}
