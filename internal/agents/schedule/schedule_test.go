package schedule_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"rapport/internal/agents/flow"
	"rapport/internal/agents/schedule"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
)

// clockwork is a service whose time the test sets.
type clockwork struct {
	*schedule.Service
	db  *pg.DB
	ctx context.Context
	now time.Time
	one string // the schedule
}

func newClockwork(t *testing.T, agent string) *clockwork {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := &clockwork{db: db, now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC), one: id.New()}
	c.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
	clock := func() time.Time { return c.now }
	engine := flow.New(flow.Parts{DB: db, Queue: q, Now: clock, Log: slog.New(slog.DiscardHandler)})
	engine.Register(flow.Agent{Name: "reporter", Version: "reporter/1", Program: func(*flow.Run) (any, error) { return nil, nil }})
	c.Service = schedule.New(db, q, engine, clock)
	c.write(t, `
		INSERT INTO agent_schedules (workspace_id, id, agent, title, cron, time_zone, next_at, created_at, updated_at)
		VALUES ($1, $2, $3, 'Report', '0 9 * * *', 'UTC', '2026-06-01T09:00:00Z', now(), now())`, c.one, agent)
	return c
}

func (c *clockwork) write(t *testing.T, sql string, args ...any) {
	t.Helper()
	err := c.db.Write(c.ctx, func(tx *pg.Tx) error {
		_, err := tx.Exec(sql, append([]any{tx.Workspace()}, args...)...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// at fires at a time, twice, as two processes would, and returns how many runs
// there are and what is missed.
func (c *clockwork) at(t *testing.T, now time.Time) (runs, missed int) {
	t.Helper()
	c.now = now
	for range 2 {
		_ = c.Due(c.ctx, schedule.Fire{Workspace: actor.Workspace(c.ctx), ID: c.one, Version: 1}) // that it is to come again
	}
	err := c.db.Read(c.ctx, func(tx *pg.Tx) (err error) {
		if runs, err = pg.Value[int](tx, `SELECT count(*) FROM agent_runs WHERE workspace_id = $1`, tx.Workspace()); err != nil {
			return err
		}
		missed, err = pg.Value[int](tx, `SELECT missed FROM agent_schedules WHERE workspace_id = $1`, tx.Workspace())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return runs, missed
}

func TestAScheduleFiresOnceWhoeverIsAliveAndMakesUpForOneThatWasMissed(t *testing.T) {
	t.Parallel()
	c := newClockwork(t, "reporter")
	for _, at := range []struct {
		now          time.Time
		runs, missed int
	}{
		{time.Date(2026, 6, 1, 8, 59, 59, 0, time.UTC), 0, 0},
		{time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC), 1, 0},
		{time.Date(2026, 6, 1, 9, 0, 1, 0, time.UTC), 1, 0},
		{time.Date(2026, 6, 2, 9, 0, 30, 0, time.UTC), 2, 0},
		{time.Date(2026, 6, 6, 12, 0, 0, 0, time.UTC), 3, 3}, // nobody was alive on three days
		{time.Date(2026, 6, 7, 9, 0, 0, 0, time.UTC), 4, 3},
	} {
		if runs, missed := c.at(t, at.now); runs != at.runs || missed != at.missed {
			t.Errorf("at %s: %d runs, %d missed; want %d, %d", at.now, runs, missed, at.runs, at.missed)
		}
	}
}

func TestAScheduleOfAnAgentThatIsGoneIsSwitchedOff(t *testing.T) {
	t.Parallel()
	c := newClockwork(t, "vanished")
	if runs, _ := c.at(t, time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)); runs != 0 {
		t.Fatalf("%d runs, want none", runs)
	}
	var enabled bool
	err := c.db.Read(c.ctx, func(tx *pg.Tx) (err error) {
		enabled, err = pg.Value[bool](tx, `SELECT enabled FROM agent_schedules WHERE workspace_id = $1`, tx.Workspace())
		return err
	})
	if err != nil || enabled {
		t.Errorf("enabled = %t, %v; want it switched off", enabled, err)
	}
}
