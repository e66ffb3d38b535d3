// Package agents runs what agents do, durably: a row for each run and each of
// its steps, written before the step begins and again when it is over. A
// result that was stored is never asked for again; a run whose process died is
// taken up by the next that has the same work.
package agents

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/guard"
	"rapport/internal/platform/pg"
)

// Definition is an agent. A new version means that everything is worth asking
// again: it changes with the input, the schema, the prompt and the rules.
type Definition struct {
	Name      string
	Version   string
	Class     ai.Class
	Schema    *ai.Schema
	MaxTokens int
	// Prompt is what a model is told of a work; nil while only rules answer.
	Prompt func(Work) guard.Prompt
	// Verify compares an answer with what it is about and returns what may be
	// stored of it. It is pure: a stored answer is verified again when read.
	Verify func(Work, json.RawMessage) (json.RawMessage, error)
}

// Request is a work as the gateway is asked it. What is verified there is what
// cites the text itself, not what stood for parts of it in the prompt.
func (d Definition) Request(w Work) ai.Request {
	q := ai.Request{Task: d.Name, Class: d.Class, Input: w.Input, Schema: d.Schema, MaxTokens: d.MaxTokens, Agent: d.Name}
	if d.Prompt != nil {
		q.Prompt = d.Prompt(w)
	}
	prompt := q.Prompt
	q.Verify = func(output json.RawMessage) (json.RawMessage, error) { return verify(d, w, prompt.Restore(output)) }
	return q
}

// Work is one subject that an agent is to look at.
type Work struct {
	Entity    string
	SubjectID string
	// Input is what the engine is given.
	Input json.RawMessage
	// Key is what makes the input the same as another time's: Input without
	// what only passes, such as the hour. nil: Input itself.
	Key json.RawMessage
	// Skip is the reason not to ask; "" to ask.
	Skip string
	// At is when the subject is from: of those that wait for an engine the
	// latest come first.
	At time.Time
}

// hash names the input, for a run that is made once.
func (w Work) hash() string {
	key := w.Key
	if key == nil {
		key = w.Input
	}
	h := sha256.New()
	h.Write(key)
	h.Write([]byte("\x00" + w.Skip))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// State is how far a run is.
type State string

// The states of a run. Only Running ever changes, and others when somebody asks
// for another try.
const (
	Running State = "running"
	Done    State = "done"
	Skipped State = "skipped"
	Failed  State = "failed"
)

// Result is what became of one work, in the order of the works.
type Result struct {
	RunID     string
	SubjectID string
	State     State
	// Output is the verified answer of a run that is done; nil where a stored
	// answer would not be accepted any more.
	Output   json.RawMessage
	Engine   string
	Version  string // of the engine
	Degraded bool
	// Error says why a run failed or was skipped.
	Error string
	// Stored says that an earlier run answers; its effects are there already.
	Stored bool
}

// Batch is work for one agent, each subject once.
type Batch struct {
	Agent Definition
	Works []Work
	// Apply stores what was found: results that are done, skipped or failed,
	// never those that are Stored. It joins the transaction that ends the runs,
	// so both happen or neither. It may be called several times, each with
	// other results.
	Apply func(tx *pg.Tx, results []Result) error
	// Again tries once more what failed before, or was answered by an engine
	// that only stood in.
	Again bool
	// NoRules leaves a degraded answer standing rather than taking another from
	// rules.
	NoRules bool
	// Last lets what has still no answer fail; else it waits for an engine.
	Last bool
	// Flight is how many works are asked about at once; 0 is one.
	Flight int
	// Patience is how long one question may take; 0 is as long as there is time.
	Patience time.Duration
	// Later is called within the transaction that ends runs when some of them
	// wait for an engine: it sees to it that they are run again. nil leaves that
	// to the caller.
	Later func(tx *pg.Tx) error
}

// DeferredError says that some runs wait for an engine to come back; the same
// batch is to be run again then.
type DeferredError struct {
	After time.Duration
}

// Error says for how long.
func (d *DeferredError) Error() string { return "deferred for " + d.After.String() }
