package router_test

import (
	"context"
	"testing"

	"rapport/internal/ai"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/provider/rules"
	"rapport/internal/ai/router"
	"rapport/internal/platform/actor"
)

// instant is a provider that costs nothing to ask.
type instant struct{}

func (instant) Name() string { return "gemini" }
func (instant) Local() bool  { return false }
func (instant) Call(context.Context, ai.Call) (ai.Answer, error) {
	return ai.Answer{Text: `{"name":"blue"}`, Usage: ai.Usage{InputTokens: 700, OutputTokens: 8}}, nil
}

// wallet is a purse that never ends.
type wallet struct{}

func (wallet) Hold(context.Context, router.Spend) (router.Hold, error) { return wallet{}, nil }
func (wallet) Cheap(context.Context) bool                              { return false }
func (wallet) Settle(ai.Attempt)                                       {}
func (wallet) Release()                                                {}

// BenchmarkOverhead is what the way to a model adds to the call of its
// provider: the call itself is free here.
func BenchmarkOverhead(b *testing.B) {
	text := make([]byte, 2000)
	for i := range text {
		text[i] = 'a' + byte(i%26)
	}
	for name, interactive := range map[string]bool{"background": false, "interactive": true} {
		b.Run(name, func(b *testing.B) {
			p := policy.Default()
			g := router.New(router.Options{Providers: []ai.Provider{instant{}, local()}, Purse: wallet{}, Policy: func(context.Context) *policy.Policy { return p }})
			r := ai.Request{Task: "colour", Class: ai.Fast, Schema: colour, Interactive: interactive,
				Prompt: guard.New("colour", "1", "Name the colour.").Say("Of this:").Quote("text", string(text))}
			ctx := actor.InWorkspace(b.Context(), "0190a6f0-0000-7000-8000-000000000001")
			b.ReportAllocs()
			for b.Loop() {
				if res, err := g.Do(ctx, r); err != nil || res.Engine == rules.Name {
					b.Fatal(res, err)
				}
			}
		})
	}
}
