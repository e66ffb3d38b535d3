// Package pg is the only way to the data: Read and Write transactions that are
// bound to the actor's workspace, over two bounded pools. Row-level security
// in the database does the rest.
package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"rapport/internal/platform/metric"
	"rapport/internal/platform/pg/pooler"
	"rapport/internal/platform/problem"
)

// Config says where the database is and how much of it may be used.
type Config struct {
	// URL reaches PostgreSQL directly; the other two override it for one pool.
	URL        string
	PoolerURL  string // transaction pool, for the API
	SessionURL string // session pool, for workers, LISTEN and migrations
	APIConns   int32  // most connections of the API pool; 12 if zero
	WorkConns  int32  // most connections of the worker pool; 4 if zero
	// AcquireTimeout bounds the wait for a connection; 2 s if zero.
	AcquireTimeout time.Duration
	// MaxWaiting bounds the number of waiting callers; 2,000 if zero.
	MaxWaiting int64
	Logger     *slog.Logger
	Metrics    *metric.Metrics // nil: nothing is measured
}

// DB holds the pools. Its transactions run on the API pool, or where OnWorker
// or OnWatch marked the context.
type DB struct {
	api, work, watch *lane
	news             *News
}

// A lane is a pool with its bounds.
type lane struct {
	name    string
	pool    *pgxpool.Pool
	timeout time.Duration // of a statement
	acquire time.Duration
	most    int64
	waiting atomic.Int64
	waits   atomic.Int64 // nanoseconds, total
	refused atomic.Int64
	pooler  string
	trips   *metric.Timer
}

const (
	apiStatementTimeout  = 5 * time.Second
	workStatementTimeout = 60 * time.Second
	// Jobs outnumber their connections by design: they wait rather than fail.
	workAcquireTimeout = 30 * time.Second
	// Whoever watches looks again soon.
	watchStatementTimeout = 4 * time.Second
)

// Open connects both pools and finds out what kind of server each one meets.
func Open(ctx context.Context, c Config) (*DB, error) {
	withDefaults(&c)
	api, err := c.open(ctx, &lane{name: "api", timeout: apiStatementTimeout}, cmp.Or(c.PoolerURL, c.URL), c.APIConns)
	if err != nil {
		return nil, err
	}
	work, err := c.open(ctx, &lane{name: "worker", timeout: workStatementTimeout, acquire: workAcquireTimeout}, cmp.Or(c.SessionURL, c.URL), c.WorkConns)
	if err != nil {
		api.pool.Close()
		return nil, err
	}
	watch, err := work.beside(ctx, c.AcquireTimeout)
	if err != nil {
		api.pool.Close()
		work.pool.Close()
		return nil, err
	}
	return &DB{api: api, work: work, watch: watch, news: newNews()}, nil
}

// beside returns a lane of one connection, which is opened when first used.
func (l *lane) beside(ctx context.Context, acquire time.Duration) (*lane, error) {
	cfg := l.pool.Config()
	cfg.MaxConns, cfg.MinConns = 1, 0
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the watch pool: %w", err)
	}
	return &lane{name: "watch", pool: pool, timeout: watchStatementTimeout, acquire: acquire, most: l.most, pooler: l.pooler}, nil
}

func withDefaults(c *Config) {
	c.APIConns = cmp.Or(c.APIConns, 12)
	c.WorkConns = cmp.Or(c.WorkConns, 4)
	c.AcquireTimeout = cmp.Or(c.AcquireTimeout, 2*time.Second)
	c.MaxWaiting = cmp.Or(c.MaxWaiting, 2000)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

func (c Config) open(ctx context.Context, l *lane, url string, conns int32) (*lane, error) {
	if url == "" {
		return nil, errors.New("no database address: set DATABASE_URL")
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database address of the %s pool: %w", l.name, redactURL(err))
	}
	cfg.MaxConns = conns
	cfg.MinConns = min(2, conns)
	cfg.MaxConnLifetime = 30 * time.Minute
	cfg.MaxConnLifetimeJitter = 3 * time.Minute
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.ConnConfig.StatementCacheCapacity = 512
	cfg.ConnConfig.DescriptionCacheCapacity = 512
	kind, mode, err := pooler.Probe(ctx, cfg.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("connect the %s pool: %w", l.name, err)
	}
	cfg.ConnConfig.DefaultQueryExecMode = mode
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the %s pool: %w", l.name, err)
	}
	c.Logger.Info("database pool open", "pool", l.name, "connections", conns, "server", kind)
	l.pool, l.pooler, l.most, l.trips = pool, kind, c.MaxWaiting, c.Metrics.Pool(l.name)
	if l.acquire == 0 {
		l.acquire = c.AcquireTimeout
	}
	return l, nil
}

// Close ends the pools, once their connections are back.
func (db *DB) Close() {
	for _, l := range db.lanes() {
		l.pool.Close()
	}
}

func (db *DB) lanes() []*lane { return []*lane{db.api, db.work, db.watch} }

// Session returns the worker pool itself, for the queue and for LISTEN, which
// need a session of their own.
func (db *DB) Session() *pgxpool.Pool { return db.work.pool }

