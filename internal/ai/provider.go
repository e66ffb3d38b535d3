package ai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"rapport/internal/platform/problem"
)

// A Provider is one engine behind the gateway. It makes one attempt a call and
// never retries by itself. It must be safe for concurrent use.
type Provider interface {
	// Name is stable; it is stored as the engine of what was answered.
	Name() string
	// Local says that the engine is part of Rapport: free, always there, and
	// the stand-in when others are down.
	Local() bool
	// Call answers, or fails with a *Fault that says what comes next. The
	// answer is not yet checked.
	Call(ctx context.Context, c Call) (Answer, error)
}

// A Streamer is a provider that can answer in pieces.
type Streamer interface {
	Provider
	// Stream yields deltas and, if nothing failed, ends with an event whose
	// Answer is set. A stream that ends without one is broken.
	Stream(ctx context.Context, c Call) iter.Seq2[Event, error]
}

// A Lister can tell without cost which models a key may use.
type Lister interface {
	Models(ctx context.Context, k Key) ([]string, error)
}

// Key is what a provider is asked with. ID names it in logs and gates and says
// nothing about it; Secret is "" for engines that need none.
type Key struct {
	ID     string
	Secret string
	// BaseURL overrides the provider's own address; "" leaves it.
	BaseURL string
}

// Params are how a model is asked, by the policy.
type Params struct {
	MaxTokens   int      `json:"max_tokens,omitempty"`
	Effort      Effort   `json:"effort,omitempty"`
	Temperature *float64 `json:"temperature,omitempty"`
	// Cache asks the provider to keep the system prompt: "5m", "1h" or "".
	Cache string `json:"cache,omitempty"`
	// ZeroRetention demands endpoints that keep nothing.
	ZeroRetention bool `json:"zero_retention,omitempty"`
}

// Call is one attempt: the request as one model is asked it.
type Call struct {
	Request
	Model  string
	Key    Key
	Params Params
	// Turns are what was said before, oldest first, and Tools what the model may
	// ask to be done. Adapters know both; no Request has them, for their words
	// would come to a model beside ai/guard.
	Turns []Turn
	Tools []Tool
	// System and User are the prompt as rendered for this call.
	System string
	User   string
	// Nonce is in the prompt; an answer to another request would not know it.
	Nonce string
	// Mended are the repairs that this attempt carries.
	Mended []Repair
	// Previous and Violations are what was answered before and what was wrong
	// with it, if this is a repair.
	Previous   string
	Violations []Violation
}

// Mends reports whether the call carries a repair.
func (c Call) Mends(r Repair) bool {
	for _, m := range c.Mended {
		if m == r {
			return true
		}
	}
	return false
}

// Answer is what a provider returns, not yet checked. A provider of models sets
// Text, in which the JSON may be wrapped; one of our own sets Output.
type Answer struct {
	Output    json.RawMessage
	Text      string
	Calls     []ToolCall
	State     *State
	Model     string // as the provider names it
	Version   string
	RequestID string
	Usage     Usage
}

// Event is a part of a streamed answer: a delta of the text, or the whole
// answer at the end. Progress alone, such as thinking, has neither.
type Event struct {
	Text   string
	Answer *Answer
}

// Turn is one thing that was said before: by the person or program that asks,
// or by a model.
type Turn struct {
	Assistant bool
	Text      string
	Calls     []ToolCall
	Results   []ToolResult
	State     *State
}

// Tool is something that the model may ask to be done.
type Tool struct {
	Name        string
	Description string
	Schema      json.RawMessage
}

// ToolCall is what the model asks to be done.
type ToolCall struct {
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

// ToolResult is what came of it.
type ToolResult struct {
	ID    string
	Text  string
	Error bool
}

// State is what a model must be shown again, such as its signed thinking. It is
// of use to the same provider and model only, and dropped for others.
type State struct {
	Provider string          `json:"provider"`
	Model    string          `json:"model"`
	Raw      json.RawMessage `json:"raw"`
}

// ErrNoProvider says that no engine is there for the task, or that none
// answers at the moment.
var ErrNoProvider = problem.New(problem.Unavailable, "no_ai_provider", "No engine can answer this at the moment. Nothing was stored; try again later.")

// ErrBudget says that the money for models is spent.
var ErrBudget = problem.New(problem.PaymentRequired, "ai_budget_exhausted", "The budget for AI is spent. Raise it in Settings, or wait for the next period.")

// ErrBadOutput says that an answer did not satisfy its schema. The error in
// the chain is a *Refused.
var ErrBadOutput = errors.New("the answer does not satisfy its schema")

// Refused is an answer that was not taken, and why. The answer itself is gone.
type Refused struct {
	Engine     string
	Violations []Violation
}

// Error names the engine and each violation.
func (b *Refused) Error() string {
	parts := make([]string, len(b.Violations))
	for i, v := range b.Violations {
		parts[i] = v.String()
	}
	return fmt.Sprintf("%s: %v: %s", b.Engine, ErrBadOutput, strings.Join(parts, "; "))
}

// Unwrap returns ErrBadOutput.
func (b *Refused) Unwrap() error { return ErrBadOutput }
