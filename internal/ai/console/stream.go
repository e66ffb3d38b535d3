package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/api/op"
	"rapport/internal/platform/problem"
)

func (s *Service) stream(ctx context.Context, in *askInput) (*op.File, error) {
	var f problem.Fields
	f.Check(in.Body.Schema == nil, "/schema", "unsupported", "An answer with a schema cannot be read along: ask with ai.complete.")
	f.Check(!in.Body.Defer, "/defer", "unsupported", "Whoever reads along waits: ask with ai.complete.")
	if err := f.Err(); err != nil {
		return nil, err
	}
	r, err := in.request()
	if err != nil {
		return nil, err
	}
	r.IdempotencyKey, r.Restarts = op.Key(ctx), true
	return op.NewEventStream(func(w io.Writer) {
		ctx, cancel := context.WithTimeout(ctx, in.patience())
		defer cancel()
		t := &teller{w: w, stop: cancel}
		defer t.breathe(ctx)()
		s.tell(ctx, t, in, r)
	}), nil
}

// tell passes the pieces on as they come.
func (s *Service) tell(ctx context.Context, t *teller, in *askInput, r ai.Request) {
	var last ai.Response
	for piece, err := range s.Gateway.Stream(ctx, r) {
		if piece.Done != nil {
			last = *piece.Done
		}
		switch {
		case err != nil && errors.Is(err, context.Canceled):
			return
		case err != nil:
			t.event("error", document(explain(err, last)))
			return
		}
		if piece.Restart {
			t.event("restart", struct{}{})
		}
		if piece.Text != "" && r.Schema == nil {
			t.event("piece", map[string]string{"text": piece.Text})
		}
		if piece.Done != nil {
			out := s.answer(in, last)
			if r.Schema != nil && out.Text != "" { // it was not to be shown before it was checked
				t.event("piece", map[string]string{"text": out.Text})
			}
			t.event("done", out)
			return
		}
	}
}

// trouble is a problem as an event shows it.
type trouble struct {
	Type   string          `json:"type"`
	Status int             `json:"status"`
	Detail string          `json:"detail"`
	Code   string          `json:"code"`
	Errors []problem.Field `json:"errors,omitempty"`
}

func document(err error) trouble {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		p = problem.New(problem.Internal, "internal", "Something went wrong on our side.")
	}
	return trouble{Type: "/problems/" + p.Code, Status: int(p.Kind), Detail: p.Detail, Code: p.Code, Errors: p.Fields}
}

// teller writes events, and a sign of life where there are none.
type teller struct {
	mu   sync.Mutex
	w    io.Writer
	stop func()
}

// beat is how often a proxy hears that the stream lives.
const beat = 10 * time.Second

// event writes one; a client that is gone ends the call.
func (t *teller) event(name string, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte("{}") // strings and numbers always are JSON
	}
	t.write(fmt.Sprintf("event: %s\ndata: %s\n\n", name, text))
}

func (t *teller) write(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := io.WriteString(t.w, text); err != nil {
		t.stop()
	}
}

// breathe writes comments until the returned function is called, which waits
// for the last one.
func (t *teller) breathe(ctx context.Context) func() {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				t.write(": still asking\n\n")
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}
