// Package ai is the words of the way to a model: what is asked, what is
// answered, what may go wrong and who was paid. The way itself is ai/router;
// agents know nothing of vendors, vendors know nothing of agents.
package ai

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"rapport/internal/ai/guard"
)

// Gateway is the one way to a model. ai/router is the way; tests of its callers
// may stand in for it.
type Gateway interface {
	// Do answers r with output that satisfies its schema. The attempts of the
	// response are filled in even when it fails.
	Do(ctx context.Context, r Request) (Response, error)
	// Stream answers in pieces of prose, the last of which carries the
	// response. It is for requests without a schema.
	Stream(ctx context.Context, r Request) iter.Seq2[Piece, error]
}

// Class is how much thought a task takes. A policy chooses engines by it.
type Class string

// The classes. Fast is bulk classification, Extract reads facts out of mail,
// calendars and documents, Standard is the middle range, Deep the hardest
// reasoning.
const (
	Fast     Class = "fast"
	Extract  Class = "extract"
	Standard Class = "standard"
	Deep     Class = "deep"
)

// Classes lists all of them.
func Classes() []Class { return []Class{Fast, Extract, Standard, Deep} }

// Request is one question. The deadline is that of the context; a wait that
// does not fit into it is not begun. The workspace is that of the context's
// actor.
type Request struct {
	// Task names the question: "email.triage".
	Task  string
	Class Class
	// Input is the question as data. Engines of our own read nothing else.
	Input json.RawMessage
	// Prompt is the question as words, for a model. Without one only local
	// engines are asked.
	Prompt guard.Prompt
	// Schema is what the answer must satisfy; nil takes prose in a JSON string,
	// and is refused when the prompt quotes what came from outside.
	Schema *Schema
	// Verify is the last word on an answer that satisfies the schema: ids that
	// exist, quotes that occur. It returns what may be used, or an error that
	// counts as a bad answer. It is pure, or nil.
	Verify func(output json.RawMessage) (json.RawMessage, error)
	// Interactive says that a person waits: rather fail or degrade than defer.
	Interactive bool
	// Restarts says that the caller of Stream can void what came so far: a
	// stream that breaks after its first words begins anew at another engine.
	Restarts bool
	// Fresh asks anew although the same question was answered before.
	Fresh bool
	// NoRules refuses the answer of rules that stand in for a model: for the
	// caller that already has one, and wants it upgraded.
	NoRules bool
	// MaxTokens bounds the answer of a model; 0 leaves it to the policy.
	MaxTokens int
	// Effort is how hard a model thinks, where it can; "" leaves it to the policy.
	Effort Effort
	// Agent and RunID are on whose account it goes; "" for a person's own call.
	Agent string
	RunID string
	// IdempotencyKey names the call to an engine that can tell a repetition.
	IdempotencyKey string
}

// Effort is how hard a model thinks before it answers.
type Effort string

// The efforts, in the order of their price.
const (
	NoThinking Effort = "none"
	LowEffort  Effort = "low"
	MidEffort  Effort = "medium"
	HighEffort Effort = "high"
)

// Response is an answer and its provenance.
type Response struct {
	// CallID names the record of the call, for its trail.
	CallID string
	// Output satisfies the request's schema. It is nil when Deferred is set.
	Output  json.RawMessage
	Engine  string // the provider that answered
	Model   string // "" where there is none
	Version string // of the engine, for what it stored
	// Cached says that the same question had been answered before.
	Cached bool
	// Degraded says that a weaker engine stood in for one that was configured:
	// to be shown, and kept out of scores, triggers and memory.
	Degraded bool
	// Upgrade is when a degraded answer is worth asking for again.
	Upgrade time.Duration
	// Deferred is set instead of Output when every engine is away for a while
	// and nobody waits. The caller asks again then.
	Deferred *Ticket
	Usage    Usage // of all attempts
	Attempts []Attempt
}

// Ticket says when to ask again, and why there is no answer yet.
type Ticket struct {
	After  time.Duration
	Reason string
}

// Piece is a part of a streamed answer.
type Piece struct {
	Text string
	// Restart says that what came so far is void: another engine begins anew.
	Restart bool
	// Done is the whole response, in the last piece.
	Done *Response
}

// Attempt is one call of one engine, or the reason why it was not made. Error is
// "" when its answer was taken.
type Attempt struct {
	Engine    string    `json:"engine"`
	Model     string    `json:"model,omitempty"`
	Kind      Kind      `json:"kind,omitempty"`
	Error     string    `json:"error,omitempty"`
	Status    int       `json:"status,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	Billed    Billing   `json:"billed"`
	Usage     Usage     `json:"usage"`
	StartedAt time.Time `json:"started_at,omitzero"`
	// Duration is how long the engine took; FirstByte how long it was silent.
	Duration  time.Duration `json:"duration_ns"`
	FirstByte time.Duration `json:"first_byte_ns,omitempty"`
	// Waited is how long the call waited before this attempt, and Why for what:
	// "backoff 2 s, attempt 2/6", "rate limit of openrouter, retry-after".
	Waited time.Duration `json:"waited_ns,omitempty"`
	Why    string        `json:"why,omitempty"`
	// Hedge marks a second call that ran beside a slow first one; Repair one
	// that asked for a better answer.
	Hedge  bool `json:"hedge,omitempty"`
	Repair bool `json:"repair,omitempty"`
}
