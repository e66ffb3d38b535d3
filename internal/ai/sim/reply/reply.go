// Package reply writes what vendors answer: whole, in events, or as a refusal,
// each in its own words.
package reply

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/sim/ask"
)

// Stop is why an answer ended.
type Stop int

// The reasons.
const (
	Finished Stop = iota
	MaxTokens
	ToolUse
	Refusal
	Blocked // the prompt itself
	Pause   // to be resumed
)

// Reply is an answer in one form.
type Reply struct {
	ID      string
	Model   string
	Created time.Time
	Thought string
	Text    string
	Calls   []Call
	Stop    Stop
	Usage   ai.Usage
	Cost    ai.Nano
	// Told is how usage is told: "" truly, "missing", "zero", "absurd",
	// "negative".
	Told string
	// Seal binds the thoughts to their model and to what was said before.
	Seal string
}

// Call is the use of a tool.
type Call struct {
	ID    string
	Name  string
	Input json.RawMessage
}

// Part is what a frame of a stream is.
type Part int

// The parts.
const (
	Preamble Part = iota
	Keepalive
	Thought
	Delta
	Terminal
)

// Frame is an event of a stream, and how many tokens of output it carries.
type Frame struct {
	Part   Part
	Data   []byte
	Tokens int64
}

// Response is a whole answer on the wire.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// A Form is one vendor's way to speak.
type Form interface {
	// Refuse words a refusal.
	Refuse(t ask.Trouble) Response
	// Unary and Stream write an answer.
	Unary(r Reply) Response
	Stream(r Reply) []Frame
	// Inline words a refusal as an event of a stream that has begun.
	Inline(t ask.Trouble) []byte
}

// Of is the form of a provider, or nil.
func Of(provider string) Form {
	switch provider {
	case "anthropic":
		return anthropic{}
	case "gemini":
		return gemini{}
	case "openrouter":
		return chat{router: true}
	case "compatible":
		return chat{}
	}
	return nil
}

func jsonHeader(pairs ...string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			h[http.CanonicalHeaderKey(pairs[i])] = []string{pairs[i+1]}
		}
	}
	return h
}

// encode writes JSON as vendors do, without escaping what HTML would mind.
func encode(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte("null") // what is encoded here is made here
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// pieces cuts a text as a model emits it, a few tokens at a time.
func pieces(text string) []string {
	const size = 24
	out := make([]string, 0, len(text)/size+1)
	for len(text) > size {
		n := size
		for n > 0 && text[n]&0xc0 == 0x80 { // between characters
			n--
		}
		if n == 0 {
			n = size
		}
		out, text = append(out, text[:n]), text[n:]
	}
	if text != "" {
		out = append(out, text)
	}
	return out
}

// share spreads tokens over n pieces so that their sum is exact.
func share(tokens int64, i, n int) int64 {
	return tokens*int64(i+1)/int64(n) - tokens*int64(i)/int64(n)
}

// told is the usage as the vendor writes it down, which may be nonsense.
func (r Reply) told() ai.Usage {
	switch r.Told {
	case "zero":
		return ai.Usage{}
	case "absurd":
		return ai.Usage{InputTokens: 9_007_199_254_740_991, OutputTokens: 9_007_199_254_740_991}
	case "negative":
		return ai.Usage{InputTokens: -r.Usage.InputTokens - 1, OutputTokens: -r.Usage.OutputTokens - 1}
	}
	return r.Usage
}
