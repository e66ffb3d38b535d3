// Package rules is the engine that is always there: plain code, registered
// task by task, behind the same interface as a vendor's model.
package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"rapport/internal/ai"
)

// Name is the engine's name, as it is stored with its answers.
const Name = "rules"

// Task answers one kind of question.
type Task = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error)

// Set is tasks that are versioned together. Version is stored with the answers
// and changes when the same input may be answered differently.
type Set struct {
	Version string
	Tasks   map[string]Task
}

// Provider answers the tasks of its sets.
type Provider struct{ sets map[string]Set }

// New returns a provider of the tasks in sets, each by its name in one set.
func New(sets ...Set) *Provider {
	byTask := map[string]Set{}
	for _, s := range sets {
		for name := range s.Tasks {
			byTask[name] = s
		}
	}
	return &Provider{sets: byTask}
}

// ErrUnknownTask says that there are no rules for a task.
var ErrUnknownTask = errors.New("there are no rules for this task")

// Name is "rules".
func (*Provider) Name() string { return Name }

// Local is true: rules are part of Rapport.
func (*Provider) Local() bool { return true }

// Call answers at once. A panic over one odd input is the failure of that
// input alone: what rules read came from outside.
func (p *Provider) Call(ctx context.Context, c ai.Call) (answer ai.Answer, err error) {
	set, ok := p.sets[c.Task]
	if !ok {
		return ai.Answer{}, &ai.Fault{Kind: ai.CallerFault, Scope: ai.ScopeRequest, TryOther: true, Billed: ai.BilledNo, Err: fmt.Errorf("%w: %s", ErrUnknownTask, c.Task)}
	}
	defer func() {
		if v := recover(); v != nil {
			answer, err = ai.Answer{}, &ai.Fault{Kind: ai.CallerFault, Scope: ai.ScopeRequest, TryOther: true, Billed: ai.BilledNo, Err: fmt.Errorf("rules for %s panicked: %v", c.Task, v)}
		}
	}()
	if err := ctx.Err(); err != nil {
		return ai.Answer{}, err
	}
	out, err := set.Tasks[c.Task](ctx, c.Input)
	if err != nil {
		return ai.Answer{}, &ai.Fault{Kind: ai.CallerFault, Scope: ai.ScopeRequest, TryOther: true, Billed: ai.BilledNo, Err: err}
	}
	return ai.Answer{Output: out, Version: set.Version}, nil
}
