// Package notification keeps what a person should see without asking: a line
// behind the bell, and a digest by mail for whoever wants one.
package notification

import (
	"context"
	"fmt"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
)

// Kind is what a notification is about; people choose by it what reaches them.
type Kind string

// The kinds of notification.
const (
	TaskAssigned       Kind = "task_assigned"
	TaskDue            Kind = "task_due"
	ThreadAssigned     Kind = "thread_assigned"
	MailboxTrouble     Kind = "mailbox_trouble"
	MailFailed         Kind = "mail_failed"
	Mention            Kind = "mention"
	InvitationAccepted Kind = "invitation_accepted"
	ImportFinished     Kind = "import_finished"
	AIBudget           Kind = "ai_budget"
	Approval           Kind = "approval"
	AgentSchedule      Kind = "agent_schedule"
)

// kinds lists all, in the order of the form, with what holds until a person
// chooses: the bell shows everything, mail is for what may not wait.
var kinds = []choiceRow{
	{TaskAssigned, Choice{App: true}},
	{TaskDue, Choice{App: true, Mail: true}},
	{ThreadAssigned, Choice{App: true}},
	{MailboxTrouble, Choice{App: true, Mail: true}},
	{MailFailed, Choice{App: true, Mail: true}},
	{Mention, Choice{App: true}},
	{InvitationAccepted, Choice{App: true}},
	{ImportFinished, Choice{App: true}},
	{AIBudget, Choice{App: true, Mail: true}},
	{Approval, Choice{App: true, Mail: true}},
	{AgentSchedule, Choice{App: true}},
}

// usual is what holds for a kind until a person chooses.
func usual(kind Kind) (Choice, bool) {
	for _, k := range kinds {
		if k.Kind == kind {
			return k.Choice, true
		}
	}
	return Choice{}, false
}

func allKinds() []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k.Kind)
	}
	return out
}

// Choice is where notifications of one kind reach a person.
type Choice struct {
	App  bool `json:"app" doc:"Behind the bell."`
	Mail bool `json:"mail" doc:"In a digest by mail, unless it was read before."`
}

// Notification is something that one person should see.
type Notification struct {
	ID        string     `json:"id"`
	Kind      Kind       `json:"kind" enum:"task_assigned,task_due,thread_assigned,mailbox_trouble,mail_failed,mention,invitation_accepted,import_finished,ai_budget,agent_schedule,approval"`
	Title     string     `json:"title"`
	Body      string     `json:"body"`
	Link      string     `json:"link" doc:"Where to go, below the workspace: inbox?folder=all&thread=…; empty for nowhere."`
	Entity    string     `json:"entity"`
	EntityID  *string    `json:"entity_id"`
	CreatedAt time.Time  `json:"created_at"`
	ReadAt    *time.Time `json:"read_at"`
}

// New is a notification to be made. Link is below the workspace, without a
// slash in front. Titles beyond 200 characters and bodies beyond 1,000 are cut.
type New struct {
	UserID string
	Kind   Kind
	Title  string
	Body   string
	Link   string
	Entity string
	// EntityID is a uuid, or empty.
	EntityID string
}

// Notify queues a notification with tx: by the person's choice behind the
// bell, in a mail, or nowhere. Nobody is told of their own doing, nobody who
// is no member of the workspace is told anything, and what is said already and
// not yet read is not said again for an hour.
func Notify(ctx context.Context, tx *pg.Tx, n New) error {
	who, _ := actor.From(ctx)
	if n.UserID == "" || n.UserID == who.UserID {
		return nil
	}
	if !id.Valid(n.UserID) {
		return fmt.Errorf("notify: %q is no user", n.UserID)
	}
	if err := n.queue(tx, "SELECT u FROM unnest($3::uuid[]) AS t (u) WHERE identity.is_member(u)", []string{n.UserID}); err != nil {
		return err
	}
	event.Hint(tx, Entity, n.UserID)
	return nil
}

// Assigned queues that a thread is a person's now.
func Assigned(ctx context.Context, tx *pg.Tx, userID, threadID, subject string) error {
	title := "A conversation is yours now"
	if who, _ := actor.From(ctx); who.Name != "" {
		title = who.Name + " gave you a conversation"
	}
	return Notify(ctx, tx, New{UserID: userID, Kind: ThreadAssigned, Title: title, Body: subject,
		Link: "inbox?folder=all&thread=" + threadID, Entity: "thread", EntityID: threadID})
}

// Admins queues a notification for each admin and owner of the workspace but
// the one who acts; n.UserID is not used.
func Admins(ctx context.Context, tx *pg.Tx, n New) error {
	who, _ := actor.From(ctx)
	except := []string{}
	if who.UserID != "" {
		except = append(except, who.UserID)
	}
	if err := n.queue(tx, "SELECT u FROM identity.admins() AS t (u) WHERE u <> ALL ($3::uuid[])", except); err != nil {
		return err
	}
	event.Hint(tx, Entity)
	return nil
}

// Ranked queues a notification for everybody of the workspace who has a role or
// a higher one; n.UserID is not used.
func Ranked(tx *pg.Tx, least string, n New) error {
	if err := n.queue(tx, "SELECT u FROM identity.ranked(($3::text[])[1]) AS t (u)", []string{least}); err != nil {
		return err
	}
	event.Hint(tx, Entity)
	return nil
}

// Entity names notifications in the feed. The record of such a hint is the
// person whose notifications changed, not one of these.
const Entity = "notification"

func (n New) queue(tx *pg.Tx, people string, ids []string) error {
	choice, known := usual(n.Kind)
	if !known {
		return fmt.Errorf("notify: there is no kind %q", n.Kind)
	}
	var about *string
	if n.EntityID != "" {
		about = &n.EntityID
	}
	tx.Queue(`
		WITH wanted AS (
			SELECT u AS user_id, coalesce(p.app, $4) AS app, coalesce(p.mail, $5) AS mail
			FROM (`+people+`) AS t (u)
			LEFT JOIN notification_preferences p ON p.workspace_id = $1 AND p.user_id = u AND p.kind = $2
		), told AS (
			INSERT INTO notifications (workspace_id, id, user_id, kind, title, body, link, entity, entity_id, app, mail)
			SELECT $1, gen_random_uuid(), w.user_id, $2, $6, $7, $8, $9, $10::uuid, w.app, w.mail
			FROM wanted w
			WHERE (w.app OR w.mail) AND NOT EXISTS (
				SELECT 1 FROM notifications o
				WHERE o.workspace_id = $1 AND o.user_id = w.user_id AND o.read_at IS NULL AND o.kind = $2
					AND o.entity_id IS NOT DISTINCT FROM $10::uuid AND o.title = $6 AND o.created_at > now() - interval '1 hour')
			RETURNING user_id, mail
		)
		INSERT INTO notification_digests AS d (workspace, user_id, due_at)
		SELECT $1, user_id, now() + $11 FROM told WHERE mail
		ON CONFLICT (workspace, user_id) DO UPDATE SET due_at = coalesce(d.due_at, greatest(now() + $11, d.sent_at + $12))`,
		tx.Workspace(), n.Kind, ids, choice.App, choice.Mail, clip(n.Title, 200), clip(n.Body, 1000), n.Link, n.Entity, about, grace, atMostEvery)
	return nil
}

// A digest waits a little for what else comes, and longer after another one.
const (
	grace       = time.Minute
	atMostEvery = 5 * time.Minute
)

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
