package sync_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	stdsync "sync"
	"testing"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/mailbox"
	"rapport/internal/crm/mailbox/sync"
	"rapport/internal/crm/message"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/imap"
	"rapport/internal/platform/imap/dovecot"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
	"rapport/internal/platform/secret"
)

// server runs a Dovecot for one test. Without one the test says so; where all
// must run, it fails.
func server(t *testing.T) *dovecot.Server {
	t.Helper()
	s, err := dovecot.New()
	if errors.Is(err, dovecot.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Remove)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

// desk is a workspace with its mailboxes.
type desk struct {
	*testing.T
	db        *pg.DB
	accounts  *mailbox.Service
	messages  *message.Service
	blobs     *blob.Store
	options   sync.Options
	ctx       context.Context
	workspace string
	granted   func() (string, error)
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t), APIConns: 3, WorkConns: 4, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.OpenKeyring(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, db: db, workspace: pgtest.Workspace(t, db.Session()), blobs: blob.New(filepath.Join(t.TempDir(), "blobs"))}
	d.accounts = mailbox.New(db, keys, &imap.Dialer{Patience: 3 * time.Second}, func(context.Context, string) (string, string, error) {
		token, err := d.granted()
		return "", token, err
	}, time.Now)
	d.messages = message.New(db, q, d.blobs, time.Now)
	d.options = sync.Options{Poll: 300 * time.Millisecond, Rate: 100_000, FirstWait: 20 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	d.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.User, Name: "Ana", Role: actor.Owner, WorkspaceID: d.workspace})
	return d
}

// run works the mailboxes until the test or the returned function ends it.
func (d *desk) run() (stop func()) {
	d.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(d.ctx))
	done := make(chan error, 1)
	service := sync.New(d.accounts, d.db, d.messages, d.blobs, d.options)
	go func() { done <- service.Run(ctx) }()
	var stopped bool
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			d.Error(err)
		}
	}
	d.Cleanup(stop)
	return stop
}

// connect connects an account on a local server.
func (d *desk) connect(port int, name string, change func(*mailbox.Details)) string {
	d.Helper()
	in := &mailbox.Connection{Body: mailbox.Details{Address: name + "@desk.example", Username: name, Password: dovecot.Password, Auth: "password",
		IMAP: mailbox.Server{Host: "127.0.0.1", Port: port, Security: "none"}}}
	if change != nil {
		change(&in.Body)
	}
	m, err := d.accounts.Connect(d.ctx, in)
	if err != nil {
		d.Fatal(err)
	}
	return m.Body.ID
}

// count runs a query that counts, within the workspace as $1.
func (d *desk) count(sql string, args ...any) int64 {
	d.Helper()
	var n int64
	err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
		n, err = pg.Value[int64](tx, sql, append([]any{tx.Workspace()}, args...)...)
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return n
}

func (d *desk) stored() int64 {
	return d.count(`SELECT count(*) FROM messages WHERE workspace_id = $1`)
}

func (d *desk) rows() int64 {
	return d.count(`SELECT count(*) FROM mailbox_messages WHERE workspace_id = $1`)
}

func (d *desk) is(mailboxID string) mailbox.Mailbox {
	d.Helper()
	m, err := d.accounts.Get(d.ctx, mailboxID)
	if err != nil {
		d.Fatal(err)
	}
	return m
}

// until waits for a condition; what for is said if it does not come.
func (d *desk) until(what string, met func() bool) {
	d.Helper()
	deadline := time.After(90 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-deadline:
			d.Fatalf("in vain for %s", what)
		case <-tick.C:
		}
	}
}

func (d *desk) live(mailboxID string) func() bool {
	return func() bool { m := d.is(mailboxID); return m.State == "live" && m.Backlog == nil }
}

