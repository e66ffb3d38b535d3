package event

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// desk is a database with a workspace and a reader of its feed.
type desk struct {
	*testing.T
	db     *pg.DB
	ctx    context.Context
	reader *Reader
	// batches holds what the reader told, as it told it.
	batches chan Batch
}

func newDesk(t *testing.T, dsn string) *desk {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	db, err := pg.Open(t.Context(), pg.Config{URL: dsn, APIConns: 20, WorkConns: 3, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	d := &desk{T: t, db: db, batches: make(chan Batch, 10_000)}
	d.reader = NewReader(db, quiet, func(b Batch) { d.batches <- b })
	d.ctx = d.in(pgtest.Workspace(t, db.Session()))
	return d
}

func (d *desk) in(workspace string) context.Context {
	return actor.With(d.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: workspace})
}

// start runs the reader and waits until it knows where it is.
func (d *desk) start() {
	d.Helper()
	d.run()
	if b := d.next(); !b.Lost {
		d.Errorf("the first batch is %v; a reader that has just begun has lost what was before", b)
	}
}

func (d *desk) run() {
	ctx, stop := context.WithCancel(d.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := d.reader.Run(ctx); err != nil {
			d.Error(err)
		}
	})
	d.Cleanup(func() { stop(); wg.Wait() })
}

func (d *desk) next() Batch {
	d.Helper()
	select {
	case b := <-d.batches:
		return b
	case <-time.After(time.Minute):
		d.Fatal("the reader tells nothing")
		return Batch{}
	}
}

func (d *desk) hint(ctx context.Context, entity, entityID string) {
	d.Helper()
	if err := d.db.Write(ctx, func(tx *pg.Tx) error { Hint(tx, entity, entityID); return nil }); err != nil {
		d.Fatal(err)
	}
}

// However many calls and jobs wait for the database, the feed is read: what is
// remembered depends on it.
func TestTheFeedIsReadWhileEveryConnectionIsInUse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t))
	var held, ended sync.WaitGroup
	free := make(chan struct{})
	hold := func(ctx context.Context) {
		held.Add(1)
		ended.Go(func() {
			if err := d.db.Write(ctx, func(tx *pg.Tx) error {
				_, err := tx.Exec(`SELECT 1`)
				held.Done()
				<-free
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	for range 20 {
		hold(d.ctx)
	}
	for range 3 {
		hold(pg.OnWorker(d.ctx))
	}
	held.Wait()
	looked := make(chan Look, 100)
	d.reader.Looked(func(l Look) { looked <- l })
	d.start()
	for range 3 {
		<-looked
	}
	close(free)
	ended.Wait()
}

var errChanged = errors.New("the writer thought better of it")

// writers change the same records at once: each in its own order, some slowly,
// some not in the end.
type writers struct {
	*desk
	records []string
	last    []atomic.Int64 // per record, under its lock
	mu      sync.Mutex
	done    map[string]bool // committed changes
}

func (w *writers) write(r *rand.Rand) {
	at := r.IntN(len(w.records))
	var n int64
	err := w.db.Write(w.ctx, func(tx *pg.Tx) error {
		if _, err := tx.Exec(`SELECT pg_advisory_xact_lock(hashtext($1))`, w.records[at]); err != nil {
			return err
		}
		n = w.last[at].Add(1)
		changes := Changes{strconv.FormatInt(n, 10): {n - 1, n}}
		if err := Record(w.ctx, tx, Happened{Entity: "contact", EntityID: w.records[at], Kind: Updated, Changes: changes}); err != nil {
			return err
		}
		if _, err := tx.Exec(`SELECT pg_sleep($1)`, r.Float64()*0.01); err != nil {
			return err
		}
		if r.IntN(10) == 0 {
			return errChanged
		}
		return nil
	})
	if err != nil && !errors.Is(err, errChanged) {
		w.Error(err)
	}
	if err == nil {
		w.mu.Lock()
		w.done[fmt.Sprint(w.records[at], " ", n)] = true
		w.mu.Unlock()
	}
}

// Whatever commits is told exactly once, and the changes of one record in the
// order in which they were made, while another transaction stays open.
func TestNothingIsLostAndRecordsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t))
	d.start()
	w := &writers{desk: d, records: make([]string, 8), last: make([]atomic.Int64, 8), done: map[string]bool{}}
	for i := range w.records {
		w.records[i] = id.New()
	}
	long := id.New()
	err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		Hint(tx, "long", long)
		if err := tx.Flush(); err != nil {
			return err
		}
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(7, uint64(i)))
				for range 60 {
					w.write(r)
				}
			})
		}
		wg.Wait()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	told, order := map[string]int{}, map[string]int64{}
	for told[long] == 0 {
		b := d.next()
		if b.Lost {
			t.Fatal("the reader lost something")
		}
		for _, c := range b.Changes {
			if c.Entity == "long" {
				told[c.EntityID]++
				continue
			}
			n, _ := strconv.ParseInt(c.Fields[0], 10, 64)
			told[fmt.Sprint(c.EntityID, " ", n)]++
			if n <= order[c.EntityID] {
				t.Errorf("change %d of %s was told after %d", n, c.EntityID, order[c.EntityID])
			}
			order[c.EntityID] = n
		}
	}
	delete(told, long)
	for change := range w.done {
		if told[change] != 1 {
			t.Errorf("%s was told %d times, want once", change, told[change])
		}
	}
	if len(told) != len(w.done) {
		t.Errorf("%d changes were told, %d were made", len(told), len(w.done))
	}
	t.Logf("%d changes of 16 writers", len(w.done))
}