// Ping reports whether a query on the API pool is answered.
func (db *DB) Ping(ctx context.Context) error {
	conn, _, err := db.api.get(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return conn.Ping(ctx)
}

// PingSession reports whether the worker pool is answered.
func (db *DB) PingSession(ctx context.Context) error { return db.work.pool.Ping(ctx) }

// Verify refuses a database in which tenants could not be kept apart: where
// the application's role cannot be assumed, owns tables, or is above
// row-level security.
func (db *DB) Verify(ctx context.Context) error {
	return db.Global(ctx, func(tx *Tx) error {
		faults, err := Column[string](tx, `
			SELECT 'rapport_app may bypass row-level security: ALTER ROLE rapport_app NOSUPERUSER NOBYPASSRLS'
			FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)
			UNION ALL
			SELECT 'the transaction runs as ' || current_user || ' instead of rapport_app' WHERE current_user <> 'rapport_app'
			UNION ALL
			SELECT 'rapport_app owns the table ' || relname || ': give it to rapport_owner'
			FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = 'rapport_app') AND relkind IN ('r', 'p')`)
		if err != nil {
			return fmt.Errorf("assume the role rapport_app: %w", err)
		}
		if len(faults) > 0 {
			return fmt.Errorf("the database is not safe for tenants: %s", strings.Join(faults, "; "))
		}
		return nil
	})
}

// Stats describes one pool at this moment.
type Stats struct {
	Pool      string  `json:"pool"`
	Server    string  `json:"server" doc:"What answers: direct, or a transaction pooler with or without named statements."`
	Open      int32   `json:"open"`
	InUse     int32   `json:"in_use"`
	Idle      int32   `json:"idle"`
	Limit     int32   `json:"limit"`
	Waiting   int64   `json:"waiting"`
	WaitTotal float64 `json:"wait_seconds_total"`
	Refused   int64   `json:"refused_total"`
	Opened    int64   `json:"opened_total" doc:"Connections opened since the process began; it grows slowly, or something breaks them."`
	// Waits are how often there was no idle connection, Waited how many seconds
	// were spent on that; the queue's own are among them.
	Waits  int64   `json:"-"`
	Waited float64 `json:"-"`
}

// Stats describes the pools.
func (db *DB) Stats() []Stats {
	out := make([]Stats, 0, 3)
	for _, l := range db.lanes() {
		s := l.pool.Stat()
		out = append(out, Stats{
			Pool: l.name, Server: l.pooler, Open: s.TotalConns(), InUse: s.AcquiredConns(), Idle: s.IdleConns(),
			Limit: s.MaxConns(), Waiting: l.waiting.Load(),
			WaitTotal: time.Duration(l.waits.Load()).Seconds(), Refused: l.refused.Load(), Opened: s.NewConnsCount(),
			Waits: s.EmptyAcquireCount(), Waited: s.EmptyAcquireWaitTime().Seconds(),
		})
	}
	return out
}

type laneKey struct{}

const (
	onWorker = iota + 1
	onWatch
)

// OnWorker marks ctx, so that its transactions use the worker pool and its
// longer timeouts.
func OnWorker(ctx context.Context) context.Context {
	return context.WithValue(ctx, laneKey{}, onWorker)
}

// OnWatch marks ctx, so that its transactions use a connection that neither
// calls nor jobs can occupy: for the one reader of the process that all others
// depend on. They are short, and one at a time.
func OnWatch(ctx context.Context) context.Context {
	return context.WithValue(ctx, laneKey{}, onWatch)
}

func (db *DB) lane(ctx context.Context) *lane {
	switch ctx.Value(laneKey{}) {
	case onWorker:
		return db.work
	case onWatch:
		return db.watch
	}
	return db.api
}

var errBusy = problem.New(problem.Unavailable, "database_busy", "The database is busy. Nothing was changed; try again in a moment.").Retry(time.Second)

// get waits for a connection, but neither for long nor in a long queue.
func (l *lane) get(ctx context.Context) (_ *pgxpool.Conn, waited time.Duration, err error) {
	if l.waiting.Add(1) > l.most {
		l.waiting.Add(-1)
		l.refused.Add(1)
		return nil, 0, errBusy
	}
	defer l.waiting.Add(-1)
	start := time.Now()
	defer func() {
		waited = time.Since(start)
		l.waits.Add(int64(waited))
	}()
	wait, cancel := context.WithTimeout(ctx, l.acquire)
	defer cancel()
	conn, err := l.pool.Acquire(wait)
	if err == nil {
		return conn, 0, nil
	}
	if ctx.Err() != nil {
		return nil, 0, ctx.Err()
	}
	l.refused.Add(1)
	if wait.Err() != nil {
		return nil, 0, errBusy.Because(err)
	}
	return nil, 0, errDown.Because(err)
}

var errDown = problem.New(problem.Unavailable, "database_unavailable", "The database does not answer. Nothing was changed; try again in a moment.").Retry(5 * time.Second)

// redactURL hides the address that pgx puts into the errors of a bad URL.
func redactURL(err error) error {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return errors.New("it cannot be parsed (user, password and host are not shown here)")
	}
	return err
}
