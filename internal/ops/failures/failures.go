// Package failures keeps what went wrong by the installation's fault and shows
// it to operators: in groups, which are resolved, muted and opened again.
package failures

import (
	"context"
	"log/slog"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/failure"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Service keeps the groups of a log.
type Service struct {
	db      *pg.DB
	seen    *failure.Log
	release string
	log     *slog.Logger
}

// New returns the service over db. What is seen is kept while Run runs, as that
// of a release.
func New(db *pg.DB, seen *failure.Log, release string, log *slog.Logger) *Service {
	return &Service{db: db, seen: seen, release: release, log: log}
}

// pause is how often groups are written: a storm of one error is an update of
// one row each time.
const pause = 3 * time.Second

// Run writes what is seen until ctx ends, and then what is left. While the
// database is away it waits in memory.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), pause)
			defer cancel()
			s.Flush(last)
			return nil
		case <-tick.C:
			s.Flush(ctx)
		}
	}
}

// Flush writes what is seen so far; what cannot be written waits.
func (s *Service) Flush(ctx context.Context) {
	groups := s.seen.Take()
	if len(groups) == 0 {
		return
	}
	if err := s.keep(ctx, groups); err != nil {
		s.seen.PutBack(groups)
		s.log.WarnContext(ctx, "errors wait to be kept", "groups", len(groups), "error", err)
	}
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/ops/errors"
	e := map[string]string{"error": "error"}
	return []op.Operation{
		op.New(op.Meta{Name: "error.list", Method: "GET", Cached: op.Cached{Never: "For operators: the truth, when something is wrong."}, Path: path, Scope: op.Operator,
			Summary: "List what went wrong by our fault, in groups", Doc: "The latest first. What this process saw in the last seconds may be missing.",
			Example: map[string]any{"state": "open"}}, s.list),
		op.New(op.Meta{Name: "error.get", Method: "GET", Cached: op.Cached{Never: "For operators: the truth, when something is wrong."}, Path: path + "/{error}", Scope: op.Operator, Entities: e,
			Summary: "Read a group of errors, with where to look for them"}, s.get),
		op.New(op.Meta{Name: "error.resolve", Method: "POST", Path: path + "/{error}/resolve", Scope: op.Operator, Entities: e,
			Summary: "Say that a group of errors is mended", Doc: "It opens again when a release has it that is not known to have it now."}, s.become("resolved")),
		op.New(op.Meta{Name: "error.mute", Method: "POST", Path: path + "/{error}/mute", Scope: op.Operator, Entities: e,
			Summary: "Count a group of errors without showing it as open"}, s.become("muted")),
		op.New(op.Meta{Name: "error.reopen", Method: "POST", Path: path + "/{error}/reopen", Scope: op.Operator, Entities: e,
			Summary: "Open a group of errors again"}, s.become("open")),
	}
}

// Group is errors of one kind.
type Group struct {
	ID            string           `json:"id"`
	Code          string           `json:"code" doc:"Of the problem that was answered; panic, or internal."`
	Title         string           `json:"title" doc:"The message without anything but words of the program."`
	Place         string           `json:"where" doc:"An operation, a job, an agent, a part of the server, or a function."`
	Frames        []string         `json:"frames" doc:"Our functions that a panic went through, innermost first."`
	Count         int64            `json:"count"`
	FirstSeen     time.Time        `json:"first_seen"`
	LastSeen      time.Time        `json:"last_seen"`
	Releases      []string         `json:"releases" doc:"In which it was seen, the latest first."`
	Samples       []failure.Sample `json:"samples" doc:"The latest five."`
	SampleTrace   string           `json:"sample_trace" doc:"Of the latest that was traced; empty for none."`
	SampleRequest string           `json:"sample_request" doc:"Of the latest; its log lines carry it."`
	State         string           `json:"state" enum:"open,resolved,muted"`
	StateAt       *time.Time       `json:"state_at" doc:"Since when; null if it was always open."`
	Reopened      int64            `json:"reopened" doc:"How often a new release had it again after it was resolved."`
}

// sampled fills what the samples say.
func (g *Group) sampled() {
	for _, s := range g.Samples {
		if g.SampleRequest == "" {
			g.SampleRequest = s.Request
		}
		if g.SampleTrace == "" {
			g.SampleTrace = s.Trace
		}
	}
}

type listInput struct {
	State string `query:"state" enum:"open,resolved,muted" doc:"All unless given."`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

func (s *Service) list(ctx context.Context, in *listInput) (*op.Body[op.List[Group]], error) {
	var all []Group
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		all, err = list(tx, in.State, in.Limit)
		return err
	})
	for i := range all {
		all[i].sampled()
	}
	return op.Listed(all), err
}

type groupInput struct {
	Error string `path:"error" doc:"Id of the group."`
}

func (s *Service) get(ctx context.Context, in *groupInput) (*op.Body[Group], error) {
	return s.one(ctx, func(tx *pg.Tx) (Group, error) { return load(tx, in.Error) })
}

// become is the operation that puts a group into a state.
func (s *Service) become(state string) func(context.Context, *groupInput) (*op.Body[Group], error) {
	return func(ctx context.Context, in *groupInput) (*op.Body[Group], error) {
		return s.one(ctx, func(tx *pg.Tx) (Group, error) { return s.set(tx, in.Error, state) })
	}
}

func (s *Service) one(ctx context.Context, f func(*pg.Tx) (Group, error)) (*op.Body[Group], error) {
	var out op.Body[Group]
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		out.Body, err = f(tx)
		return err
	})
	out.Body.sampled()
	return &out, err
}

func missing(err error) error {
	if err == pg.ErrNone {
		return problem.New(problem.NotFound, "not_found", "There is no such group of errors.")
	}
	return err
}
