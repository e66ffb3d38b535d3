package attempt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"rapport/internal/ai"
)

var (
	errGone = errors.New("the caller takes no more")
	errCut  = errors.New("the stream ended before it was over")
	errVast = errors.New("the stream is longer than any answer")
)

// vast is more bytes of text than a model writes.
const vast = 8 << 20

// stream takes the answer in pieces, each of which has its own limit of
// silence. What came of a stream that fails is in the answer.
func (a *Ask) stream(ctx context.Context, s ai.Streamer, note *ai.Attempt) (answer ai.Answer, err error) {
	ctx, cancel := context.WithCancelCause(a.bounded(ctx, a.Silence))
	defer cancel(nil)
	var text strings.Builder
	defer func() {
		if v := recover(); v != nil {
			err = &ai.Fault{Kind: ai.Unknown, Scope: ai.ScopeModel, TryOther: true, Billed: ai.BilledMaybe, Err: fmt.Errorf("%s panicked: %v", s.Name(), v)}
		}
		if err != nil && errors.Is(context.Cause(ctx), errSilent) {
			err = silent(err)
		}
		if answer.Text == "" {
			answer.Text = text.String()
		}
	}()
	silence := time.AfterFunc(a.Silence, func() { cancel(errSilent) })
	defer silence.Stop()
	for event, err := range s.Stream(ctx, a.Call) {
		if err != nil {
			return answer, err
		}
		silence.Reset(a.Idle)
		if note.FirstByte == 0 {
			note.FirstByte = time.Since(note.StartedAt)
		}
		if event.Answer != nil {
			return a.last(*event.Answer, text.Len())
		}
		text.WriteString(event.Text)
		if event.Text != "" && !a.Pieces(event.Text) {
			return answer, &ai.Fault{Kind: ai.Cancelled, Scope: ai.ScopeRequest, Billed: ai.BilledMaybe, Err: errGone}
		}
		if text.Len() > vast {
			return answer, broken(errVast)
		}
	}
	return answer, broken(errCut)
}

// last passes on the text of an answer that did not come in pieces.
func (a *Ask) last(answer ai.Answer, passed int) (ai.Answer, error) {
	if passed == 0 && answer.Text != "" && !a.Pieces(answer.Text) {
		return answer, &ai.Fault{Kind: ai.Cancelled, Scope: ai.ScopeRequest, Billed: ai.BilledYes, Usage: answer.Usage, Err: errGone}
	}
	return answer, nil
}

func broken(err error) *ai.Fault {
	return &ai.Fault{Kind: ai.StreamBroken, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Billed: ai.BilledMaybe, Err: err}
}
