// Package outbox sends what people write. A mail is a row whose state is
// written before the network is touched and after it:
//
//	queued -> sending -> sent | failed | uncertain; queued | failed -> cancelled
//
// and handed_over_at marks the moment before the final dot. A row that a dead
// process left in sending goes back to the queue if that mark is missing, for
// then nobody took the mail; with the mark it becomes uncertain, and only a
// person may send it again. So nothing is sent twice and nothing is lost
// without a word.
package outbox

import (
	"context"
	"log/slog"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/draft"
	"rapport/internal/crm/message"
	"rapport/internal/crm/sender"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

// Outgoing is a mail on its way, or at its end.
type Outgoing struct {
	ID        string            `json:"id"`
	State     string            `json:"state" enum:"queued,sending,sent,failed,uncertain,cancelled" doc:"uncertain: the connection broke before the server had answered, so it may have been sent."`
	Mode      string            `json:"mode" enum:"new,reply,reply_all,forward"`
	Subject   string            `json:"subject"`
	To        []draft.Recipient `json:"to" db:"to_list"`
	Cc        []draft.Recipient `json:"cc" db:"cc_list"`
	Bcc       []draft.Recipient `json:"bcc" db:"bcc_list"`
	SenderID  string            `json:"sender_id"`
	AnswersID *string           `json:"answers_id" doc:"The message that it answers or forwards."`
	ThreadID  *string           `json:"thread_id" doc:"Where it will be, or is; null for a new conversation that has not been sent."`
	MessageID *string           `json:"message_id" doc:"The message that it became; null until shortly after it was sent."`
	Size      int64             `json:"size" doc:"Bytes as it was sent; 0 before the first attempt."`
	SendAfter time.Time         `json:"send_after" doc:"Until then it can be taken back."`
	SentAt    *time.Time        `json:"sent_at"`
	Attempts  int32             `json:"attempts"`
	NextTryAt *time.Time        `json:"next_try_at"`
	Error     string            `json:"error" doc:"What went wrong, with the server's words."`
	Version   int64             `json:"version"`
	CreatedAt time.Time         `json:"created_at"`
}

// Append puts a copy of sent mail into the Sent folder of a mailbox.
type Append func(ctx context.Context, mailboxID string, raw []byte) error

// SentIn reports whether the Sent folder of a mailbox has a mail.
type SentIn func(ctx context.Context, mailboxID, messageID string) (bool, error)

// Trouble is mail that its author has to see to.
type Trouble struct{ AuthorID, ID, Title, Reason string }

// Tell tells an author of trouble, within the transaction that notes it.
type Tell func(ctx context.Context, tx *pg.Tx, t Trouble) error

// Service offers the outbox as operations, and works its jobs.
type Service struct {
	db       *pg.DB
	queue    *queue.Queue
	messages *message.Service
	senders  *sender.Service
	blobs    *blob.Store
	append   Append
	sentIn   SentIn
	told     Tell
	mailed   func(outcome string)
	log      *slog.Logger
	now      func() time.Time
}

// Parts are what the outbox works with. Append may be nil; then no copies are
// put into Sent folders. Without SentIn no uncertain mail is looked for there,
// without Tell nobody hears of what failed.
type Parts struct {
	DB       *pg.DB
	Queue    *queue.Queue
	Messages *message.Service
	Senders  *sender.Service
	Blobs    *blob.Store
	Append   Append
	SentIn   SentIn
	Tell     Tell
	Mailed   func(outcome string) // hears of each attempt; nil: nobody does
	Log      *slog.Logger
}

// New returns the service over its parts.
func New(p Parts, now func() time.Time) *Service {
	return &Service{p.DB, p.Queue, p.Messages, p.Senders, p.Blobs, p.Append, p.SentIn, p.Tell, p.Mailed, p.Log, now}
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/outbox"
	entities := map[string]string{"id": "outgoing"}
	return []op.Operation{
		op.New(op.Meta{Name: "message.send", Method: "POST", Path: "/v1/workspaces/{workspace}/messages/send", Scope: "outbox:write", Status: 202, Cost: 5,
			Summary: "Send a mail: a new one, an answer, or a message forwarded",
			Doc: "The text is sent as it is given: a signature and quoted text are part of it (message.reply prepares both). " +
				"It can be taken back until send_after. With an Idempotency-Key the same mail is never sent twice, however late the call is repeated.",
			Example: map[string]any{"body": map[string]any{"mode": "new", "to": []map[string]any{{"name": "Ben Ode", "address": "ben@fjord.example"}}, "subject": "Prices", "text": "Hello Ben,\nhere they are.\n", "undo_seconds": 60}}}, s.submit),
		op.New(op.Meta{Name: "message.reply", Method: "GET", Cached: op.Cached{Never: "Written anew for each answer."}, Path: "/v1/workspaces/{workspace}/messages/{id}/reply", Scope: "thread:read", Entities: map[string]string{"id": "message"},
			Summary: "Prepare an answer to a message, or its forwarding: recipients, subject, quoted text", Example: map[string]any{"mode": "reply_all"}}, s.prepare),
		op.New(op.Meta{Name: "outbox.list", Method: "GET", Cached: op.Cached{On: "outgoing message"}, Path: path, Scope: "outbox:read", Summary: "List mail on its way out, the latest first"}, s.list),
		op.New(op.Meta{Name: "outbox.get", Method: "GET", Cached: op.Cached{On: "outgoing message"}, Path: path + "/{id}", Scope: "outbox:read", Entities: entities, Summary: "Read what became of a mail"}, s.get),
		op.New(op.Meta{Name: "outbox.cancel", Method: "POST", Path: path + "/{id}/cancel", Scope: "outbox:write", Entities: entities,
			Summary: "Take a mail back that is not sent yet, or failed; it becomes a draft again"}, s.cancel),
		op.New(op.Meta{Name: "outbox.retry", Method: "POST", Path: path + "/{id}/retry", Scope: "outbox:write", Entities: entities,
			Summary: "Send a mail again that failed or is uncertain, or at once if it waits", Doc: "One that is uncertain may arrive twice then: it needs confirm.",
			Example: map[string]any{"body": map[string]any{"confirm": true}}}, s.retry),
		op.New(op.Meta{Name: "outbox.mark_sent", Method: "POST", Path: path + "/{id}/mark-sent", Scope: "outbox:write", Entities: entities,
			Summary: "Say of an uncertain mail that it was sent", Doc: "It is stored in its conversation, and its copy put into the Sent folder unless it is there."}, s.markSent),
	}
}

// selection is the query behind Outgoing; the workspace is $1.
const selection = `
	SELECT o.id::text, o.state, o.mode, o.subject, o.to_list, o.cc_list, o.bcc_list, o.sender_id::text, o.answers_id::text, o.message_id::text, o.size,
		coalesce(m.thread_id, CASE WHEN o.mode <> 'forward' THEN a.thread_id END)::text AS thread_id,
		o.send_after, o.sent_at, o.attempts, o.next_try_at, o.error, o.version, o.created_at
	FROM outgoing o
	LEFT JOIN messages m ON m.workspace_id = o.workspace_id AND m.id = o.message_id
	LEFT JOIN messages a ON a.workspace_id = o.workspace_id AND a.id = o.answers_id
	WHERE o.workspace_id = $1`
