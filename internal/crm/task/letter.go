package task

import (
	"context"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type messageInput struct {
	op.ByID
	Body struct{}
}

// letter is a message with what was understood of it.
type letter struct {
	Subject     string
	ThreadID    string
	Snippet     string
	ContactID   *string
	ContactName *string
	Summary     *string
	Urgency     *string
	DueAt       *time.Time
	Asked       *string // what it asks to be done, or promises
	Question    *string
}

const selectLetter = `
	SELECT m.subject, m.thread_id, left(m.body, 200) AS snippet, c.id AS contact_id, c.name AS contact_name,
		nullif(e.summary, '') AS summary, e.urgency, e.due_at,
		(SELECT i.body FROM intelligence_items i WHERE i.workspace_id = $1 AND i.message_id = m.id AND i.kind IN ('action_item', 'commitment')
		ORDER BY i.kind, i.position LIMIT 1) AS asked,
		(SELECT i.body FROM intelligence_items i WHERE i.workspace_id = $1 AND i.message_id = m.id AND i.kind = 'question'
		ORDER BY i.position LIMIT 1) AS question
	FROM messages m
	JOIN threads t ON t.workspace_id = m.workspace_id AND t.id = m.thread_id
	LEFT JOIN email_triage e ON e.workspace_id = m.workspace_id AND e.message_id = m.id AND e.state = 'done'
	LEFT JOIN contacts c ON c.workspace_id = m.workspace_id AND c.deleted_at IS NULL
		AND c.id = CASE WHEN m.direction = 'inbound' THEN coalesce(m.contact_id, t.contact_id) ELSE t.contact_id END
	WHERE m.workspace_id = $1 AND m.id = $2`

// fromMessage makes a task of what was understood of a message, or answers with
// the one that it has: pressing a key twice makes no second.
func (s *Service) fromMessage(ctx context.Context, in *messageInput) (*op.Record[Task], error) {
	var t Task
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		var letters []letter
		var have []Task
		pg.Later(tx, &letters, selectLetter, tx.Workspace(), in.ID)
		pg.Later(tx, &have, `SELECT `+Columns+` `+From+` AND x.message_id = $2 AND `+Pending+` ORDER BY x.created_at LIMIT 1`, tx.Workspace(), in.ID)
		if err := tx.Flush(); err != nil {
			return err
		}
		if len(letters) == 0 {
			return problem.Missing("message")
		}
		if len(have) > 0 {
			t = have[0]
			return nil
		}
		who, _ := actor.From(ctx)
		t = letters[0].task()
		t.MessageID, t.AssigneeID = &in.ID, op.Given(who.UserID)
		s.begin(&t)
		return s.add(ctx, tx, t)
	})
	if err != nil {
		return nil, err
	}
	return op.NewRecord(t, t.Version), nil
}

var byUrgency = map[string]string{"low": "low", "medium": "medium", "high": "high", "critical": "urgent"}

// task is what a message asks for: the first thing to do in it, else its
// question, else that it wants an answer.
func (l letter) task() Task {
	t := Task{Title: "Reply", Priority: "medium", DueAt: l.DueAt, ThreadID: &l.ThreadID}
	for _, said := range []*string{l.Asked, l.Question} {
		if said != nil && strings.TrimSpace(*said) != "" {
			t.Title = *said
			break
		}
	}
	if t.Title == "Reply" && l.Subject != "" {
		t.Title = "Reply: " + l.Subject
	}
	t.Title = short(t.Title)
	if l.Summary != nil {
		t.Description = *l.Summary
	}
	if l.Urgency != nil {
		t.Priority = byUrgency[*l.Urgency]
	}
	entity, entityID, name := "thread", l.ThreadID, l.Subject
	if l.ContactID != nil {
		entity, entityID, name = "contact", *l.ContactID, *l.ContactName
	}
	t.Entity, t.EntityID, t.EntityName = &entity, &entityID, &name
	return t
}

// short is s on one line of a length that a list can show.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 160 {
		return strings.TrimSpace(string(r[:159])) + "…"
	}
	return s
}
