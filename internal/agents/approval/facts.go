package approval

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"rapport/internal/agents/approval/policies"
	"rapport/internal/agents/policy"
	"rapport/internal/ai"
	"rapport/internal/crm/sender"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
)

// looked is what the database knows of an action's surroundings.
type looked struct {
	policies []policy.Charter
	scores   []int
	warnings []int64
	known    []string
	own      []string
	supplied []string
	places   []bool
	spent    []int64
}

// facts are what the rules go by. An action that counts takes one of the
// agent's places of the day, unless its step has taken one before; without a
// day none is taken.
func (s *Service) facts(tx *pg.Tx, o Origin, a Action, p Preview, day string) (policy.Facts, error) {
	var x looked
	contact, thread := "", ""
	if m := p.letter(); m != nil {
		contact = m.ContactID
		if m.answers(a) {
			thread = m.ThreadID
		}
	}
	switch a.Entity {
	case "contact":
		contact = a.ID
	case "thread":
		thread = a.ID
	}
	policies.Later(tx, &x.policies, o.Agent)
	x.peopleLater(tx, valid(contact), valid(thread))
	x.personLater(tx, valid(o.RunID))
	sender.OwnLater(tx, &x.own)
	if o.Agent != "" && day != "" {
		pg.LaterColumn(tx, &x.spent, `SELECT coalesce(sum(cost_nano), 0)::bigint FROM agent_runs WHERE workspace_id = $1 AND agent = $2 AND started_at >= $3::date`, tx.Workspace(), o.Agent, day)
		if policy.Counts(a.Operation) {
			x.placeLater(tx, o, a, day)
		}
	}
	if err := tx.Flush(); err != nil {
		return policy.Facts{}, err
	}
	return x.facts(), nil
}

// valid is nil for what is no id.
func valid(s string) *string {
	if !id.Valid(s) {
		return nil
	}
	return &s
}

