package notification

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rapport/internal/crm/letter"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// desk is a workspace with people in it.
type desk struct {
	*testing.T
	db             *pg.DB
	workspace, org string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return newDeskAt(t, pgtest.Shared(t))
}

func newDeskAt(t *testing.T, url string) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: url, APIConns: 2, WorkConns: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	d := &desk{T: t, db: db, workspace: pgtest.Workspace(t, db.Session())}
	if err := db.Session().QueryRow(t.Context(), `SELECT organization_id::text FROM identity.workspaces WHERE id = $1`, d.workspace).Scan(&d.org); err != nil {
		t.Fatal(err)
	}
	return d
}

// person is a new member of the workspace.
func (d *desk) person(role string) string {
	d.Helper()
	who := id.New()
	_, err := d.db.Session().Exec(d.Context(), `
		WITH u AS (INSERT INTO identity.users (id, email, email_key, name, password_hash) VALUES ($1::uuid, $2, $2, 'Ana', '') RETURNING id)
		INSERT INTO identity.memberships (organization_id, user_id, role) SELECT $3::uuid, id, $4 FROM u`, who, who+"@desk.example", d.org, role)
	if err != nil {
		d.Fatal(err)
	}
	return who
}

func (d *desk) as(user string) context.Context {
	return actor.With(d.Context(), actor.Actor{Kind: actor.User, UserID: user, Role: actor.Member, WorkspaceID: d.workspace})
}

// write does f as user.
func (d *desk) write(user string, f func(ctx context.Context, tx *pg.Tx) error) {
	d.Helper()
	ctx := d.as(user)
	if err := d.db.Write(ctx, func(tx *pg.Tx) error { return f(ctx, tx) }); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) notify(by string, n New) {
	d.Helper()
	d.write(by, func(ctx context.Context, tx *pg.Tx) error { return Notify(ctx, tx, n) })
}

// has counts what is behind a person's bell.
func (d *desk) has(user string) (n int64) {
	d.Helper()
	err := d.db.Read(d.as(user), func(tx *pg.Tx) (err error) {
		n, err = pg.Value[int64](tx, `SELECT count(*) FROM notifications WHERE workspace_id = $1 AND user_id = $2::uuid AND app`, tx.Workspace(), user)
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return n
}

func TestPeopleAreToldOfWhatOthersDo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ana, ben := d.person("member"), d.person("member")
	n := New{UserID: ana, Kind: ThreadAssigned, Title: "Prices", EntityID: id.New()}
	d.notify(ben, n)
	if got := d.has(ana); got != 1 {
		t.Errorf("%d notifications after another's doing, want 1", got)
	}
	d.notify(ben, n)
	if got := d.has(ana); got != 1 {
		t.Errorf("%d notifications after the same again, want still 1", got)
	}
	n.EntityID = id.New()
	d.notify(ana, n)
	if got := d.has(ana); got != 1 {
		t.Errorf("%d notifications after one's own doing, want still 1", got)
	}
}

func TestStrangersAreToldNothing(t *testing.T) {
	t.Parallel()
	d, other := newDesk(t), newDesk(t)
	stranger := other.person("member")
	d.notify("", New{UserID: stranger, Kind: Mention, Title: "Hello"})
	if got := d.has(stranger); got != 0 {
		t.Errorf("a stranger has %d notifications, want none", got)
	}
}

func TestAdminsAreToldTogether(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner, admin, member := d.person("owner"), d.person("admin"), d.person("member")
	d.write("", func(ctx context.Context, tx *pg.Tx) error {
		return Admins(ctx, tx, New{Kind: MailboxTrouble, Title: "A mailbox does not answer"})
	})
	if a, b, c := d.has(owner), d.has(admin), d.has(member); a != 1 || b != 1 || c != 0 {
		t.Errorf("owner, admin and member have %d, %d, %d; want 1, 1, 0", a, b, c)
	}
}

func TestAnUnknownKindIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := d.as("")
	err := d.db.Write(ctx, func(tx *pg.Tx) error { return Notify(ctx, tx, New{UserID: d.person("member"), Kind: "gossip"}) })
	if err == nil {
		t.Error("a kind that nobody can choose was taken")
	}
}

// outbox keeps what would be mailed.
type outbox struct{ sent []letter.Letter }

func (o *outbox) Configured() bool { return true }

