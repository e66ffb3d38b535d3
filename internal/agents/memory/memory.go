// Package memory keeps what agents know between runs: facts, preferences,
// decisions, outcomes and the lessons of people who rejected what they proposed.
// A memory says where it comes from, counts less as it ages, and goes with the
// contact that it is about.
package memory

import (
	"context"
	"math"
	"time"

	"rapport/internal/agents/memory/note"
	"rapport/internal/crm/about"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
)

// Kind is what sort of thing is remembered.
type Kind string

// The kinds. A lesson is what a person taught by rejecting a proposal.
const (
	Fact       Kind = "fact"
	Preference Kind = "preference"
	Decision   Kind = "decision"
	Outcome    Kind = "outcome"
	Lesson     Kind = "lesson"
)

// The sources of a memory.
const (
	ByPerson   = "person"
	ByAgent    = "agent"
	ByApproval = "approval"
)

// Memory is one thing that is remembered, of a record or of the workspace.
type Memory struct {
	ID         string     `json:"id"`
	Kind       Kind       `json:"kind" enum:"fact,preference,decision,outcome,lesson"`
	Entity     *string    `json:"entity" enum:"contact,company,thread" doc:"null for the workspace as a whole."`
	EntityID   *string    `json:"entity_id"`
	EntityName *string    `json:"entity_name"`
	Body       string     `json:"body"`
	Importance float64    `json:"importance" doc:"0 to 1."`
	Confidence float64    `json:"confidence" doc:"0 to 1."`
	Source     string     `json:"source" enum:"person,agent,approval"`
	Quote      string     `json:"quote" doc:"The words that it relies on."`
	MessageID  *string    `json:"message_id"`
	RunID      *string    `json:"run_id"`
	AuthorName string     `json:"author_name"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	Weight     float64    `json:"weight" doc:"Importance × confidence, halved with each 90 days: 0 to 1."`
}

// About reports whether something can be remembered of such a record.
func About(entity string) bool {
	return entity == "contact" || entity == "company" || entity == "thread"
}

// Service keeps memories.
type Service struct {
	db  *pg.DB
	now func() time.Time
}

// New returns the service over db.
func New(db *pg.DB, now func() time.Time) *Service { return &Service{db: db, now: now} }

// Add remembers m within tx, as the actor of ctx. What it is about must be there.
func (s *Service) Add(ctx context.Context, tx *pg.Tx, m *Memory) error {
	who, _ := actor.From(ctx)
	m.ID, m.CreatedAt, m.AuthorName = id.New(), s.now().UTC(), who.Name
	m.Weight = m.Importance * m.Confidence
	if who.RunID != "" {
		m.RunID = &who.RunID
	}
	if m.Source == "" {
		m.Source = ByPerson
		if who.Kind == actor.Agent {
			m.Source = ByAgent
		}
	}
	f := m.check(m.CreatedAt)
	subject := about.Later(tx, m.Entity, m.EntityID)
	if err := tx.Flush(); err != nil {
		return err
	}
	if subject.Check(&f); f.Err() != nil {
		return f.Err()
	}
	m.EntityName = subject.Name()
	tx.Queue(`
		INSERT INTO agent_memories (workspace_id, id, kind, entity, entity_id, body, importance, confidence, source, quote, message_id, run_id,
			author_id, author_name, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, nullif($13, '')::uuid, $14, $15, $16)`,
		tx.Workspace(), m.ID, m.Kind, m.Entity, m.EntityID, m.Body, m.Importance, m.Confidence, m.Source, m.Quote, m.MessageID, m.RunID,
		who.UserID, m.AuthorName, m.CreatedAt, m.ExpiresAt)
	return event.Record(ctx, tx, event.Happened{Entity: "memory", EntityID: m.ID, Kind: event.Created})
}

// weight decays with a half-life of 90 days.
const weight = `x.importance * x.confidence * power(0.5, extract(epoch FROM now() - x.created_at) / 7776000)`

const columns = `x.id, x.kind, x.entity, x.entity_id, ` + about.Name + ` AS entity_name, x.body, x.importance, x.confidence, x.source, x.quote,
	x.message_id, x.run_id, x.author_name, x.created_at, x.expires_at, ` + weight + ` AS weight`

// alive leaves out what is over, and what is about a record that was deleted.
const alive = `(x.expires_at IS NULL OR x.expires_at > now()) AND xc.deleted_at IS NULL AND xo.deleted_at IS NULL`

const from = `FROM agent_memories x` + about.Joins + `
	WHERE x.workspace_id = $1 AND ` + alive

// gone holds for what is about a contact who was deleted, even where it is kept
// elsewhere: it cites their mail, belongs to a conversation with them, or comes
// from a run about them.
const gone = `EXISTS (SELECT FROM contacts g WHERE g.workspace_id = x.workspace_id AND g.deleted_at <= $2::timestamptz AND g.id IN (
			SELECT m.contact_id FROM messages m WHERE m.workspace_id = x.workspace_id AND m.id = x.message_id
			UNION ALL SELECT m.contact_id FROM messages m WHERE m.workspace_id = x.workspace_id AND x.entity = 'thread' AND m.thread_id = x.entity_id
			UNION ALL SELECT r.subject_id FROM agent_runs r WHERE r.workspace_id = x.workspace_id AND r.id = x.run_id AND r.subject_entity = 'contact'
			UNION ALL SELECT d.contact_id FROM agent_runs r JOIN content_drafts d ON d.workspace_id = r.workspace_id AND d.id = r.subject_id
				WHERE r.workspace_id = x.workspace_id AND r.id = x.run_id AND r.subject_entity = 'content'))`

// Subject is whom and what a question is about. Without a contact it is the one
// who wrote last in the conversation: what is remembered of others who take
// part in it is not for them to read.
type Subject struct{ ContactID, ThreadID string }

// most is how many memories are looked at for one question.
const most = 20

// RecallLater queues what is remembered of a subject, of the company and of the
// workspace as a whole, the weightiest first; what is about all of them counts
// less. Put it into notes with Notes.
func RecallLater(tx *pg.Tx, into *[]Memory, of Subject) {
	pg.Later(tx, into, `
		WITH who AS (
			SELECT c.id, c.company_id FROM contacts c WHERE c.workspace_id = $1 AND c.deleted_at IS NULL AND c.id = coalesce(nullif($3, '')::uuid,
				(SELECT m.contact_id FROM messages m WHERE m.workspace_id = $1 AND m.thread_id = nullif($4, '')::uuid ORDER BY m.sent_at DESC, m.id DESC LIMIT 1))
		)
		SELECT x.id::text, x.kind, x.entity, x.entity_id::text, `+about.Name+` AS entity_name, x.body, x.importance, x.confidence, x.source, x.quote,
			x.message_id::text, x.run_id::text, x.author_name, x.created_at, x.expires_at, `+weight+` AS weight `+from+`
			AND (x.entity IS NULL OR x.entity = 'thread' AND x.entity_id = nullif($4, '')::uuid
				OR x.entity = 'contact' AND x.entity_id IN (SELECT id FROM who) OR x.entity = 'company' AND x.entity_id IN (SELECT company_id FROM who))
			AND NOT `+gone+`
		ORDER BY `+weight+` * CASE WHEN x.entity IS NULL THEN 0.7 ELSE 1 END DESC, x.id
		LIMIT $5`, tx.Workspace(), time.Now(), of.ContactID, of.ThreadID, most)
}

// faint is the weight below which a memory is not worth its place.
const faint = 0.05

// Notes are memories as engines are told them, as many as there is room for.
func Notes(all []Memory) []note.Note {
	var out []note.Note
	for _, m := range all {
		if m.Weight < faint {
			continue
		}
		n := note.Note{ID: m.ID, Kind: string(m.Kind), Body: m.Body, Source: m.Source, Author: m.AuthorName, Day: m.CreatedAt.UTC().Format(time.DateOnly), Weight: math.Round(10*m.Weight) / 10}
		for into, value := range map[*string]*string{&n.Entity: m.Entity, &n.EntityID: m.EntityID, &n.About: m.EntityName} {
			if value != nil {
				*into = *value
			}
		}
		out = append(out, n)
	}
	return note.Fit(out)
}

// Sweep forgets what is over, and what has to do with contacts and companies
// that were deleted a month ago.
func Sweep(tx *pg.Tx) {
	tx.Queue(`
		DELETE FROM agent_memories x WHERE x.workspace_id = $1 AND (x.expires_at < now()
			OR x.entity = 'contact' AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = $1 AND c.id = x.entity_id
				AND (c.deleted_at IS NULL OR c.deleted_at > now() - interval '30 days'))
			OR x.entity = 'company' AND NOT EXISTS (SELECT 1 FROM companies c WHERE c.workspace_id = $1 AND c.id = x.entity_id
				AND (c.deleted_at IS NULL OR c.deleted_at > now() - interval '30 days'))
			OR `+gone+`)`, tx.Workspace(), time.Now().Add(-30*24*time.Hour))
}
