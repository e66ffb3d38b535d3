package ledger_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/ledger"
	"rapport/internal/ai/router"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
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

func call(outcome string) router.Record {
	failed := ai.Attempt{Engine: "openrouter", Model: "openai/gpt-6.1-sol", Kind: ai.Overloaded, Error: "overloaded\x00", Duration: 20 * time.Millisecond}
	done := ai.Attempt{Engine: "gemini", Model: "gemini-3.8-flash", Billed: ai.BilledYes, Duration: 30 * time.Millisecond,
		Usage: ai.Usage{InputTokens: 100, OutputTokens: 20, ThinkingTokens: 5, CostNano: 700}}
	return router.Record{ID: id.New(), Task: "email.triage", Class: ai.Fast, Agent: "email.triage", RunID: id.New(), Outcome: outcome,
		StartedAt: time.Date(2026, 11, 22, 23, 59, 0, 0, time.UTC), Duration: 60 * time.Millisecond,
		Response: ai.Response{Engine: "gemini", Model: "gemini-3.8-flash", Usage: done.Usage, Attempts: []ai.Attempt{failed, done}}}
}

type sums struct{ Calls, Failures, Tokens, Cost int64 }

func read(t *testing.T, db *pg.DB, ctx context.Context) (calls int, day sums) {
	t.Helper()
	err := db.Read(ctx, func(tx *pg.Tx) (err error) {
		if calls, err = pg.Value[int](tx, `SELECT count(*) FROM ai_calls WHERE workspace_id = $1 AND jsonb_array_length(attempts) = 2`, tx.Workspace()); err != nil {
			return err
		}
		day, err = pg.One[sums](tx, `
			SELECT coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(failures), 0)::bigint AS failures,
				coalesce(sum(input_tokens + output_tokens), 0)::bigint AS tokens, coalesce(sum(cost_nano), 0)::bigint AS cost
			FROM ai_usage WHERE workspace_id = $1 AND day = '2026-11-22'`, tx.Workspace())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return calls, day
}

func TestEachCallIsWrittenOnceWithTheSumsOfItsDay(t *testing.T) {
	t.Parallel()
	db := open(t)
	l := ledger.New(db, slog.New(slog.DiscardHandler))
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.User, UserID: id.New(), WorkspaceID: pgtest.Workspace(t, db.Session())})
	other := actor.InWorkspace(ctx, pgtest.Workspace(t, db.Session()))
	twice := call("answered")
	for _, r := range []router.Record{twice, call("answered"), twice} {
		l.Record(ctx, r)
		if err := l.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	l.Record(other, call("failed"))
	if err := l.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if n, got := read(t, db, ctx); n != 2 || got != (sums{4, 2, 240, 1400}) {
		t.Errorf("%d calls, %+v; want 2 calls of 2 attempts, each half failed, 240 tokens, 1400 n$", n, got)
	}
	if n, got := read(t, db, other); n != 1 || got.Calls != 2 {
		t.Errorf("other workspace: %d calls, %+v; want its own", n, got)
	}
}

func TestWhatTheDatabaseDoesNotTakeIsWrittenLater(t *testing.T) {
	t.Parallel()
	db := open(t)
	l := ledger.New(db, slog.New(slog.DiscardHandler))
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.User, WorkspaceID: pgtest.Workspace(t, db.Session())})
	l.Record(ctx, call("answered"))
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := l.Flush(gone); err == nil {
		t.Error("Flush() without a database = nil")
	}
	if err := l.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if n, _ := read(t, db, ctx); n != 1 {
		t.Errorf("%d calls; want the one that waited", n)
	}
}
