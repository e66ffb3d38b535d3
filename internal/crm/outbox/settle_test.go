package outbox

import (
	"testing"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/smtp/smtptest"
)

// doubted sends a mail whose answer is lost.
func (d *desk) doubted() Outgoing {
	d.Helper()
	d.sink.Next(smtptest.Plan{Cut: smtptest.AfterTheDot})
	o := d.post(prices("ben@fjord.example"))
	return d.until(o.ID, "uncertain", func(o Outgoing) bool { return o.State == "uncertain" })
}

func TestAnUncertainMailThatTheSentFolderHasWasSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.kept = true
	d.sink.Next(smtptest.Plan{Cut: smtptest.AfterTheDot})
	o := d.filed1(d.post(prices("ben@fjord.example")).ID)
	if n := len(d.sink.Mails()); n != 1 || o.Error != "" || o.SentAt == nil {
		t.Errorf("the server has %d mails, it says %q, sent %v; want one, no word of trouble, and when", n, o.Error, o.SentAt)
	}
}

func TestAnUncertainMailThatAMailboxBringsBackWasSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.doubted()
	if err := d.find(d.ctx, o.ID); err == nil {
		t.Error("nobody has it, but it is not looked for again")
	}
	if got := d.until(o.ID, "there", func(Outgoing) bool { return true }); got.State != "uncertain" {
		t.Fatalf("nobody has it, but it is %s", got.State)
	}
	brought := d.receive(d.sink.Mails()[0].Data)
	if err := d.find(d.ctx, o.ID); err != nil {
		t.Fatal(err)
	}
	if got := d.filed1(o.ID); *got.MessageID != brought {
		t.Errorf("it became the message %s, want %s, which came back", *got.MessageID, brought)
	}
}

func TestAPersonMaySayThatAnUncertainMailWasSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.doubted()
	if _, err := d.markSent(d.ctx, &op.ByID{ID: o.ID}); err != nil {
		t.Fatal(err)
	}
	d.filed1(o.ID)
	if _, err := d.markSent(d.ctx, &op.ByID{ID: o.ID}); problem.KindOf(err) != problem.Conflict {
		t.Errorf("said twice: %v, want a conflict", err)
	}
	if n := len(d.sink.Mails()); n != 1 {
		t.Errorf("the server has %d mails, want 1", n)
	}
}

func TestOnlyTheAuthorOrAnAdminTakesAMailBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	wait := 60
	in := prices("ben@fjord.example")
	in.Body.Undo = &wait
	first, second := d.post(in), d.post(in)
	as := func(role actor.Role) error {
		other := actor.With(d.ctx, actor.Actor{Kind: actor.User, ID: id.New(), UserID: id.New(), Role: role, WorkspaceID: actor.Workspace(d.ctx)})
		_, err := d.cancel(other, &op.ByID{ID: first.ID})
		return err
	}
	if err := as(actor.Member); problem.KindOf(err) != problem.Forbidden {
		t.Errorf("a colleague: %v, want to be told that it is not theirs", err)
	}
	if err := as(actor.Admin); err != nil {
		t.Errorf("an admin: %v", err)
	}
	if _, err := d.cancel(d.ctx, &op.ByID{ID: second.ID}); err != nil {
		t.Errorf("the author: %v", err)
	}
}
