package answers_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/console/answers"
	"rapport/internal/ai/traffic"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

func open(t *testing.T) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), APIConns: 2, WorkConns: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func in(t *testing.T, db *pg.DB) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
}

func TestAnAnswerIsKeptForItsQuestionInItsWorkspaceForADay(t *testing.T) {
	t.Parallel()
	db := open(t)
	c := answers.New(db, slog.New(slog.DiscardHandler))
	ann, ben := in(t, db), in(t, db)
	question := [32]byte{1}
	c.Put(ann, question, ai.Response{Output: json.RawMessage(`{"a": 1}`), Engine: "gemini", Model: "m", Version: "v", Attempts: []ai.Attempt{{}}})
	got, ok := c.Get(ann, question)
	if !ok || got.Engine != "gemini" || got.Model != "m" || got.Version != "v" || string(got.Output) != `{"a": 1}` || got.Attempts != nil {
		t.Errorf("Get = %+v, %v; want the answer alone", got, ok)
	}
	if _, ok := c.Get(ann, [32]byte{2}); ok {
		t.Error("another question has the answer")
	}
	if _, ok := c.Get(ben, question); ok {
		t.Error("another workspace has the answer")
	}
	if _, err := db.Session().Exec(ann, `UPDATE ai_answers SET expires_at = now() WHERE workspace_id = $1`, actor.Workspace(ann)); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Get(ann, question); ok {
		t.Error("the answer is given after its day")
	}
	if err := db.Write(ann, func(tx *pg.Tx) error { answers.Sweep(tx); return nil }); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.Session().QueryRow(ann, `SELECT count(*) FROM ai_answers WHERE workspace_id = $1`, actor.Workspace(ann)).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d answers are left after the sweep, %v", n, err)
	}
}

func TestAClosureIsSharedUntilItEnds(t *testing.T) {
	t.Parallel()
	c := answers.NewClosures(open(t))
	lane := traffic.Lane{Provider: "gemini", Key: id.New(), Family: "flash", Model: "m"}
	known := func() (found *traffic.Closure) {
		all, err := c.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			if o.Lane == lane {
				found = &o
			}
		}
		return found
	}
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	for _, why := range []string{"quota", "still quota"} {
		if err := c.Save(t.Context(), traffic.Closure{Lane: lane, Until: until, Why: why, Kind: ai.QuotaExhausted}); err != nil {
			t.Fatal(err)
		}
		if got := known(); got == nil || got.Why != why || !got.Until.Equal(until) || got.Kind != ai.QuotaExhausted {
			t.Errorf("the closure is %+v, want %q until %v", got, why, until)
		}
	}
	if err := c.Save(t.Context(), traffic.Closure{Lane: lane}); err != nil {
		t.Fatal(err)
	}
	if got := known(); got != nil {
		t.Errorf("the closure %+v did not end", got)
	}
}
