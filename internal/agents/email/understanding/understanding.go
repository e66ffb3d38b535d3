// Package understanding reads mail that has arrived: each message gets a
// triage or the reason for none, and each that a contact wrote gets
// intelligence. What is found is stored beside the message, shown by its
// thread and counted in its contact's score.
package understanding

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/agents"
	"rapport/internal/crm/lead"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Service understands messages.
type Service struct {
	db     *pg.DB
	queue  *queue.Queue
	runner *agents.Runner
	now    func() time.Time
}

// New returns the service over db; runs are made by runner.
func New(db *pg.DB, q *queue.Queue, runner *agents.Runner, now func() time.Time) *Service {
	return &Service{db: db, queue: q, runner: runner, now: now}
}

// Of questions about messages that just arrived, so many are on their way at
// once, and each may take so long: then rules answer for now.
const (
	flight   = 4
	patience = 12 * time.Second
)

// Arrived understands messages, at most 50 at once. It is the handler of the
// job that is added when they are stored, and does nothing twice. What no
// engine answers now, and what only rules answer in a model's place, is left to
// the job that asks again.
func (s *Service) Arrived(ctx context.Context, ids []string) error {
	mails, err := s.load(ctx, ids)
	if err != nil {
		return err
	}
	for _, b := range []agents.Batch{s.triage(mails), s.intelligence(mails)} {
		b.Flight, b.Patience = flight, patience
		_, err := s.runner.Run(ctx, b)
		if _, waits := errors.AsType[*agents.DeferredError](err); err != nil && !waits {
			return err
		}
	}
	return s.score(ctx, mails)
}

// score has the contacts scored that the messages are from or to.
func (s *Service) score(ctx context.Context, mails []mail) error {
	var contacts []string
	for _, m := range mails {
		contacts = append(contacts, m.touched()...)
	}
	if len(contacts) == 0 {
		return nil
	}
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		return s.queue.Add(ctx, tx, lead.Jobs(tx.Workspace(), contacts)...)
	})
	if err != nil {
		return fmt.Errorf("have contacts scored: %w", err)
	}
	return nil
}

// Analyze is the job that understands one message whose runs are prepared.
type Analyze struct {
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
}

// Kind names the job.
func (Analyze) Kind() string { return "message.analyze" }

// In is the workspace of the message.
func (a Analyze) In() string { return a.Workspace }

// Work has the queue do the service's own jobs.
func (s *Service) Work() {
	queue.Handle(s.queue, func(ctx context.Context, j Analyze) error { return s.Arrived(ctx, []string{j.ID}) })
	queue.Handle(s.queue, func(ctx context.Context, _ Drain) error { return s.drain(ctx) })
}

// prepare makes the runs over one message, opens those again that failed, and
// adds a job if there is anything to do.
func (s *Service) prepare(ctx context.Context, id string) ([]string, error) {
	mails, err := s.load(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	if len(mails) == 0 {
		return nil, problem.Missing("message")
	}
	runs := []string{}
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		waiting := false
		for _, b := range []agents.Batch{s.triage(mails), s.intelligence(mails)} {
			b.Again = true
			ids, more, err := s.runner.Prepare(ctx, tx, b)
			if err != nil {
				return err
			}
			runs, waiting = append(runs, ids...), waiting || more
		}
		if !waiting {
			return nil
		}
		return s.queue.Add(ctx, tx, Analyze{Workspace: tx.Workspace(), ID: id})
	})
	return runs, err
}