func letter(n int) []byte {
	return fmt.Appendf(nil, "From: Person %d <p%d@many.example>\r\nTo: me@desk.example\r\nSubject: Letter %d\r\nMessage-ID: <%d@many.example>\r\nDate: %s\r\n\r\nText number %d.\r\n",
		n%40, n%40, n, n, start().Add(-time.Duration(n)*time.Minute).Format(time.RFC1123Z), n)
}

// start is when the tests began, so that the same letter is the same each time.
var start = stdsync.OnceValue(time.Now)

// fill delivers n letters, the first the oldest.
func (d *desk) fill(s *dovecot.Server, name, folder string, n int) {
	d.Helper()
	for i := n; i > 0; i-- {
		if err := s.DeliverAt(name, folder, letter(i), time.Now().Add(-time.Duration(i)*time.Minute)); err != nil {
			d.Fatal(err)
		}
	}
}

func (d *desk) user(s *dovecot.Server, name string) {
	d.Helper()
	if err := s.AddUser(name); err != nil {
		d.Fatal(err)
	}
}

// password changes a password; a server that runs notices only by and by.
func (d *desk) password(s *dovecot.Server, name, password string) {
	d.Helper()
	s.Stop()
	if err := errors.Join(s.SetPassword(name, password), s.Start()); err != nil {
		d.Fatal(err)
	}
}

func TestAMailboxIsReadNewestFirstAndThenFollowed(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), server(t)
	d.user(s, "ann")
	d.fill(s, "ann", "", 700)
	d.fill(s, "ann", "Sent", 3)
	d.fill(s, "ann", "Junk", 2)
	m := d.connect(s.Port, "ann", nil)
	d.run()
	d.until("the mailbox to be read", d.live(m))
	if got := d.stored(); got != 700 {
		t.Errorf("%d messages are stored, want 700: three of Sent are the same as in the inbox", got)
	}
	if got := d.rows(); got != 703 {
		t.Errorf("%d places of messages, want 703", got)
	}
	if n := d.count(`SELECT count(*) FROM (SELECT uid, row_number() OVER (ORDER BY created_at, uid DESC) AS nth FROM mailbox_messages x
		JOIN mailbox_folders f ON f.workspace_id = $1 AND f.id = x.folder_id WHERE x.workspace_id = $1 AND f.kind = 'inbox') o WHERE nth = 1 AND uid > 600`); n != 1 {
		t.Errorf("the first message stored is not one of the newest")
	}
	got := d.is(m)
	if got.MessageCount != 703 || got.Trouble || !strings.HasPrefix(got.Health, "Up to date") || got.LastSuccessAt == nil {
		t.Errorf("the mailbox is %+v", got)
	}
	if err := s.Deliver("ann", "", letter(9000)); err != nil {
		t.Fatal(err)
	}
	d.until("the new message", func() bool { return d.stored() == 701 })
}

func TestTheServerTellsOfNewMail(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), server(t)
	d.options.Poll = time.Hour // so that nothing but IDLE can bring it
	d.user(s, "ann")
	d.fill(s, "ann", "", 2)
	m := d.connect(s.Port, "ann", nil)
	d.run()
	d.until("the mailbox to be listened to", func() bool { return d.live(m)() && d.is(m).Idle })
	if err := s.Deliver("ann", "", letter(9000)); err != nil {
		t.Fatal(err)
	}
	d.until("the new message", func() bool { return d.stored() == 3 })
	if got := d.is(m); !strings.Contains(got.Health, "arrives at once") {
		t.Errorf("health is %q", got.Health)
	}
}

func TestStoppedAtAnyMomentItGoesOn(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), server(t)
	d.user(s, "ann")
	d.fill(s, "ann", "", 2500)
	m := d.connect(s.Port, "ann", nil)
	for _, mark := range []int64{40, 400, 1200, 1800} {
		stop := d.run()
		d.until("some messages", func() bool { return d.stored() >= mark })
		stop()
	}
	d.run()
	d.until("the mailbox to be read", d.live(m))
	if stored, rows := d.stored(), d.rows(); stored != 2500 || rows != 2500 {
		t.Errorf("%d messages in %d places, want 2500 each", stored, rows)
	}
}

