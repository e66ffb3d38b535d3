package pg_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
)

func open(t *testing.T) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// tenant makes a workspace of its own and returns a context that acts in it.
func tenant(t *testing.T, db *pg.DB) context.Context {
	t.Helper()
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.System, WorkspaceID: pgtest.Workspace(t, db.Session())})
	return ctx
}

func TestAnotherTenantsRowsAreNotThere(t *testing.T) {
	t.Parallel()
	db := open(t)
	ann, ben := tenant(t, db), tenant(t, db)
	err := db.Write(ann, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, 'mine')`, tx.Workspace(), id.New())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who  string
		ctx  context.Context
		want int
	}{{"its tenant", ann, 1}, {"another", ben, 0}} {
		var names []string
		err := db.Read(c.ctx, func(tx *pg.Tx) (err error) {
			names, err = pg.Column[string](tx, `SELECT name FROM tags`)
			return err
		})
		if err != nil || len(names) != c.want {
			t.Errorf("%s sees %v, %v; want %d rows", c.who, names, err, c.want)
		}
	}
}

func TestReadIsOneRoundTripAndWriteTwo(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	var trips int
	read := func(tx *pg.Tx) error {
		_, err := pg.Column[string](tx, `SELECT name FROM tags WHERE workspace_id = $1`, tx.Workspace())
		trips = tx.Trips()
		return err
	}
	if err := db.Read(ctx, read); err != nil || trips != 1 {
		t.Errorf("a read took %d round trips, %v; want 1", trips, err)
	}
	var last *pg.Tx
	err := db.Write(ctx, func(tx *pg.Tx) error {
		last = tx
		if _, err := pg.Column[string](tx, `SELECT name FROM tags WHERE workspace_id = $1`, tx.Workspace()); err != nil {
			return err
		}
		tx.Queue(`INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, 'one')`, tx.Workspace(), id.New())
		tx.Queue(`INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, 'two')`, tx.Workspace(), id.New())
		return nil
	})
	if err != nil || last.Trips() != 2 {
		t.Errorf("a write with one read took %d round trips, %v; want 2", last.Trips(), err)
	}
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	boom := errors.New("boom")
	err := db.Write(ctx, func(tx *pg.Tx) error {
		if _, err := tx.Exec(`INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, 'lost')`, tx.Workspace(), id.New()); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("Write() = %v, want boom", err)
	}
	twice := id.New()
	err = db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, 'first')`, tx.Workspace(), twice)
		tx.Queue(`INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, 'again')`, tx.Workspace(), twice)
		return nil
	})
	if !pg.Violates(err, "tags_pkey") {
		t.Errorf("Write() = %v, want a violation of tags_pkey", err)
	}
	var n int64
	err = db.Read(ctx, func(tx *pg.Tx) (err error) {
		n, err = pg.Value[int64](tx, `SELECT count(*) FROM tags`)
		return err
	})
	if err != nil || n != 0 {
		t.Errorf("%d rows are left, %v; want 0", n, err)
	}
}

func TestWithoutWorkspaceThereIsNoTransaction(t *testing.T) {
	t.Parallel()
	db := open(t)
	if err := db.Read(t.Context(), func(*pg.Tx) error { return nil }); !errors.Is(err, pg.ErrNoWorkspace) {
		t.Errorf("Read() without an actor = %v, want ErrNoWorkspace", err)
	}
}

func TestACallerWhoGoesAwayBreaksNoConnection(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), APIConns: 1, WorkConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	ctx := tenant(t, db)
	backend := func(ctx context.Context) (pid int32) {
		t.Helper()
		if err := db.Read(ctx, func(tx *pg.Tx) (err error) {
			pid, err = pg.Value[int32](tx, `SELECT pg_backend_pid()`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return pid
	}
	before := backend(ctx)
	for range 20 {
		gone, leave := context.WithCancel(ctx)
		err := db.Write(gone, func(tx *pg.Tx) error {
			leave()
			_, err := tx.Exec(`SELECT pg_sleep(0.01)`)
			return err
		})
		if err != nil {
			t.Fatalf("the transaction of a caller who left: %v", err)
		}
	}
	if after := backend(ctx); after != before {
		t.Errorf("backend %d became %d: the connection was replaced", before, after)
	}
}

func TestAnErrorPassedOverIsNotSuccess(t *testing.T) {
	t.Parallel()
	db := open(t)
	err := db.Write(tenant(t, db), func(tx *pg.Tx) error {
		if _, err := tx.Exec(`INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, 'kept?')`, tx.Workspace(), id.New()); err != nil {
			return err
		}
		_, _ = tx.Exec(`SELECT 1 / 0`) // as if it did not matter
		return nil
	})
	if err == nil {
		t.Error("the write reports success, but the server has rolled it back")
	}
}

func TestTextThatCannotBeStoredIsTheCallersFault(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := tenant(t, db)
	for name, c := range map[string]struct{ sql, arg string }{
		"NUL":          {`SELECT $1::text`, "a\x00b"},
		"broken UTF-8": {`SELECT $1::text`, "\xff"},
		"NUL in JSON":  {`SELECT $1::jsonb ->> 'a'`, `{"a":"\u0000"}`},
	} {
		err := db.Read(ctx, func(tx *pg.Tx) error {
			_, err := pg.Column[string](tx, c.sql, c.arg)
			return err
		})
		if got := problem.KindOf(err); got != problem.BadRequest {
			t.Errorf("%s: %v is of kind %v, want %v", name, err, got, problem.BadRequest)
		}
	}
}

// Nobody waits for what comes after a deadline: no round trip is begun any more,
// and nothing is committed. A caller who merely left gets what they asked for.
func TestAfterItsDeadlineATransactionBeginsNothing(t *testing.T) {
	t.Parallel()
	db := open(t)
	base := tenant(t, db)
	for _, c := range []struct {
		name string
		why  error
		want int
	}{
		{"late", context.DeadlineExceeded, 0},
		{"left", context.Canceled, 1},
	} {
		ctx := ending{base, make(chan struct{}), c.why, &atomic.Bool{}}
		err := db.Write(ctx, func(tx *pg.Tx) error {
			if _, err := tx.Exec(`INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, $3)`, tx.Workspace(), id.New(), c.name); err != nil {
				return err
			}
			ctx.over.Store(true)
			close(ctx.done)
			return nil
		})
		if (err == nil) != (c.want == 1) || c.want == 0 && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: Write() = %v", c.name, err)
		}
		var n int64
		if err := db.Read(base, func(tx *pg.Tx) (err error) {
			n, err = pg.Value[int64](tx, `SELECT count(*) FROM tags WHERE workspace_id = $1 AND name = $2`, tx.Workspace(), c.name)
			return err
		}); err != nil || int(n) != c.want {
			t.Errorf("%s: %d rows, %v; want %d", c.name, n, err, c.want)
		}
	}
}

// ending is a context that ends when the test says so.
type ending struct {
	context.Context
	done chan struct{}
	why  error
	over *atomic.Bool
}

func (e ending) Done() <-chan struct{} { return e.done }

func (e ending) Err() error {
	if e.over.Load() {
		return e.why
	}
	return nil
}
