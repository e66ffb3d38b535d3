package policies

import (
	"context"
	"time"

	"rapport/internal/agents/policy"
	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// Effect is what a policy would have made of the last approvals of an agent, or
// of all that the policy would hold for.
type Effect struct {
	Of      int `json:"of" doc:"How many approvals there are to go by, 50 at most."`
	AtOnce  int `json:"at_once" doc:"Of those, what would have been done without asking."`
	Asked   int `json:"asked"`
	Never   int `json:"never" doc:"What the agent could not have done at all."`
	Allowed int `json:"allowed" doc:"Of what would have been done at once, what people have allowed."`
	Refused int `json:"refused" doc:"Of what would have been done at once, what people have rejected."`
}

// past is an approval as it is judged again.
type past struct {
	Operation, State string
	Fields           []string
	Always, Tainted  bool
	Risk             int
	CreatedAt        time.Time
}

func (s *Service) rehearse(ctx context.Context, in *rehearseInput) (*op.Body[Effect], error) {
	p, err := checked(in.Body.Charter)
	if err != nil {
		return nil, err
	}
	var all []past
	err = s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		all, err = pg.All[past](tx, `
			SELECT a.operation, a.state, a.always, a.tainted, a.risk::bigint AS risk, a.created_at,
				ARRAY(SELECT f->>'name' FROM jsonb_array_elements(CASE jsonb_typeof(a.preview->'fields') WHEN 'array' THEN a.preview->'fields' ELSE '[]' END) AS f) AS fields
			FROM approvals a
			WHERE a.workspace_id = $1 AND a.agent <> '' AND a.state <> 'blocked'
				AND CASE WHEN $2 = '' THEN NOT EXISTS (SELECT 1 FROM agent_policies p WHERE p.workspace_id = $1 AND p.agent = a.agent) ELSE a.agent = $2 END
			ORDER BY a.created_at DESC LIMIT 50`, tx.Workspace(), in.Body.Agent)
		return err
	})
	if err != nil {
		return nil, err
	}
	who, _ := actor.From(ctx)
	zone, err := time.LoadLocation(who.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	out := Effect{Of: len(all)}
	for _, a := range all {
		out.count(a, p.Rehearse(policy.Proposal{Operation: a.Operation, Agent: true, Fields: a.Fields, Ask: a.Always, Tainted: a.Tainted}, a.Risk, a.CreatedAt.In(zone)))
	}
	return &op.Body[Effect]{Body: out}, nil
}

type rehearseInput struct {
	op.InWorkspace
	Body wanted
}

func (e *Effect) count(a past, f policy.Fate) {
	switch f {
	case policy.Never:
		e.Never++
	case policy.Asked:
		e.Asked++
	case policy.AtOnce:
		e.AtOnce++
		switch a.State {
		case "done", "failed":
			e.Allowed++
		case "rejected":
			e.Refused++
		}
	}
}

type resetInput struct {
	op.InWorkspace
	IfMatch string `header:"If-Match" doc:"The version of the agent's own policy, 0 where it has none."`
	Body    struct {
		Agent string `json:"agent" minLength:"1" maxLength:"100"`
	}
}

func (s *Service) reset(ctx context.Context, in *resetInput) (*op.Body[Policies], error) {
	version, err := op.Versioned{IfMatch: in.IfMatch}.Version()
	if err != nil {
		return nil, err
	}
	var out op.Body[Policies]
	err = s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		out.Body, err = unset(ctx, tx, in.Body.Agent, version)
		return err
	})
	return &out, err
}
