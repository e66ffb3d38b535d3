// Package message keeps conversations: messages as they were read from mail,
// and the threads that they form.
package message

import (
	"context"
	"time"

	"rapport/internal/platform/blob"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

// recent is how far back mail counts as news: older mail does not make a
// thread unread, and an old question of ours is no longer waited for.
const recent = 30 * 24 * time.Hour

// Service stores mail and serves threads.
type Service struct {
	db    *pg.DB
	queue *queue.Queue
	blobs *blob.Store
	now   func() time.Time
	tell  assigned
}

// assigned tells a user that a thread is theirs now.
type assigned func(ctx context.Context, tx *pg.Tx, userID, threadID, subject string) error

// New returns the service over db; sources and attachments are read from blobs.
func New(db *pg.DB, q *queue.Queue, blobs *blob.Store, now func() time.Time) *Service {
	return &Service{db: db, queue: q, blobs: blobs, now: now,
		tell: func(context.Context, *pg.Tx, string, string, string) error { return nil }}
}

// Tell sets who tells people of the threads that they are assigned.
func (s *Service) Tell(f func(ctx context.Context, tx *pg.Tx, userID, threadID, subject string) error) {
	s.tell = f
}

// Incoming is a mail to be stored. References to blobs must be durable.
type Incoming struct {
	Mail *mail.Message // attachments with their references
	Raw  string        // reference of the source
	Read bool          // somebody has read it elsewhere: it makes no thread unread
}

// Delivery is mail that is stored together, at most some hundred messages.
type Delivery struct {
	Mails    []Incoming
	Own      []string      // addresses that are ours, beside those of the workspace and its senders
	ImportID string        // "" for none
	Source   string        // of the contacts that are made
	Files    []blob.Stored // that the references lie in
}

// Outcome says what became of one mail.
type Outcome struct {
	MessageID string // of ours; for a duplicate that of the first
	Duplicate bool
}

// Arrived is the job for what shall happen to new messages, 50 at most.
type Arrived struct {
	Workspace string   `json:"workspace"`
	IDs       []string `json:"ids"`
}

// Kind names the job.
func (Arrived) Kind() string { return "message.arrived" }

// In is the workspace of the messages.
func (a Arrived) In() string { return a.Workspace }

const arrivedAtOnce = 50

// arrivals cuts ids into jobs.
func arrivals(workspace string, ids []string) []queue.Args {
	var jobs []queue.Args
	for len(ids) > 0 {
		n := min(len(ids), arrivedAtOnce)
		jobs = append(jobs, Arrived{workspace, ids[:n]})
		ids = ids[n:]
	}
	return jobs
}
