package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/draft"
	"rapport/internal/crm/event"
	"rapport/internal/crm/sender"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/smtp"
)

// submission is what people send.
type submission struct {
	op.InWorkspace
	Body struct {
		Mode        string            `json:"mode" enum:"new,reply,reply_all,forward"`
		MessageID   string            `json:"message_id,omitempty" format:"uuid" doc:"The message that is answered or forwarded."`
		SenderID    string            `json:"sender_id,omitempty" format:"uuid" doc:"The default one unless said."`
		To          []draft.Recipient `json:"to"`
		Cc          []draft.Recipient `json:"cc,omitempty"`
		Bcc         []draft.Recipient `json:"bcc,omitempty"`
		Subject     *string           `json:"subject,omitempty" doc:"That of the message with Re: or Fwd:, unless said."`
		Text        string            `json:"text"`
		HTML        string            `json:"html,omitempty" maxLength:"500000" doc:"The same with HTML, of which scripts, handlers, forms and everything that would be loaded are left out. The text is made from it then; text is not looked at."`
		Format      string            `json:"format,omitempty" enum:"text,markdown" doc:"markdown: text is shown with its marks as HTML by programs that can; the others show it as it is. Unless html is given."`
		Attachments []string          `json:"attachments,omitempty" doc:"Ids of uploads."`
		Forwarded   *bool             `json:"forward_attachments,omitempty" doc:"Whether the files of a forwarded message go along; they do unless said."`
		DraftID     string            `json:"draft_id,omitempty" format:"uuid" doc:"Your draft that this was; it is gone then."`
		Undo        *int              `json:"undo_seconds,omitempty" minimum:"0" maximum:"60" doc:"How long it can be taken back; 10 unless said."`
		SendAt      *time.Time        `json:"send_at,omitempty" doc:"When to send it; a time that has passed is now."`
	}
}

const (
	defaultUndo = 10 * time.Second
	farthest    = 366 * 24 * time.Hour
)

// letter is the submission as letters are checked and kept.
func (in *submission) letter() draft.Letter {
	b := in.Body
	l := draft.Letter{Mode: b.Mode, MessageID: op.Given(b.MessageID), SenderID: op.Given(b.SenderID), To: trimmed(b.To), Cc: trimmed(b.Cc), Bcc: trimmed(b.Bcc), Text: b.Text}
	if b.Subject != nil {
		l.Subject = strings.TrimSpace(*b.Subject)
	}
	return l
}

// trimmed are recipients with the domains as servers know them.
func trimmed(list []draft.Recipient) []draft.Recipient {
	out := []draft.Recipient{}
	for _, r := range list {
		r.Name, r.Address = strings.TrimSpace(r.Name), strings.TrimSpace(r.Address)
		local, _, ok := strings.Cut(r.Address, "@")
		if domain := mail.Domain(r.Address); ok && domain != "" {
			r.Address = local + "@" + domain
		}
		out = append(out, r)
	}
	return out
}

// check collects what can be said without the database.
func (in *submission) check(l draft.Letter, now time.Time) problem.Fields {
	var f problem.Fields
	l.Check(&f)
	n := 0
	for name, list := range map[string][]draft.Recipient{"/to": l.To, "/cc": l.Cc, "/bcc": l.Bcc} {
		n += len(list)
		for i, r := range list[:min(len(list), draft.MaxRecipients)] {
			f.Check(smtp.Deliverable(r.Address) && mail.AddressKey(r.Address) != "", fmt.Sprintf("%s/%d", name, i), "format", "This is not an address that mail can be sent to.")
		}
	}
	f.Check(n > 0, "/to", "required", "Say who shall get it.")
	f.Check(n <= draft.MaxRecipients || len(l.To) > draft.MaxRecipients, "/to", "length", "Write to at most 100 people at once, copies included.")
	f.Check(!strings.ContainsRune(in.Body.HTML, 0), "/html", "format", "Some text holds NUL, which cannot be sent.")
	f.Check(in.Body.SendAt == nil || in.Body.SendAt.Sub(now) <= farthest, "/send_at", "range", "Mail can be put off for a year at most.")
	return f
}

// found is what the database knows of the things that a submission names.
type found struct {
	files, forwarded []draft.File
	answered         []answered
	sender           sender.Sender
}

type answered struct{ ID, ThreadID, RFC822ID, Subject string }

