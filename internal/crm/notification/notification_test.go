package notification

import (
	"context"
	"log/slog"
	"testing"

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
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), APIConns: 2, WorkConns: 2, Logger: slog.New(slog.DiscardHandler)})
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
