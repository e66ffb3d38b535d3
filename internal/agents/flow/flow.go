// Package flow runs the programs of agents, durably. A program is ordinary
// code whose every look at the world is a step: the intent of a step is
// committed before it begins, its result in the transaction of its effects. A
// run that was interrupted is played again: steps that have a result answer
// from the store, so nothing is paid or done twice, and the program goes on
// behind them. A run that waits for a person, a child or a time occupies
// nobody.
package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rapport/internal/agents"
	"rapport/internal/ai"
)

// Agent is an entry of the registry: a program and what it may do.
type Agent struct {
	Name    string
	Version string // a run goes on only with the version that it began with
	Purpose string
	// Input is what a run is given; nil takes any object.
	Input *ai.Schema
	// Operations are all that it may act with. Their scopes are the agent's.
	Operations []string
	// Questions are what it asks of models.
	Questions []agents.Definition
	Caps      Caps
	// Program is what it does. It is deterministic over the results of its
	// steps: it takes nothing from anywhere else.
	Program func(r *Run) (any, error)

	scopes []string // of its operations
}

// Caps bound one run, its children included. Zero fields are the standard's.
type Caps struct {
	Calls  int           `json:"calls"`
	Tokens int64         `json:"tokens"`
	Money  ai.Nano       `json:"money_nano"`
	Steps  int           `json:"steps"`
	Wall   time.Duration `json:"wall_ns"` // of working, from the first start on; waiting for people counts not
}

// Standard are the caps of an agent that has none of its own.
func Standard() Caps {
	return Caps{Calls: 20, Tokens: 400_000, Money: 2 * ai.Dollar, Steps: 100, Wall: 30 * time.Minute}
}

func (c Caps) orStandard() Caps {
	s := Standard()
	if c.Calls == 0 {
		c.Calls = s.Calls
	}
	if c.Tokens == 0 {
		c.Tokens = s.Tokens
	}
	if c.Money == 0 {
		c.Money = s.Money
	}
	if c.Steps == 0 {
		c.Steps = s.Steps
	}
	if c.Wall == 0 {
		c.Wall = s.Wall
	}
	return c
}

// Start is a run to be made.
type Start struct {
	Agent string
	Title string
	// Entity and SubjectID are what the run is about; the workspace if empty.
	Entity    string
	SubjectID string
	Input     any
	// Once names the cause: a second start of the same agent and version over
	// the same subject for the same cause is the first one's run. "" is a cause
	// of its own.
	Once     string
	Priority Priority
	// At is when to begin; zero is at once.
	At time.Time
}

// Priority is who goes first in a workspace.
type Priority int

// The priorities. A person waits for what is Interactive.
const (
	Interactive Priority = iota
	Normal
	Bulk
)

// Answer is what a model or rules answered to a question.
type Answer struct {
	Output   json.RawMessage `json:"output"` // verified
	Engine   string          `json:"engine"`
	Model    string          `json:"model,omitempty"`
	Version  string          `json:"version,omitempty"`
	Degraded bool            `json:"degraded,omitempty"`
	CallID   string          `json:"call_id,omitempty"`
	Usage    ai.Usage        `json:"usage"`
	Attempts []ai.Attempt    `json:"attempts,omitempty"`
}

// Into reads the output.
func (a Answer) Into(v any) error { return json.Unmarshal(a.Output, v) }

// ErrParked is what a step returns whose result is not there yet. The program
// returns it as it is; the run goes on when the result has come.
var ErrParked = errors.New("flow: the run is parked")

// BlockedError says that an action was refused by policy, or by a person.
type BlockedError struct {
	Operation string
	State     string // of the approval
	Reason    string
}

// Error says why.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("%s was not done (%s): %s", e.Operation, e.State, e.Reason)
}

// PauseError ends a run for now: somebody has to look at it.
type PauseError struct{ Reason string }

// Error says why.
func (e *PauseError) Error() string { return e.Reason }

// CapError says that a run would do more than it may.
type CapError struct{ Cap string }

// Error names the cap.
func (e *CapError) Error() string { return "the run has reached its limit of " + e.Cap }
