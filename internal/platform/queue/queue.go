// Package queue keeps what happens later: durable jobs in PostgreSQL, added in
// the transaction of their cause.
package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/metric"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/run"
	"rapport/internal/platform/telemetry"
	"rapport/internal/platform/trace"
)

// Schema is where the queue's tables live.
const Schema = "river"

// Args are what a job is about: ids only, never text of a tenant.
type Args interface {
	river.JobArgs
	// In is the workspace in which the job acts; "" for none.
	In() string
}

// Lengthy is implemented by jobs that may take longer than two minutes.
type Lengthy interface{ Limit() time.Duration }

// Queue adds jobs, and works them while Run runs.
type Queue struct {
	db      *pg.DB
	log     *slog.Logger
	insert  *river.Client[pgx.Tx]
	workers *river.Workers
	every   []*river.PeriodicJob
	sole    bool
	desk    *desk
	gone    func(ctx context.Context, workspace string) (bool, error)
	beside  []func(context.Context) error
	traces  *trace.Tracer
	metrics *metric.Metrics
}

// Options say how jobs are worked.
type Options struct {
	Logger *slog.Logger
	// Sole says that no other process works this database, so that jobs that
	// were running when it starts belong to a dead one and can be taken at once.
	Sole bool
	// Gone says whether a workspace was erased. The jobs of such a one that fail
	// are over; without it they are tried to the end.
	Gone func(ctx context.Context, workspace string) (bool, error)
	// Trace notes what jobs do, Metrics counts them; nil does neither.
	Trace   *trace.Tracer
	Metrics *metric.Metrics
}

const (
	maxWorkers = 16
	// cooldown bounds how often a queue asks for jobs: maxWorkers/cooldown is
	// the ceiling of its throughput.
	cooldown = 10 * time.Millisecond
	timeout  = 2 * time.Minute
	rescue   = 3 * time.Minute
	// patience is how long a stop waits for running jobs before it interrupts
	// them. An interrupted one is available at once and has lost no attempt.
	patience = 3 * time.Second
	// absence is how long a job waits for a database that has gone away.
	absence = 2 * time.Second
)

// New returns a queue over db. Handlers are added before Run.
func New(db *pg.DB, o Options) (*Queue, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	insert, err := river.NewClient(riverpgxv5.New(db.Session()), &river.Config{Schema: Schema, Logger: o.Logger})
	if err != nil {
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	q := &Queue{db: db, log: o.Logger, insert: insert, workers: river.NewWorkers(), sole: o.Sole, desk: newDesk(), gone: o.Gone, metrics: o.Metrics, traces: o.Trace}
	Handle(q, func(context.Context, nothing) error { return nil })
	return q, nil
}

// nothing is a job that nobody adds: River does not start without any kind.
type nothing struct{}

func (nothing) Kind() string { return "nothing" }
func (nothing) In() string   { return "" }

// Add adds jobs within tx.
func (q *Queue) Add(ctx context.Context, tx *pg.Tx, jobs ...Args) error {
	if len(jobs) == 0 {
		return nil
	}
	under, err := tx.Pgx()
	if err != nil {
		return err
	}
	params := make([]river.InsertManyParams, len(jobs))
	opts := carried(ctx)
	for i, j := range jobs {
		params[i] = river.InsertManyParams{Args: j, InsertOpts: opts}
	}
	if _, err := q.insert.InsertManyTx(ctx, under, params); err != nil {
		return fmt.Errorf("add a job: %w", err)
	}
	return nil
}

// Snooze is what a handler returns to be called again later; it does not count
// as an attempt.
func Snooze(d time.Duration) error { return river.JobSnooze(d) }

// Handle says what to do with jobs of one kind. The context carries the system
// as actor in the job's workspace and uses the worker pool. The handler must
// bear being called twice.
func Handle[T Args](q *Queue, do func(context.Context, T) error) {
	var kind T
	river.AddWorker(q.workers, &worker[T]{do: do, queue: q, count: q.metrics.Job(kind.Kind())})
}

type worker[T Args] struct {
	river.WorkerDefaults[T]
	do    func(context.Context, T) error
	queue *Queue
	count *metric.Job
}

func (w *worker[T]) Timeout(job *river.Job[T]) time.Duration {
	if l, ok := any(job.Args).(Lengthy); ok {
		return l.Limit()
	}
	return timeout
}

func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	ctx, span := w.queue.trace(ctx, job.JobRow)
	defer span.End()
	ctx = telemetry.WithOperation(pg.OnWorker(ctx), job.Kind)
	ctx = telemetry.WithRequest(ctx, fmt.Sprintf("job-%d", job.ID))
	ctx = actor.With(ctx, actor.Actor{Kind: actor.System, Name: "Rapport", Role: actor.Owner, WorkspaceID: job.Args.In()})
	span.Serves(job.Kind, job.Args.In())
	w.queue.desk.begin(job.ID, ctx)
	outcome, began := metric.Panicked, time.Now()
	defer func() {
		w.queue.desk.end(job.ID, time.Now())
		w.count.Ended(outcome, time.Since(began))
		if outcome == metric.Panicked {
			span.FailAs(outcome)
		}
	}()
	err := w.work(ctx, job)
	if outcome = outcomeOf(err); outcome == metric.Failed {
		span.Fail(err)
	}
	return err
}

