package outbox

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	wire "github.com/emersion/go-smtp"

	"rapport/internal/api/op"
	"rapport/internal/crm/draft"
	"rapport/internal/crm/message"
	"rapport/internal/crm/notification"
	"rapport/internal/crm/sender"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
	"rapport/internal/platform/secret"
	"rapport/internal/platform/smtp/smtptest"
)

// desk is a workspace with an outbox whose jobs run, a sender, and the server
// that takes its mail.
type desk struct {
	*testing.T
	*Service
	ctx  context.Context
	sink *smtptest.Sink

	mu     sync.Mutex
	copies []string // what was put into Sent folders
	kept   bool     // the Sent folder has everything
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t), APIConns: 3, WorkConns: 3, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	q, err := queue.New(db, queue.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := secret.OpenKeyring(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	blobs := blob.New(t.TempDir())
	d := &desk{T: t, sink: smtptest.New(t, smtptest.Options{User: "ana", Password: "s3cret"})}
	login := func(context.Context, string) (sender.Login, error) {
		return sender.Login{Username: "ana", Password: "s3cret"}, nil
	}
	messages := message.New(db, q, blobs, time.Now)
	d.Service = New(Parts{DB: db, Queue: q, Messages: messages, Senders: sender.New(db, ring, login, false, time.Now), Blobs: blobs, Append: d.keepCopy, SentIn: d.isKept, Tell: d.tellAuthor, Log: quiet}, time.Now)
	d.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.User, ID: id.New(), UserID: id.New(), Name: "Ana", Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
	d.join(draft.Author(d.ctx))
	d.addSender("ana@lumen.example", true)
	d.Handle(q)
	queue.Handle(q, func(context.Context, message.Arrived) error { return nil })
	run, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(run) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		db.Close()
	})
	return d
}

func (d *desk) tellAuthor(ctx context.Context, tx *pg.Tx, t Trouble) error {
	return notification.Notify(ctx, tx, notification.New{UserID: t.AuthorID, Kind: notification.MailFailed, Title: t.Title, Entity: "outgoing", EntityID: t.ID})
}

// join makes a person a member of the workspace.
func (d *desk) join(user string) {
	d.Helper()
	_, err := d.db.Session().Exec(d.ctx, `
		WITH u AS (INSERT INTO identity.users (id, email, email_key, name, password_hash) VALUES ($1::uuid, $2, $2, 'Ana', '') RETURNING id)
		INSERT INTO identity.memberships (organization_id, user_id, role) SELECT w.organization_id, u.id, 'member' FROM u, identity.workspaces w WHERE w.id = $3`,
		user, user+"@lumen.example", actor.Workspace(d.ctx))
	if err != nil {
		d.Fatal(err)
	}
}

// addSender makes a sender, whose login is a mailbox's if it is the default.
func (d *desk) addSender(address string, first bool) (s sender.Sender) {
	d.Helper()
	password := "s3cret"
	details := sender.Details{Name: "Ana Duarte", Address: address, Signature: "Ana\nLumen", IsDefault: first, Password: &password,
		Server: sender.Server{Host: d.sink.Host, Port: d.sink.Port, Security: "none", Username: "ana"}}
	if first {
		mailbox := id.New()
		details.MailboxID, details.Password, details.Username = &mailbox, nil, ""
		d.write(func(tx *pg.Tx) error {
			tx.Queue(`INSERT INTO mailboxes (workspace_id, id, name, address, auth, username, host, port, security) VALUES ($1, $2, 'Ana', $3, 'password', 'ana', 'imap.lumen.example', 993, 'tls')`, tx.Workspace(), mailbox, address)
			return nil
		})
	}
	d.write(func(tx *pg.Tx) (err error) {
		s, err = d.senders.Add(d.ctx, tx, details)
		return err
	})
	return s
}

func (d *desk) keepCopy(_ context.Context, _ string, raw []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.copies = append(d.copies, string(raw))
	return nil
}

func (d *desk) isKept(context.Context, string, string) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept, nil
}

func (d *desk) write(f func(tx *pg.Tx) error) {
	d.Helper()
	if err := d.db.Write(d.ctx, f); err != nil {
		d.Fatal(err)
	}
}

