package pg

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/pg/pooler"
)

// News wakes whoever waits for commits that were announced. It says that there
// is something to read, never what; one reader of the process waits for it.
type News struct {
	heard  chan struct{} // for the reader
	others chan struct{} // for Share: other processes shall hear it too
	told   atomic.Pointer[func(workspace string, changes []Change)]
}

// Change is what a transaction did to one record, for those who keep what they
// have read. Its line is that of the log, by which they know it again when
// other processes tell it; none says that it may come yet.
type Change struct {
	Line, Entity, ID, Kind string
	Fields                 []string
}

func newNews() *News {
	return &News{heard: make(chan struct{}, 1), others: make(chan struct{}, 1)}
}

// Announce tells those who wait for News, once tx has been committed; whoever
// is told what changed learns it before the caller of Write does.
func (tx *Tx) Announce(changes ...Change) {
	tx.announced = true
	tx.changes = append(tx.changes, changes...)
}

// Tell has f hear what each transaction of this process changed, from now on.
// It is called between the commit and the answer to who made the change, at
// once for many of them, and must not wait for anything.
func (n *News) Tell(f func(workspace string, changes []Change)) { n.told.Store(&f) }

// tell passes on what tx changed. Whether it was committed may be in doubt:
// then it may still happen, and its lines will tell.
func (n *News) tell(tx *Tx, doubt bool) {
	f := n.told.Load()
	if f == nil || len(tx.changes) == 0 {
		return
	}
	if doubt {
		for i := range tx.changes {
			tx.changes[i].Line = ""
		}
	}
	(*f)(tx.workspace, tx.changes)
}

// News of this database.
func (db *DB) News() *News { return db.news }

// Heard holds one token while there is news that nobody has taken.
func (n *News) Heard() <-chan struct{} { return n.heard }

func (n *News) announce() {
	put(n.heard)
	put(n.others)
}

func put(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // whoever takes the token there learns of this, too
	}
}

// newsChannel is where processes tell each other.
const newsChannel = "rapport_news"

const (
	tellAtMost  = 10 * time.Millisecond
	listenAgain = 5 * time.Second
)

// ShareNews passes announcements between processes over the session pool's
// address until ctx ends. Behind a transaction pooler, which has no sessions
// to listen in, it does nothing: readers look by themselves now and then.
func (db *DB) ShareNews(ctx context.Context, log *slog.Logger) error {
	if db.work.pooler != pooler.Direct {
		log.InfoContext(ctx, "no LISTEN behind a pooler: changes of other processes are polled for")
		<-ctx.Done()
		return nil
	}
	own := rand.Text()
	var wg sync.WaitGroup
	wg.Go(func() { db.tellOthers(ctx, own) })
	for ctx.Err() == nil {
		if err := db.listen(ctx, own); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "changes of other processes are polled for until LISTEN works again", "error", err)
		}
		wait(ctx, listenAgain)
	}
	wg.Wait()
	return nil
}

// tellOthers notifies at most a hundred times a second, whatever is announced. One
// that fails is no loss: the others look by themselves.
func (db *DB) tellOthers(ctx context.Context, own string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-db.news.others:
		}
		limited, cancel := context.WithTimeout(ctx, time.Second)
		_, _ = db.work.pool.Exec(limited, `SELECT pg_notify($1, $2)`, newsChannel, own)
		cancel()
		wait(ctx, tellAtMost)
	}
}

// listen hears what other processes tell, on a connection beside the pool.
func (db *DB) listen(ctx context.Context, own string) error {
	conn, err := pgx.ConnectConfig(ctx, db.work.pool.Config().ConnConfig.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // it may be broken already
	if _, err := conn.Exec(ctx, "LISTEN "+newsChannel); err != nil {
		return err
	}
	put(db.news.heard) // for what was told before
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if n.Payload != own {
			put(db.news.heard)
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
