// Package schedule starts runs by the clock: cron expressions in a time zone,
// each firing once whoever is alive, one that was missed once when somebody is
// alive again.
package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rapport/internal/agents/flow"
	"rapport/internal/crm/event"
	"rapport/internal/crm/notification"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Schedule says when an agent runs by itself, and with what.
type Schedule struct {
	ID        string          `json:"id"`
	Agent     string          `json:"agent"`
	Title     string          `json:"title"`
	Cron      string          `json:"cron" doc:"Minute, hour, day, month, weekday."`
	TimeZone  string          `json:"time_zone"`
	Input     json.RawMessage `json:"input"`
	Enabled   bool            `json:"enabled"`
	Person    *string         `json:"person" doc:"On whose behalf it runs: who made it."`
	NextAt    time.Time       `json:"next_at"`
	LastAt    *time.Time      `json:"last_at"`
	LastRunID *string         `json:"last_run_id"`
	LastState *string         `json:"last_state" doc:"Of the last run."`
	Missed    int             `json:"missed" doc:"Firings for which nobody was alive."`
	Late      bool            `json:"late" doc:"It should have fired minutes ago."`
	Version   int64           `json:"version"`
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// Service keeps schedules and fires them.
type Service struct {
	db     *pg.DB
	queue  *queue.Queue
	engine *flow.Engine
	now    func() time.Time
	// Missed hears how many times passed at which a schedule should have run and
	// did not; nil: nobody does.
	Missed func(n int)
}

// New returns the service over db; runs are engine's.
func New(db *pg.DB, q *queue.Queue, engine *flow.Engine, now func() time.Time) *Service {
	return &Service{db: db, queue: q, engine: engine, now: now}
}

// Fire is the job that waits for the next time of a schedule. There is one for
// each version of a schedule that is enabled.
type Fire struct {
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
	Version   int64  `json:"version"`
}

// Kind names the job.
func (Fire) Kind() string { return "schedule.fire" }

// In is the workspace of the schedule.
func (f Fire) In() string { return f.Workspace }

// Watch is the job that finds schedules whose own job was lost.
type Watch struct{}

// Kind names the job.
func (Watch) Kind() string { return "schedule.watch" }

// In is no workspace.
func (Watch) In() string { return "" }

// Work has the queue fire schedules; each does something in every workspace.
func (s *Service) Work(each func(context.Context, func(context.Context) error) error) {
	queue.Handle(s.queue, s.fire)
	queue.Handle(s.queue, func(ctx context.Context, _ Watch) error { return each(ctx, s.watch) })
	s.queue.Every(watchEvery, Watch{})
}

const (
	watchEvery = 10 * time.Minute
	// late is how long after its time a schedule is late.
	late = 5 * time.Minute
)

const columns = `x.id, x.agent, x.title, x.cron, x.time_zone, x.input, x.enabled, x.person, x.next_at, x.last_at, x.last_run_id,
	(SELECT r.state FROM agent_runs r WHERE r.workspace_id = x.workspace_id AND r.id = x.last_run_id) AS last_state,
	x.missed, x.enabled AND x.next_at < now() - interval '5 minutes' AS late, x.version, x.created_at, x.updated_at`

const from = `FROM agent_schedules x
	WHERE x.workspace_id = $1`

// lock reads a schedule for a change.
func lock(tx *pg.Tx, scheduleID string) (Schedule, error) {
	s, err := pg.One[Schedule](tx, `
		SELECT x.id::text, x.agent, x.title, x.cron, x.time_zone, x.input, x.enabled, x.person::text, x.next_at, x.last_at, x.last_run_id::text, NULL::text AS last_state,
			x.missed, false AS late, x.version, x.created_at, x.updated_at `+from+` AND x.id = $2 FOR UPDATE`, tx.Workspace(), scheduleID)
	if err == pg.ErrNone {
		err = problem.Missing("schedule")
	}
	return s, err
}

// fire starts the run of a schedule whose time has come, and waits for the next.
func (s *Service) fire(ctx context.Context, f Fire) error {
	var wait time.Duration
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		x, err := lock(tx, f.ID)
		if problem.KindOf(err) == problem.NotFound {
			return nil
		}
		if err != nil || !x.Enabled || x.Version != f.Version {
			return err
		}
		now := s.now()
		if wait = x.NextAt.Sub(now); wait > 0 {
			return nil
		}
		if err := s.start(ctx, tx, &x, now); err != nil {
			return err
		}
		wait = max(x.NextAt.Sub(s.now()), time.Second)
		return nil
	})
	if err != nil || wait == 0 {
		return err
	}
	return queue.Snooze(wait)
}