// prices is a mail that is sent at once.
func prices(to ...string) *submission {
	in := &submission{}
	in.Body.Mode, in.Body.Text = "new", "Hello,\nhere they are.\n"
	subject, undo := "Prices", 0
	in.Body.Subject, in.Body.Undo = &subject, &undo
	for _, a := range to {
		in.Body.To = append(in.Body.To, draft.Recipient{Address: a})
	}
	return in
}

func (d *desk) post(in *submission) Outgoing {
	d.Helper()
	out, err := d.submit(d.ctx, in)
	if err != nil {
		d.Fatal(err)
	}
	return out.Body
}

// until waits until a mail is as it should be.
func (d *desk) until(outgoingID, what string, ok func(Outgoing) bool) Outgoing {
	d.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var o Outgoing
	for range 3000 {
		got, err := d.get(d.ctx, &op.ByID{ID: outgoingID})
		if err != nil {
			d.Fatal(err)
		}
		if o = got.Body; ok(o) {
			return o
		}
		<-tick.C
	}
	d.Fatalf("never %s: %+v", what, o)
	return o
}

func (d *desk) filed1(outgoingID string) Outgoing {
	d.Helper()
	return d.until(outgoingID, "filed", func(o Outgoing) bool { return o.State == "sent" && o.MessageID != nil })
}

func (d *desk) parsed(raw string) *mail.Message {
	d.Helper()
	m, err := mail.Parse(strings.NewReader(raw), func(r io.Reader) (string, int64, error) {
		n, err := io.Copy(io.Discard, r)
		return "kept", n, err
	})
	if err != nil {
		d.Fatal(err)
	}
	return m
}

func ask[T any](d *desk, sql string, args ...any) (out []T) {
	d.Helper()
	err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.Column[T](tx, sql, append([]any{tx.Workspace()}, args...)...)
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return out
}

// receive stores a mail that somebody wrote to us, and returns its id.
func (d *desk) receive(raw string) string {
	d.Helper()
	batch := d.blobs.Batch(actor.Workspace(d.ctx))
	sum, _, err := batch.Put(strings.NewReader(raw))
	if err != nil {
		d.Fatal(err)
	}
	m, err := mail.Parser{Now: time.Now(), Sink: batch.Put}.Parse(strings.NewReader(raw))
	if err != nil {
		d.Fatal(err)
	}
	if err := batch.Sync(); err != nil {
		d.Fatal(err)
	}
	for i := range m.Attachments {
		m.Attachments[i].Ref = batch.Ref(m.Attachments[i].Ref)
	}
	var out []message.Outcome
	d.write(func(tx *pg.Tx) (err error) {
		out, err = d.messages.Store(d.ctx, tx, message.Delivery{Mails: []message.Incoming{{Mail: m, Raw: batch.Ref(sum)}}, Source: "test", Files: batch.Files()})
		return err
	})
	return out[0].MessageID
}

func question(now time.Time) string {
	return "From: Ben Ode <ben@fjord.example>\r\nReply-To: Ben at work <ben.work@fjord.example>\r\nTo: ana@lumen.example, Cyd <cyd@fjord.example>\r\nCc: dag@harbour.example\r\n" +
		"Subject: Re: Prices\r\nMessage-ID: <q2@fjord.example>\r\nReferences: <q0@fjord.example> <q1@fjord.example>\r\nDate: " + now.Format(time.RFC1123Z) + "\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nWhat does it cost?\r\n\r\n> older\r\n--b\r\nContent-Type: text/csv; name=seats.csv\r\nContent-Disposition: attachment; filename=seats.csv\r\n\r\na,b\r\n--b--\r\n"
}