func outcomeOf(err error) string {
	var later *river.JobSnoozeError
	switch {
	case err == nil:
		return metric.Done
	case errors.As(err, &later):
		return metric.PutOff
	}
	return metric.Failed
}

func (w *worker[T]) work(ctx context.Context, job *river.Job[T]) error {
	err := w.do(ctx, job.Args)
	if pg.Away(err) {
		// Not the job's fault: it costs no attempt, and no wait that grows.
		w.queue.log.WarnContext(ctx, "job waits for the database", "error", err)
		return Snooze(absence)
	}
	if err != nil && w.queue.Over(ctx, job.Args.In()) {
		w.queue.log.InfoContext(ctx, "job ends with its workspace", "error", err)
		return nil
	}
	return err
}

// Over reports whether a workspace, in which something failed, is no more.
func (q *Queue) Over(ctx context.Context, workspace string) bool {
	if workspace == "" || q.gone == nil {
		return false
	}
	gone, err := q.gone(context.WithoutCancel(ctx), workspace)
	return err == nil && gone
}

// Every adds a job at start and each interval after that, on one process only.
func (q *Queue) Every(interval time.Duration, job Args) {
	q.every = append(q.every, river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) { return job, nil }, &river.PeriodicJobOpts{RunOnStart: true}))
}

// Beside has Run do something else, too, until it ends: work that is durable
// but no job. It must not end before its context.
func (q *Queue) Beside(run func(context.Context) error) { q.beside = append(q.beside, run) }

// Sole reports whether no other process works this database.
func (q *Queue) Sole() bool { return q.sole }

// Run works jobs until ctx ends, then lets those that run finish for a short
// while and interrupts the rest.
func (q *Queue) Run(ctx context.Context) error {
	if q.sole {
		if err := q.takeBack(ctx); err != nil {
			return err
		}
	}
	client, err := river.NewClient(riverpgxv5.New(q.db.Session()), &river.Config{
		Schema:               Schema,
		Logger:               q.log,
		Workers:              q.workers,
		PeriodicJobs:         q.every,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: maxWorkers, FetchCooldown: cooldown}},
		FetchPollInterval:    time.Second,
		JobTimeout:           timeout,
		RescueStuckJobsAfter: rescue,
		SoftStopTimeout:      patience,
		ReindexerIndexNames:  []string{}, // needs ownership; the owner re-indexes
		ErrorHandler:         failures{q},
	})
	if err != nil {
		return fmt.Errorf("open the workers: %w", err)
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the workers: %w", err)
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	others := q.others(ctx, end)
	q.watch(ctx, client.ID())
	failed := others()
	if failed != nil {
		q.log.ErrorContext(ctx, "what ran beside the jobs ended with an error", "error", failed)
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	if err := client.Stop(stop); err != nil {
		return client.StopAndCancel(context.WithoutCancel(ctx))
	}
	if errors.Is(failed, run.ErrPanic) {
		return failed
	}
	return nil
}

// others starts what runs beside the jobs; the function that it returns waits
// for the end of that. When one panics, stop is called: a server without it
// would look alive and not be.
func (q *Queue) others(ctx context.Context, stop func()) func() error {
	ended := make(chan error, len(q.beside))
	for _, work := range q.beside {
		go func() {
			err := run.Guard(ctx, q.log, "queue", work)
			if errors.Is(err, run.ErrPanic) {
				stop()
			}
			ended <- err
		}()
	}
	return func() error {
		var failed []error
		for range q.beside {
			failed = append(failed, <-ended)
		}
		return errors.Join(failed...)
	}
}

// takeBack makes the jobs of a process that was killed available again, and
// ends its leadership, without which nothing that is scheduled would come up
// until that lapsed.
func (q *Queue) takeBack(ctx context.Context) error {
	if _, err := q.db.Session().Exec(ctx, `DELETE FROM river.river_leader`); err != nil {
		return fmt.Errorf("end the leadership of a dead process: %w", err)
	}
	tag, err := q.db.Session().Exec(ctx, `
		UPDATE river.river_job SET state = 'available', scheduled_at = now(), attempt = greatest(attempt - 1, 0)
		WHERE state = 'running'`)
	if err != nil {
		return fmt.Errorf("take back jobs: %w", err)
	}
	if n := tag.RowsAffected(); n > 0 {
		q.log.InfoContext(ctx, "jobs of a process that ended are taken up again", "jobs", n)
	}
	return nil
}

type failures struct{ *Queue }

func (f failures) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.log.ErrorContext(f.desk.of(job.ID, ctx), "job failed", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "of", job.MaxAttempts, "error", err)
	return nil
}

func (f failures) HandlePanic(ctx context.Context, job *rivertype.JobRow, v any, trace string) *river.ErrorHandlerResult {
	f.log.ErrorContext(f.desk.of(job.ID, ctx), "job panicked", "kind", job.Kind, "job", job.ID, "value", fmt.Sprint(v), "stack", trace)
	return nil
}
