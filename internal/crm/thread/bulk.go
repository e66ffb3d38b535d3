package thread

import (
	"context"
	"errors"
	"slices"

	"rapport/internal/api/op"
	"rapport/internal/crm/message"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type bulkInput struct {
	op.InWorkspace
	Body struct {
		IDs []string `json:"ids" minItems:"1" maxItems:"200" doc:"The threads; one that is named twice is changed once."`
		Set Patch    `json:"set" doc:"The same for all of them."`
	}
}

// Bulk says what became of each thread.
type Bulk struct {
	Changed   []string  `json:"changed"`
	Unchanged []string  `json:"unchanged" doc:"They were so already."`
	Refused   []Refusal `json:"refused"`
	BatchID   *string   `json:"batch_id" doc:"All changes, for undo; null if only read marks changed, which are not undone."`
}

// Refusal is a thread that was left as it is.
type Refusal struct {
	ID      string `json:"id"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// bulk is one read and one write, however many threads there are. What is
// wrong for every thread refuses the whole; nobody learns which ids of another
// workspace exist.
func (s *Service) bulk(ctx context.Context, in *bulkInput) (*op.Body[Bulk], error) {
	set := in.Body.Set
	if err := s.sensible(set); err != nil {
		return nil, err
	}
	out := Bulk{Changed: []string{}, Unchanged: []string{}, Refused: []Refusal{}}
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		found, err := lockAll(tx, in.Body.IDs, set)
		if err != nil {
			return err
		}
		steps := s.decide(in.Body.IDs, found, set, &out)
		if slices.ContainsFunc(steps, step.logged) {
			out.BatchID = new(batch(ctx, tx))
		}
		return s.save(ctx, tx, steps, "")
	})
	return &op.Body[Bulk]{Body: out}, err
}

// sensible reports what is wrong with a change whatever it is made to.
func (s *Service) sensible(set Patch) error {
	var f problem.Fields
	f.Check(set != (Patch{}), "/set", "required", "Say what shall change.")
	if err := f.Err(); err != nil {
		return err
	}
	_, err := set.on(choice{Decision: message.Decision{Status: "open"}}, s.now())
	return err
}

// lockAll locks those of the threads that are there, in one order so that two
// of these never wait for each other, and looks up the assignee with them.
func lockAll(tx *pg.Tx, ids []string, set Patch) (map[string]choice, error) {
	var rows []choice
	valid := slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return !id.Valid(s) })
	pg.Later(tx, &rows, choices+` AND id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE`, tx.Workspace(), valid)
	if assignee := set.AssigneeID.Pointer(); assignee != nil {
		if err := checkMember(tx, *assignee); err != nil {
			return nil, err
		}
	}
	if err := tx.Flush(); err != nil {
		return nil, err
	}
	found := make(map[string]choice, len(rows))
	for _, c := range rows {
		found[c.ID] = c
	}
	return found, nil
}

func (s *Service) decide(ids []string, found map[string]choice, set Patch, out *Bulk) (steps []step) {
	seen := map[string]bool{}
	for _, threadID := range ids {
		if seen[threadID] {
			continue
		}
		seen[threadID] = true
		before, known := found[threadID]
		if !known {
			out.Refused = append(out.Refused, Refusal{threadID, "not_found", "There is no such thread in this workspace."})
			continue
		}
		after, err := set.on(before, s.now())
		if err != nil {
			out.Refused = append(out.Refused, refusal(threadID, err))
			continue
		}
		st := step{before, after}
		if _, any := st.changes(); !any {
			out.Unchanged = append(out.Unchanged, threadID)
			continue
		}
		out.Changed = append(out.Changed, threadID)
		steps = append(steps, st)
	}
	return steps
}

func refusal(threadID string, err error) Refusal {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || len(p.Fields) == 0 {
		return Refusal{threadID, "validation_failed", err.Error()}
	}
	return Refusal{threadID, p.Fields[0].Code, p.Fields[0].Message}
}

// batch is what the events of tx are filed under.
func batch(ctx context.Context, tx *pg.Tx) string {
	if who, _ := actor.From(ctx); who.BatchID != "" {
		return who.BatchID
	}
	return tx.ID()
}
