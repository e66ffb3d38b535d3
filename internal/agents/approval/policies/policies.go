// Package policies keeps what the agents of a workspace may do without asking,
// and rehearses what they might.
package policies

import (
	"context"
	"slices"
	"strings"
	"time"

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
	charter := example{"agent": "contact", "enabled": true, "autonomy": "medium", "operations": nil, "asks": []string{"contact.update"}, "daily_actions": 25, "daily_nano": 0,
		"links": []string{"docs.lumen.example"}, "pause_on_high": true, "hours_from": 8, "hours_to": 18, "weekends": false}
	return []op.Operation{
		op.New(op.Meta{Name: "agent_policy.get", Method: "GET", Cached: op.Cached{On: "agent_policy", Shared: true}, Path: path, Scope: "agent_policy:read",
			Summary: "Read what agents may do without asking"}, s.get),
		op.New(op.Meta{Name: "agent_policy.update", Method: "PUT", Path: path, Scope: "agent_policy:write",
			Summary: "Say what an agent may do without asking, and what not at all",
			Doc:     "The whole policy of the agent is replaced. If-Match is the version of its own policy, 0 where it has none.",
			Example: example{"If-Match": `"0"`, "body": charter}}, s.update),
		op.New(op.Meta{Name: "agent_policy.reset", Method: "POST", Path: path + "/reset", Scope: "agent_policy:write",
			Summary: "Let the policy of all agents hold for an agent again", Doc: "If-Match is the version of the agent's own policy, 0 where it has none.",
			Example: example{"If-Match": `"0"`, "body": example{"agent": "email"}}}, s.reset),
		op.New(op.Meta{Name: "agent_policy.rehearse", Method: "POST", Path: path + "/rehearse", Scope: "agent_policy:read", Effect: op.Read,
			Summary: "See what a policy would have made of the last 50 approvals", Doc: "Nothing is changed. It goes by kind, risk and time; daily limits are left out.",
			Example: example{"body": charter}}, s.rehearse),
	}
}

// Kept is a policy as it is stored.
type Kept struct {
	policy.Charter
	Version int64 `json:"version" doc:"0 where nobody has made one."`
}

// Policies are those of all agents.
type Policies struct {
	Standard Kept            `json:"standard" doc:"That of the agents that have none of their own."`
	Agents   map[string]Kept `json:"agents"`
}

const columns = `enabled, autonomy, operations, asks, daily_actions::bigint AS daily_actions, daily_nano, links, pause_on_high, hours_from::bigint AS hours_from, hours_to::bigint AS hours_to, weekends`

// Later queues the read of an agent's policy; none is the standard.
func Later(tx *pg.Tx, dst *[]policy.Charter, agent string) {
	pg.Later(tx, dst, `SELECT `+columns+` FROM agent_policies WHERE workspace_id = $1 AND agent IN ($2, '') ORDER BY agent DESC LIMIT 1`, tx.Workspace(), agent)
}

// Read reads those of all agents, by name.
func Read(tx *pg.Tx) (Policies, error) {
	out := Policies{Standard: Kept{Charter: policy.Standard()}, Agents: map[string]Kept{}}
	rows, err := pg.All[struct {
		Agent string
		Kept
	}](tx, `SELECT agent, version, `+columns+` FROM agent_policies WHERE workspace_id = $1`, tx.Workspace())
	for _, r := range rows {
		if r.Agent == "" {
			out.Standard = r.Kept
			continue
		}
		out.Agents[r.Agent] = r.Kept
	}
	return out, err
}

// Of is the policy of one agent.
func (p Policies) Of(agent string) policy.Charter {
	if own, ok := p.Agents[agent]; ok {
		return own.Charter
	}
	return p.Standard.Charter
}

// version is that of an agent's own policy, 0 where it has none.
func (p Policies) version(agent string) int64 {
	if agent == "" {
		return p.Standard.Version
	}
	return p.Agents[agent].Version
}

// Set makes a policy that of an agent, "" for all without their own, in place of
// what it has in from. Somebody who did so meanwhile makes it stale.
func Set(ctx context.Context, tx *pg.Tx, from Policies, agent string, to policy.Charter) (Policies, error) {
	was, version := from.Of(agent), from.version(agent)
	var made []int64
	pg.LaterColumn(tx, &made, `
		INSERT INTO agent_policies AS p (workspace_id, agent, enabled, autonomy, operations, asks, daily_actions, daily_nano, links, pause_on_high, hours_from, hours_to, weekends, version)
		VALUES ($1, $2, $3, $4, $5::text[], $6::text[], $7, $8, $9::text[], $10, $11, $12, $13, $15)
		ON CONFLICT (workspace_id, agent) DO UPDATE SET enabled = excluded.enabled, autonomy = excluded.autonomy, operations = excluded.operations, asks = excluded.asks,
			daily_actions = excluded.daily_actions, daily_nano = excluded.daily_nano, links = excluded.links, pause_on_high = excluded.pause_on_high,
			hours_from = excluded.hours_from, hours_to = excluded.hours_to, weekends = excluded.weekends, version = p.version + 1, updated_at = now()
		WHERE p.version = $14
		RETURNING version`,
		tx.Workspace(), agent, to.Enabled, string(to.Autonomy), to.Operations, some(to.Asks), to.DailyActions, to.DailyNano, some(to.Links), to.PauseOnHigh,
		to.HoursFrom, to.HoursTo, to.Weekends, version, firstVersion())
	if err := record(ctx, tx, changes(agent, was, to)); err != nil {
		return Policies{}, err
	}
	out, err := Read(tx)
	if err == nil && len(made) == 0 {
		err = op.Stale(out.version(agent))
	}
	return out, err
}

