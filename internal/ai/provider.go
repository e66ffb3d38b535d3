package ai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"rapport/internal/platform/problem"
)

// A Provider is one engine behind the gateway. It makes one attempt a call and
// never retries by itself. It must be safe for concurrent use.
type Provider interface {
	// Name is stable; it is stored as the engine of what was answered.
	Name() string
	// Caps says what a model can do; "" is the provider's only one.
	Caps(model string) Caps
	// Call answers, or fails with a *Fault that says what comes next.
	Call(ctx context.Context, c Call) (Answer, error)
}

// Caps is what a model can do, as far as the gateway decides by it.
type Caps struct {
	// Local says that the engine is part of Rapport: free, always there, and
	// the stand-in when others are down.
	Local bool
	// Repairs says that the model can mend an answer when told its faults.
	Repairs bool
}

// Call is one attempt: the request, the model that is asked, and what was
// wrong with its answer before, if this is a repair.
type Call struct {
	Request
	Model      string
	Violations []Violation
}

// Answer is what a provider returns, not yet checked.
type Answer struct {
	Output  json.RawMessage
	Version string
	Usage   Usage
}

// Fault is the failure of a provider. Temporary faults pass: another engine is
// tried, and a request that can wait is deferred. Other faults say that this
// engine will never answer this request.
type Fault struct {
	Temporary  bool
	RetryAfter time.Duration // 0: the provider gave no hint
	Billed     Billing
	Err        error
}

// Error is the cause's.
func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// ErrNoProvider says that no engine is there for the task, or that none
// answers at the moment.
var ErrNoProvider = problem.New(problem.Unavailable, "no_ai_provider", "No engine can answer this at the moment. Nothing was stored; try again later.")

// ErrBadOutput says that an answer did not satisfy its schema. The error in
// the chain is a *BadOutput.
var ErrBadOutput = errors.New("the answer does not satisfy its schema")

// BadOutput is an answer that was refused, and why. The answer itself is gone.
type BadOutput struct {
	Engine     string
	Violations []Violation
}

// Error names the engine and each violation.
func (b *BadOutput) Error() string {
	parts := make([]string, len(b.Violations))
	for i, v := range b.Violations {
		parts[i] = v.String()
	}
	return fmt.Sprintf("%s: %v: %s", b.Engine, ErrBadOutput, strings.Join(parts, "; "))
}

// Unwrap returns ErrBadOutput.
func (b *BadOutput) Unwrap() error { return ErrBadOutput }
