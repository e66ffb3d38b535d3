package thread

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rapport/internal/api/op"
	"rapport/internal/crm/bulk"
	"rapport/internal/crm/message"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type bulkInput struct {
	op.InWorkspace
	Body struct {
		bulk.Choice
		Set Patch `json:"set" doc:"The same for all of them."`
	}
}

// Bulk lets b change many threads, by the list that shows them and its
// folders.
func (s *Service) Bulk(b *bulk.Service, listing list.Spec, folder func(string) string) {
	s.bulk = b
	b.Offer(bulk.Kind{Entity: "thread", List: listing, Folder: folder, Change: s.changeMany})
}

func (s *Service) bulkUpdate(ctx context.Context, in *bulkInput) (*op.Body[bulk.Result], error) {
	if in.Body.DryRun {
		return s.bulk.Start(ctx, "thread", in.Body.Choice, in.Body.Set)
	}
	if err := s.sensible(in.Body.Set); err != nil {
		return nil, err
	}
	return s.bulk.Start(ctx, "thread", in.Body.Choice, in.Body.Set)
}

// changeMany is one read and one write, however many threads there are. What is
// wrong for every thread refuses the whole; nobody learns which ids of another
// workspace exist.
func (s *Service) changeMany(ctx context.Context, tx *pg.Tx, ids []string, raw json.RawMessage) (bulk.Outcome, error) {
	var set Patch
	var out bulk.Outcome
	if err := json.Unmarshal(raw, &set); err != nil {
		return out, fmt.Errorf("read a bulk change: %w", err)
	}
	found, err := lockAll(tx, ids, set)
	if err != nil {
		return out, err
	}
	steps := s.decide(ids, found, set, &out)
	out.Logged = slices.ContainsFunc(steps, step.logged)
	return out, s.save(ctx, tx, steps, "")
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

func (s *Service) decide(ids []string, found map[string]choice, set Patch, out *bulk.Outcome) (steps []step) {
	for _, threadID := range ids {
		before, known := found[threadID]
		if !known {
			out.Refuse(threadID, problem.Missing("thread"))
			continue
		}
		after, err := set.on(before, s.now())
		if err != nil {
			out.Refuse(threadID, err)
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
