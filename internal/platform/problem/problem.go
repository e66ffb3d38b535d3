// Package problem holds the errors that a caller may see. Everything else is
// ours: it is logged in full and answered as a bare 500.
package problem

import (
	"errors"
	"fmt"
	"time"
)

// Kind says whose fault it is and what the caller can do about it. The HTTP
// status follows from it.
type Kind int

// The kinds, by the status that they become.
const (
	Internal        Kind = 500
	BadRequest      Kind = 400
	Unauthorized    Kind = 401
	PaymentRequired Kind = 402
	Forbidden       Kind = 403
	NotFound        Kind = 404
	NotAllowed      Kind = 405
	RequestTimeout  Kind = 408
	Conflict        Kind = 409
	Stale           Kind = 412
	TooLarge        Kind = 413
	Unsupported     Kind = 415
	Invalid         Kind = 422
	Precondition    Kind = 428
	TooMany         Kind = 429
	NotBuilt        Kind = 501
	Unavailable     Kind = 503
	Timeout         Kind = 504
)

// Field is one thing that is wrong with the input. It never echoes the value.
type Field struct {
	Pointer string   `json:"pointer" doc:"JSON pointer into the body, or the name of a parameter."`
	Code    string   `json:"code" doc:"What is wrong, stable, for programs."`
	Message string   `json:"message" doc:"What is wrong, for people."`
	Allowed []string `json:"allowed,omitempty" doc:"The values that would be accepted."`
}

// Error is a fault that the caller may see. Code is stable and documented;
// Detail is written for the person at the screen.
type Error struct {
	Kind       Kind
	Code       string
	Detail     string
	Fields     []Field
	RetryAfter time.Duration
	cause      error
}

// New returns a problem that carries no private cause.
func New(kind Kind, code, detail string) *Error {
	return &Error{Kind: kind, Code: code, Detail: detail}
}

// Newf is New with a formatted detail. Never format foreign text into it.
func Newf(kind Kind, code, format string, args ...any) *Error {
	return New(kind, code, fmt.Sprintf(format, args...))
}

// Because returns a copy that remembers its private cause, for the log alone.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Retry returns a copy that tells the caller when to try again.
func (e *Error) Retry(after time.Duration) *Error {
	c := *e
	c.RetryAfter = after
	return &c
}

// Error gives code and detail, and the cause if there is one.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.Detail + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Detail
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is a problem of the same code, so that sentinel
// problems can be compared with errors.Is.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// KindOf returns the kind of err, Internal when err is not a problem.
func KindOf(err error) Kind {
	if p, ok := errors.AsType[*Error](err); ok {
		return p.Kind
	}
	return Internal
}

// Fields collects everything that is wrong with an input, so that a person
// mends it once.
type Fields []Field

// Check adds a fault at pointer unless ok.
func (f *Fields) Check(ok bool, pointer, code, message string, allowed ...string) {
	if !ok {
		*f = append(*f, Field{Pointer: pointer, Code: code, Message: message, Allowed: allowed})
	}
}

// Err returns nil if nothing is wrong, else a validation problem.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "validation_failed", Detail: "Some values are not acceptable; errors lists each.", Fields: f}
}

// Missing is the answer for what does not exist or may not be known to exist.
func Missing(what string) *Error {
	return Newf(NotFound, "not_found", "There is no such %s in this workspace.", what)
}
