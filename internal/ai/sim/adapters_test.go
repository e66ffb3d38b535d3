package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/agents/email"
	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/provider/anthropic"
	"rapport/internal/ai/provider/gemini"
	"rapport/internal/ai/provider/openrouter"
	"rapport/internal/ai/shape"
	"rapport/internal/ai/wire"
)

// A request that an adapter makes is one that its vendor accepts, for every
// model, with and without schema, tools, thoughts and stream.
func TestEveryModelIsAskedAsItWantsToBe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{Scale: 1})
		if err != nil {
			t.Fatal(err)
		}
		known := catalog.Default()
		adapters := map[string]ai.Streamer{
			"anthropic": anthropic.New(wire.New(s), ""), "gemini": gemini.New(wire.New(s), "", known), "openrouter": openrouter.New(wire.New(s), "", known),
			"compatible": openrouter.NewCompatible(wire.New(s), "http://sim/compatible/v1", "local"),
		}
		for _, m := range append(known.Models, catalog.Model{Provider: "compatible", ID: "local"}) {
			for i, effort := range []ai.Effort{"", ai.NoThinking, ai.HighEffort, ai.LowEffort} {
				c := ai.Call{Model: m.ID, Key: ai.Key{ID: "k", Secret: "sim-1"}, System: "You read mail.", User: "Hello. I want a meeting on Friday. Thanks.", Params: ai.Params{MaxTokens: 4000, Effort: effort}}
				if i%2 == 0 {
					c.Schema = ai.MustCompile("email.triage", "1", email.TriageSchema())
				}
				if i > 1 {
					c.Tools = []ai.Tool{{Name: "look", Description: "Looks.", Schema: json.RawMessage(`{"type":"object","properties":{"at":{"type":"string"}}}`)}}
				}
				for _, stream := range []bool{false, true} {
					if fault := answered(t.Context(), adapters[m.Provider], c, stream); fault != nil {
						t.Errorf("%s, effort %q, stream %v, %d tools: %v", m.ID, effort, stream, len(c.Tools), fault)
					}
				}
			}
		}
	})
}

// answered asks and says what is wrong with the answer.
func answered(ctx context.Context, p ai.Streamer, c ai.Call, stream bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var a ai.Answer
	var err error
	if stream {
		for e, fault := range p.Stream(ctx, c) {
			err = fault
			if e.Answer != nil {
				a = *e.Answer
			}
		}
	} else {
		a, err = p.Call(ctx, c)
	}
	if err != nil {
		return err
	}
	if a.Usage.InputTokens == 0 || a.Usage.OutputTokens == 0 {
		return fmt.Errorf("usage %+v", a.Usage)
	}
	if len(c.Tools) > 0 {
		if len(a.Calls) != 1 {
			return fmt.Errorf("calls %+v", a.Calls)
		}
		return nil
	}
	if c.Schema == nil {
		return nil
	}
	out, err := shape.Extract(a.Text)
	if err != nil {
		return err
	}
	if out, err = shape.Raise(out, c.Schema.Text); err != nil {
		return err
	}
	if v := c.Schema.Check(out); len(v) > 0 {
		return fmt.Errorf("%s: %v", out, v)
	}
	return nil
}
