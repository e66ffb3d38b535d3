// Package memory keeps what agents know between runs: facts, preferences,
// decisions, outcomes and the lessons of people who rejected what they proposed.
// A memory says where it comes from, counts less as it ages, and goes with the
// contact that it is about.
package memory

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"rapport/internal/ai/guard"
	"rapport/internal/crm/about"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
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

const maxBody = 1000

// check collects what is wrong, and takes secrets out.
func (m *Memory) check(now time.Time) problem.Fields {
	var f problem.Fields
	m.Body = strings.TrimSpace(guard.Secretless(guard.Clean(m.Body)))
	f.Check(m.Body != "", "/body", "required", "Say what shall be remembered.")
	f.Check(utf8.RuneCountInString(m.Body) <= maxBody, "/body", "length", "A memory has up to 1,000 characters.")
	f.Check(m.ExpiresAt == nil || m.ExpiresAt.After(now), "/expires_at", "range", "What is to be forgotten must not be forgotten yet.")
	return f
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

// Recall returns up to most memories of a record and of the workspace as a
// whole, the weightiest first. They are foreign words to a model: quote them.
func Recall(tx *pg.Tx, entity, entityID string, most int) ([]Memory, error) {
	out, err := pg.All[Memory](tx, `
		SELECT x.id::text, x.kind, x.entity, x.entity_id::text, `+about.Name+` AS entity_name, x.body, x.importance, x.confidence, x.source, x.quote,
			x.message_id::text, x.run_id::text, x.author_name, x.created_at, x.expires_at, `+weight+` AS weight `+from+`
			AND (x.entity IS NULL OR x.entity = $2 AND x.entity_id = nullif($3, '')::uuid)
		ORDER BY weight DESC, x.id LIMIT $4`, tx.Workspace(), entity, entityID, most)
	if err != nil {
		return nil, fmt.Errorf("recall memories: %w", err)
	}
	return out, nil
}

// Sweep forgets what is over, and what is about contacts and companies that
// were deleted a month ago.
func Sweep(tx *pg.Tx) {
	tx.Queue(`
		DELETE FROM agent_memories x WHERE x.workspace_id = $1 AND (x.expires_at < now()
			OR x.entity = 'contact' AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = $1 AND c.id = x.entity_id
				AND (c.deleted_at IS NULL OR c.deleted_at > now() - interval '30 days'))
			OR x.entity = 'company' AND NOT EXISTS (SELECT 1 FROM companies c WHERE c.workspace_id = $1 AND c.id = x.entity_id
				AND (c.deleted_at IS NULL OR c.deleted_at > now() - interval '30 days')))`, tx.Workspace())
}
