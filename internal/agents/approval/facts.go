package approval

import (
	"context"
	"slices"
	"strings"
	"time"

	"rapport/internal/agents/approval/policies"
	"rapport/internal/agents/approval/subject"
	"rapport/internal/agents/policy"
	"rapport/internal/ai"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
)

// looked is what the database knows of an action's surroundings.
type looked struct {
	policies []policy.Charter
	people   subject.People
	known    []string
	own      subject.Own
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
	x.knownLater(tx, valid(contact), valid(thread))
	x.people.Later(tx, append(subject.IDs(a.Args), contact, thread), p.letter().keys())
	x.personLater(tx, valid(o.RunID))
	x.own.Later(tx)
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

// knownLater reads the addresses of the contact and in the conversation.
func (x *looked) knownLater(tx *pg.Tx, contact, thread *string) {
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
	f := policy.Facts{Charter: policy.Standard(), Score: x.people.Score(), Warnings: x.people.Warnings(), Known: x.known, Supplied: strings.Join(x.supplied, "\n")}
	if len(x.policies) > 0 {
		f.Charter = x.policies[0]
	}
	if len(x.spent) > 0 {
		f.SpentToday = ai.Nano(x.spent[0])
	}
	f.Capped = len(x.places) > 0 && !x.places[0]
	keys, domains := x.own.Keys()
	f.Known, f.Domains = append(f.Known, keys...), domains
	return f
}

// proposal is an action as the rules see it.
func proposal(o Origin, a Action, p Preview, typed bool) policy.Proposal {
	out := policy.Proposal{Operation: a.Operation, Agent: o.Agent != "", Fields: p.names(), Confidence: a.Confidence, Tainted: a.Tainted, Ask: a.Ask, Typed: typed}
	if p.letter() == nil {
		out.Texts = subject.Texts(a.Args)
		return out
	}
	m := p.letter()
	out.Mail = &policy.Mail{HTML: m.HTML}
	out.Texts = []string{m.Subject, m.Own, m.OwnHTML}
	if !m.answers(a) {
		out.Texts = append(out.Texts, m.Text, m.HTML)
	}
	out.Mail.Recipients = m.keys()
	for _, r := range slices.Concat(m.To, m.Cc, m.Bcc) {
		out.Texts = append(out.Texts, r.Name)
	}
	return out
}
