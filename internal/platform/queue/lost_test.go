package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
)

type errand struct {
	N int `json:"n"`
}

func (errand) Kind() string { return "errand" }

func (errand) In() string { return "" }

func TestJobsOfADeadProcessAreTakenBackAtOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	db, err := pg.Open(ctx, pg.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan int, 1)
	queue.Handle(q, func(_ context.Context, e errand) error { done <- e.N; return nil })
	if err := db.Global(ctx, func(tx *pg.Tx) error { return q.Add(ctx, tx, errand{7}) }); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Session().Exec(ctx, `
		WITH leader AS (INSERT INTO river.river_leader (elected_at, expires_at, leader_id) VALUES (now(), now() + interval '1 hour', 'dead'))
		UPDATE river.river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = '{dead}'`); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	if n := <-done; n != 7 {
		t.Errorf("errand %d was run, want 7", n)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestJobThatWaitsForTheDatabasePaysNoAttempt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	db, err := pg.Open(ctx, pg.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	calls, done := 0, make(chan int, 1)
	queue.Handle(q, func(ctx context.Context, e errand) error {
		calls++
		if calls > 1 {
			done <- calls
			return nil
		}
		return db.Global(ctx, func(tx *pg.Tx) error {
			_, err := tx.Exec(`DO $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '57P01'; END $$`)
			return err
		})
	})
	if err := db.Global(ctx, func(tx *pg.Tx) error { return q.Add(ctx, tx, errand{1}) }); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	<-done
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var state string
	var attempt, errs int
	if err := db.Session().QueryRow(t.Context(), `SELECT state::text, attempt, coalesce(array_length(errors, 1), 0) FROM river.river_job`).Scan(&state, &attempt, &errs); err != nil {
		t.Fatal(err)
	}
	if state != "completed" || attempt != 1 || errs != 0 {
		t.Errorf("the job is %s after attempt %d with %d errors, want completed, 1, 0", state, attempt, errs)
	}
}

func TestLostJobsAreTakenBackAndOthersLeftAlone(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Global(t.Context(), func(tx *pg.Tx) error {
		return q.Add(t.Context(), tx, errand{1}, errand{2}, errand{3}, errand{4})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Session().Exec(t.Context(), `
		UPDATE river.river_job SET state = 'running', attempt = 1,
			attempted_by = CASE args->>'n' WHEN '3' THEN '{me,other}' ELSE '{other,me}' END::text[],
			attempted_at = now() - CASE args->>'n' WHEN '4' THEN interval '1 second' ELSE interval '1 minute' END`); err != nil {
		t.Fatal(err)
	}
	var working []int64
	if err := db.Session().QueryRow(t.Context(), `SELECT array_agg(id) FROM river.river_job WHERE args->>'n' = '2'`).Scan(&working); err != nil {
		t.Fatal(err)
	}
	if err := q.TakeLost(t.Context(), "me", working); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := db.Session().QueryRow(t.Context(), `SELECT string_agg(args->>'n', ',') FROM river.river_job WHERE state = 'available'`).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != "1" {
		t.Errorf("errands %s are taken back, want 1: 2 is in hand, 3 is another's, 4 has just begun", got)
	}
}

func TestEndedJobsStayInHandUntilTheDatabaseKnows(t *testing.T) {
	t.Parallel()
	soon, later := queue.InHand(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	if len(soon) != 2 || len(later) != 1 || later[0] != 1 {
		t.Errorf("in hand are %v and later %v, want both and then the one that runs", soon, later)
	}
}

// chore is a job of a workspace.
type chore struct {
	Workspace string `json:"workspace"`
}

func (chore) Kind() string { return "chore" }

func (c chore) In() string { return c.Workspace }

func TestAJobThatFailsEndsWithItsWorkspace(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	db, err := pg.Open(ctx, pg.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	asked := make(chan string, 1)
	q, err := queue.New(db, queue.Options{Sole: true, Gone: func(_ context.Context, workspace string) (bool, error) {
		asked <- workspace
		return true, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	queue.Handle(q, func(context.Context, chore) error { return errors.New("nothing is there") })
	if err := db.Global(ctx, func(tx *pg.Tx) error { return q.Add(ctx, tx, chore{"erased"}) }); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	if got := <-asked; got != "erased" {
		t.Errorf("asked for workspace %q, want erased", got)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var state string
	if err := db.Session().QueryRow(t.Context(), `SELECT state::text FROM river.river_job`).Scan(&state); err != nil {
		t.Fatal(err)
	}
	if state != "completed" {
		t.Errorf("the job is %s, want it completed", state)
	}
}
