// Package today shows what somebody should see now: who waits for an answer,
// who is worth a call, what is due, and what is broken.
package today

import (
	"context"
	"slices"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/lead"
	"rapport/internal/crm/mailbox"
	"rapport/internal/crm/message"
	"rapport/internal/crm/task"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// Today is the page of one person.
type Today struct {
	Replies   []Reply     `json:"replies" doc:"Conversations that owe an answer and are theirs or nobody's, the first due first; 20 at most."`
	HotLeads  []Lead      `json:"hot_leads" doc:"Contacts with a hot score with whom something happened in the last two weeks; 6 at most."`
	Tasks     []task.Task `json:"tasks" doc:"Theirs, overdue or due today; 50 at most."`
	Mailboxes []Mailbox   `json:"mailboxes" doc:"Mailboxes that need somebody."`
	Counts    Counts      `json:"counts"`
}

// Reply is a conversation that owes an answer.
type Reply struct {
	message.Thread
	Overdue bool `json:"overdue"`
}

// Lead is a contact that is worth a call, with the reasons of the score.
type Lead struct {
	ContactID         string     `json:"contact_id"`
	Name              string     `json:"name"`
	CompanyName       *string    `json:"company_name"`
	Score             int64      `json:"score"`
	Reasons           []string   `json:"reasons"`
	LastInteractionAt *time.Time `json:"last_interaction_at"`
}

// Mailbox is one that does not work.
type Mailbox struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Health string `json:"health" doc:"What is wrong, in a sentence."`
}

// Counts is how much there is, also of what is not listed.
type Counts struct {
	Replies        int64 `json:"replies"`
	RepliesOverdue int64 `json:"replies_overdue"`
	Tasks          int64 `json:"tasks" doc:"Theirs, overdue or due today."`
	TasksOverdue   int64 `json:"tasks_overdue"`
	DoneToday      int64 `json:"done_today" doc:"Tasks of theirs that were completed today."`
}

// Service offers the page.
type Service struct {
	db  *pg.DB
	now func() time.Time
}

// New returns the service over db.
func New(db *pg.DB, now func() time.Time) *Service { return &Service{db: db, now: now} }

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "today.get", Method: "GET", Cached: op.Cached{On: "task thread contact company.name mailbox message", For: 20 * time.Second, While: 10 * time.Second}, Path: "/v1/workspaces/{workspace}/today", Scope: "task:read",
			Summary: "What the caller should see now",
			Doc:     "Replies need the scope thread:read as well, hot leads contact:read, mailboxes mailbox:read; without it they are empty."}, s.today),
	}
}

const (
	hot    = 70
	recent = 14 * 24 * time.Hour
	owed   = `t.requires_response AND t.status = 'open' AND t.category = 'personal' AND t.last_direction = 'inbound'
		AND (t.assignee_id IS NULL OR t.assignee_id = $2)`
)

// reading is what one round trip brings.
type reading struct {
	now, midnight time.Time
	me            *string
	threads       []message.Thread
	leads         []leadRow
	tasks         []task.Task
	mailboxes     []Mailbox
	replyCounts   []Counts
	taskCounts    []Counts
}

type leadRow struct {
	Lead
	Parts []lead.Part
}

func (s *Service) today(ctx context.Context, _ *op.InWorkspace) (*op.Body[Today], error) {
	who, _ := actor.From(ctx)
	r := reading{now: s.now(), me: op.Given(who.UserID)}
	r.midnight = task.Midnight(r.now, who.TimeZone)
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		r.laterTasks(tx)
		if op.Allowed(ctx, "thread:read") == nil {
			r.laterReplies(tx)
		}
		if op.Allowed(ctx, "contact:read") == nil {
			r.laterLeads(tx)
		}
		if op.Allowed(ctx, "mailbox:read") == nil {
			r.laterMailboxes(tx)
		}
		return tx.Flush()
	})
	if err != nil {
		return nil, err
	}
	return &op.Body[Today]{Body: r.today()}, nil
}

func (r *reading) laterReplies(tx *pg.Tx) {
	pg.Later(tx, &r.threads, `SELECT `+message.Columns+` `+message.From+` AND `+owed+`
		ORDER BY coalesce(t.due_at, 'infinity'), t.last_message_at DESC, t.id LIMIT 20`, tx.Workspace(), r.me)
	pg.Later(tx, &r.replyCounts, `SELECT count(*) AS replies, count(*) FILTER (WHERE t.due_at < $3) AS replies_overdue
		FROM threads t WHERE t.workspace_id = $1 AND `+owed, tx.Workspace(), r.me, r.now)
}

