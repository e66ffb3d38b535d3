package router_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/router"
)

// speaker is an engine that answers in pieces: each is text, or "!" which
// breaks, "|" which ends without an end, "…" which is silent for a minute.
type speaker struct {
	engine
	script [][]string // one a call, the last again and again
}

func (s *speaker) Stream(ctx context.Context, c ai.Call) iter.Seq2[ai.Event, error] {
	s.mu.Lock()
	s.seen = append(s.seen, c)
	words := s.script[min(len(s.seen), len(s.script))-1]
	s.mu.Unlock()
	return func(yield func(ai.Event, error) bool) {
		for _, w := range words {
			switch w {
			case "!":
				yield(ai.Event{}, &ai.Fault{Kind: ai.StreamBroken, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Billed: ai.BilledMaybe})
				return
			case "|":
				return
			case "…":
				select {
				case <-ctx.Done():
					yield(ai.Event{}, &ai.Fault{Kind: ai.Cancelled, Billed: ai.BilledMaybe, Err: ctx.Err()})
					return
				case <-time.After(time.Minute):
				}
			default:
				if !yield(ai.Event{Text: w}, nil) {
					return
				}
			}
		}
		yield(ai.Event{Answer: &ai.Answer{Usage: ai.Usage{InputTokens: 9, OutputTokens: 3}}}, nil)
	}
}

func tell() ai.Request {
	return ai.Request{Task: "tale", Class: ai.Fast, Interactive: true, Prompt: guard.New("tale", "1", "Tell a tale.")}
}

// heard is what a caller of Stream sees: words, "<" for a restart.
func heard(g *router.Gateway, ctx context.Context, r ai.Request) (text string, done *ai.Response, err error) {
	for p, e := range g.Stream(ctx, r) {
		if p.Restart {
			text += "<"
		}
		text += p.Text
		done, err = p.Done, e
	}
	return text, done, err
}

func TestAStreamComesInPiecesAndEndsWithTheResponse(t *testing.T) {
	t.Parallel()
	a := &speaker{engine: engine{name: "a"}, script: [][]string{{"Once ", "upon ", "a time."}}}
	text, done, err := heard(gateway(a), t.Context(), tell())
	if err != nil || text != "Once upon a time." || done == nil || string(done.Output) != `"Once upon a time."` || done.Usage.OutputTokens != 3 {
		t.Errorf("Stream() = %q, %+v, %v", text, done, err)
	}
}

func TestBeforeTheFirstWordsAFailoverIsUnseen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, broken := range []string{"!", "|", "…"} {
			a := &speaker{engine: engine{name: "a"}, script: [][]string{{broken}}}
			b := &speaker{engine: engine{name: "b"}, script: [][]string{{"Once."}}}
			start := time.Now()
			text, done, err := heard(gateway(a, b), t.Context(), tell())
			if err != nil || text != "Once." || done.Engine != "b" {
				t.Errorf("%s: Stream() = %q, %+v, %v", broken, text, done, err)
			}
			if took := time.Since(start); broken == "…" && took != 8*time.Second {
				t.Errorf("silence took %v, want the limit of 8 s", took)
			}
		}
	})
}

func TestAfterTheFirstWordsAStreamBeginsAnewOnlyWithLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, broken := range []string{"!", "|", "…"} {
			a := &speaker{engine: engine{name: "a"}, script: [][]string{{"Once ", broken}}}
			b := &speaker{engine: engine{name: "b"}, script: [][]string{{"A tale."}}}
			r := tell()
			text, done, err := heard(gateway(a, b), t.Context(), r)
			if !errors.Is(err, router.ErrIncomplete) || text != "Once " || done == nil || len(done.Attempts) != 1 || len(b.seen) != 0 {
				t.Errorf("%s: Stream() = %q, %+v, %v; want it incomplete", broken, text, done, err)
			}
			r.Restarts = true
			text, done, err = heard(gateway(a, b), t.Context(), r)
			if err != nil || text != "Once <A tale." || done.Engine != "b" {
				t.Errorf("%s: Stream() = %q, %+v, %v; want a restart", broken, text, done, err)
			}
		}
	})
}

func TestWhoLeavesAStreamEndsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, d := &speaker{engine: engine{name: "a"}, script: [][]string{{"Once ", "upon ", "…"}}}, &drawer{}
		o := options(a)
		o.Book = d
		g := router.New(o)
		for range g.Stream(t.Context(), tell()) {
			break
		}
		if len(d.records) != 1 || d.records[0].Outcome != "cancelled" || len(a.seen) != 1 {
			t.Errorf("recorded %+v after %d calls; want one, cancelled", d.records, len(a.seen))
		}
		if s := o.Traffic.State(); s[0].InFlight != 0 {
			t.Errorf("State() = %+v, want nothing in flight", s)
		}
	})
}

func TestWhatHasASchemaIsStreamedInOneCheckedPiece(t *testing.T) {
	t.Parallel()
	a := &engine{name: "a", answer: says(`{"name":1}`, `{"name":"red"}`)}
	text, done, err := heard(gateway(a), t.Context(), what())
	if err != nil || text != `{"name":"red"}` || len(done.Attempts) != 2 {
		t.Errorf("Stream() = %q, %+v, %v; want the second answer in one piece", text, done, err)
	}
}
