package outbox

import (
	"context"
	"io"

	"rapport/internal/crm/draft"
	"rapport/internal/crm/message"
	"rapport/internal/crm/sender"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/smtp"
)

// file is an attachment of a mail on its way.
type file struct{ Filename, ContentType, Blob string }

// compose writes the mail into a blob. From then on its bytes are the same in
// each attempt, in the conversation and in the Sent folder.
func (s *Service) compose(ctx context.Context, r *row, a sender.Account, claim string) error {
	files, answers, err := s.ingredients(ctx, r)
	if err != nil {
		return err
	}
	workspace := actor.Workspace(ctx)
	m := smtp.Message{From: a.From(), To: addresses(r.ToList), Cc: addresses(r.CcList), Subject: r.Subject, Date: s.now().UTC(), MessageID: r.RFC822ID, Text: r.Body, HTML: r.HTML}
	if answers != "" && r.Mode != "forward" {
		m.InReplyTo, m.References = s.thread(workspace, answers)
	}
	for _, f := range files {
		m.Files = append(m.Files, smtp.File{Name: f.Filename, Type: f.ContentType, Open: func() (io.ReadCloser, error) { return s.blobs.Open(workspace, f.Blob) }})
	}
	out, in := io.Pipe()
	go func() { in.CloseWithError(m.Write(in)) }()
	ref, size, err := s.blobs.Put(ctx, workspace, out)
	_ = out.Close() // ends the writer if Put gave up
	if err != nil {
		return err
	}
	r.Raw, r.Size = ref, size
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		message.Keep(tx, blob.Stored{Name: blob.File(ref), Size: size})
		tx.Queue(`UPDATE outgoing SET raw = $4, size = $5 WHERE workspace_id = $1 AND id = $2::uuid AND claim = $3::uuid`, tx.Workspace(), r.ID, claim, ref, size)
		return nil
	})
}

// ingredients reads the files of a mail and the source of what it answers.
func (s *Service) ingredients(ctx context.Context, r *row) (files []file, answers string, err error) {
	var raw []string
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		pg.Later(tx, &files, `SELECT filename, content_type, blob FROM outgoing_attachments WHERE workspace_id = $1 AND outgoing_id = $2::uuid ORDER BY position`, tx.Workspace(), r.ID)
		pg.LaterColumn(tx, &raw, `SELECT raw FROM messages WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), r.AnswersID)
		return tx.Flush()
	})
	if len(raw) > 0 {
		answers = raw[0]
	}
	return files, answers, err
}

const maxHead = 1 << 20 // bytes of a source in which its references are looked for

// thread is what makes an answer part of a conversation (RFC 5322, 3.6.4): the
// Message-ID of the message, and its references before that. A source that is
// not there any more costs the references, not the answer.
func (s *Service) thread(workspace, ref string) (inReplyTo string, references []string) {
	r, err := s.blobs.Open(workspace, ref)
	if err != nil {
		return "", nil
	}
	defer r.Close()
	m, err := mail.Parse(io.LimitReader(r, maxHead), nil)
	if err != nil || m.MessageID == "" {
		return "", nil
	}
	references = m.References
	if len(references) == 0 && len(m.InReplyTo) == 1 {
		references = m.InReplyTo
	}
	return m.MessageID, append(references, m.MessageID)
}

func addresses(list []draft.Recipient) []mail.Address {
	out := make([]mail.Address, len(list))
	for i, r := range list {
		out[i] = mail.Address{Name: r.Name, Address: r.Address}
	}
	return out
}
