package ai

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what went wrong with an attempt.
type Kind string

// The kinds of faults. What each calls for is decided once, by ai/fault.
const (
	RateLimited    Kind = "rate_limited"    // a window is full
	Overloaded     Kind = "overloaded"      // the model's family has no room
	Transient      Kind = "transient"       // a failure that may not happen again
	TimedOut       Kind = "timed_out"       // no byte, or no progress, in time
	Network        Kind = "network"         // refused, reset, cut, not resolved
	StreamBroken   Kind = "stream_broken"   // ended before it was over
	QuotaExhausted Kind = "quota_exhausted" // of the day, the month or the plan
	AccountMoney   Kind = "account_money"   // the account with the provider is empty
	Credential     Kind = "credential"      // the key is refused
	ModelAccess    Kind = "model_access"    // the key may not use the model
	ModelGone      Kind = "model_gone"      // there is no such model
	CallerFault    Kind = "caller_fault"    // the request is wrong
	ContextTooLong Kind = "context_too_long"
	StateRejected  Kind = "state_rejected" // thinking state or signature not accepted
	PolicyRefused  Kind = "policy_refused" // the model or its provider declines
	BadOutput      Kind = "bad_output"     // does not satisfy schema or verifier
	Truncated      Kind = "truncated"      // cut by the limit of tokens
	Cancelled      Kind = "cancelled"      // the caller left, or a hedge won
	DeadlinePast   Kind = "deadline_past"  // the caller's time is up
	LocalLimit     Kind = "local_limit"    // our own gate, breaker, bulkhead or budget
	Unknown        Kind = "unknown"
)

// Passing reports whether the same question may be answered later.
func (k Kind) Passing() bool {
	switch k {
	case RateLimited, Overloaded, Transient, TimedOut, Network, StreamBroken, QuotaExhausted, AccountMoney, Credential, LocalLimit, Unknown:
		return true
	}
	return false
}

// Scope is what a fault says something about.
type Scope string

// The scopes, from the narrowest.
const (
	ScopeRequest  Scope = "request"
	ScopeModel    Scope = "model"
	ScopeFamily   Scope = "family"
	ScopeKey      Scope = "key"
	ScopeProvider Scope = "provider"
)

// Repair is how a request can be changed so that it is accepted.
type Repair string

// The repairs. Each is tried once a call.
const (
	NoRepair      Repair = ""
	StripState    Repair = "strip_state"    // ask without the thinking state
	EchoSignature Repair = "echo_signature" // send the signature as it came
	Compact       Repair = "compact"        // a shorter prompt, or a larger context
	RaiseMax      Repair = "raise_max"      // more tokens for the answer
	FixOutput     Repair = "fix_output"     // tell the model what is wrong
	LowerSchema   Repair = "lower_schema"   // send the schema in its plainest form
)

// Billing is whether a call was, or may have been, paid for.
type Billing string

// What is known about the bill of a call.
const (
	BilledNo    Billing = "no"
	BilledYes   Billing = "yes"
	BilledMaybe Billing = "maybe"
)

// Fault is the failure of an attempt and what follows from it.
type Fault struct {
	Kind  Kind
	Scope Scope
	// RetrySame says that the same engine may answer later; TryOther that
	// another one may answer now.
	RetrySame bool
	TryOther  bool
	// Wait is how long the provider wants to be left alone, and WaitFrom where
	// that is said: "retry-after", "retry-after-ms", "retry-after-date",
	// "reset-header", "body", "default". 0: it does not say.
	Wait     time.Duration
	WaitFrom string
	Billed   Billing
	Repair   Repair
	Status   int    // of HTTP; 0 where there was no answer
	Detail   string // the provider's own type or code, never its prose
	// RequestID is the provider's name of the call.
	RequestID string
	// Usage is what the failed call is known to have consumed.
	Usage Usage
	Err   error
}

// Error names the kind, the status and the cause.
func (f *Fault) Error() string {
	var parts []string
	if f.Kind != "" {
		parts = append(parts, string(f.Kind))
	}
	if f.Status != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", f.Status))
	}
	if f.Detail != "" {
		parts = append(parts, f.Detail)
	}
	if f.Err != nil {
		parts = append(parts, f.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// FaultOf returns the fault in err's chain, or nil.
func FaultOf(err error) *Fault {
	f, _ := errors.AsType[*Fault](err)
	return f
}
