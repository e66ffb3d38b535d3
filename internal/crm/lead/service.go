package lead

import (
	"context"
	"fmt"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/contact"
	"rapport/internal/crm/event"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Batch is how many contacts a job scores at once.
const Batch = 50

// Service keeps the scores of contacts.
type Service struct {
	db    *pg.DB
	queue *queue.Queue
	now   func() time.Time
}

// New returns the service over db.
func New(db *pg.DB, q *queue.Queue, now func() time.Time) *Service {
	return &Service{db: db, queue: q, now: now}
}

// Rescore is the job that scores some contacts, at most Batch of them.
type Rescore struct {
	Workspace string   `json:"workspace"`
	IDs       []string `json:"ids"`
}

// Kind names the job.
func (Rescore) Kind() string { return "lead.score" }

// In is the workspace of the contacts.
func (r Rescore) In() string { return r.Workspace }

// Jobs cuts contacts into jobs, each of them once.
func Jobs(workspace string, ids []string) []queue.Args {
	seen := make(map[string]bool, len(ids))
	var jobs []queue.Args
	var chunk []string
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		if chunk = append(chunk, id); len(chunk) == Batch {
			jobs, chunk = append(jobs, Rescore{workspace, chunk}), nil
		}
	}
	if len(chunk) > 0 {
		jobs = append(jobs, Rescore{workspace, chunk})
	}
	return jobs
}

// Sweep is the job that scores all contacts of a workspace, from one on: what
// was recent yesterday may not be today.
type Sweep struct {
	Workspace string `json:"workspace"`
	After     string `json:"after"`
}

// Kind names the job.
func (Sweep) Kind() string { return "lead.sweep" }

// In is the workspace.
func (s Sweep) In() string { return s.Workspace }

// Nightly is the job that begins a sweep of every workspace.
type Nightly struct{}

// Kind names the job.
func (Nightly) Kind() string { return "lead.nightly" }

// In is no workspace.
func (Nightly) In() string { return "" }

// Work has the queue do the service's jobs.
func (s *Service) Work() {
	queue.Handle(s.queue, func(ctx context.Context, j Rescore) error {
		_, err := s.score(ctx, j.IDs)
		return err
	})
	queue.Handle(s.queue, s.sweep)
	queue.Handle(s.queue, s.nightly)
	s.queue.Every(24*time.Hour, Nightly{})
}

// score scores contacts and stores what came out. Those that do not exist are
// passed over. A move to another band is an event; a first score, or a move
// within the band, is not.
func (s *Service) score(ctx context.Context, ids []string) (map[string]Result, error) {
	scored := make(map[string]Result, len(ids))
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		subjects, err := gather(tx, ids, true)
		if err != nil || len(subjects) == 0 {
			return err
		}
		changed := map[string]*int{}
		var events []event.Happened
		for _, c := range subjects {
			r := Score(c.facts, s.now())
			scored[c.ID] = r
			before := widen(c.Score)
			if same(before, r.Score) {
				continue
			}
			changed[c.ID] = r.Score
			if before != nil && BandOf(before) != r.Band {
				events = append(events, moved(c.ID, before, r))
			}
		}
		if err := put(tx, scored); err != nil {
			return err
		}
		if len(changed) > 0 {
			contact.SetScores(tx, changed)
		}
		return event.Record(ctx, tx, events...)
	})
	return scored, err
}

func same(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }

func moved(contactID string, before *int, r Result) event.Happened {
	changes := event.Changes{}
	changes.Set("score", before, r.Score)
	return event.Happened{Entity: "contact", EntityID: contactID, Kind: event.Updated, Changes: changes,
		Reason: fmt.Sprintf("The lead score moved from %s to %s (%s).", BandOf(before), r.Band, Formula)}
}

// atOnce is how many contacts one job of a sweep scores.
const atOnce = 10 * Batch

func (s *Service) sweep(ctx context.Context, j Sweep) error {
	var ids []string
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		ids, err = after(tx, j.from(), atOnce)
		return err
	})
	if err != nil {
		return err
	}
	for rest := ids; len(rest) > 0; rest = rest[min(Batch, len(rest)):] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := s.score(ctx, rest[:min(Batch, len(rest))]); err != nil {
			return err
		}
	}
	if len(ids) < atOnce {
		return nil
	}
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		return s.queue.Add(ctx, tx, Sweep{j.Workspace, ids[len(ids)-1]})
	})
}

func (j Sweep) from() string {
	if j.After == "" {
		return "00000000-0000-0000-0000-000000000000"
	}
	return j.After
}

func (s *Service) nightly(ctx context.Context, _ Nightly) error {
	workspaces, err := identity.Workspaces(ctx, s.db)
	if err != nil {
		return err
	}
	jobs := make([]queue.Args, len(workspaces))
	for i, w := range workspaces {
		jobs[i] = Sweep{Workspace: w}
	}
	return s.db.Global(ctx, func(tx *pg.Tx) error { return s.queue.Add(ctx, tx, jobs...) })
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/contacts/{id}/score"
	entities := map[string]string{"id": "contact"}
	return []op.Operation{
		op.New(op.Meta{Name: "contact.score", Method: "GET", Cached: op.Cached{On: "contact=id", Shared: true}, Path: path, Scope: "contact:read", Entities: entities,
			Summary: "Read the lead score of a contact, with its parts and reasons"}, s.get),
		op.New(op.Meta{Name: "contact.rescore", Method: "POST", Path: path, Scope: "contact:write", Entities: entities,
			Summary: "Compute the lead score of a contact now"}, s.compute),
	}
}

func (s *Service) get(ctx context.Context, in *op.ByID) (*op.Body[Result], error) {
	var out Result
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		r, err := stored(tx, in.ID)
		if err != nil {
			return err
		}
		if r != nil {
			out = *r
			return nil
		}
		subjects, err := gather(tx, []string{in.ID}, false)
		if err != nil {
			return err
		}
		if len(subjects) == 0 {
			return problem.Missing("contact")
		}
		out = Score(subjects[0].facts, s.now())
		return nil
	})
	return &op.Body[Result]{Body: out}, err
}

func (s *Service) compute(ctx context.Context, in *op.ByID) (*op.Body[Result], error) {
	scored, err := s.score(ctx, []string{in.ID})
	if err != nil {
		return nil, err
	}
	r, ok := scored[in.ID]
	if !ok {
		return nil, problem.Missing("contact")
	}
	return &op.Body[Result]{Body: r}, nil
}