func (r *reading) laterLeads(tx *pg.Tx) {
	pg.Later(tx, &r.leads, `
		SELECT c.id AS contact_id, c.name, co.name AS company_name, c.score::bigint AS score, c.last_interaction_at, coalesce(l.parts, '[]') AS parts
		FROM contacts c
		LEFT JOIN companies co ON co.workspace_id = c.workspace_id AND co.id = c.company_id AND co.deleted_at IS NULL
		LEFT JOIN lead_scores l ON l.workspace_id = c.workspace_id AND l.contact_id = c.id
		WHERE c.workspace_id = $1 AND c.deleted_at IS NULL AND c.score_key >= $2 AND c.touch_key > $3
		ORDER BY c.touch_key DESC, c.id LIMIT 6`, tx.Workspace(), hot, r.now.Add(-recent))
}

// laterMailboxes finds those that wait after an error, or were paused by one.
func (r *reading) laterMailboxes(tx *pg.Tx) {
	pg.Later(tx, &r.mailboxes, `
		SELECT m.id, m.name, coalesce(nullif(m.paused, ''), h.last_error) AS health
		FROM mailboxes m LEFT JOIN mailbox_health h ON h.workspace_id = m.workspace_id AND h.mailbox_id = m.id
		WHERE m.workspace_id = $1 AND m.deleted_at IS NULL AND m.paused <> $2 AND (m.paused <> '' OR h.state = 'waiting')
		ORDER BY m.name, m.id`, tx.Workspace(), mailbox.PausedByHand)
}

func (r *reading) laterTasks(tx *pg.Tx) {
	pg.Later(tx, &r.tasks, `SELECT `+task.Columns+` `+task.From+` AND `+task.Pending+` AND x.assignee_id = $2 AND x.due_key < $3
		ORDER BY x.due_key, x.priority_key DESC, x.id LIMIT 50`, tx.Workspace(), r.me, r.midnight)
	pg.Later(tx, &r.taskCounts, `
		SELECT count(*) FILTER (WHERE `+task.Pending+` AND x.due_key < $3) AS tasks,
			count(*) FILTER (WHERE `+task.Pending+` AND x.due_key < $4) AS tasks_overdue,
			count(*) FILTER (WHERE x.deleted_at IS NULL AND x.completed_at >= $5) AS done_today
		FROM tasks x WHERE x.workspace_id = $1 AND x.assignee_id = $2`,
		tx.Workspace(), r.me, r.midnight, r.now, r.midnight.AddDate(0, 0, -1))
}

func (r *reading) today() Today {
	out := Today{Replies: []Reply{}, HotLeads: []Lead{}, Tasks: r.tasks, Mailboxes: r.mailboxes}
	for _, t := range r.threads {
		out.Replies = append(out.Replies, Reply{t, t.DueAt != nil && t.DueAt.Before(r.now)})
	}
	for _, l := range r.leads {
		l.Reasons = reasons(l.Parts)
		out.HotLeads = append(out.HotLeads, l.Lead)
	}
	if out.Mailboxes == nil {
		out.Mailboxes = []Mailbox{}
	}
	if len(r.taskCounts) > 0 {
		out.Counts = r.taskCounts[0]
	}
	if len(r.replyCounts) > 0 {
		out.Counts.Replies, out.Counts.RepliesOverdue = r.replyCounts[0].Replies, r.replyCounts[0].RepliesOverdue
	}
	return out
}

// reasons are the first reasons of the three parts that add most to a score.
func reasons(parts []lead.Part) []string {
	known := slices.DeleteFunc(slices.Clone(parts), func(p lead.Part) bool { return p.Points == nil || *p.Points == 0 || len(p.Reasons) == 0 })
	slices.SortStableFunc(known, func(a, b lead.Part) int {
		return int(1000 * (float64(*b.Points)*b.Weight - float64(*a.Points)*a.Weight))
	})
	out := []string{}
	for _, p := range known[:min(len(known), 3)] {
		out = append(out, p.Reasons[0])
	}
	return out
}