// local is the time where the workspace of the actor is.
func (s *Service) local(ctx context.Context) time.Time {
	who, _ := actor.From(ctx)
	zone, err := time.LoadLocation(who.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return s.Now().In(zone)
}

// peopleLater reads whom it is about: the contact, or that of the conversation.
func (x *looked) peopleLater(tx *pg.Tx, contact, thread *string) {
	pg.LaterColumn(tx, &x.scores, `
		SELECT coalesce(c.score, -1)::bigint FROM contacts c
		WHERE c.workspace_id = $1 AND c.id = coalesce($2::uuid, (SELECT t.contact_id FROM threads t WHERE t.workspace_id = $1 AND t.id = $3::uuid))`, tx.Workspace(), contact, thread)
	pg.LaterColumn(tx, &x.warnings, `
		SELECT count(*) FROM threads t
		WHERE t.workspace_id = $1 AND t.contact_id = coalesce($2::uuid, (SELECT o.contact_id FROM threads o WHERE o.workspace_id = $1 AND o.id = $3::uuid))
			AND t.status <> 'done' AND (t.urgency = 'critical' OR t.sentiment = 'negative')`, tx.Workspace(), contact, thread)
	pg.LaterColumn(tx, &x.known, `
		SELECT e.email_key FROM contact_emails e WHERE e.workspace_id = $1 AND e.contact_id = $2::uuid AND e.active
		UNION SELECT a.address_key FROM messages m JOIN message_addresses a ON a.workspace_id = m.workspace_id AND a.message_id = m.id
		WHERE m.workspace_id = $1 AND m.thread_id = $3::uuid
		UNION SELECT m.from_key FROM messages m WHERE m.workspace_id = $1 AND m.thread_id = $3::uuid`, tx.Workspace(), contact, thread)
}

// personLater reads what people wrote themselves: whoever started the run, and
// signatures and the brand voice.
func (x *looked) personLater(tx *pg.Tx, run *string) {
	pg.LaterColumn(tx, &x.supplied, `
		SELECT r.input::text FROM agent_runs r
		WHERE r.workspace_id = $1 AND r.person IS NOT NULL
			AND r.id = coalesce((SELECT o.root_id FROM agent_runs o WHERE o.workspace_id = $1 AND o.id = $2::uuid), $2::uuid)
		UNION ALL SELECT signature FROM senders WHERE workspace_id = $1 AND deleted_at IS NULL
		UNION ALL SELECT concat_ws(' ', signature, facts::text, array_to_string(domains, ' ')) FROM brand_voices WHERE workspace_id = $1`, tx.Workspace(), run)
}

// placeLater takes a place of the day in one statement, so that no two actions
// take the last one.
func (x *looked) placeLater(tx *pg.Tx, o Origin, a Action, day string) {
	key := o.RunID + "/" + o.StepKey
	if o.RunID == "" {
		key = hashOf(a.Operation, a.Args, a.Needs)
	}
	pg.LaterColumn(tx, &x.places, `
		INSERT INTO agent_days AS d (workspace_id, agent, day, taken)
		SELECT $1, $2, $3::date, CASE WHEN p.most > 0 THEN ARRAY[$4] ELSE '{}' END
		FROM (SELECT coalesce((SELECT q.daily_actions FROM agent_policies q WHERE q.workspace_id = $1 AND q.agent IN ($2, '') ORDER BY q.agent DESC LIMIT 1), $5::integer) AS most) p
		ON CONFLICT (workspace_id, agent, day) DO UPDATE
		SET taken = CASE WHEN $4 = ANY (d.taken) OR cardinality(d.taken) >=
			coalesce((SELECT q.daily_actions FROM agent_policies q WHERE q.workspace_id = $1 AND q.agent IN ($2, '') ORDER BY q.agent DESC LIMIT 1), $5::integer)
			THEN d.taken ELSE d.taken || $4 END
		RETURNING $4 = ANY (d.taken)`, tx.Workspace(), o.Agent, day, key, policy.Standard().DailyActions)
}

func (x *looked) facts() policy.Facts {
	f := policy.Facts{Charter: policy.Standard(), Score: -1, Known: x.known, Supplied: strings.Join(x.supplied, "\n")}
	if len(x.policies) > 0 {
		f.Charter = x.policies[0]
	}
	if len(x.scores) > 0 {
		f.Score = x.scores[0]
	}
	if len(x.warnings) > 0 {
		f.Warnings = int(x.warnings[0])
	}
	if len(x.spent) > 0 {
		f.SpentToday = ai.Nano(x.spent[0])
	}
	f.Capped = len(x.places) > 0 && !x.places[0]
	for _, a := range x.own {
		f.Known = append(f.Known, mail.AddressKey(a))
		if d := mail.Domain(a); !mail.FreeMail(d) {
			f.Domains = append(f.Domains, d)
		}
	}
	return f
}

// proposal is an action as the rules see it.
func proposal(o Origin, a Action, p Preview, typed bool) policy.Proposal {
	out := policy.Proposal{Operation: a.Operation, Agent: o.Agent != "", Fields: p.names(), Confidence: a.Confidence, Tainted: a.Tainted, Ask: a.Ask, Typed: typed}
	if p.letter() == nil {
		out.Texts = textsOf(a.Args)
		return out
	}
	m := p.letter()
	out.Mail = &policy.Mail{HTML: m.HTML}
	out.Texts = []string{m.Subject, m.Own, m.OwnHTML}
	if !m.answers(a) {
		out.Texts = append(out.Texts, m.Text, m.HTML)
	}
	for _, list := range [][]Party{m.To, m.Cc, m.Bcc} {
		for _, r := range list {
			out.Mail.Recipients = append(out.Mail.Recipients, mail.AddressKey(r.Address))
			out.Texts = append(out.Texts, r.Name)
		}
	}
	return out
}

// textsOf are all strings in arguments.
func textsOf(args json.RawMessage) []string {
	var v any
	_ = json.Unmarshal(args, &v) // canonical
	var out []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(v)
	return out
}
