// Package ask reads what vendors are asked: each in its own form, with its own
// rules, into one.
package ask

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Op is what a request is for.
type Op int

// The operations.
const (
	Complete Op = iota
	CountTokens
	ListModels
	OneModel
	KeyInfo
)

// Request is a request as it arrived, with the path below the vendor's own.
type Request struct {
	Method string
	Path   string
	Query  string
	Header http.Header
	Body   []byte
}

// Ask is what every vendor is asked, in one form.
type Ask struct {
	Op     Op
	Model  string
	Key    string
	Stream bool
	System string
	Turns  []Turn
	// Schema is what the answer shall satisfy; SchemaName is "" where the
	// vendor has no place for it.
	Schema     json.RawMessage
	SchemaName string
	Tools      []Tool
	// Forced is "" where the model is free, "any" where it must use some tool,
	// else the tool.
	Forced    string
	MaxTokens int64
	// Thinks says that the model thinks before it answers, Shows that its
	// thoughts are part of the answer.
	Thinks bool
	Shows  bool
	// Keep is how long the prompt shall be kept: "5m", "1h", or "" where
	// nobody asks.
	Keep string
	// Resumes says that the model shall go on with what it said last, Unfilled
	// that it does so only if it paused there.
	Resumes  bool
	Unfilled bool
}

// Turn is one thing that was said before.
type Turn struct {
	Model bool // said by the model
	Text  string
	Tools []string // used, or answered
}

// Tool is something that the model may use.
type Tool struct {
	Name   string
	Schema json.RawMessage
}

// User is what was said last by the one who asks.
func (a Ask) User() string {
	for i := len(a.Turns) - 1; i >= 0; i-- {
		if !a.Turns[i].Model {
			return a.Turns[i].Text
		}
	}
	return ""
}

// Sort is a kind of refusal that vendors word each in their way.
type Sort int

// The sorts.
const (
	BadRequest Sort = iota
	NoKey
	BadKey
	Forbidden
	Region
	NoModel
	NoPath
	TooLong
	TooLarge
	BoundThought
	NoSignature
	BadSchema
	RateLimit
	DayLimit
	SpendLimit
	InFlight
	NoCredit
	Conflict
	SlowRequest
	Internal
	BadGateway
	Unavailable
	GatewayTimeout
	Filtered
)

// Trouble is a refusal. Only Sort is needed.
type Trouble struct {
	Sort   Sort
	Text   string
	Status int
	Detail string // the field or the limit that it is about
	// Wait is told where the vendor tells it, in seconds as they are written;
	// "" tells nothing.
	Wait string
	ID   string // of the request
}

// Prefilled is the refusal of an answer that was begun by the one who asks.
func Prefilled() *Trouble {
	return &Trouble{Text: "This model does not support assistant message prefill. The conversation must end with a user message."}
}

// Error makes a Trouble an error.
func (t *Trouble) Error() string { return t.Text }

// Providers lists the names of those that have a form.
func Providers() []string { return []string{"anthropic", "gemini", "openrouter", "compatible"} }

// Parse reads a request to a provider. What is wrong with it is a trouble that
// the provider words. The key of a request that is otherwise wrong is still
// told.
func Parse(provider string, q Request) (Ask, *Trouble) {
	switch provider {
	case "anthropic":
		return parseAnthropic(q)
	case "gemini":
		return parseGemini(q)
	}
	return parseChat(q, provider == "openrouter")
}

// Find tells whose request it is, by the host or the first part of the path or
// by the path alone, and the path below the vendor's own.
func Find(host, path string) (provider, rest string) {
	for _, p := range Providers() {
		if below, ok := strings.CutPrefix(path, "/"+p); ok && strings.HasPrefix(below, "/") {
			return p, below
		}
	}
	name, _, _ := strings.Cut(host, ":")
	switch {
	case name == "api.anthropic.com", strings.HasPrefix(path, "/v1/messages"):
		return "anthropic", path
	case name == "generativelanguage.googleapis.com", strings.HasPrefix(path, "/v1beta/"):
		return "gemini", path
	case name == "openrouter.ai", strings.HasPrefix(path, "/api/v1/"):
		return "openrouter", path
	case strings.HasPrefix(path, "/v1/"):
		return "compatible", path
	}
	return "", path
}
