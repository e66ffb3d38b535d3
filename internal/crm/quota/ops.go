package quota

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/limit"
	"rapport/internal/platform/redis"
)

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "workspace.usage", Method: "GET", Cached: op.Cached{Never: "It changes with every call."}, Path: "/v1/workspaces/{workspace}/usage", Scope: "workspace:read",
			Summary: "Read what the workspace may do, and how much of it is used",
			Doc:     "Counts are those of the process that answers; windows are shared between processes where Redis is configured."}, s.usage),
	}
}

// Usage is what a workspace has used of what it may.
type Usage struct {
	Limits
	Windows    []limit.Level `json:"windows"`
	You        []limit.Level `json:"you" doc:"The same for whoever asks, by themselves."`
	Concurrent int32         `json:"concurrent" doc:"Calls that may run at a time."`
	Running    int           `json:"running" doc:"Calls that run now, this one among them."`
	Today      Today         `json:"today"`
	Costs      []limit.Spent `json:"costs" doc:"What was spent today (UTC), the dearest operation first."`
}

// Today is what was counted since midnight (UTC) or the start of the process.
type Today struct {
	Calls    int64 `json:"calls"`
	Tokens   int64 `json:"tokens"`
	Refused  int64 `json:"refused"`
	Shadowed int64 `json:"shadowed" doc:"Calls that would have been refused if the limits were enforced."`
}

func (s *Service) usage(ctx context.Context, _ *op.InWorkspace) (*op.Body[Usage], error) {
	who, _ := actor.From(ctx)
	p := s.of(who.WorkspaceID)
	u := s.store.Usage(limit.Key{Kind: limit.Workspace, Owner: who.WorkspaceID}, p.workspace)
	you := s.store.Usage(limit.Key{Kind: limit.Credential, Owner: who.WorkspaceID, Part: self(who)}, p.credential)
	out := Usage{Limits: p.Limits, Windows: u.Levels, You: you.Levels, Concurrent: p.workspace.Concurrent, Running: u.Running, Costs: u.Spent,
		Today: Today{u.Calls, u.Tokens, u.Refused, u.Shadowed}}
	if out.Costs == nil {
		out.Costs = []limit.Spent{}
	}
	return &op.Body[Usage]{Body: out}, nil
}

// Consumer is a workspace or an address with what it took today.
type Consumer struct {
	WorkspaceID string `json:"workspace_id,omitempty"`
	Slug        string `json:"slug,omitempty"`
	Address     string `json:"address,omitempty" doc:"Of those who are nobody."`
	Policy      string `json:"policy"`
	Today
}

// Top lists the workspaces and the addresses that took the most, for operators.
func (s *Service) Top(n int) (workspaces, addresses []Consumer) {
	workspaces, addresses = []Consumer{}, []Consumer{}
	for _, c := range s.store.Top(limit.Workspace, n) {
		workspaces = append(workspaces, Consumer{WorkspaceID: c.Key.Owner, Policy: s.of(c.Key.Owner).Tier, Today: Today{c.Calls, c.Tokens, c.Refused, c.Shadowed}})
	}
	for _, c := range s.store.Top(limit.Address, n) {
		addresses = append(addresses, Consumer{Address: c.Key.Owner, Policy: c.Key.Part, Today: Today{c.Calls, c.Tokens, c.Refused, c.Shadowed}})
	}
	return workspaces, addresses
}

// Own lists the workspaces that have limits of their own, by id.
func (s *Service) Own() map[string]Limits {
	out := map[string]Limits{}
	for id, p := range *s.own.Load() {
		out[id] = p.Limits
	}
	return out
}

// Default is the tier of workspaces that have none of their own.
func (s *Service) Default() string { return s.o.Tier }

// Sharing is how this process agrees with others.
type Sharing struct {
	Nodes    int64         `json:"nodes" doc:"Processes that share the limits, as last counted."`
	Commands int64         `json:"commands" doc:"How often this process asked Redis for tokens."`
	Redis    *redis.Health `json:"redis" doc:"Null: every process counts by itself."`
}

// Sharing says how limits are shared.
func (s *Service) Sharing() Sharing { return Sharing(s.store.Sharing()) }

// Window is what a tier allows.
type Window struct {
	Window string `json:"window" enum:"minute,hour,day,ai_day"`
	Quota  int64  `json:"quota"`
	Burst  int64  `json:"burst"`
}

// Windows describes the windows of a tier.
func Windows(quotas limit.Quotas) []Window {
	var out []Window
	for i, q := range quotas {
		out = append(out, Window{limit.Names()[i], q.Tokens, q.Burst})
	}
	return out
}
