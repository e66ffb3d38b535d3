// Package draft keeps what people are writing and the files that they attach.
package draft

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Recipient is somebody to whom a mail goes.
type Recipient struct {
	Name    string `json:"name,omitempty" maxLength:"200"`
	Address string `json:"address" maxLength:"320"`
}

// Letter is what people write; a draft may be far from ready.
type Letter struct {
	Mode      string      `json:"mode" enum:"new,reply,reply_all,forward"`
	MessageID *string     `json:"message_id" doc:"The message that is answered or forwarded."`
	SenderID  *string     `json:"sender_id" doc:"null for the default one."`
	To        []Recipient `json:"to"`
	Cc        []Recipient `json:"cc"`
	Bcc       []Recipient `json:"bcc"`
	Subject   string      `json:"subject"`
	Text      string      `json:"text"`
}

// Draft is a letter that somebody is writing. Nobody else sees it.
type Draft struct {
	ID       string  `json:"id"`
	ThreadID *string `json:"thread_id"`
	Letter
	Attachments []Upload  `json:"attachments"`
	RunID       *string   `json:"run_id" doc:"The run of the agent that wrote it."`
	Version     int64     `json:"version"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Service offers drafts and uploads as operations.
type Service struct {
	db    *pg.DB
	blobs *blob.Store
}

// New returns the service over db; files go to blobs.
func New(db *pg.DB, blobs *blob.Store) *Service { return &Service{db: db, blobs: blobs} }

const (
	// MaxFiles is how many files a mail carries, MaxSize their bytes together.
	MaxFiles = 100
	MaxSize  = 25 << 20
	// MaxRecipients is what every server has to take at once (RFC 5321,
	// 4.5.3.1.8). More is not a letter but a campaign.
	MaxRecipients = 100

	maxSubject = 500
	maxText    = 500_000
)

// Check adds what no letter may have, finished or not.
func (l *Letter) Check(f *problem.Fields) {
	for name, list := range map[string][]Recipient{"/to": l.To, "/cc": l.Cc, "/bcc": l.Bcc} {
		f.Check(len(list) <= MaxRecipients, name, "length", "Write to at most 100 people at once.")
		for i, r := range list[:min(len(list), MaxRecipients)] {
			f.Check(OneLine(r.Name) && OneLine(r.Address), fmt.Sprintf("%s/%d", name, i), "format", "Names and addresses are one line, without control characters.")
		}
	}
	f.Check(OneLine(l.Subject), "/subject", "format", "A subject is one line, without control characters.")
	f.Check(len([]rune(l.Subject)) <= maxSubject, "/subject", "length", "A subject has at most 500 characters.")
	f.Check(len(l.Text) <= maxText && !strings.ContainsRune(l.Text, 0), "/text", "length", "A text has at most 500,000 bytes.")
	f.Check(l.Mode == "new" || l.MessageID != nil, "/message_id", "required", "Say which message is answered or forwarded.")
}

// OneLine reports whether s could stand in a header field as it is.
func OneLine(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) || c == '\u2028' || c == '\u2029' })
}

// nobody writes the drafts of the machine itself.
const nobody = "00000000-0000-0000-0000-000000000000"

// Author is whose drafts an actor sees: those of the person, whatever the
// credential.
func Author(ctx context.Context) string {
	a, _ := actor.From(ctx)
	if a.UserID != "" {
		return a.UserID
	}
	return nobody
}

// row is a draft as it is stored.
type row struct {
	ID, Mode                      string
	MessageID, ThreadID, SenderID *string
	RunID                         *string
	ToList, CcList, BccList       []Recipient
	Subject, Body                 string
	UploadIDs                     []string
	Version                       int64
	UpdatedAt                     time.Time
}

func (r row) draft(files []Upload) Draft {
	return Draft{ID: r.ID, ThreadID: r.ThreadID, RunID: r.RunID, Version: r.Version, UpdatedAt: r.UpdatedAt, Attachments: ordered(r.UploadIDs, files),
		Letter: Letter{Mode: r.Mode, MessageID: r.MessageID, SenderID: r.SenderID, To: some(r.ToList), Cc: some(r.CcList), Bcc: some(r.BccList), Subject: r.Subject, Text: r.Body}}
}

// some is a list that JSON does not write as null.
func some(list []Recipient) []Recipient {
	if list == nil {
		return []Recipient{}
	}
	return list
}

const selection = `
	SELECT d.id::text, d.mode, d.message_id::text, m.thread_id::text, s.id::text AS sender_id, d.to_list, d.cc_list, d.bcc_list, d.subject, d.body,
		d.upload_ids::text[], d.run_id::text, d.version, d.updated_at
	FROM drafts d
	LEFT JOIN messages m ON m.workspace_id = d.workspace_id AND m.id = d.message_id
	LEFT JOIN senders s ON s.workspace_id = d.workspace_id AND s.id = d.sender_id AND s.deleted_at IS NULL
	WHERE d.workspace_id = $1 AND d.author_id = $2::uuid`

// Entity names drafts in the feed. The record of such a hint is the person whose
// drafts came or went, not one of these: nobody else hears of them.
const Entity = "draft"

// Make stores a letter as a draft of the person with this id and returns it.
// Files must have been taken.
func Make(tx *pg.Tx, authorID string, l Letter, files []Upload) (Draft, error) {
	return MakeBy(tx, authorID, l, files, "")
}

// MakeBy is Make for a letter that the run with this id wrote; "" is nobody's.
func MakeBy(tx *pg.Tx, authorID string, l Letter, files []Upload, runID string) (Draft, error) {
	draftID := id.New()
	lists, err := encode(l)
	if err != nil {
		return Draft{}, err
	}
	tx.Queue(`
		INSERT INTO drafts (workspace_id, id, author_id, mode, message_id, sender_id, to_list, cc_list, bcc_list, subject, body, upload_ids, run_id)
		VALUES ($1, $2, $3, $4, $5::uuid, $6::uuid, $7::jsonb, $8::jsonb, $9::jsonb, $10, $11, $12::uuid[], nullif($13, '')::uuid)`,
		tx.Workspace(), draftID, authorID, l.Mode, l.MessageID, l.SenderID, lists[0], lists[1], lists[2], l.Subject, l.Text, idsOf(files), runID)
	event.Hint(tx, Entity, authorID)
	r, err := pg.One[row](tx, selection+` AND d.id = $3::uuid`, tx.Workspace(), authorID, draftID)
	return r.draft(files), err
}

// encode writes the recipients as the tables hold them.
func encode(l Letter) (lists [3]string, err error) {
	for i, list := range [][]Recipient{l.To, l.Cc, l.Bcc} {
		b, err := json.Marshal(some(list))
		if err != nil {
			return lists, fmt.Errorf("encode recipients: %w", err)
		}
		lists[i] = string(b)
	}
	return lists, nil
}

// Drop removes the draft of somebody within tx, and says whether it was there.
func Drop(tx *pg.Tx, authorID, draftID string) (bool, error) {
	event.Hint(tx, Entity, authorID)
	n, err := tx.Exec(`DELETE FROM drafts WHERE workspace_id = $1 AND author_id = $2::uuid AND id = $3::uuid`, tx.Workspace(), authorID, draftID)
	return n > 0, err
}
