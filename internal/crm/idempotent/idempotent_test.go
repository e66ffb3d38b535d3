package idempotent_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rapport/internal/api/op"
	"rapport/internal/crm/idempotent"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
)

type answer struct{ N int }

// open is a store, with a context that acts in a workspace of its own.
func open(t *testing.T) (*idempotent.Store, *pg.DB, context.Context) {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.User, WorkspaceID: pgtest.Workspace(t, db.Session()), Credential: id.New()})
	return idempotent.New(db), db, ctx
}

// do runs an attempt that answers n, and says what came of it and whether it ran.
func do(ctx context.Context, s *idempotent.Store, key string, n int) (out answer, ran bool, err error) {
	err = s.Once(ctx, op.Attempt{Key: key, Operation: "x", Hash: []byte("h")}, &out, func(context.Context) error {
		ran, out.N = true, n
		return nil
	})
	return out, ran, err
}

func age(t *testing.T, db *pg.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Session().Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func TestAKeyIsGoodForADay(t *testing.T) {
	t.Parallel()
	s, db, in := open(t)
	out := actor.With(t.Context(), actor.Actor{Kind: actor.User, Credential: id.New()})
	for what, ctx := range map[string]context.Context{"in a workspace": in, "outside": out} {
		if got, ran, err := do(ctx, s, "k", 1); err != nil || !ran || got.N != 1 {
			t.Errorf("%s, first: %v %v %v", what, got, ran, err)
		}
		if got, ran, err := do(ctx, s, "k", 2); err != nil || ran || got.N != 1 {
			t.Errorf("%s, again: %v, ran %v, %v; want the first answer", what, got, ran, err)
		}
		who, _ := actor.From(ctx)
		table := "idempotency_keys"
		if what == "outside" {
			table = "identity.idempotency_keys"
		}
		age(t, db, `UPDATE `+table+` SET created_at = now() - interval '25 hours' WHERE credential = $1`, who.Credential)
		if got, ran, err := do(ctx, s, "k", 3); err != nil || !ran || got.N != 3 {
			t.Errorf("%s, a day later: %v, ran %v, %v; want a new answer", what, got, ran, err)
		}
	}
}

func TestAFailedAttemptLeavesItsKeyFree(t *testing.T) {
	t.Parallel()
	s, _, ctx := open(t)
	boom := errors.New("boom")
	var out answer
	if err := s.Once(ctx, op.Attempt{Key: "k", Operation: "x", Hash: []byte("h")}, &out, func(context.Context) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("Once() = %v, want its own error", err)
	}
	if got, ran, err := do(ctx, s, "k", 2); err != nil || !ran || got.N != 2 {
		t.Errorf("after a failure: %v, ran %v, %v; want to run", got, ran, err)
	}
}

func TestKeysAreShortAndReadable(t *testing.T) {
	t.Parallel()
	s, _, ctx := open(t)
	for what, key := range map[string]string{"10 kB": strings.Repeat("k", 10_000), "NUL": "a\x00b", "broken text": "a\xff", "a new line": "a\nb", "umlauts": "schlüssel"} {
		_, ran, err := do(ctx, s, key, 1)
		p, _ := errors.AsType[*problem.Error](err)
		if ran || p == nil || p.Kind != problem.BadRequest || len(p.Fields) != 1 || p.Fields[0].Pointer != "Idempotency-Key" {
			t.Errorf("%s: ran %v, %v; want a problem that names the header", what, ran, err)
		}
	}
	if _, ran, err := do(ctx, s, strings.Repeat("k", 255), 1); err != nil || !ran {
		t.Errorf("255 characters: %v, want them taken", err)
	}
}

// One who sweeps holds its locks for a batch, and leaves what is still good.
func TestOldKeysAreSweptInBatches(t *testing.T) {
	t.Parallel()
	s, db, ctx := open(t)
	who, _ := actor.From(ctx)
	age(t, db, `INSERT INTO idempotency_keys (workspace_id, credential, key, operation, request_hash, created_at)
		SELECT $1, $2, 'k' || i, 'x', 'h', now() - CASE WHEN i <= 2500 THEN interval '25 hours' ELSE interval '23 hours' END FROM generate_series(1, 2510) i`, who.WorkspaceID, who.Credential)
	age(t, db, `INSERT INTO identity.idempotency_keys (credential, key, operation, request_hash, created_at)
		SELECT $1, 'k' || i, 'x', 'h', now() - CASE WHEN i <= 2500 THEN interval '25 hours' ELSE interval '23 hours' END FROM generate_series(1, 2510) i`, who.Credential)
	if err := errors.Join(s.Sweep(ctx), s.SweepOutside(ctx)); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"idempotency_keys", "identity.idempotency_keys"} {
		var n int
		if err := db.Session().QueryRow(t.Context(), `SELECT count(*) FROM `+table+` WHERE credential = $1`, who.Credential).Scan(&n); err != nil || n != 10 {
			t.Errorf("%d keys are left in %s, %v; want 10", n, table, err)
		}
	}
}

// Who repeats a call that is being worked waits in memory, for a second.
func TestASecondAttemptWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	s, _, ctx := open(t)
	begun, end := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		var out answer
		first <- s.Once(ctx, op.Attempt{Key: "k", Operation: "x", Hash: []byte("h")}, &out, func(context.Context) error {
			close(begun)
			<-end
			out.N = 1
			return nil
		})
	}()
	<-begun
	_, ran, err := do(ctx, s, "k", 2)
	if p, _ := errors.AsType[*problem.Error](err); ran || p == nil || p.Code != "idempotency_running" || p.RetryAfter == 0 {
		t.Errorf("while the first runs: ran %v, %v; want to be told so", ran, err)
	}
	close(end)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if got, ran, err := do(ctx, s, "k", 3); err != nil || ran || got.N != 1 {
		t.Errorf("afterwards: %v, ran %v, %v; want the first answer", got, ran, err)
	}
}
