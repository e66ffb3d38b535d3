package budget_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/budget"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/provider/anthropic"
	"rapport/internal/ai/router"
	"rapport/internal/ai/wire"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// purse is one without limits, and on whose account it goes.
func purse(b *testing.B, durable bool) (context.Context, *budget.Purse) {
	b.Helper()
	db, err := pg.Open(b.Context(), pg.Config{URL: pgtest.Shared(b)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(db.Close)
	ctx := actor.With(b.Context(), actor.Actor{Kind: actor.User, WorkspaceID: pgtest.Workspace(b, db.Session())})
	return ctx, budget.New(db, budget.Options{Daily: 1 << 60, Monthly: 1 << 60, Durable: durable})
}

// BenchmarkHoldAndSettle is the money of one attempt.
func BenchmarkHoldAndSettle(b *testing.B) {
	for name, durable := range map[string]bool{"leased": false, "durable": true} {
		b.Run(name, func(b *testing.B) {
			ctx, p := purse(b, durable)
			var took clock
			b.ReportAllocs()
			for b.Loop() {
				began := time.Now()
				h, err := p.Hold(ctx, router.Spend{Max: 1000})
				if err != nil {
					b.Fatal(err)
				}
				h.Settle(cost(10))
				took.add(began)
			}
			b.ReportMetric(took.p50(), "p50-µs")
		})
	}
}

// oneKey is all keys that there are.
type oneKey struct{}

func (oneKey) Keys(context.Context, string) ([]ai.Key, error) {
	return []ai.Key{{ID: "k", Secret: "loopback"}}, nil
}

// BenchmarkAdded asks the adapter of an official SDK and the router before it
// in turns, over loopback. What the router adds to a call is the difference; in
// a batch of calls at a time, so is its time of the processor.
func BenchmarkAdded(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-5-5","content":[{"type":"text","text":"{\"name\":\"blue\"}"}],
"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":700,"output_tokens":8}}`)
	}))
	b.Cleanup(s.Close)
	provider := anthropic.New(wire.New(wire.Shared(wire.Guard{Loopback: true})), s.URL)
	r := ai.Request{Task: "colour", Class: ai.Fast, MaxTokens: 200, Interactive: true,
		Schema: ai.MustCompile("colour", "1", []byte(`{"type":"object","required":["name"],"additionalProperties":false,"properties":{"name":{"type":"string"}}}`)),
		Prompt: guard.New("colour", "1", "Name the colour.").Quote("text", strings.Repeat("The lamp is blue. ", 110))}
	for name, durable := range map[string]bool{"leased": false, "durable": true} {
		b.Run(name, func(b *testing.B) {
			ctx, p := purse(b, durable)
			g := router.New(router.Options{Providers: []ai.Provider{provider}, Purse: p, Keys: oneKey{}})
			call := ai.Call{Request: r, Key: ai.Key{ID: "k", Secret: "loopback"}, Model: "claude-haiku-5-5", Params: ai.Params{MaxTokens: 200}}
			call.System, call.User = r.Prompt.Render("0123456789abcdef")
			bare := side{ask: func() error { _, err := provider.Call(ctx, call); return err }}
			routed := side{ask: func() error { _, err := g.Do(ctx, r); return err }}
			for b.Loop() {
				for _, s := range []*side{&bare, &routed} {
					if err := s.batch(); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(bare.took.p50(), "bare-p50-µs")
			b.ReportMetric(bare.cpu.p50(), "bare-cpu-µs")
			b.ReportMetric(routed.took.p50()-bare.took.p50(), "added-p50-µs")
			b.ReportMetric(routed.cpu.p50()-bare.cpu.p50(), "added-cpu-µs")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// batch is how many calls one reading of the processor's time covers.
const batch = 50

// side is one of two ways to ask.
type side struct {
	ask       func() error
	took, cpu clock
}

func (s *side) batch() error {
	before := processor()
	for range batch {
		began := time.Now()
		if err := s.ask(); err != nil {
			return err
		}
		s.took.add(began)
	}
	s.cpu = append(s.cpu, (processor()-before)/batch)
	return nil
}

// processor is the processor's time that the process has used, in microseconds.
func processor() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // of oneself it never fails
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
}

// clock keeps durations in microseconds.
type clock []float64

func (c *clock) add(began time.Time) {
	*c = append(*c, float64(time.Since(began).Nanoseconds())/1e3)
}

func (c *clock) p50() float64 {
	slices.Sort(*c)
	return (*c)[len(*c)/2]
}