func TestAMailIsSentFiledAndCopied(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := prices("ben@fjord.example")
	in.Body.To[0].Name = "Ode, Ben"
	in.Body.Cc = []draft.Recipient{{Name: "Zoë", Address: "zoe@fjord.example"}}
	in.Body.Bcc = []draft.Recipient{{Name: "Secret Boss", Address: "boss@lumen.example"}}
	o := d.filed1(d.post(in).ID)
	mails := d.sink.Mails()
	if len(mails) != 1 || strings.Join(mails[0].To, " ") != "ben@fjord.example zoe@fjord.example boss@lumen.example" {
		t.Fatalf("the server has %+v, want one mail to three", mails)
	}
	if strings.Contains(mails[0].Data, "oss") {
		t.Errorf("the hidden copy shows:\n%s", mails[0].Data)
	}
	m := d.parsed(mails[0].Data)
	if m.Subject != "Prices" || m.To[0].Name != "Ode, Ben" || m.Cc[0].Name != "Zoë" || m.From.Name != "Ana Duarte" || m.MessageID == "" || len(m.Problems) > 0 {
		t.Errorf("the mail reads %+v", m)
	}
	if got := ask[string](d, `SELECT direction || ' ' || rfc822_id || ' ' || (SELECT status || unread FROM threads t WHERE t.workspace_id = $1 AND t.id = m.thread_id) FROM messages m WHERE workspace_id = $1 AND id = $2::uuid`, *o.MessageID); got[0] != "outbound "+m.MessageID+" waitingfalse" {
		t.Errorf("it is filed as %q, want outbound %s in a thread that waits, read", got, m.MessageID)
	}
	d.until(o.ID, "copied", func(Outgoing) bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.copies) > 0 })
	if d.copies[0] != mails[0].Data {
		t.Errorf("the copy in the Sent folder differs from what was sent:\n%s\n%s", d.copies[0], mails[0].Data)
	}
	again := d.receive(mails[0].Data)
	if again != *o.MessageID {
		t.Error("the mail that a mailbox brings later is another one")
	}
	if n := ask[int64](d, `SELECT count(*) FROM events WHERE workspace_id = $1 AND entity = 'message' AND entity_id = $2::uuid AND actor ->> 'name' = 'Ana'`, *o.MessageID); n[0] != 1 {
		t.Errorf("%d events say who sent it, want 1", n[0])
	}
}

func TestAnAnswerJoinsItsConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	asked := d.receive(question(time.Now().Add(-time.Hour)))
	in := prices("ben@fjord.example")
	in.Body.Mode, in.Body.MessageID, in.Body.Subject = "reply", asked, nil
	o := d.filed1(d.post(in).ID)
	m := d.parsed(d.sink.Mails()[0].Data)
	if m.Subject != "Re: Prices" || strings.Join(m.InReplyTo, " ") != "q2@fjord.example" || strings.Join(m.References, " ") != "q0@fjord.example q1@fjord.example q2@fjord.example" {
		t.Errorf("the answer is %q to %v after %v", m.Subject, m.InReplyTo, m.References)
	}
	if got := ask[string](d, `SELECT t.status || t.unread FROM threads t JOIN messages m ON m.workspace_id = $1 AND m.thread_id = t.id AND m.id = $2::uuid WHERE t.workspace_id = $1 AND t.message_count = 2`, *o.MessageID); len(got) != 1 || got[0] != "waitingfalse" {
		t.Errorf("the conversation stands %v, want both messages, waiting and read", got)
	}
	for _, in := range []*listInput{{ThreadID: *o.ThreadID}, {ThreadID: *o.ThreadID, State: "sent"}, {State: "sent"}} {
		if out, err := d.list(d.ctx, in); err != nil || len(out.Body.Data) != 1 || out.Body.Data[0].ID != o.ID {
			t.Errorf("%+v lists %+v, %v; want the answer", in, out, err)
		}
	}
	fwd := prices("eva@lumen.example")
	fwd.Body.Mode, fwd.Body.MessageID, fwd.Body.Subject = "forward", asked, nil
	f := d.filed1(d.post(fwd).ID)
	m = d.parsed(d.sink.Mails()[1].Data)
	if m.Subject != "Fwd: Re: Prices" || len(m.Attachments) != 1 || m.Attachments[0].Filename != "seats.csv" || len(m.InReplyTo)+len(m.References) > 0 || *f.ThreadID == *o.ThreadID {
		t.Errorf("forwarded it is %q with %+v, want its file, in a conversation of its own", m.Subject, m.Attachments)
	}
}

