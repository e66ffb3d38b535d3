// Package providertest lets everything happen to an adapter that goes wrong with
// providers, and holds what the adapter makes of it in a file.
package providertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/fault"
	"rapport/internal/ai/sim"
	"rapport/internal/ai/sim/schedule"
	"rapport/internal/ai/wire"
)

// Adapter is the adapter under test.
type Adapter struct {
	Provider string
	Model    string
	// Make makes it, reached over t at base.
	Make func(t *wire.Transport, base string) ai.Streamer
}

// Question is what is asked of the model: little enough to be answered in one
// piece.
func Question(model string) ai.Call {
	return ai.Call{
		Request: ai.Request{Task: "test", MaxTokens: 1000}, Model: model, Key: ai.Key{ID: "a", Secret: "sim-a"},
		System: "Answer in one sentence.", User: "Where is the zeppelin of Friedrichshafen kept in the winter, and who paints it?",
	}
}

// Tool is one that every model uses.
func Tool() ai.Tool {
	return ai.Tool{Name: "find", Description: "Finds a thing.", Schema: []byte(`{"type":"object","properties":{"thing":{"type":"string"}},"required":["thing"]}`)}
}

// Faults lets each fault of the catalogue of the simulator happen to one call in
// each form, and compares what comes of it with the file at path. With update
// it writes the file.
func Faults(t *testing.T, a Adapter, path string, update bool) {
	t.Helper()
	var out strings.Builder
	for _, f := range schedule.Catalogue() {
		if f.Not != "" || !f.Of(a.Provider) || f.ID > "F46" {
			continue
		}
		variants := f.Variants
		if variants == nil {
			variants = []string{""}
		}
		for _, what := range variants {
			for _, stream := range []bool{false, true} {
				if f.In(stream) {
					out.WriteString(row(t, a, schedule.Rule{Fault: f.ID, Params: schedule.Params{What: what}}, stream))
				}
			}
		}
	}
	compare(t, path, out.String(), update)
}

func compare(t *testing.T, path, got string, update bool) {
	t.Helper()
	if update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(lines) || lines[i] != line {
			t.Errorf("%s, line %d: got %q", path, i+1, line)
		}
	}
	if got != string(want) {
		t.Errorf("%s is not what comes of the faults", path)
	}
}

// row is what one fault comes to.
func row(t *testing.T, a Adapter, rule schedule.Rule, stream bool) string {
	t.Helper()
	form := "unary"
	if stream {
		form = "stream"
	}
	name := strings.TrimSpace(fmt.Sprintf("%s %s %s", rule.Fault, form, rule.Params.What))
	var result string
	t.Run(strings.ReplaceAll(name, " ", "/"), func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := Question(a.Model)
			if rule.Params.What == "tool_ids" {
				c.Tools = []ai.Tool{Tool()}
			}
			result = attempt(t, a, rule, c, stream)
		})
	})
	return fmt.Sprintf("%-28s %s\n", name, result)
}

// attempt makes one call of a provider that fails by rule.
func attempt(t *testing.T, a Adapter, rule schedule.Rule, c ai.Call, stream bool) string {
	t.Helper()
	known := catalog.Default()
	s, err := sim.New(sim.Options{Seed: 7, Scale: 0.1, Schedule: schedule.Schedule{Faults: []schedule.Rule{rule}}, Prices: func(provider, model string, at time.Time, u ai.Usage) ai.Nano {
		n, _ := known.Cost(provider, model, u, at)
		return n
	}})
	if err != nil {
		t.Fatal(err)
	}
	seen := &witness{next: s}
	p := a.Make(wire.New(seen), "http://sim/"+a.Provider)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	answer, err := Ask(ctx, p, c, stream)
	synctest.Wait()
	if seen.calls != 1 {
		t.Errorf("%d requests in one call, want 1", seen.calls)
	}
	if err == nil {
		told(t, s, answer)
		return describe(answer)
	}
	f := ai.FaultOf(err)
	if f == nil {
		t.Fatalf("got the error %v (%T), want a *ai.Fault", err, err)
	}
	for _, text := range seen.prose() {
		if strings.Contains(f.Error(), text) {
			t.Errorf("the error repeats the provider: %q", f.Error())
		}
	}
	if strings.Contains(fmt.Sprintf("%+v", f), "sim-a") || strings.Contains(fmt.Sprintf("%+v", f), "zeppelin") {
		t.Errorf("the fault holds the key or the question: %+v", f)
	}
	if total := s.Meter().Total(); f.Billed == ai.BilledNo && total != 0 {
		t.Errorf("the provider bills %v, the fault says %q", total, f.Billed)
	}
	return explain(f)
}