func (o *outbox) Queue(_ *pg.Tx, l letter.Letter) error {
	o.sent = append(o.sent, l)
	return nil
}

// ripen lets the wait of a person's digest be over.
func (d *desk) ripen(user string) {
	d.Helper()
	if _, err := d.db.Session().Exec(d.Context(), `UPDATE notification_digests SET due_at = now() WHERE user_id = $1 AND due_at IS NOT NULL`, user); err != nil {
		d.Fatal(err)
	}
}

// to is what was mailed to a person.
func (o *outbox) to(user string) (out []letter.Letter) {
	for _, l := range o.sent {
		if strings.HasPrefix(l.To, user) {
			out = append(out, l)
		}
	}
	return out
}

func TestMailIsOneDigestOfWhatIsNotRead(t *testing.T) {
	t.Parallel()
	d := newDeskAt(t, pgtest.URL(t)) // digests are sent across workspaces
	post := &outbox{}
	s := NewService(d.db, post, "https://crm.example")
	ana := d.person("member")
	for _, title := range []string{"Call Ben", "Send the offer"} {
		d.notify("", New{UserID: ana, Kind: TaskDue, Title: title, Link: "tasks"})
	}
	d.notify("", New{UserID: ana, Kind: Mention, Title: "Only behind the bell"})
	if err := s.Send(d.Context()); err != nil {
		t.Fatal(err)
	}
	if got := post.to(ana); len(got) != 0 {
		t.Errorf("mailed %v before the digest was due", got)
	}
	d.ripen(ana)
	for range 2 {
		if err := s.Send(d.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got := post.to(ana)
	if len(got) != 1 || got[0].Subject != "Test: 2 notifications" || !strings.Contains(got[0].Text, "Call Ben") || strings.Contains(got[0].Text, "bell") {
		t.Fatalf("mailed %+v, want one digest of the two", got)
	}
	d.notify("", New{UserID: ana, Kind: TaskDue, Title: "One more"})
	wait := d.untilDue(ana)
	if wait < 4*time.Minute || wait > 6*time.Minute {
		t.Errorf("the next digest is due in %v, want five minutes after the last", wait)
	}
}

func (d *desk) untilDue(user string) (wait time.Duration) {
	d.Helper()
	err := d.db.Session().QueryRow(d.Context(), `SELECT due_at - now() FROM notification_digests WHERE user_id = $1`, user).Scan(&wait)
	if err != nil {
		d.Fatal(err)
	}
	return wait
}

func TestWhatWasReadIsNotMailed(t *testing.T) {
	t.Parallel()
	d := newDeskAt(t, pgtest.URL(t)) // digests are sent across workspaces
	post := &outbox{}
	s := NewService(d.db, post, "https://crm.example")
	ana := d.person("member")
	d.notify("", New{UserID: ana, Kind: TaskDue, Title: "Call Ben"})
	in := readInput{}
	in.Body.All = true
	if out, err := s.read(d.as(ana), &in); err != nil || out.Body.Unread != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	d.ripen(ana)
	if err := s.Send(d.Context()); err != nil {
		t.Fatal(err)
	}
	if got := post.to(ana); len(got) != 0 {
		t.Errorf("mailed %v, which was read", got)
	}
}

func TestPeopleChooseWhatReachesThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := NewService(d.db, &outbox{}, "https://crm.example")
	ana, ben := d.person("member"), d.person("member")
	in := preferInput{}
	in.Body.Kinds = map[Kind]Choice{Mention: {}}
	out, err := s.prefer(d.as(ana), &in)
	if err != nil {
		t.Fatal(err)
	}
	if out.Body.Kinds[Mention].App || !out.Body.Kinds[ThreadAssigned].App {
		t.Errorf("the choices are %v, want only mentions off", out.Body.Kinds)
	}
	for _, who := range []string{ana, ben} {
		d.notify("", New{UserID: who, Kind: Mention, Title: "Hello"})
	}
	if a, b := d.has(ana), d.has(ben); a != 0 || b != 1 {
		t.Errorf("who wants no mentions has %d, who does %d; want 0 and 1", a, b)
	}
	in.Body.Kinds = map[Kind]Choice{"gossip": {}}
	if _, err := s.prefer(d.as(ana), &in); err == nil {
		t.Error("a kind that does not exist was taken")
	}
}
