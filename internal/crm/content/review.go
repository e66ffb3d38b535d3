package content

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/crm/content/kind"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// sound refuses a draft in which an error was found.
func (d *Draft) sound() error {
	var f problem.Fields
	for _, x := range d.Findings {
		if x.Level == "error" {
			f.Check(false, "/body"+x.Path, x.Code, x.Text)
		}
	}
	if f.Err() == nil {
		return nil
	}
	return f.Err()
}

// step takes a draft from one status to another, checked anew by the facts of
// today.
func (s *Service) step(ctx context.Context, in op.Versioned, to string, from ...string) (*op.Record[Draft], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return s.write(ctx, in.ID, func(tx *pg.Tx, d *stored, around *surroundings) error {
		if err := d.ready(version, from...); err != nil {
			return err
		}
		d.inspect(around, d.AuthorName)
		if err := d.sound(); err != nil {
			return err
		}
		before := d.fields()
		d.Status = to
		return s.store(ctx, tx, d, around, written{before: before})
	})
}

// ready refuses what was deleted, has changed, or is not that far.
func (d *stored) ready(version int64, from ...string) error {
	switch {
	case d.DeletedAt != nil:
		return problem.Missing("content")
	case d.Version != version:
		return op.Stale(d.Version)
	}
	for _, f := range from {
		if d.Status == f {
			return nil
		}
	}
	return problem.Newf(problem.Conflict, "content_status", "It is %s; for this it must be %s.", strings.ReplaceAll(d.Status, "_", " "), strings.ReplaceAll(strings.Join(from, " or "), "_", " "))
}

func (s *Service) submit(ctx context.Context, in *op.Versioned) (*op.Record[Draft], error) {
	return s.step(ctx, *in, "in_review", "draft")
}

func (s *Service) approve(ctx context.Context, in *op.Versioned) (*op.Record[Draft], error) {
	return s.step(ctx, *in, "approved", "in_review")
}

