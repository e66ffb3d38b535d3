// Package ai is the one way to a model: the Gateway takes a request to the
// engines that may answer it, in the order of a policy, checks the answer
// against its schema and says who gave it. Agents know nothing of vendors;
// vendors know nothing of agents.
package ai

import (
	"encoding/json"
	"time"
)

// Class is how much thought a task takes. A policy chooses engines by it.
type Class string

// The classes. Fast is bulk classification, Standard the middle range, Deep
// the hardest reasoning.
const (
	Fast     Class = "fast"
	Standard Class = "standard"
	Deep     Class = "deep"
)

// Request is one question. The deadline is that of the context; a wait that
// does not fit into it is not begun.
type Request struct {
	// Task names the question: "email.triage".
	Task  string
	Class Class
	// Input is the question as data. Engines of our own read nothing else.
	Input json.RawMessage
	// Prompt is the question as words, for a model.
	Prompt Prompt
	// Schema is what the answer must satisfy; nil takes any JSON.
	Schema *Schema
	// Interactive says that a person waits: rather fail than defer.
	Interactive bool
	// MaxTokens bounds the answer of a model; 0 leaves it to the policy.
	MaxTokens int
	// IdempotencyKey names the call to an engine that can tell a repetition.
	IdempotencyKey string
}

// Prompt is a system template, fixed at build time, and the parts that it
// speaks about.
type Prompt struct {
	Template string
	Version  string
	System   string
	Parts    []Part
}

// Part is a piece of text with its origin. What is not Trusted came from
// outside: a provider must delimit it as data and can never let it instruct.
type Part struct {
	Label   string
	Text    string
	Trusted bool
}

// Response is an answer and its provenance.
type Response struct {
	// Output satisfies the request's schema. It is nil when Deferred is set.
	Output  json.RawMessage
	Engine  string // the provider that answered
	Model   string // "" where there is none
	Version string // of the engine, for what it stored
	// Degraded says that a weaker engine stood in for one that was configured:
	// to be shown, and kept out of scores, triggers and memory.
	Degraded bool
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

// Usage is what was consumed. Cost is in nano-dollars, whole numbers.
type Usage struct {
	InputTokens  int64 `json:"input_tokens"`
	OutputTokens int64 `json:"output_tokens"`
	CachedTokens int64 `json:"cached_tokens"`
	CostNano     int64 `json:"cost_nano"`
}

// Add adds more to u.
func (u *Usage) Add(more Usage) {
	u.InputTokens += more.InputTokens
	u.OutputTokens += more.OutputTokens
	u.CachedTokens += more.CachedTokens
	u.CostNano += more.CostNano
}

// Attempt is one call of one engine. Error is "" when its answer was taken.
type Attempt struct {
	Engine   string        `json:"engine"`
	Model    string        `json:"model,omitempty"`
	Error    string        `json:"error,omitempty"`
	Billed   Billing       `json:"billed"`
	Usage    Usage         `json:"usage"`
	Duration time.Duration `json:"duration_ns"`
}

// Billing is whether a call was, or may have been, paid for.
type Billing string

// What is known about the bill of a call.
const (
	BilledNo    Billing = "no"
	BilledYes   Billing = "yes"
	BilledMaybe Billing = "maybe"
)