func (in *submission) find(tx *pg.Tx, l draft.Letter, f *problem.Fields) (x found, err error) {
	draft.FilesLater(tx, &x.files, in.Body.Attachments)
	if l.MessageID != nil {
		pg.Later(tx, &x.answered, `SELECT id::text, thread_id::text, rfc822_id, subject FROM messages WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), *l.MessageID)
	}
	if l.MessageID != nil && l.Mode == "forward" && (in.Body.Forwarded == nil || *in.Body.Forwarded) {
		pg.Later(tx, &x.forwarded, `
			SELECT id::text, filename, content_type, size, blob FROM attachments
			WHERE workspace_id = $1 AND message_id = $2::uuid AND blob <> '' AND NOT inline ORDER BY position`, tx.Workspace(), *l.MessageID)
	}
	x.sender, err = sender.Choose(tx, in.Body.SenderID)
	missing := problem.KindOf(err) == problem.NotFound
	f.Check(!missing, "/sender_id", "not_found", "There is no such account to send from.")
	if err != nil && !missing {
		return x, err
	}
	f.Check(l.MessageID == nil || len(x.answered) > 0, "/message_id", "not_found", "There is no such message.")
	var more int64
	for _, a := range x.forwarded {
		more += a.Size
	}
	draft.CheckFiles(f, in.Body.Attachments, x.files, more)
	return x, f.Err()
}

// submit takes a mail into the outbox. Everything that belongs to it happens
// in one transaction, its job included.
func (s *Service) submit(ctx context.Context, in *submission) (*op.Record[Outgoing], error) {
	l, now := in.letter(), s.now().UTC()
	var shown string
	l.Text, shown = draft.Render(l.Text, in.Body.HTML, in.Body.Format)
	faults := in.check(l, now)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	var out Outgoing
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		x, err := in.find(tx, l, &faults)
		if err != nil {
			return err
		}
		if in.Body.Subject == nil && len(x.answered) > 0 {
			l.Subject = subjectOf(l.Mode, x.answered[0].Subject)
		}
		r := entry{id: id.New(), letter: l, found: x, html: shown, uploads: in.Body.Attachments, after: in.after(now)}
		r.key = key(ctx, r.id)
		out, err = s.add(ctx, tx, r)
		if err != nil || out.ID != r.id { // the one of a call that is repeated
			return err
		}
		if in.Body.DraftID != "" {
			there, err := draft.Drop(tx, draft.Author(ctx), in.Body.DraftID)
			if err != nil {
				return err
			}
			faults.Check(there, "/draft_id", "not_found", "This draft is not there any more: it was sent or discarded.")
			if err := faults.Err(); err != nil {
				return err
			}
		}
		event.Hint(tx, "outgoing", out.ID)
		return s.queue.Add(ctx, tx, Send{tx.Workspace(), out.ID})
	})
	return op.NewRecord(out, out.Version), err
}

func (in *submission) after(now time.Time) time.Time {
	undo := defaultUndo
	if in.Body.Undo != nil {
		undo = time.Duration(*in.Body.Undo) * time.Second
	}
	at := now.Add(undo)
	if in.Body.SendAt != nil && in.Body.SendAt.After(at) {
		at = in.Body.SendAt.UTC()
	}
	return at
}

// key is what makes a mail the same: the caller's key for it, within what the
// caller may see, or else its own id.
func key(ctx context.Context, ownID string) string {
	if k := op.Key(ctx); k != "" {
		return draft.Author(ctx) + "/" + k
	}
	return ownID
}

// messageID is derived from the key, so that each attempt, and each repeated
// call, names the same mail.
func messageID(workspace, key, address string) string {
	sum := sha256.Sum256([]byte(workspace + "\x00" + key))
	return hex.EncodeToString(sum[:16]) + address[strings.LastIndexByte(address, '@'):]
}

// entry is a new row of the outbox.
type entry struct {
	id, key string
	letter  draft.Letter
	found
	html    string
	uploads []string
	after   time.Time
}

// add inserts a mail, or returns the one that has its key already.
func (s *Service) add(ctx context.Context, tx *pg.Tx, e entry) (Outgoing, error) {
	who, _ := actor.From(ctx)
	by, err := json.Marshal(who)
	if err != nil {
		return Outgoing{}, fmt.Errorf("encode the actor: %w", err)
	}
	var lists [3]string
	for i, list := range [][]draft.Recipient{e.letter.To, e.letter.Cc, e.letter.Bcc} {
		b, err := json.Marshal(list)
		if err != nil {
			return Outgoing{}, fmt.Errorf("encode recipients: %w", err)
		}
		lists[i] = string(b)
	}
	l := e.letter
	tx.Queue(`
		INSERT INTO outgoing (workspace_id, id, idempotency_key, rfc822_id, author_id, actor, mode, answers_id, sender_id, to_list, cc_list, bcc_list, subject, body, html,
			upload_ids, send_after)
		VALUES ($1, $2, $3, $4, $5::uuid, $6::jsonb, $7, $8::uuid, $9::uuid, $10::jsonb, $11::jsonb, $12::jsonb, $13, $14, $15, $16::uuid[], $17)
		ON CONFLICT (workspace_id, idempotency_key) DO NOTHING`,
		tx.Workspace(), e.id, e.key, messageID(tx.Workspace(), e.key, e.sender.Address), draft.Author(ctx), string(by), l.Mode, l.MessageID, e.sender.ID,
		lists[0], lists[1], lists[2], l.Subject, l.Text, e.html, append([]string{}, e.uploads...), e.after)
	e.attach(tx)
	return pg.One[Outgoing](tx, selection+` AND o.idempotency_key = $2`, tx.Workspace(), e.key)
}

// attach queues the files of a mail that was inserted.
func (e entry) attach(tx *pg.Tx) {
	var names, types, blobs []string
	var sizes []int64
	for _, f := range slices.Concat(inOrder(e.uploads, e.files), e.forwarded) {
		names, types, blobs, sizes = append(names, f.Filename), append(types, f.ContentType), append(blobs, f.Blob), append(sizes, f.Size)
	}
	if len(names) == 0 {
		return
	}
	tx.Queue(`
		INSERT INTO outgoing_attachments (workspace_id, outgoing_id, position, filename, content_type, size, blob)
		SELECT $1, o.id, t.n, t.filename, t.content_type, t.size, t.blob
		FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[]) WITH ORDINALITY AS t (filename, content_type, size, blob, n)
		JOIN outgoing o ON o.workspace_id = $1 AND o.id = $2::uuid`, tx.Workspace(), e.id, names, types, sizes, blobs)
}

func inOrder(ids []string, files []draft.File) []draft.File {
	var out []draft.File
	for _, want := range ids {
		if i := slices.IndexFunc(files, func(f draft.File) bool { return f.ID == want }); i >= 0 {
			out = append(out, files[i])
		}
	}
	return out
}
