package message

import (
	"time"

	"rapport/internal/platform/pg"
)

// Thread is a conversation as lists show it: its sender is the other side, its
// category the most personal one of its messages.
type Thread struct {
	ID               string     `json:"id"`
	Subject          string     `json:"subject"`
	Status           string     `json:"status" enum:"open,waiting,snoozed,done"`
	SnoozedUntil     *time.Time `json:"snoozed_until"`
	AssigneeID       *string    `json:"assignee_id"`
	Unread           bool       `json:"unread"`
	MessageCount     int32      `json:"message_count"`
	HasAttachments   bool       `json:"has_attachments"`
	LastMessageAt    time.Time  `json:"last_message_at" doc:"A message dated in the future counts as of its arrival."`
	LastDirection    string     `json:"last_direction" enum:"inbound,outbound"`
	Snippet          string     `json:"snippet"`
	FromName         string     `json:"from_name"`
	FromAddress      string     `json:"from_address"`
	ContactID        *string    `json:"contact_id"`
	ContactName      *string    `json:"contact_name"`
	CompanyName      *string    `json:"company_name"`
	Category         string     `json:"category" enum:"personal,bulk,automatic,own"`
	CategoryReason   string     `json:"category_reason"`
	Intent           *string    `json:"intent"`
	Sentiment        *string    `json:"sentiment" enum:"positive,neutral,negative"`
	Urgency          *string    `json:"urgency" enum:"low,medium,high,critical"`
	RequiresResponse bool       `json:"requires_response"`
	DueAt            *time.Time `json:"due_at"`
	Version          int64      `json:"version"`
}

// Columns and From are the query behind Thread; From ends in the condition on
// the workspace, $1.
const (
	Columns = `t.id, t.subject, t.status, t.snoozed_until, t.assignee_id, t.unread, t.message_count, t.has_attachments,
	t.last_message_at, t.last_direction, t.snippet, t.from_name, t.from_address, c.id AS contact_id, c.name AS contact_name, co.name AS company_name,
	t.category, t.category_reason, t.intent, t.sentiment, t.urgency, t.requires_response, t.due_at, t.version`
	From = `FROM threads t
	LEFT JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id AND c.deleted_at IS NULL
	LEFT JOIN companies co ON co.workspace_id = c.workspace_id AND co.id = c.company_id AND co.deleted_at IS NULL
	WHERE t.workspace_id = $1`
)

// LaterThread queues the reading of one thread.
func LaterThread(tx *pg.Tx, dst *[]Thread, threadID string) {
	pg.Later(tx, dst, `SELECT `+Columns+` `+From+` AND t.id = $2::uuid`, tx.Workspace(), threadID)
}

// Decision is what people decided about a thread.
type Decision struct {
	ID           string
	Status       string
	SnoozedUntil *time.Time
	AssigneeID   *string
	Unread       bool
}

// Decide queues that threads are as decided, each a version further. Package
// thread is the way to it: it checks, and records what changed.
func Decide(tx *pg.Tx, decisions ...Decision) {
	var ids, statuses []string
	var until []*time.Time
	var assignees []*string
	var unread []bool
	for _, d := range decisions {
		ids, statuses, until = append(ids, d.ID), append(statuses, d.Status), append(until, d.SnoozedUntil)
		assignees, unread = append(assignees, d.AssigneeID), append(unread, d.Unread)
	}
	tx.Queue(`
		UPDATE threads t SET status = d.status, snoozed_until = d.until, assignee_id = d.assignee, unread = d.unread,
			version = t.version + 1, updated_at = now()
		FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::uuid[], $6::boolean[]) AS d (id, status, until, assignee, unread)
		WHERE t.workspace_id = $1 AND t.id = d.id`, tx.Workspace(), ids, statuses, until, assignees, unread)
}