// start makes the run and moves the schedule on. Of several missed times one is
// made up for.
func (s *Service) start(ctx context.Context, tx *pg.Tx, x *Schedule, now time.Time) error {
	var f problem.Fields
	rhythm := parse(x.Cron, x.TimeZone, &f)
	if err := f.Err(); err != nil {
		return fmt.Errorf("schedule %s: %w", x.ID, err)
	}
	due := x.NextAt
	next := rhythm.next(due)
	missed := 0
	for ; !next.After(now); next = rhythm.next(next) {
		missed++
	}
	who := actor.Actor{Kind: actor.System, Name: "Schedule", Role: actor.Owner, WorkspaceID: tx.Workspace()}
	if x.Person != nil {
		who.UserID = *x.Person
	}
	runID, err := s.engine.Start(actor.With(ctx, who), tx, flow.Start{Agent: x.Agent, Title: x.Title, Input: x.Input, Priority: flow.Bulk,
		Once: "schedule/" + x.ID + "/" + due.UTC().Format(time.RFC3339)})
	if err != nil {
		return s.refused(ctx, tx, x, err)
	}
	x.NextAt = next
	s.miss(tx, missed)
	tx.Queue(`
		UPDATE agent_schedules SET next_at = $3, last_at = $4, last_run_id = $5, missed = missed + $6 WHERE workspace_id = $1 AND id = $2`,
		tx.Workspace(), x.ID, next, now, runID, missed)
	event.Hint(tx, Entity, x.ID)
	return nil
}

// miss tells that n times were missed, once that is certain.
func (s *Service) miss(tx *pg.Tx, n int) {
	if s.Missed != nil && n > 0 {
		tx.AfterCommit(func(context.Context) { s.Missed(n) })
	}
}

// refused switches a schedule off whose run cannot be started, and says so.
func (s *Service) refused(ctx context.Context, tx *pg.Tx, x *Schedule, why error) error {
	if _, fault := why.(*problem.Error); !fault {
		return why
	}
	tx.Queue(`UPDATE agent_schedules SET enabled = false, version = version + 1, updated_at = $3 WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), x.ID, s.now())
	x.NextAt = s.now().Add(time.Hour)
	event.Hint(tx, Entity, x.ID)
	return notification.Admins(ctx, tx, notification.New{Kind: notification.AgentSchedule, Title: "A schedule was switched off: " + x.Title,
		Body: "Its agent does not take what it is given any more. Look at it on the page Agents.", Link: "agents/schedules"})
}

// Entity names schedules in the feed.
const Entity = "schedule"

// watch adds the jobs of schedules that are late, and tells who can do
// something about it. A second job for the same version waits for the lock and
// finds nothing due.
func (s *Service) watch(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		rows, err := pg.All[struct {
			ID, Title string
			Version   int64
		}](tx, `SELECT id::text, title, version FROM agent_schedules WHERE workspace_id = $1 AND enabled AND next_at < $2 ORDER BY id`,
			tx.Workspace(), s.now().Add(-late))
		if err != nil || len(rows) == 0 {
			return err
		}
		s.miss(tx, len(rows))
		for _, r := range rows {
			if err := s.queue.Add(ctx, tx, Fire{Workspace: tx.Workspace(), ID: r.ID, Version: r.Version}); err != nil {
				return err
			}
		}
		return notification.Admins(ctx, tx, notification.New{Kind: notification.AgentSchedule, Title: "A schedule is late: " + rows[0].Title,
			Body: "It is tried again now. If this comes back, the workers have too much to do.", Link: "agents/schedules"})
	})
}

// put writes a new schedule and has it wait for its time.
func (s *Service) put(ctx context.Context, tx *pg.Tx, x Schedule) error {
	tx.Queue(`
		INSERT INTO agent_schedules (workspace_id, id, agent, title, cron, time_zone, input, enabled, person, next_at, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)`,
		tx.Workspace(), x.ID, x.Agent, x.Title, x.Cron, x.TimeZone, x.Input, x.Enabled, x.Person, x.NextAt, x.CreatedAt)
	event.Hint(tx, Entity, x.ID)
	if err := event.Record(ctx, tx, event.Happened{Entity: Entity, EntityID: x.ID, Kind: event.Created}); err != nil || !x.Enabled {
		return err
	}
	return s.queue.Add(ctx, tx, Fire{Workspace: tx.Workspace(), ID: x.ID, Version: x.Version})
}
