// Package approval decides what becomes of the effects that agents, imports and
// other clients want: done at once, shown to a person first, or refused. It is
// the only way of an agent to an operation.
package approval

import (
	"context"
	"encoding/json"

	"rapport/internal/agents/policy"
	"rapport/internal/ai"
	"rapport/internal/platform/pg"
)

// Action is an operation that somebody wants to call, and what a person needs
// in order to allow it.
type Action struct {
	Operation string          `json:"operation"`
	Args      json.RawMessage `json:"args"`  // parameters and body side by side
	Title     string          `json:"title"` // "Answer Ada Berg: Prices for 40 seats"
	Why       string          `json:"why"`
	Evidence  []Evidence      `json:"evidence,omitempty"`
	// Needs are the records as they were when the action was thought of; when
	// one has changed since, the action is stale.
	Needs []Record `json:"needs,omitempty"`
	// Entity and ID are what it is about, for the page of the record.
	Entity string `json:"entity,omitempty"`
	ID     string `json:"id,omitempty"`
	// Tainted says that text from outside had a part in it.
	Tainted    bool    `json:"tainted,omitempty"`
	Confidence float64 `json:"confidence"` // 0 to 1
	// Spent is what it cost until here.
	Spent ai.Nano `json:"spent_nano,omitempty"`
	// Ask wants a person to decide however small the risk is.
	Ask bool `json:"ask,omitempty"`
}

// Evidence is the words that an action relies on.
type Evidence struct {
	Entity string `json:"entity"`
	ID     string `json:"id"`
	Quote  string `json:"quote"`
}

// Record is a record at a version, as the record's own operations name it.
type Record struct {
	Entity  string `json:"entity"`
	ID      string `json:"id"`
	Version string `json:"version"`
}

// Verdict is what is to become of an action.
type Verdict string

// The verdicts. Allowed is done at once; Asked waits for a person; Blocked is
// recorded and never done.
const (
	Allowed Verdict = "allowed"
	Asked   Verdict = "asked"
	Blocked Verdict = "blocked"
)

// Risk is how much harm an action could do: 0 to 100, in bands that begin at
// 20, 40 and 70, and what makes it so.
type Risk struct {
	Score   int      `json:"score"`
	Factors []Factor `json:"factors"`
}

// Factor is a part of a risk.
type Factor = policy.Factor

// Judgement is a verdict with its reasons.
type Judgement struct {
	Verdict Verdict
	Risk    Risk
	// Reason is why it is blocked, for people.
	Reason string
}

// State is how far an approval is. Only Pending ever changes.
type State string

// The states. Done means that the action was carried out, once.
const (
	Pending   State = "pending"
	Done      State = "done"
	Rejected  State = "rejected"
	Expired   State = "expired"
	Stale     State = "stale"
	Failed    State = "failed"
	Cancelled State = "cancelled"
	Refused   State = "blocked" // recorded, never open
)

// Outcome is what became of an action that was asked for.
type Outcome struct {
	State  State
	Result json.RawMessage // what the operation answered
	Reason string          // of a person who rejected it, or why it failed
}

// Origin is who asks: a step of a run, or nobody's.
type Origin struct {
	Agent   string
	RunID   string
	StepKey string
}

// A Caller calls operations from inside; httpapi.API does.
type Caller interface {
	Call(ctx context.Context, operation string, args json.RawMessage) (json.RawMessage, error)
}

// Gate is what runs ask. Service is it.
type Gate interface {
	// Judge says what is to become of an action of the actor of ctx.
	Judge(ctx context.Context, o Origin, a Action) (Judgement, error)
	// Open records an action that waits for a person, or was blocked, within tx
	// and returns the id of its approval. The run is woken when it is decided.
	Open(ctx context.Context, tx *pg.Tx, o Origin, a Action, j Judgement) (string, error)
	// Outcome reads what became of an approval.
	Outcome(tx *pg.Tx, id string) (Outcome, error)
	// Cancel ends the pending approvals of runs.
	Cancel(tx *pg.Tx, runIDs []string)
}