// Leaving lets a stream be left: by cancelling its context, which is a fault of
// nobody's and names what is known to be used, and by reading no further, which
// ends the request.
func Leaving(t *testing.T, a Adapter) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := sim.New(sim.Options{Seed: 7, Scale: 1})
		if err != nil {
			t.Fatal(err)
		}
		p := a.Make(wire.New(s), "http://sim/"+a.Provider)
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		var last error
		for e, err := range p.Stream(ctx, Question(a.Model)) {
			if last = err; e.Text != "" {
				cancel(fault.ErrHedgeWon)
			}
		}
		f := ai.FaultOf(last)
		if f == nil || f.Kind != ai.Cancelled || f.Detail != string(fault.HedgeWon) || f.Usage.InputTokens == 0 || !f.Usage.Estimated {
			t.Errorf("got %+v, want a cancelled call and an estimate of what it used", f)
		}
		for e := range p.Stream(t.Context(), Question(a.Model)) {
			if e.Text != "" {
				break
			}
		}
		synctest.Wait()
		for _, l := range s.Meter().Lines() {
			if l.Outcome != "aborted" {
				t.Errorf("the provider saw %q, want an abort", l.Outcome)
			}
		}
		if n := len(s.Meter().Lines()); n != 2 {
			t.Errorf("%d calls are over, want 2", n)
		}
	})
}

// Ask makes the call in one form or the other.
func Ask(ctx context.Context, p ai.Streamer, c ai.Call, stream bool) (ai.Answer, error) {
	if !stream {
		return p.Call(ctx, c)
	}
	for e, err := range p.Stream(ctx, c) {
		if err != nil {
			return ai.Answer{}, err
		}
		if e.Answer != nil {
			return *e.Answer, nil
		}
	}
	return ai.Answer{}, errors.New("the stream ended without an answer")
}

// told compares what the adapter says was used with the provider's bill.
func told(t *testing.T, s *sim.Sim, a ai.Answer) {
	t.Helper()
	lines := s.Meter().Lines()
	if len(lines) != 1 {
		t.Errorf("%d lines on the bill, want 1", len(lines))
		return
	}
	want, got := lines[0].Usage, a.Usage
	want.CostNano, got.ChargedNano = 0, 0
	if !a.Usage.Estimated && got != want {
		t.Errorf("got usage %+v, the bill says %+v", got, want)
	}
	if a.Usage.ChargedNano != 0 && a.Usage.ChargedNano != int64(lines[0].Nano) {
		t.Errorf("charged %d, the bill says %d", a.Usage.ChargedNano, lines[0].Nano)
	}
}

func describe(a ai.Answer) string {
	out := "answer"
	if a.Text == "" {
		out = "no text"
	}
	if len(a.Calls) > 0 {
		out += fmt.Sprintf(", %d tools", len(a.Calls))
	}
	if a.Usage.Estimated {
		out += ", estimated"
	}
	return out
}

func explain(f *ai.Fault) string {
	out := fmt.Sprintf("%s %s billed=%s", f.Kind, f.Scope, f.Billed)
	if f.Wait != 0 {
		out += fmt.Sprintf(" wait=%v/%s", f.Wait.Round(time.Second/10), f.WaitFrom)
	}
	if f.Repair != "" {
		out += " repair=" + string(f.Repair)
	}
	if f.RetrySame {
		out += " again"
	}
	if f.TryOther {
		out += " other"
	}
	if f.Usage.Tokens() > 0 {
		out += " usage"
	}
	if f.Usage.Estimated {
		out += "~"
	}
	return out + fmt.Sprintf(" (%d %s)", f.Status, f.Detail)
}

// witness counts requests and remembers what was answered.
type witness struct {
	next http.RoundTripper

	mu    sync.Mutex
	calls int
	body  bytes.Buffer
}

// RoundTrip hands r on.
func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.calls++
	w.mu.Unlock()
	res, err := w.next.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(res.Body, &w.body), res.Body}
	}
	return res, err
}

var messages = regexp.MustCompile(`"message":\s*"([^"]{8,})"|<title>([^<]*)</title>`)

// prose is what was said to people.
func (w *witness) prose() []string {
	var out []string
	for _, m := range messages.FindAllStringSubmatch(w.body.String(), -1) {
		out = append(out, m[1]+m[2])
	}
	return out
}

// CostsNothing wants that an adapter refused a call by itself.
func CostsNothing(t *testing.T, err error, requests int) {
	t.Helper()
	f := ai.FaultOf(err)
	if f == nil || f.Billed != ai.BilledNo || f.RetrySame || requests != 0 {
		t.Errorf("got %v after %d requests, want a fault that cost nothing", err, requests)
	}
}

// Models wants the models that a body names, and a fault or none where it is
// something else.
func Models(t *testing.T, list func(body string) ([]string, error), body string, want ...string) {
	t.Helper()
	if got, err := list(body); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, body := range []string{"null", "[]", "<html>", ""} {
		if _, err := list(body); err != nil && ai.FaultOf(err) == nil {
			t.Errorf("%q: got %v, want a fault", body, err)
		}
	}
}