func TestManyHintsAreOneForAll(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t))
	d.start()
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = id.New()
	}
	if err := d.db.Write(d.ctx, func(tx *pg.Tx) error { Hint(tx, "thread", ids...); return nil }); err != nil {
		t.Fatal(err)
	}
	if b := d.next(); len(b.Changes) != 1 || b.Changes[0].EntityID != All {
		t.Errorf("the reader told %v, want one change to all", b.Changes)
	}
}

func TestWhatIsBeyondTheKeptFeedIsLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t))
	if err := d.reader.look(d.ctx); err != nil {
		t.Fatal(err)
	}
	d.next()
	d.hint(d.ctx, "thread", id.New())
	d.reader.now = func() time.Time { return time.Now().Add(kept) }
	if err := d.reader.look(d.ctx); err != nil {
		t.Fatal(err)
	}
	if b := d.next(); !b.Lost || len(b.Changes) > 0 {
		t.Errorf("a reader that was away for %v told %v, want that it lost something", kept, b)
	}
}

// A snapshot of another server, as after a restore, would hide what comes.
func TestAPlaceInAnotherFeedIsLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t))
	ahead, _ := ParseCursor(Cursor{at: time.Now(), snapshot: "4000000000:4000000000:"}.String())
	err := d.db.Read(d.ctx, func(tx *pg.Tx) error {
		b, err := Since(tx, ahead, time.Now(), 10)
		if err == nil && !b.Lost {
			t.Errorf("from the future the feed told %v, want that it is lost", b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSinceTellsOfItsWorkspaceAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t))
	if err := d.reader.look(d.ctx); err != nil {
		t.Fatal(err)
	}
	from, ok := ParseCursor(d.next().Cursor.String())
	if !ok {
		t.Fatal("a cursor cannot be read again")
	}
	mine, other := id.New(), id.New()
	d.hint(d.ctx, "thread", mine)
	d.hint(d.in(pgtest.Workspace(t, d.db.Session())), "thread", other)
	err := d.db.Read(d.ctx, func(tx *pg.Tx) error {
		b, err := Since(tx, from, time.Now(), 10)
		if err != nil {
			return err
		}
		if len(b.Changes) != 1 || b.Changes[0].EntityID != mine || b.Lost {
			t.Errorf("the feed told %+v, want the change to %s alone", b, mine)
		}
		if b, err = Since(tx, b.Cursor, time.Now(), 10); err == nil && len(b.Changes) > 0 {
			t.Errorf("the feed told %v again", b.Changes)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestForgedCursorsAreNone(t *testing.T) {
	t.Parallel()
	good := Cursor{at: time.Now(), snapshot: "10:20:10,14"}.String()
	if _, ok := ParseCursor(good); !ok {
		t.Errorf("%q is none", good)
	}
	for _, bad := range []string{"", "x", "t1.", "t1.1", "t1.2:1:", "t1.0:1:", "t1.1:2:3", "t1.5:9:7,6", "t1.1:2:'", "t1.1:18446744073709551615:", "t1.1:2:;drop"} {
		if c, ok := ParseCursor(bad); ok {
			t.Errorf("%q is taken for %v", bad, c)
		}
	}
}

// gate stands between Rapport and PostgreSQL and can be shut.
type gate struct {
	socket string
	mu     sync.Mutex
	shut   bool
	conns  map[net.Conn]bool
}

// newGate returns a gate and an address that leads through it.
func newGate(t *testing.T, dsn string) (*gate, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	g := &gate{socket: filepath.Join(q.Get("host"), ".s.PGSQL.5432"), conns: map[net.Conn]bool{}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go g.pass(c)
		}
	}()
	q.Del("host")
	q.Set("sslmode", "disable")
	u.Host, u.RawQuery = ln.Addr().String(), q.Encode()
	return g, u.String()
}

func (g *gate) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", g.socket)
	if err != nil {
		return
	}
	defer server.Close()
	g.mu.Lock()
	closed := g.shut
	g.conns[client] = true
	g.mu.Unlock()
	if closed {
		return
	}
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	_, _ = io.Copy(client, server)
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	for c := range g.conns {
		_ = c.Close()
		delete(g.conns, c)
	}
}

func TestADatabaseThatWasAwayIsCaughtUpWith(t *testing.T) {
	t.Parallel()
	dsn := pgtest.URL(t)
	gate, through := newGate(t, dsn)
	d := newDesk(t, through)
	beside := newDesk(t, dsn)
	d.start()
	gate.set(true)
	ids := []string{id.New(), id.New()}
	for _, each := range ids {
		beside.hint(beside.ctx, "thread", each)
	}
	gate.set(false)
	var told []string
	for len(told) < len(ids) {
		b := d.next()
		if b.Lost {
			t.Fatal("what happened meanwhile is lost")
		}
		for _, c := range b.Changes {
			told = append(told, c.EntityID)
		}
	}
	if told[0] != ids[0] || told[1] != ids[1] {
		t.Errorf("told of %v, want %v", told, ids)
	}
}

// With a poll that never comes, only the news of the other process wakes us.
func TestProcessesWakeEachOther(t *testing.T) {
	t.Parallel()
	dsn := pgtest.URL(t)
	one, two := newDesk(t, dsn), newDesk(t, dsn)
	two.reader.every = time.Hour
	two.start()
	quiet := slog.New(slog.DiscardHandler)
	for _, d := range []*desk{one, two} {
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = d.db.ShareNews(ctx, quiet) })
		t.Cleanup(func() { stop(); wg.Wait() })
	}
	thread := id.New()
	one.hint(one.ctx, "thread", thread)
	if b := two.next(); len(b.Changes) != 1 || b.Changes[0].EntityID != thread {
		t.Errorf("the other process was told %v", b)
	}
}