func TestWhatAnAnswerBeginsWith(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	second := d.addSender("ana@second.example", false)
	asked := d.receive(strings.Replace(question(time.Now()), "To: ana@lumen.example", "To: Ana@Second.example", 1))
	prepare := func(mode string) Reply {
		out, err := d.prepare(d.ctx, &replyQuery{ByID: op.ByID{ID: asked}, Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		return out.Body
	}
	names := func(list []draft.Recipient) (s string) {
		for _, r := range list {
			s += " " + r.Address
		}
		return s
	}
	one, all, fwd := prepare("reply"), prepare("reply_all"), prepare("forward")
	if names(one.To) != " ben.work@fjord.example" || len(one.Cc) != 0 || one.Subject != "Re: Prices" || *one.SenderID != second.ID {
		t.Errorf("an answer goes to%s, copies%s, as %q from %v", names(one.To), names(one.Cc), one.Subject, one.SenderID)
	}
	if names(all.To) != " ben.work@fjord.example" || names(all.Cc) != " cyd@fjord.example dag@harbour.example" {
		t.Errorf("an answer to all goes to%s, copies%s", names(all.To), names(all.Cc))
	}
	if !strings.Contains(one.Text, "\n\n-- \nAna\nLumen\n\nOn ") || !strings.Contains(one.QuotedText, "Ben Ode wrote:\n> What does it cost?\n>\n>> older\n") {
		t.Errorf("the text begins as %q", one.Text)
	}
	if len(fwd.To) != 0 || len(fwd.Attachments) != 1 || !strings.Contains(fwd.QuotedText, "From: Ben Ode <ben@fjord.example>\n") {
		t.Errorf("forwarding begins as %+v", fwd)
	}
	in := prices("ben@fjord.example")
	in.Body.Mode, in.Body.MessageID = "reply", asked
	asked = *d.filed1(d.post(in).ID).MessageID
	if follow := prepare("reply"); names(follow.To) != " ben@fjord.example" {
		t.Errorf("an answer to our own message goes to%s, want whom we wrote to", names(follow.To))
	}
}

func refused(code int, text string) *wire.SMTPError {
	return &wire.SMTPError{Code: code, EnhancedCode: wire.NoEnhancedCode, Message: text}
}

func TestEachFailureIsToldAndOnlyTheHarmlessOnesAreTriedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const to = "ben@fjord.example"
	for name, c := range map[string]struct {
		plan        smtptest.Plan
		state, says string
		again       bool
	}{
		"busy":             {smtptest.Plan{Greeting: "421 4.3.2 later"}, "queued", "421 4.3.2 later", true},
		"wrong password":   {smtptest.Plan{Auth: refused(535, "no")}, "failed", "535 no", false},
		"unknown person":   {smtptest.Plan{Rcpt: map[string]*wire.SMTPError{to: refused(550, "who")}}, "failed", to + " (550 who)", false},
		"greylisted":       {smtptest.Plan{Rcpt: map[string]*wire.SMTPError{to: refused(450, "wait")}}, "queued", "450 wait", true},
		"no content":       {smtptest.Plan{Early: refused(554, "nothing")}, "failed", "554 nothing", false},
		"content for now":  {smtptest.Plan{Data: refused(451, "full")}, "queued", "451 full", true},
		"content for good": {smtptest.Plan{Data: refused(552, "spam")}, "failed", "552 spam", false},
		"cut before":       {smtptest.Plan{Cut: smtptest.BeforeTheDot}, "uncertain", "may have been sent", false},
		"cut after":        {smtptest.Plan{Cut: smtptest.AfterTheDot}, "uncertain", "may have been sent", false},
	} {
		d.sink.Next(c.plan)
		before := len(d.sink.Mails())
		o := d.post(prices(to))
		o = d.until(o.ID, c.state, func(o Outgoing) bool { return o.State == c.state && o.Attempts == 1 && o.Error != "" })
		if !strings.Contains(o.Error, c.says) || (o.NextTryAt != nil) != c.again {
			t.Errorf("%s: %q, again %v; want %q", name, o.Error, o.NextTryAt, c.says)
		}
		told := len(ask[string](d, `SELECT title FROM notifications WHERE workspace_id = $1 AND user_id = $2::uuid AND kind = 'mail_failed' AND entity_id = $3::uuid`, draft.Author(d.ctx), o.ID)) > 0
		if told == c.again {
			t.Errorf("%s: its author was told: %v, want it if nobody tries again", name, told)
		}
		if o.State == "uncertain" {
			if _, err := d.retry(d.ctx, retryOf(o.ID, false)); !errors.Is(err, errConfirm) {
				t.Errorf("%s: retried without a word: %v", name, err)
			}
		}
		if _, err := d.retry(d.ctx, retryOf(o.ID, true)); err != nil {
			t.Errorf("%s: retry: %v", name, err)
		}
		d.filed1(o.ID)
		want := 1
		if name == "cut after" { // the person said yes to a second copy
			want = 2
		}
		if n := len(d.sink.Mails()) - before; n != want {
			t.Errorf("%s: %d mails arrived, want %d", name, n, want)
		}
	}
}

func retryOf(outgoingID string, confirm bool) *retryInput {
	in := &retryInput{ByID: op.ByID{ID: outgoingID}}
	in.Body.Confirm = confirm
	return in
}

func TestOnlyTheAuthorHearsOfADraft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.write(func(tx *pg.Tx) error {
		made, err := draft.Make(tx, draft.Author(d.ctx), draft.Letter{Mode: "new"}, nil)
		if err != nil {
			return err
		}
		_, err = draft.Drop(tx, draft.Author(d.ctx), made.ID)
		return err
	})
	got := ask[string](d, `SELECT DISTINCT entity_id::text || '/' || count(*) OVER () FROM feed WHERE workspace = $1 AND entity = 'draft'`)
	if want := draft.Author(d.ctx) + "/2"; len(got) != 1 || got[0] != want {
		t.Errorf("the feed tells of drafts to %v, want only %s, when it came and when it went", got, want)
	}
}

func TestUndoGivesTheDraftBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := prices("ben@fjord.example")
	in.Body.Undo = nil
	o := d.post(in)
	if wait := time.Until(o.SendAfter); wait < 5*time.Second || wait > 11*time.Second {
		t.Errorf("it can be taken back for %v, want 10 s", wait)
	}
	got, err := d.cancel(d.ctx, &op.ByID{ID: o.ID})
	if err != nil {
		t.Fatal(err)
	}
	if b := got.Body; b.Subject != "Prices" || b.To[0].Address != "ben@fjord.example" || b.Text != in.Body.Text {
		t.Errorf("the draft is %+v, want what was written", b)
	}
	if _, err := d.cancel(d.ctx, &op.ByID{ID: o.ID}); !errors.Is(err, errTooLate) {
		t.Errorf("taken back twice: %v, want too_late", err)
	}
	sent := d.filed1(d.post(prices("ben@fjord.example")).ID)
	if _, err := d.cancel(d.ctx, &op.ByID{ID: sent.ID}); !errors.Is(err, errTooLate) {
		t.Errorf("taken back after it was sent: %v, want too_late", err)
	}
	if n := len(d.sink.Mails()); n != 1 {
		t.Errorf("%d mails arrived, want 1", n)
	}
}

func TestMailOfADeadProcessIsSentOnlyIfItCannotHaveBeen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := prices("ben@fjord.example")
	hour := 60
	in.Body.Undo = &hour
	before, after := d.post(in), d.post(in)
	d.write(func(tx *pg.Tx) error {
		tx.Queue(`UPDATE outgoing SET state = 'sending', send_after = now(), claim = gen_random_uuid(), attempts = 1 WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), before.ID)
		tx.Queue(`UPDATE outgoing SET state = 'sending', send_after = now(), claim = gen_random_uuid(), attempts = 1, handed_over_at = now() WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), after.ID)
		return d.queue.Add(d.ctx, tx, Send{tx.Workspace(), before.ID}, Send{tx.Workspace(), after.ID})
	})
	d.filed1(before.ID)
	o := d.until(after.ID, "uncertain", func(o Outgoing) bool { return o.State == "uncertain" })
	if n := len(d.sink.Mails()); n != 1 || o.Error != lostTrack {
		t.Errorf("%d mails arrived, and the other says %q; want 1", n, o.Error)
	}
	if told := ask[string](d, `SELECT entity_id::text FROM notifications WHERE workspace_id = $1 AND user_id = $2::uuid AND kind = 'mail_failed'`, draft.Author(d.ctx)); len(told) != 1 || told[0] != after.ID {
		t.Errorf("the author was told of %v, want the mail that is uncertain", told)
	}
}

