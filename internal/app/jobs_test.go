package app

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

func TestAWorkspaceThatFailsKeepsTheSweepFromNoOther(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t), APIConns: 2, WorkConns: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	want := map[string]bool{pgtest.Workspace(t, db.Session()): true, pgtest.Workspace(t, db.Session()): true, pgtest.Workspace(t, db.Session()): true}
	fault := errors.New("erased")
	err = (&App{DB: db}).eachWorkspace(t.Context(), func(ctx context.Context) error {
		delete(want, actor.Workspace(ctx))
		return fault
	})
	if !errors.Is(err, fault) || len(want) != 0 {
		t.Errorf("%d workspaces were left out, error %v; want none, and the fault", len(want), err)
	}
}
