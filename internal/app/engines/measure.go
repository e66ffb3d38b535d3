package engines

import (
	"context"
	"maps"
	"slices"

	"rapport/internal/ai"
	"rapport/internal/ai/provider/anthropic"
	"rapport/internal/ai/provider/gemini"
	"rapport/internal/ai/provider/openrouter"
	"rapport/internal/ai/router"
	"rapport/internal/ai/traffic"
	"rapport/internal/platform/metric"
)

// measuring is a book that counts attempts before it records them.
type measuring struct {
	router.Book
	metrics *metric.Metrics
}

// answered is the outcome of an attempt that went well; of others it is the
// kind of their failure.
const answered = "answered"

// failures are the kinds of them.
func failures() []string {
	var out []string
	for _, k := range []ai.Kind{ai.RateLimited, ai.Overloaded, ai.Transient, ai.TimedOut, ai.Network, ai.StreamBroken, ai.QuotaExhausted, ai.AccountMoney,
		ai.Credential, ai.ModelAccess, ai.ModelGone, ai.CallerFault, ai.ContextTooLong, ai.StateRejected, ai.PolicyRefused, ai.BadOutput, ai.Truncated,
		ai.Cancelled, ai.DeadlinePast, ai.LocalLimit, ai.Unknown} {
		out = append(out, string(k))
	}
	return out
}

// everyProvider lists all that may answer.
func everyProvider() []string {
	return []string{anthropic.Name, gemini.Name, openrouter.Name, openrouter.Compatible, "rules"}
}

func measured(b router.Book, m *metric.Metrics) router.Book {
	const took = "ai_request_duration_seconds"
	m.Allow(took, "provider", everyProvider()...)
	m.Allow(took, "task", append(slices.Collect(maps.Keys(RulesTasks())), "person.ask")...)
	m.Allow(took, "outcome", append(failures(), answered)...)
	m.Allow("ai_tokens_used_total", "provider", everyProvider()...)
	m.Allow("ai_tokens_used_total", "direction", "input", "output")
	m.Allow("ai_cost_dollars_total", "provider", everyProvider()...)
	return measuring{b, m}
}

// Record counts every attempt that was made; one for which there was no money
// was not.
func (b measuring) Record(ctx context.Context, r router.Record) {
	for _, a := range r.Response.Attempts {
		if a.StartedAt.IsZero() {
			continue
		}
		outcome := answered
		if a.Error != "" {
			outcome = string(a.Kind)
		}
		b.metrics.Asked(metric.Attempt{Provider: a.Engine, Task: r.Task, Outcome: outcome, Took: a.Duration,
			Input: a.Usage.Tokens() - a.Usage.OutputTokens, Output: a.Usage.OutputTokens, Dollars: float64(a.Usage.CostNano) / float64(ai.Dollar)})
	}
	b.Book.Record(ctx, r)
}

// Closed says of each provider that was asked whether none of its models may be
// asked now.
func (m *Engines) Closed() map[string]bool {
	out := map[string]bool{}
	for _, l := range m.lanes.State() {
		before, known := out[l.Provider]
		out[l.Provider] = l.Status == traffic.Closed && (before || !known)
	}
	return out
}
