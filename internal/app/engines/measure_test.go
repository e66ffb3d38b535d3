package engines

import (
	"context"
	"testing"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/router"
	"rapport/internal/platform/metric"
)

type shelf []router.Record

func (s *shelf) Record(_ context.Context, r router.Record) { *s = append(*s, r) }

func TestEachAttemptAtAModelIsCounted(t *testing.T) {
	t.Parallel()
	m, kept := metric.New("test"), &shelf{}
	book := measured(kept, m)
	now := time.Now()
	book.Record(t.Context(), router.Record{Task: "email.triage", Response: ai.Response{Attempts: []ai.Attempt{
		{Engine: "anthropic", StartedAt: now, Duration: time.Second, Error: "no room", Kind: ai.Overloaded},
		{Engine: "gemini", StartedAt: now, Duration: time.Second, Usage: ai.Usage{InputTokens: 100, OutputTokens: 20, CostNano: int64(ai.Dollar) / 4}},
		{Engine: "openrouter", Error: "no money", Kind: ai.LocalLimit}, // was not made
		{Engine: "somebody's own", StartedAt: now, Duration: time.Second},
	}}})
	if len(*kept) != 1 {
		t.Errorf("%d calls are recorded, want 1", len(*kept))
	}
	got := map[string]float64{}
	if err := m.Each(func(p metric.Point) {
		key := p.Name
		for _, l := range p.Labels {
			key += " " + l.Value
		}
		got[key] = p.Value
	}); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{
		"ai_request_duration_seconds overloaded anthropic email.triage": 1, "ai_request_duration_seconds answered gemini email.triage": 1,
		"ai_request_duration_seconds answered other email.triage": 1, "ai_tokens_used_total input gemini": 100, "ai_tokens_used_total output gemini": 20,
		"ai_cost_dollars_total gemini": 0.25, "ai_request_duration_seconds local_limit openrouter email.triage": 0,
	} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v; there are %v", key, got[key], want, got)
		}
	}
}