func TestAServerThatRestartsIsComeBackTo(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), server(t)
	d.user(s, "ann")
	d.fill(s, "ann", "", 1500)
	m := d.connect(s.Port, "ann", nil)
	d.run()
	d.until("some messages", func() bool { return d.stored() >= 200 })
	s.Stop()
	d.until("the mailbox to wait", func() bool { return d.is(m).State == "waiting" })
	if got := d.is(m); !got.Trouble || got.NextTryAt == nil || !strings.Contains(got.Health, "127.0.0.1") {
		t.Errorf("while the server is away: %+v", got)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	d.until("the mailbox to be read", d.live(m))
	if stored, rows := d.stored(), d.rows(); stored != 1500 || rows != 1500 {
		t.Errorf("%d messages in %d places, want 1500 each", stored, rows)
	}
}

func TestAFolderThatIsNumberedAnewIsReadAgain(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), server(t)
	d.user(s, "ann")
	d.fill(s, "ann", "", 400)
	m := d.connect(s.Port, "ann", nil)
	stop := d.run()
	d.until("the mailbox to be read", d.live(m))
	before := d.count(`SELECT max(validity) FROM mailbox_progress WHERE workspace_id = $1`)
	stop()
	s.Stop()
	if err := s.Renumber("ann", ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	d.run()
	d.until("the folder to be read again", func() bool {
		return d.count(`SELECT max(validity) FROM mailbox_progress WHERE workspace_id = $1`) != before && d.rows() == 400
	})
	if got := d.stored(); got != 400 {
		t.Errorf("%d messages are stored, want 400 still", got)
	}
	folders, err := d.accounts.Folders(d.ctx, &op.ByID{ID: m})
	if err != nil || !strings.Contains(folders.Body.Data[0].Trouble, "numbered") {
		t.Errorf("the folder says %+v (%v)", folders, err)
	}
}

func TestWrongPasswordsPauseTheMailbox(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), server(t)
	d.user(s, "ann")
	d.fill(s, "ann", "", 2)
	m := d.connect(s.Port, "ann", nil)
	d.password(s, "ann", "changed")
	d.run()
	d.until("the mailbox to be paused", func() bool { return d.is(m).State == "paused" })
	got := d.is(m)
	if !got.Trouble || !strings.Contains(got.Reason, "does not accept this user name and password") || got.NextTryAt != nil {
		t.Errorf("the mailbox is %+v", got)
	}
	tries := func() int { return strings.Count(s.Log(), "auth failed") }
	d.until("the server's log", func() bool { return tries() >= 3 })
	if n := tries(); n != 3 {
		t.Errorf("the server saw %d tries, want 3", n)
	}
	d.password(s, "ann", dovecot.Password)
	if _, err := d.accounts.Retry(d.ctx, &op.ByID{ID: m}); err != nil {
		t.Fatal(err)
	}
	d.until("the mailbox to be read", d.live(m))
}

func TestTwoMailboxesWithTheSameMessageStoreItOnce(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), server(t)
	for _, name := range []string{"ann", "ben"} {
		d.user(s, name)
		d.fill(s, name, "", 60)
	}
	ann, ben := d.connect(s.Port, "ann", nil), d.connect(s.Port, "ben", nil)
	d.run()
	d.until("both to be read", func() bool { return d.live(ann)() && d.live(ben)() })
	if stored, rows := d.stored(), d.rows(); stored != 60 || rows != 120 {
		t.Errorf("%d messages in %d places, want 60 in 120", stored, rows)
	}
}

