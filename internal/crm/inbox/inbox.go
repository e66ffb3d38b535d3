// Package inbox shows conversations: lists of threads, their messages with
// what was understood of them, sources and attachments.
package inbox

import (
	"context"
	"slices"

	"rapport/internal/api/op"
	"rapport/internal/crm/message"
	"rapport/internal/crm/search"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
)

// Service shows conversations.
type Service struct {
	db    *pg.DB
	blobs *blob.Store
}

// New returns the service over db.
func New(db *pg.DB, blobs *blob.Store) *Service { return &Service{db: db, blobs: blobs} }

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const ws = "/v1/workspaces/{workspace}"
	thread, letter := map[string]string{"id": "thread"}, map[string]string{"id": "message"}
	return []op.Operation{
		op.New(op.Meta{Name: "thread.list", Method: "GET", Cached: op.Cached{On: "thread[] contact.name company.name", Shared: true}, Path: ws + "/threads", Scope: "thread:read",
			Summary: "List threads", Example: example{"folder": "needs_reply"}}, s.threads),
		op.New(op.Meta{Name: "thread.counts", Method: "GET", Cached: op.Cached{On: "thread", Shared: true}, Path: ws + "/threads/counts", Scope: "thread:read",
			Summary: "Count the threads of each folder"}, s.counts),
		op.New(op.Meta{Name: "thread.get", Method: "GET", Cached: op.Cached{On: "thread=id message contact.name company.name outgoing"}, Path: ws + "/threads/{id}", Scope: "thread:read", Entities: thread,
			Summary: "Read a thread with its messages", Doc: "The newest 100 messages, oldest first; long texts are cut."}, s.thread),
		op.New(op.Meta{Name: "message.get", Method: "GET", Cached: op.Cached{On: "message thread contact.name"}, Path: ws + "/messages/{id}", Scope: "thread:read", Entities: letter,
			Summary: "Read a message with all its text and addresses"}, s.message),
		op.New(op.Meta{Name: "message.html", Method: "GET", Cached: op.Cached{Never: "A file, which is streamed."}, Path: ws + "/messages/{id}/html", Scope: "thread:read", Entities: letter, Media: "text/html",
			Summary: "Read a message as a harmless page", Doc: "For a sandboxed frame. Remote images load with images=1 only; tracking pixels never."}, s.html),
		op.New(op.Meta{Name: "message.raw", Method: "GET", Cached: op.Cached{Never: "A file, which is streamed."}, Path: ws + "/messages/{id}/raw", Scope: "thread:read", Entities: letter, Media: "message/rfc822",
			Summary: "Download the source of a message"}, s.raw),
		op.New(op.Meta{Name: "attachment.get", Method: "GET", Cached: op.Cached{Never: "A file, which is streamed."}, Path: ws + "/attachments/{id}", Scope: "thread:read", Media: "application/octet-stream",
			Entities: map[string]string{"id": "attachment"}, Summary: "Download an attachment"}, s.attachment),
	}
}

// folders are the conditions of the folders. What lists and programs send is
// done from the start, and shown in its own folder instead.
func folder(name string) string {
	switch name {
	case "needs_reply":
		return "t.requires_response AND t.status = 'open' AND t.category = 'personal' AND t.last_direction = 'inbound'"
	case "open", "waiting", "snoozed":
		return "t.status = '" + name + "'"
	case "done":
		return "t.status = 'done' AND t.category IN ('personal', 'own')"
	case "bulk":
		return "t.category IN ('bulk', 'automatic')"
	}
	return "true"
}

// Folder is the condition of a folder, "" if there is no such.
func Folder(name string) string {
	if !slices.Contains(Folders(), name) {
		return ""
	}
	return folder(name)
}

// Folders are the names of the folders.
func Folders() []string {
	return []string{"needs_reply", "open", "waiting", "snoozed", "done", "bulk", "all"}
}

// Listing is what the list of threads offers.
var Listing = list.Spec{
	Columns: message.Columns,
	From:    message.From,
	ID:      "t.id",
	Fields: map[string]list.Field{
		"intent":          {SQL: "t.intent", Type: list.Text},
		"urgency":         {SQL: "t.urgency", Type: list.Text, Values: []string{"low", "medium", "high", "critical"}},
		"sentiment":       {SQL: "t.sentiment", Type: list.Text, Values: []string{"positive", "neutral", "negative"}},
		"status":          {SQL: "t.status", Type: list.Text, Values: []string{"open", "waiting", "snoozed", "done"}},
		"category":        {SQL: "t.category", Type: list.Text, Values: []string{"personal", "bulk", "automatic", "own"}},
		"contact_id":      {SQL: "t.contact_id", Type: list.ID},
		"assignee_id":     {SQL: "t.assignee_id", Type: list.ID},
		"unread":          {SQL: "t.unread", Type: list.Bool},
		"due_at":          {SQL: "t.due_at", Type: list.Time},
		"last_message_at": {SQL: "t.last_message_at", Type: list.Time},
	},
	Sorts:   map[string]list.Sort{"last_message_at": {SQL: "t.last_message_at", Type: list.Time}},
	Default: "-last_message_at",
}

// Query asks for threads.
type Query struct {
	op.InWorkspace
	list.Query
	Folder string `query:"folder" enum:"needs_reply,open,waiting,snoozed,done,bulk,all" default:"all"`
	Q      string `query:"q" maxLength:"200" doc:"Words of subject, people and text."`
}

func (s *Service) threads(ctx context.Context, q *Query) (*op.Raw[op.List[message.Thread]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace())
		if condition := folder(q.Folder); condition != "true" {
			w.Add(condition)
		}
		if q.Q != "" {
			search.Filter(w, "t.id", "thread", q.Q)
		}
		body, err = Listing.Page(tx, q.Query, w)
		return err
	})
	return op.NewRaw[op.List[message.Thread]](body), err
}

// Counts is the number of threads in each folder.
type Counts struct {
	NeedsReply int64 `json:"needs_reply"`
	Open       int64 `json:"open"`
	Waiting    int64 `json:"waiting"`
	Snoozed    int64 `json:"snoozed"`
	Done       int64 `json:"done"`
	Bulk       int64 `json:"bulk"`
	All        int64 `json:"all"`
}

func (s *Service) counts(ctx context.Context, _ *op.InWorkspace) (*op.Body[Counts], error) {
	columns := "count(*) AS all"
	for _, name := range []string{"needs_reply", "open", "waiting", "snoozed", "done", "bulk"} {
		columns += ", count(*) FILTER (WHERE " + folder(name) + ") AS " + name
	}
	var out Counts
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.One[Counts](tx, `SELECT `+columns+` FROM threads t WHERE t.workspace_id = $1`, tx.Workspace())
		return err
	})
	return &op.Body[Counts]{Body: out}, err
}