type rejectInput struct {
	op.Versioned
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"What has to change."`
	}
}

// reject makes a draft of content again, with what a person said of it.
func (s *Service) reject(ctx context.Context, in *rejectInput) (*op.Record[Draft], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return s.write(ctx, in.ID, func(tx *pg.Tx, d *stored, around *surroundings) error {
		if err := d.ready(version, "in_review", "approved"); err != nil {
			return err
		}
		before := d.fields()
		d.Status = "draft"
		return s.store(ctx, tx, d, around, written{before: before, reason: in.Body.Reason})
	})
}

type sendInput struct {
	op.Versioned
	Body struct {
		Subject  int    `json:"subject,omitempty" minimum:"0" maximum:"2" doc:"Which of the subject lines, the first unless said."`
		SenderID string `json:"sender_id,omitempty" format:"uuid" doc:"The default one unless said."`
		Undo     *int   `json:"undo_seconds,omitempty" minimum:"0" maximum:"60" doc:"How long it can be taken back; 10 unless said."`
	}
}

var (
	errNoMail    = problem.New(problem.Invalid, "content_no_mail", "Content of this kind is no letter to one contact.")
	errNoAddress = problem.New(problem.Invalid, "content_no_address", "The contact is gone or has no address.")
)

// send makes a mail of a letter, once: the same transaction marks it sent.
func (s *Service) send(ctx context.Context, in *sendInput) (*op.Record[Draft], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	var answers []string
	var d stored
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		lastLater(tx, &answers, in.ID)
		d, err = s.locked(tx, in.ID, func(tx *pg.Tx, d *stored, around *surroundings) error {
			if err := d.sendable(version, around); err != nil {
				return err
			}
			return s.mail(ctx, tx, d, around, wish{in, answers})
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return op.NewRecord(d.Draft, d.Version), nil
}

// Shown is a letter as content.send would send it.
type Shown struct {
	ContactID string
	// Args are those of message.send.
	Args json.RawMessage
}

// Show reads what content.send would send, with the problems that it would
// meet.
func Show(tx *pg.Tx, args json.RawMessage) (Shown, error) {
	in, err := sending(args)
	if err != nil {
		return Shown{}, err
	}
	version, err := in.Version()
	if err != nil {
		return Shown{}, err
	}
	var answers []string
	lastLater(tx, &answers, in.ID)
	var out Shown
	_, err = new(Service).locked(tx, in.ID, func(_ *pg.Tx, d *stored, around *surroundings) error {
		if err := d.sendable(version, around); err != nil {
			return err
		}
		out.ContactID = around.reader().ID
		out.Args, err = letterArgs(d.Body, around.reader(), around.voice(), wish{in, answers})
		return err
	})
	return out, err
}

// sending reads arguments the way that the operation is called with them.
func sending(args json.RawMessage) (*sendInput, error) {
	in := &sendInput{}
	var head struct {
		ID      string `json:"id"`
		IfMatch string `json:"If-Match"`
	}
	if json.Unmarshal(args, &head) != nil || json.Unmarshal(args, &in.Body) != nil || !id.Valid(head.ID) {
		return nil, problem.New(problem.Invalid, "bad_arguments", "These are not the arguments of a letter to send.")
	}
	in.ID, in.IfMatch = head.ID, head.IfMatch
	in.Body.Subject = max(in.Body.Subject, 0)
	return in, nil
}

// lastLater asks for the message that a letter goes on with.
func lastLater(tx *pg.Tx, into *[]string, draftID string) {
	pg.LaterColumn(tx, into, `
		SELECT m.id::text FROM content_drafts d
		JOIN messages m ON m.workspace_id = d.workspace_id AND m.thread_id = d.thread_id AND m.contact_id = d.contact_id AND m.direction = 'inbound'
		WHERE d.workspace_id = $1 AND d.id = $2::uuid ORDER BY m.sent_at DESC, m.id DESC LIMIT 1`, tx.Workspace(), draftID)
}

// sendable refuses a letter that cannot be sent as it is.
func (d *stored) sendable(version int64, around *surroundings) error {
	if err := d.ready(version, "in_review", "approved"); err != nil {
		return err
	}
	d.inspect(around, d.AuthorName)
	if err := d.sound(); err != nil {
		return err
	}
	switch k, _ := kind.Find(d.Kind); {
	case !k.Mail:
		return errNoMail
	case around.reader().Email == "":
		return errNoAddress
	}
	return nil
}

// wish is how a letter is to be sent: of the messages that it may answer the
// last comes first.
type wish struct {
	*sendInput
	answers []string
}

func (s *Service) mail(ctx context.Context, tx *pg.Tx, d *stored, around *surroundings, w wish) error {
	args, err := letterArgs(d.Body, around.reader(), around.voice(), w)
	if err != nil {
		return err
	}
	outgoing, err := s.post(pg.Within(ctx, tx), args)
	if err != nil {
		return err
	}
	before, now := d.fields(), s.now().UTC()
	d.Status, d.OutgoingID, d.SentAt = "sent", &outgoing, &now
	return s.store(ctx, tx, d, around, written{before: before})
}

// letterArgs are the arguments of message.send for a letter.
func letterArgs(body json.RawMessage, r Reader, v Voice, w wish) (json.RawMessage, error) {
	var l kind.Letter
	if err := json.Unmarshal(body, &l); err != nil {
		return nil, fmt.Errorf("read a letter: %w", err)
	}
	args := map[string]any{"mode": "new", "to": []map[string]any{{"name": r.Name, "address": r.Email}}, "subject": l.SubjectLines[min(w.Body.Subject, len(l.SubjectLines)-1)], "text": Rendered(l, v)}
	if len(w.answers) > 0 {
		args["mode"], args["message_id"] = "reply", w.answers[0]
	}
	if w.Body.SenderID != "" {
		args["sender_id"] = w.Body.SenderID
	}
	if w.Body.Undo != nil {
		args["undo_seconds"] = *w.Body.Undo
	}
	text, err := encode(args)
	return json.RawMessage(text), err
}

// Rendered is a letter as its reader will see it.
func Rendered(l kind.Letter, v Voice) string {
	text := strings.TrimSpace(l.Body)
	if cta := strings.TrimSpace(l.CTA); cta != "" && !strings.Contains(text, cta) {
		text += "\n\n" + cta
	}
	if v.Signature != "" {
		text += "\n\n" + strings.TrimSpace(v.Signature)
	}
	return text + "\n"
}

type revertInput struct {
	op.Versioned
	Body struct {
		Version int64 `json:"version" minimum:"1" doc:"Whose text comes back."`
	}
}

func (s *Service) revert(ctx context.Context, in *revertInput) (*op.Record[Draft], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	var old []Version
	return s.writeWith(ctx, in.ID, func(tx *pg.Tx) {
		pg.Later(tx, &old, `SELECT `+versionColumns+` FROM content_versions v WHERE v.workspace_id = $1 AND v.draft_id = $2::uuid AND v.version = $3`, tx.Workspace(), in.ID, in.Body.Version)
	}, func(tx *pg.Tx, d *stored, around *surroundings) error {
		switch {
		case d.Version != version:
			return op.Stale(d.Version)
		case len(old) == 0:
			return problem.Missing("version")
		}
		var body map[string]any
		if err := json.Unmarshal(old[0].Body, &body); err != nil {
			return fmt.Errorf("read version %d: %w", in.Body.Version, err)
		}
		p := Patch{Title: op.Optional[string]{Set: true, Value: old[0].Title}, Body: op.Optional[map[string]any]{Set: true, Value: body},
			Origin: Origin{Reason: fmt.Sprintf("Version %d came back", in.Body.Version)}}
		return s.apply(ctx, tx, d, around, edit{p, ""})
	})
}

// writeWith is write with another question beside it.
func (s *Service) writeWith(ctx context.Context, draftID string, ask func(*pg.Tx), f func(*pg.Tx, *stored, *surroundings) error) (*op.Record[Draft], error) {
	var d stored
	err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		ask(tx)
		d, err = s.locked(tx, draftID, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return op.NewRecord(d.Draft, d.Version), nil
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	_, err := s.write(ctx, in.ID, func(tx *pg.Tx, d *stored, _ *surroundings) error { return s.setDeleted(ctx, tx, d, true, "") })
	return nil, err
}

func (s *Service) restore(ctx context.Context, in *op.ByID) (*op.Record[Draft], error) {
	return s.write(ctx, in.ID, func(tx *pg.Tx, d *stored, _ *surroundings) error { return s.setDeleted(ctx, tx, d, false, "") })
}
