// Package policies keeps what the agents of a workspace may do without asking.
package policies

import (
	"context"
	"slices"

	"rapport/internal/agents/policy"
	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Service offers policies as operations.
type Service struct{ db *pg.DB }

// New returns the service over db.
func New(db *pg.DB) *Service { return &Service{db: db} }

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/agent-policy"
	return []op.Operation{
		op.New(op.Meta{Name: "agent_policy.get", Method: "GET", Cached: op.Cached{On: "agent_policy", Shared: true}, Path: path, Scope: "agent_policy:read",
			Summary: "Read what agents may do without asking"}, s.get),
		op.New(op.Meta{Name: "agent_policy.update", Method: "PUT", Path: path, Scope: "agent_policy:write",
			Summary: "Say what an agent may do without asking, and what not at all",
			Example: example{"body": example{"agent": "contact", "enabled": true, "autonomy": "medium", "operations": nil, "daily_actions": 25, "daily_nano": 0, "links": []string{"docs.lumen.example"}, "pause_on_high": true}}}, s.update),
	}
}

// Policies are those of all agents.
type Policies struct {
	Standard policy.Charter            `json:"standard" doc:"That of the agents that have none of their own."`
	Agents   map[string]policy.Charter `json:"agents"`
}

type policyRow struct {
	Agent string
	policy.Charter
}

const columns = `enabled, autonomy, operations, daily_actions::bigint AS daily_actions, daily_nano, links, pause_on_high`

// Later queues the read of an agent's policy; none is the standard.
func Later(tx *pg.Tx, dst *[]policy.Charter, agent string) {
	pg.Later(tx, dst, `SELECT `+columns+` FROM agent_policies WHERE workspace_id = $1 AND agent IN ($2, '') ORDER BY agent DESC LIMIT 1`, tx.Workspace(), agent)
}

// Read reads those of all agents, by name.
func Read(tx *pg.Tx) (Policies, error) {
	out := Policies{Standard: policy.Standard(), Agents: map[string]policy.Charter{}}
	rows, err := pg.All[policyRow](tx, `SELECT agent, `+columns+` FROM agent_policies WHERE workspace_id = $1`, tx.Workspace())
	for _, r := range rows {
		if r.Agent == "" {
			out.Standard = r.Charter
			continue
		}
		out.Agents[r.Agent] = r.Charter
	}
	return out, err
}

// Of is the policy of one agent.
func (p Policies) Of(agent string) policy.Charter {
	if own, ok := p.Agents[agent]; ok {
		return own
	}
	return p.Standard
}

// Set makes a policy that of an agent, "" for all without their own.
func Set(ctx context.Context, tx *pg.Tx, agent string, to policy.Charter) error {
	all, err := Read(tx)
	if err != nil {
		return err
	}
	from := all.Of(agent)
	tx.Queue(`
		INSERT INTO agent_policies (workspace_id, agent, enabled, autonomy, operations, daily_actions, daily_nano, links, pause_on_high)
		VALUES ($1, $2, $3, $4, $5::text[], $6, $7, $8::text[], $9)
		ON CONFLICT (workspace_id, agent) DO UPDATE SET enabled = excluded.enabled, autonomy = excluded.autonomy, operations = excluded.operations,
			daily_actions = excluded.daily_actions, daily_nano = excluded.daily_nano, links = excluded.links, pause_on_high = excluded.pause_on_high, updated_at = now()`,
		tx.Workspace(), agent, to.Enabled, string(to.Autonomy), to.Operations, to.DailyActions, to.DailyNano, some(to.Links), to.PauseOnHigh)
	c := event.Changes{}
	name := func(field string) string { return agent + "." + field }
	c.Set(name("enabled"), from.Enabled, to.Enabled)
	c.Set(name("autonomy"), string(from.Autonomy), string(to.Autonomy))
	c.Set(name("operations"), from.Operations, to.Operations)
	c.Set(name("daily_actions"), from.DailyActions, to.DailyActions)
	c.Set(name("daily_nano"), int64(from.DailyNano), int64(to.DailyNano))
	c.Set(name("links"), some(from.Links), some(to.Links))
	c.Set(name("pause_on_high"), from.PauseOnHigh, to.PauseOnHigh)
	return event.Record(ctx, tx, event.Happened{Entity: "agent_policy", EntityID: tx.Workspace(), Kind: event.Updated, Changes: c})
}

func (s *Service) get(ctx context.Context, _ *op.InWorkspace) (*op.Body[Policies], error) {
	var out op.Body[Policies]
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out.Body, err = Read(tx)
		return err
	})
	return &out, err
}

type policyInput struct {
	op.InWorkspace
	Body struct {
		Agent string `json:"agent" maxLength:"100" doc:"Its name; empty for all agents that have no policy of their own."`
		policy.Charter
	}
}

func (s *Service) update(ctx context.Context, in *policyInput) (*op.Body[Policies], error) {
	p := in.Body.Charter
	var f problem.Fields
	for i, l := range p.Links {
		d := mail.Domain("x@" + l)
		f.Check(d != "" && !mail.FreeMail(d), "/links", "format", "Domains are written as docs.example.com, without a path, and are your own.")
		p.Links[i] = d
	}
	for _, o := range p.Operations {
		f.Check(!policy.Governs(o), "/operations", "not_allowed", "What governs people, money or agents is done by people alone.")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	p.Operations = slices.Clone(p.Operations)
	var out op.Body[Policies]
	err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		if err = Set(ctx, tx, in.Body.Agent, p); err != nil {
			return err
		}
		out.Body, err = Read(tx)
		return err
	})
	return &out, err
}

// some is a list that is not null.
func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
