package router

import (
	"context"
	"encoding/json"
	"errors"

	"rapport/internal/ai"
	"rapport/internal/platform/problem"
)

// ErrIncomplete says that a stream broke after words were shown that cannot be
// taken back.
var ErrIncomplete = problem.New(problem.Unavailable, "ai_answer_incomplete", "The answer broke off. What is shown is incomplete; ask again.")

// outlet is where the pieces of a stream go. Until the first words are through
// an engine can be changed unseen; from then on the caller must agree.
type outlet struct {
	yield     func(ai.Piece, error) bool
	committed bool // words of the attempt under way are through
	shown     bool // words are through that no restart has voided
	gone      bool // the caller takes no more
}

// put passes words on, and reports whether the caller takes more.
func (o *outlet) put(text string) bool {
	if o.gone || text == "" {
		return !o.gone
	}
	if o.shown && !o.committed {
		o.gone = !o.yield(ai.Piece{Restart: true}, nil)
	}
	o.committed, o.shown = true, true
	o.gone = o.gone || !o.yield(ai.Piece{Text: text}, nil)
	return !o.gone
}

// end passes the response on, with the words where they did not come in pieces.
func (o *outlet) end(res ai.Response, err error) {
	if o.gone {
		return
	}
	last := ai.Piece{Done: &res}
	if err == nil && !o.committed {
		last.Text, last.Restart = words(res.Output), o.shown
	}
	o.yield(last, err)
}

// broken reports whether words are through that the caller does not let be
// taken back.
func (c *call) broken() bool {
	return c.out != nil && c.out.shown && (!c.r.Restarts || c.out.gone)
}

// incomplete ends a stream that broke.
func (c *call) incomplete(ctx context.Context) error {
	if c.out.gone {
		return context.Canceled
	}
	return ErrIncomplete.Because(errors.Join(append(c.faults, ctx.Err())...))
}

// words are the prose in a JSON string, or the JSON as it is.
func words(output json.RawMessage) string {
	var text string
	if json.Unmarshal(output, &text) == nil {
		return text
	}
	return string(output)
}
