// Package console is what people see of the gateway to models, and what they
// set: questions of their own, usage, costs, budgets, providers and calls.
package console

import (
	"context"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/traffic"
	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
)

// Parts are what the console shows.
type Parts struct {
	DB      *pg.DB
	Gateway ai.Gateway
	Catalog *catalog.Catalog
	// Policy is what holds in the workspace of ctx.
	Policy func(ctx context.Context) *policy.Policy
	// Keys lists the keys of a provider that the workspace of ctx may use.
	Keys func(ctx context.Context, provider string) ([]ai.Key, error)
	// Traffic tells how each lane does; nil: nothing is known.
	Traffic func() []traffic.LaneState
	// Simulated says that no real provider is asked.
	Simulated bool
	// Daily and Monthly are the limits of a workspace that has set none.
	Daily, Monthly ai.Nano
}

// Service offers the console as operations.
type Service struct{ Parts }

// New returns the service.
func New(p Parts) *Service { return &Service{p} }

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/ai"
	return []op.Operation{
		op.New(op.Meta{Name: "ai.complete", Outside: true, Method: "POST", Path: path + "/complete", Scope: "ai:write", AI: true, Secret: true,
			Summary: "Ask a model",
			Doc: "The instruction is yours; what others wrote goes into material, which is quoted and instructs nobody. " +
				"With a schema the answer is JSON that satisfies it. The same question within a day is answered from what was kept, unless fresh is set. " +
				"With defer nobody waits: when every engine is away, the answer says when to ask again.",
			Example: map[string]any{"body": summarizeExample}}, s.complete),
		op.New(op.Meta{Name: "ai.stream", Outside: true, Method: "POST", Path: path + "/stream", Scope: "ai:write", AI: true, Secret: true, Media: "text/event-stream",
			Summary: "Ask a model, and read along as it answers",
			Doc: "Server-sent events: `piece` {text} in turn; `restart` {} voids what came so far, for another engine begins anew; `done` is the answer as ai.complete gives it, with all of its text; " +
				"`error` is a problem document. A schema is refused.",
			Example: map[string]any{"body": summarizeExample}}, s.stream),
		op.New(op.Meta{Name: "ai.usage", Method: "GET", Cached: op.Cached{Never: "What models cost changes without a line in the log."}, Path: path + "/usage", Scope: "ai:read",
			Summary: "Count calls, tokens and money by day, provider, model, agent, user or task",
			Doc:     "Days begin at midnight UTC. Attempts count, so that one question may have asked several models.",
			Example: map[string]any{"by": "day,provider"}}, s.usage),
		op.New(op.Meta{Name: "ai.costs", Method: "GET", Cached: op.Cached{Never: "What models cost changes without a line in the log."}, Path: path + "/costs", Scope: "ai_cost:read",
			Summary: "Total the costs of today and this month, with a forecast and each provider's share beside its target"}, s.costs),
		op.New(op.Meta{Name: "ai.budget.get", Method: "GET", Cached: op.Cached{Never: "What models cost changes without a line in the log."}, Path: path + "/budget", Scope: "ai:read", Summary: "Read what may be spent on models, and what was"}, s.budget),
		op.New(op.Meta{Name: "ai.budget.update", Method: "PUT", Path: path + "/budget", Scope: "ai_budget:write", Summary: "Limit what may be spent on models",
			Doc:     "The workspace's limits, and those of agents and people in it, are replaced as a whole. null is no limit; 0 stops every call that costs something.",
			Example: map[string]any{"If-Match": `"0"`, "body": map[string]any{"daily_nano": 20 * ai.Dollar, "monthly_nano": 400 * ai.Dollar}}}, s.updateBudget),
		op.New(op.Meta{Name: "ai.budget.organization", Method: "PUT", Path: path + "/budget/organization", Scope: "ai_budget:write",
			Summary: "Limit what the organization of a workspace may spend on models", Doc: "The limits span all of its workspaces. An API key cannot set them.",
			Example: map[string]any{"body": map[string]any{"daily_nano": nil, "monthly_nano": 900 * ai.Dollar}}}, s.limitOrganization),
		op.New(op.Meta{Name: "ai.models", Method: "GET", Cached: op.Cached{Never: "The process knows it."}, Path: "/v1/ai/models", Scope: op.Anyone, Summary: "List the models that are known, with their prices and since when they hold"}, s.models),
		op.New(op.Meta{Name: "ai.providers", Method: "GET", Cached: op.Cached{Never: "Of the process, at this moment."}, Path: path + "/providers", Scope: "ai:read",
			Summary: "Tell which providers are configured and how they do",
			Doc:     "What is told of calls is of the process that answers, since its start."}, s.providers),
		op.New(op.Meta{Name: "ai.calls.list", Method: "GET", Cached: op.Cached{Never: "Calls to models are a log of their own."}, Path: path + "/calls", Scope: "ai:read", Summary: "List calls to models, newest first",
			Example: map[string]any{"outcome": "answered", "limit": 20}}, s.calls),
		op.New(op.Meta{Name: "ai.calls.get", Method: "GET", Cached: op.Cached{Never: "Calls to models are a log of their own."}, Path: path + "/calls/{id}", Scope: "ai:read", Entities: map[string]string{"id": "ai_call"},
			Summary: "Read one call with its attempts: who was asked, what failed, how long it waited, what it cost"}, s.call),
	}
}

var summarizeExample = map[string]any{"task": "summarize", "instruction": "Sum up what they want.",
	"material": "Hello Ana, could you send me your prices for 40 seats by Friday? We decide next week. Ben"}

// today is the day of all budgets: it begins at midnight UTC.
func today() time.Time { return time.Now().UTC().Truncate(24 * time.Hour) }

func monthOf(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
}