func TestMovedMessagesKeepAndDeletedOnesLoseTheirPlace(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), server(t)
	d.user(s, "ann")
	d.fill(s, "ann", "", 30)
	m := d.connect(s.Port, "ann", nil)
	d.run()
	d.until("the mailbox to be read", d.live(m))
	in := func(kind string) int64 {
		return d.count(`SELECT count(*) FROM mailbox_messages x JOIN mailbox_folders f ON f.workspace_id = $1 AND f.id = x.folder_id WHERE x.workspace_id = $1 AND f.kind = $2`, kind)
	}
	if err := s.Do("ann", `SELECT INBOX`, `UID COPY 1:5 Archive`, `UID STORE 1:5,11:13 +FLAGS (\Deleted)`, `EXPUNGE`); err != nil {
		t.Fatal(err)
	}
	d.until("the changes", func() bool { return in("inbox") == 22 && in("archive") == 5 })
	if got := d.stored(); got != 30 {
		t.Errorf("%d messages are stored, want all 30", got)
	}
	if got := d.is(m).MessageCount; got != 27 {
		t.Errorf("the mailbox counts %d messages, want 27", got)
	}
}

func TestReadingIsToldOnlyWhenWanted(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), server(t)
	for _, name := range []string{"ann", "ben"} {
		d.user(s, name)
		d.fill(s, name, "", 3)
	}
	if err := s.Do("ann", `SELECT INBOX`, `UID STORE 1 +FLAGS (\Seen)`); err != nil {
		t.Fatal(err)
	}
	ann := d.connect(s.Port, "ann", func(in *mailbox.Details) { in.MarkSeen = true })
	stop := d.run()
	d.until("the mailbox to be read", d.live(ann))
	if n := d.count(`SELECT count(*) FROM threads WHERE workspace_id = $1 AND unread`); n != 2 {
		t.Errorf("%d threads are unread, want the two that nobody has read", n)
	}
	if err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE threads SET unread = false WHERE workspace_id = $1 AND subject = 'Letter 1'`, tx.Workspace())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	d.until("the reading to be told", func() bool { n, err := s.Unseen("ann"); return err == nil && n == 1 })
	stop()
	ben := d.connect(s.Port, "ben", nil)
	d.run()
	d.until("the other to be read", d.live(ben))
	if n, err := s.Unseen("ben"); err != nil || n != 3 {
		t.Errorf("%d messages are unseen on the server (%v), want all 3", n, err)
	}
}

func TestExpiredTokensAreFetchedAgainAndRevokedOnesPause(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), server(t)
	d.user(s, "ann")
	d.fill(s, "ann", "", 3)
	asked := make(chan int, 1000)
	good := func() (string, error) {
		asked <- 1
		if len(asked) == 2 { // the first that the worker gets
			return s.Token("ann", time.Now().Add(-time.Minute)), nil
		}
		return s.Token("ann", time.Now().Add(time.Hour)), nil
	}
	d.granted = good
	m := d.connect(s.Port, "ann", func(in *mailbox.Details) {
		in.Auth, in.Password, in.GrantID = "google", "", "01890000-0000-7000-8000-000000000000"
	})
	stop := d.run()
	d.until("the mailbox to be read", d.live(m))
	stop()
	d.granted = func() (string, error) { return "", mailbox.ErrRevoked }
	d.run()
	d.until("the mailbox to be paused", func() bool { return d.is(m).State == "paused" })
	if got := d.is(m); !strings.Contains(got.Reason, "connect the account again") {
		t.Errorf("the reason is %q", got.Reason)
	}
}

func TestARemovedMailboxKeepsItsMail(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), server(t)
	d.user(s, "ann")
	d.fill(s, "ann", "", 10)
	m := d.connect(s.Port, "ann", nil)
	d.run()
	d.until("the mailbox to be read", d.live(m))
	if _, err := d.accounts.Remove(d.ctx, &op.ByID{ID: m}); err != nil {
		t.Fatal(err)
	}
	if err := d.accounts.Purge(d.ctx); err != nil {
		t.Fatal(err)
	}
	if stored, rows := d.stored(), d.rows(); stored != 10 || rows != 0 {
		t.Errorf("%d messages in %d places, want 10 in none", stored, rows)
	}
}
