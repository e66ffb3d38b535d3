package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/crm/message"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// File is the job that stores a sent mail in its conversation.
type File struct {
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
}

// Kind names the job.
func (File) Kind() string { return "outbox.file" }

// In is the workspace of the mail.
func (j File) In() string { return j.Workspace }

// Copy is the job that puts a copy into the Sent folder.
type Copy struct {
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
}

// Kind names the job.
func (Copy) Kind() string { return "outbox.copy" }

// In is the workspace of the mail.
func (j Copy) In() string { return j.Workspace }

// Limit is the time that a slow server may take.
func (Copy) Limit() time.Duration { return 10 * time.Minute }

type sent struct {
	State, Raw, Address  string
	Size                 int64
	Actor                json.RawMessage
	MessageID, MailboxID *string
	AppendedAt           *time.Time
}

func (s *Service) sent(tx *pg.Tx, outgoingID string) (sent, error) {
	return pg.One[sent](tx, `
		SELECT o.state, o.raw, o.size, o.actor, o.message_id::text, o.appended_at, s.address, s.mailbox_id::text
		FROM outgoing o
		JOIN senders s ON s.workspace_id = o.workspace_id AND s.id = o.sender_id
		WHERE o.workspace_id = $1 AND o.id = $2::uuid`, tx.Workspace(), outgoingID)
}

// file stores a sent mail as the message that it became. A mailbox may have
// brought it before: then it is that one.
func (s *Service) file(ctx context.Context, outgoingID string) error {
	var o sent
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		o, err = s.sent(tx, outgoingID)
		return err
	})
	if err != nil || o.State != "sent" || o.MessageID != nil {
		return err
	}
	batch := s.blobs.Batch(actor.Workspace(ctx))
	defer batch.Discard()
	m, err := s.read(ctx, o, batch)
	if err != nil {
		return fmt.Errorf("read sent mail %s: %w", outgoingID, err)
	}
	for i := range m.Attachments {
		m.Attachments[i].Ref = batch.Ref(m.Attachments[i].Ref)
	}
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		d := message.Delivery{Mails: []message.Incoming{{Mail: m, Raw: o.Raw}}, Own: []string{o.Address}, Source: "outbox",
			Files: append(batch.Files(), blob.Stored{Name: blob.File(o.Raw), Size: o.Size})}
		outcomes, err := s.messages.Store(ctx, tx, d)
		if err != nil {
			return err
		}
		return s.filed(ctx, tx, outgoingID, o, outcomes[0].MessageID)
	})
}

// read parses the mail as any other, with its files in the batch.
func (s *Service) read(ctx context.Context, o sent, batch *blob.Batch) (*mail.Message, error) {
	r, err := s.blobs.Open(actor.Workspace(ctx), o.Raw)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	m, err := mail.Parser{Now: s.now(), Sink: batch.Put}.Parse(r)
	if err != nil {
		return nil, err
	}
	return m, batch.Sync()
}

// filed notes which message it is, in the name of whoever wrote it.
func (s *Service) filed(ctx context.Context, tx *pg.Tx, outgoingID string, o sent, messageID string) error {
	tx.Queue(`UPDATE outgoing SET message_id = $3::uuid, version = version + 1, updated_at = now() WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), outgoingID, messageID)
	event.Hint(tx, "outgoing", outgoingID)
	var who actor.Actor
	if err := json.Unmarshal(o.Actor, &who); err != nil {
		return fmt.Errorf("read the author of mail %s: %w", outgoingID, err)
	}
	who.WorkspaceID = tx.Workspace()
	err := event.Record(actor.With(ctx, who), tx, event.Happened{Entity: "message", EntityID: messageID, Kind: event.Created, Changes: event.Changes{"direction": {nil, "outbound"}}})
	if err != nil || o.MailboxID == nil || s.append == nil {
		return err
	}
	return s.queue.Add(ctx, tx, Copy{tx.Workspace(), outgoingID})
}

// copy puts a copy into the Sent folder of the sender's mailbox. Where that
// can never be, such as without a folder for it, nothing is repeated.
func (s *Service) copy(ctx context.Context, outgoingID string) error {
	var o sent
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		o, err = s.sent(tx, outgoingID)
		return err
	})
	if err != nil || o.AppendedAt != nil || o.MailboxID == nil || s.append == nil {
		return err
	}
	r, err := s.blobs.Open(actor.Workspace(ctx), o.Raw)
	if err != nil {
		return err
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read sent mail %s: %w", outgoingID, err)
	}
	err = s.append(ctx, *o.MailboxID, raw)
	if p, ok := errors.AsType[*problem.Error](err); ok && p.Kind < problem.Internal {
		s.log.WarnContext(ctx, "no copy of a sent mail is kept in its mailbox", "outgoing", outgoingID, "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	return pg.Persist(ctx, func() error {
		return s.db.Write(context.WithoutCancel(ctx), func(tx *pg.Tx) error {
			tx.Queue(`UPDATE outgoing SET appended_at = now() WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), outgoingID)
			return nil
		})
	})
}

var _ queue.Lengthy = Copy{}
