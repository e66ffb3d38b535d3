package approval

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
)

// How long an approval waits before it is overdue, and before it is over.
const (
	Patience = 24 * time.Hour
	Life     = 72 * time.Hour
)

// Service is the gate, and what people decide with.
type Service struct {
	Parts
	known map[string]op.Operation
}

// Parts are what the service works with. Check, Wake, Learn and Prove may be nil.
type Parts struct {
	DB  *pg.DB
	Log *slog.Logger
	Now func() time.Time
	// Caller calls what was allowed, as the agent on behalf of whoever allowed it.
	Caller Caller
	// Check is a problem that names what an operation does not take of arguments;
	// httpapi.API does.
	Check func(operation string, args json.RawMessage) error
	// Versions are by entity; problem.NotFound is for what is gone.
	Versions map[string]Version
	// Previews are by operation; where there is none, the arguments are shown.
	Previews map[string]Previewer
	// Prove checks the password of the person who acts.
	Prove func(ctx context.Context, password string) error
	// Wake has a run go on.
	Wake func(ctx context.Context, tx *pg.Tx, runID string) error
	// Learn keeps what a rejection teaches.
	Learn func(ctx context.Context, tx *pg.Tx, l Lesson) error
}

// Version reads the version of a record. With lock nobody changes it before the
// transaction ends.
type Version func(tx *pg.Tx, id string, lock bool) (string, error)

// Lesson is what a person said when they rejected an action.
type Lesson struct {
	ApprovalID, RunID, Agent, Operation, Title, Reason string
	Entity, ID                                         string
}

// New returns the service over its parts.
func New(p Parts) *Service { return &Service{Parts: p, known: map[string]op.Operation{}} }

// Offer says which operations there are, once all are known.
func (s *Service) Offer(ops []op.Operation) {
	for _, o := range ops {
		s.known[o.Name] = o
	}
}

// wake has the run of an approval go on, if it has one.
func (s *Service) wake(ctx context.Context, tx *pg.Tx, runID *string) error {
	if runID == nil || s.Wake == nil {
		return nil
	}
	return s.Wake(ctx, tx, *runID)
}