// unset takes an agent's own policy of a version away. The row is locked before
// it is looked at, so that nobody's change is lost with it.
func unset(ctx context.Context, tx *pg.Tx, agent string, version int64) (Policies, error) {
	var locked []int64
	pg.LaterColumn(tx, &locked, `SELECT version FROM agent_policies WHERE workspace_id = $1 AND agent = $2 FOR UPDATE`, tx.Workspace(), agent)
	out, err := Read(tx)
	if err != nil {
		return out, err
	}
	if now := out.version(agent); now != version {
		return out, op.Stale(now)
	}
	own, ok := out.Agents[agent]
	if !ok {
		return out, nil
	}
	delete(out.Agents, agent)
	tx.Queue(`DELETE FROM agent_policies WHERE workspace_id = $1 AND agent = $2`, tx.Workspace(), agent)
	return out, record(ctx, tx, changes(agent, own.Charter, out.Of(agent)))
}

// record tells of a change; of one that changes but the version, whoever shows it.
func record(ctx context.Context, tx *pg.Tx, c event.Changes) error {
	if len(c) == 0 {
		event.Hint(tx, "agent_policy", tx.Workspace())
		return nil
	}
	return event.Record(ctx, tx, event.Happened{Entity: "agent_policy", EntityID: tx.Workspace(), Kind: event.Updated, Changes: c})
}

// firstVersion is above all that a policy had that was reset: an old ETag fits
// no new one.
func firstVersion() int64 { return time.Now().UnixMilli() }

func changes(agent string, from, to policy.Charter) event.Changes {
	c := event.Changes{}
	set := func(field string, from, to any) { c.Set(strings.TrimPrefix(agent+"."+field, "."), from, to) }
	set("enabled", from.Enabled, to.Enabled)
	set("autonomy", string(from.Autonomy), string(to.Autonomy))
	set("operations", from.Operations, to.Operations)
	set("asks", some(from.Asks), some(to.Asks))
	set("daily_actions", from.DailyActions, to.DailyActions)
	set("daily_nano", int64(from.DailyNano), int64(to.DailyNano))
	set("links", some(from.Links), some(to.Links))
	set("pause_on_high", from.PauseOnHigh, to.PauseOnHigh)
	set("hours_from", from.HoursFrom, to.HoursFrom)
	set("hours_to", from.HoursTo, to.HoursTo)
	set("weekends", from.Weekends, to.Weekends)
	return c
}

func (s *Service) get(ctx context.Context, _ *op.InWorkspace) (*op.Body[Policies], error) {
	var out op.Body[Policies]
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out.Body, err = Read(tx)
		return err
	})
	return &out, err
}

// wanted is a policy as somebody sends it.
type wanted struct {
	Agent string `json:"agent" maxLength:"100" doc:"Its name; empty for all agents that have no policy of their own."`
	policy.Charter
}

type policyInput struct {
	op.InWorkspace
	IfMatch string `header:"If-Match" doc:"The version of the agent's own policy that the change is based on, 0 where it has none."`
	Body    wanted
}

func (s *Service) update(ctx context.Context, in *policyInput) (*op.Body[Policies], error) {
	version, err := op.Versioned{IfMatch: in.IfMatch}.Version()
	if err != nil {
		return nil, err
	}
	p, err := checked(in.Body.Charter)
	if err != nil {
		return nil, err
	}
	var out op.Body[Policies]
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		before, err := Read(tx)
		if err != nil {
			return err
		}
		if now := before.version(in.Body.Agent); now != version {
			return op.Stale(now)
		}
		out.Body, err = Set(ctx, tx, before, in.Body.Agent, p)
		return err
	})
	return &out, err
}

// checked is a charter whose domains are written the one way.
func checked(p policy.Charter) (policy.Charter, error) {
	var f problem.Fields
	p.Links = slices.Clone(p.Links)
	for i, l := range p.Links {
		d := mail.Domain("x@" + l)
		f.Check(d != "" && !mail.FreeMail(d), "/links", "format", "Domains are written as docs.example.com, without a path, and are your own.")
		p.Links[i] = d
	}
	for _, o := range p.Operations {
		f.Check(!policy.Governs(o), "/operations", "not_allowed", "What governs people, money or agents is done by people alone.")
	}
	f.Check(p.HoursFrom != p.HoursTo, "/hours_to", "not_allowed", "An hour after the first, or before it if midnight lies between.")
	return p, f.Err()
}

// some is a list that is not null.
func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
