// Package bulk changes many records at once: a few within the call, many as a
// job that shows how far it is. Features say how one kind is changed.
package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/field"
	"rapport/internal/crm/search"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Service starts and works bulk changes.
type Service struct {
	db    *pg.DB
	queue *queue.Queue
	kinds map[string]Kind
}

// New returns the service over db; what is large is worked off by q. Kinds are
// added with Offer before anything starts.
func New(db *pg.DB, q *queue.Queue) *Service {
	return &Service{db: db, queue: q, kinds: map[string]Kind{}}
}

const (
	// Inline is how many records one call changes while the caller waits, and
	// how many a job changes in one transaction.
	Inline = 200
	// Most is how many records one bulk change takes.
	Most = 10_000
)

// Kind is a kind of record that can be changed many at once.
type Kind struct {
	Entity string
	List   list.Spec
	Living string                   // the condition of what is not deleted, or none
	Fields bool                     // the list has the workspace's own fields, too
	Folder func(name string) string // the condition of a folder; nil without folders
	Change Change
}

// Change applies a set, as its operation took it, to up to Inline records in
// tx. What is wrong for all of them is its error, even if there are no ids; it
// refuses single ones in the outcome.
type Change func(ctx context.Context, tx *pg.Tx, ids []string, set json.RawMessage) (Outcome, error)

// Outcome is what became of each record.
type Outcome struct {
	Changed   []string
	Unchanged []string
	Refused   []Refusal
	Logged    bool // something of it stands in the log of changes
}