func TestAProcessThatOnlySeemedDeadDoesNotSend(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.post(prices("ben@fjord.example"))
	d.filed1(o.ID)
	if err := d.handOver(d.ctx, o.ID, id.New()); !errors.Is(err, errLostClaim) {
		t.Errorf("handing over without the claim: %v, want %v", err, errLostClaim)
	}
}

func TestBadSubmissionsAreToldWhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	many := prices()
	for range 10_000 {
		many.Body.To = append(many.Body.To, draft.Recipient{Address: "a@b.example"})
	}
	subject, name, late, files := prices("a@b.example"), prices("a@b.example"), prices("a@b.example"), prices("a@b.example")
	evil := "Hi\r\nBcc: all@b.example"
	subject.Body.Subject = &evil
	name.Body.To[0].Name = "Ben\nBcc: all@b.example"
	far := time.Now().AddDate(2, 0, 0)
	late.Body.SendAt = &far
	files.Body.Attachments = []string{id.New()}
	foreign, reply, stranger, gone := prices("a@b.example"), prices("a@b.example"), prices("a@b.example"), prices("a@b.example")
	foreign.Body.Mode, foreign.Body.MessageID = "reply", id.New()
	reply.Body.Mode = "reply"
	stranger.Body.SenderID = id.New()
	gone.Body.DraftID = id.New()
	for pointer, in := range map[string]*submission{"/to": prices(), "/to ": many, "/to/0": prices("nobody"), "/to/0 ": prices("a@b.example\r\nRCPT TO:<x@y.example>"), "/to/0  ": prices("a b@c.example"),
		"/to/1": prices("a@b.example", "a@"), "/subject": subject, "/to/0   ": name, "/send_at": late, "/attachments/0": files, "/message_id": foreign, "/message_id ": reply,
		"/sender_id": stranger, "/draft_id": gone} {
		_, err := d.submit(d.ctx, in)
		p, ok := errors.AsType[*problem.Error](err)
		if !ok || p.Kind != problem.Invalid || len(p.Fields) == 0 || p.Fields[0].Pointer != strings.TrimSpace(pointer) {
			t.Errorf("%s: %v", pointer, err)
		}
	}
	if n := ask[int64](d, `SELECT count(*) FROM outgoing WHERE workspace_id = $1`); n[0] != 0 {
		t.Errorf("%d mails are in the outbox, want none", n[0])
	}
}

func TestATimeThatHasPassedIsNow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := prices("ben@fjord.example")
	past := time.Now().Add(-time.Hour)
	in.Body.SendAt = &past
	d.filed1(d.post(in).ID)
	later := time.Now().Add(time.Hour)
	in.Body.SendAt = &later
	if o := d.post(in); o.SendAfter.Sub(later).Abs() > time.Second || o.State != "queued" {
		t.Errorf("put off for an hour, it is %s until %v", o.State, o.SendAfter)
	}
}

func TestWithoutASenderNothingIsSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.write(func(tx *pg.Tx) error {
		tx.Queue(`UPDATE senders SET deleted_at = now(), is_default = false WHERE workspace_id = $1`, tx.Workspace())
		return nil
	})
	if _, err := d.submit(d.ctx, prices("ben@fjord.example")); !errors.Is(err, sender.ErrNone) {
		t.Errorf("submit = %v, want %v", err, sender.ErrNone)
	}
}

func TestASubjectGetsOneMark(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"Prices": {"Re: Prices", "Fwd: Prices"}, "Re: Prices": {"Re: Prices", "Fwd: Re: Prices"}, "AW: Preise": {"AW: Preise", "Fwd: AW: Preise"},
		"Fwd: Prices": {"Re: Fwd: Prices", "Fwd: Prices"}, "": {"Re:", "Fwd:"}, "Prices: new": {"Re: Prices: new", "Fwd: Prices: new"}, " RE:  a\tb ": {"RE: a b", "Fwd: RE: a b"},
	} {
		if got := [2]string{subjectOf("reply", in), subjectOf("forward", in)}; got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