// Refusal is a record that was left as it is.
type Refusal struct {
	ID      string `json:"id"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Refuse notes that a record stays as it is, and why.
func (o *Outcome) Refuse(recordID string, err error) {
	r := Refusal{recordID, "validation_failed", err.Error()}
	if p, ok := errors.AsType[*problem.Error](err); ok {
		r.Code, r.Message = p.Code, p.Detail
		if len(p.Fields) > 0 {
			r.Code, r.Message = p.Fields[0].Code, p.Fields[0].Message
		}
	}
	o.Refused = append(o.Refused, r)
}

// Choice says which records: by their ids, or by what their list is asked.
type Choice struct {
	IDs    []string `json:"ids,omitempty" maxItems:"10000" doc:"The records; one that is named twice is changed once. More than 200 are worked off as a job."`
	Query  *Query   `json:"query,omitempty" doc:"Instead of ids: all that the list shows for this, up to 10,000, as they are at the moment of the call. They are worked off as a job."`
	DryRun bool     `json:"dry_run,omitempty" doc:"Changes nothing: run.total says how many there are."`
}

// Query is what a list is asked, in the words of its parameters.
type Query struct {
	Filter map[string]any `json:"filter,omitempty" doc:"Conditions as the list takes them."`
	Q      string         `json:"q,omitempty" maxLength:"200"`
	Folder string         `json:"folder,omitempty" maxLength:"50" doc:"Of threads."`
}

// Result says what became of each record, or names the job that goes on.
type Result struct {
	Changed   []string  `json:"changed"`
	Unchanged []string  `json:"unchanged" doc:"They were so already."`
	Refused   []Refusal `json:"refused"`
	BatchID   *string   `json:"batch_id" doc:"All changes, for undo; null if nothing changed that can be undone."`
	Run       *Run      `json:"run" doc:"The job, if there are many: the lists above are empty then, and bulk.get says how far it is."`
}

// Doc is what every bulk operation says of itself.
const Doc = "Takes either ids or the query of a list. Up to 200 ids are changed at once and answered one by one; more, or a query, become a run: a job with progress, " +
	"read by bulk.get and stopped by bulk.cancel. Records that cannot be changed are refused with a reason, the others are changed. " +
	"Each ten records beyond the first cost a token besides the call's own. All changes are one batch, which can be undone. If-Match does not apply: the same is set on every record, whatever its version."

// Offer adds a kind.
func (s *Service) Offer(k Kind) { s.kinds[k.Entity] = k }

// Start changes records of a kind, or begins to. The set has been checked.
func (s *Service) Start(ctx context.Context, entity string, c Choice, set any) (*op.Body[Result], error) {
	kind := s.kinds[entity]
	if err := c.check(); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("encode a bulk change: %w", err)
	}
	out := Result{Changed: []string{}, Unchanged: []string{}, Refused: []Refusal{}}
	err = s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		ids := once(c.IDs)
		if c.Query == nil && len(ids) <= Inline && !c.DryRun {
			if err := op.Spend(ctx, op.RowCost(len(ids))); err != nil {
				return err
			}
			return out.fill(ctx, tx, kind, ids, raw)
		}
		if c.Query != nil {
			if ids, err = kind.matching(tx, *c.Query); err != nil {
				return err
			}
		}
		if c.DryRun {
			out.Run = &Run{Entity: entity, State: "done", Total: int64(len(ids)), Refused: []Reason{}, CreatedAt: time.Now().UTC()}
			return nil
		}
		if _, err := kind.Change(ctx, tx, nil, raw); err != nil {
			return err
		}
		if err := op.Spend(ctx, op.RowCost(len(ids))); err != nil {
			return err
		}
		out.Run, err = s.begin(ctx, tx, kind, ids, raw)
		return err
	})
	return &op.Body[Result]{Body: out}, err
}

func (c Choice) check() error {
	var f problem.Fields
	f.Check((len(c.IDs) > 0) != (c.Query != nil), "/ids", "required", "Name records by ids or by a query, one of the two.")
	if len(c.IDs) > Inline {
		f.Check(!slices.ContainsFunc(c.IDs, func(s string) bool { return !id.Valid(s) }), "/ids", "type", "One of these is not an id.")
	}
	return f.Err()
}

func once(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(s string) bool {
		was := seen[s]
		seen[s] = true
		return was
	})
}

func (r *Result) fill(ctx context.Context, tx *pg.Tx, kind Kind, ids []string, set json.RawMessage) error {
	o, err := kind.Change(ctx, tx, ids, set)
	if err != nil {
		return err
	}
	r.Changed, r.Unchanged, r.Refused = append(r.Changed, o.Changed...), append(r.Unchanged, o.Unchanged...), append(r.Refused, o.Refused...)
	if o.Logged {
		r.BatchID = new(batch(ctx, tx))
	}
	return nil
}

// batch is what the events of tx are filed under.
func batch(ctx context.Context, tx *pg.Tx) string {
	if who, _ := actor.From(ctx); who.BatchID != "" {
		return who.BatchID
	}
	return tx.ID()
}

// matching lists the ids of what a list shows, in order.
func (k Kind) matching(tx *pg.Tx, q Query) ([]string, error) {
	w := list.NewWhere(tx.Workspace())
	if k.Living != "" {
		w.Add(k.Living)
	}
	if q.Folder != "" {
		if k.Folder == nil || k.Folder(q.Folder) == "" {
			return nil, problem.Fields{{Pointer: "/query/folder", Code: "not_allowed", Message: "The list has no such folder."}}.Err()
		}
		w.Add(k.Folder(q.Folder))
	}
	if q.Q != "" {
		search.Filter(w, k.List.ID, k.Entity, q.Q)
	}
	spec, filter := k.List, ""
	if len(q.Filter) > 0 {
		b, err := json.Marshal(q.Filter)
		if err != nil {
			return nil, fmt.Errorf("encode a filter: %w", err)
		}
		filter = string(b)
		if k.Fields {
			if spec.Dynamic, err = field.Filters(tx, k.Entity, k.List.ID); err != nil {
				return nil, err
			}
		}
	}
	sql, err := spec.Matching(filter, w, Most+1)
	if err != nil {
		return nil, within(err)
	}
	ids, err := pg.Column[string](tx, sql, w.Args()...)
	if err == nil && len(ids) > Most {
		err = problem.Newf(problem.Conflict, "too_many_match", "More than %d match. Narrow the filter, and change them in parts.", Most)
	}
	return ids, err
}

// within says of a fault of the filter where in the body it stands.
func within(err error) error {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return err
	}
	var f problem.Fields
	for _, field := range p.Fields {
		field.Pointer = "/query/" + field.Pointer
		f = append(f, field)
	}
	return f.Err()
}

// InRun reports whether a change is a part of a run, of which nobody wants to
// hear record by record.
func InRun(ctx context.Context) bool { return ctx.Value(running{}) != nil }

type running struct{}
