// Package app puts the parts together: operations, jobs, the server. It
// constructs and decides nothing about customers.
package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/app/config"
	"rapport/internal/platform/admit"
	"rapport/internal/platform/embedded"
	"rapport/internal/platform/failure"
	"rapport/internal/platform/gate"
	"rapport/internal/platform/metric"
	"rapport/internal/platform/migrate"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
	"rapport/internal/platform/redis"
	"rapport/internal/platform/secret"
	"rapport/internal/platform/trace"
	"rapport/internal/platform/trace/otlp"
	"rapport/migrations"
)

// App is Rapport, put together and not yet running.
type App struct {
	Config   config.Config
	DB       *pg.DB
	API      *httpapi.API
	Queue    *queue.Queue
	door     op.Door
	log      *slog.Logger // whose errors are seen
	seen     *failure.Log
	secrets  *secret.Keyring
	redis    *redis.Client // nil: none is configured
	postgres *embedded.Server
	parts    *parts
	ready    *readiness
	admit    *admit.Limiter
	gate     *gate.Gate
	traces   *trace.Tracer
	metrics  *metric.Metrics // nil: nothing is counted
	export   *otlp.Exporter  // nil: traces go nowhere
}

// Open brings up the database, migrates it and builds everything over it.
// Close it, whether it ran or not.
func Open(ctx context.Context, c config.Config, log *slog.Logger) (_ *App, err error) {
	seen := failure.New(Version, time.Now)
	a := &App{Config: c, log: seen.Logger(log), seen: seen, metrics: metric.New(Version)}
	log = a.log
	a.openTraces()
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if err := os.MkdirAll(c.Data, 0o711); err != nil {
		return nil, fmt.Errorf("data directory: %w (set RAPPORT_DATA to use another)", err)
	}
	local, err := localKey(c.Data)
	if err != nil {
		return nil, err
	}
	if a.secrets, err = secret.OpenKeyring(c.Data, string(c.SecretKey)); err != nil {
		return nil, err
	}
	if err := a.openDatabase(ctx); err != nil {
		return nil, err
	}
	if c.RedisURL != "" {
		if a.redis, err = redis.Open(ctx, c.RedisURL, redis.Options{Log: log}); err != nil {
			return nil, err
		}
	}
	if a.Queue, err = queue.New(a.DB, queue.Options{Logger: log, Sole: a.postgres != nil, Gone: a.gone, Metrics: a.metrics, Trace: a.traces}); err != nil {
		return nil, err
	}
	if err := a.build(local); err != nil {
		return nil, err
	}
	if err := a.parts.quotas.Load(ctx); err != nil {
		return nil, err
	}
	a.jobs()
	return a, nil
}

func (a *App) openDatabase(ctx context.Context) error {
	c := &a.Config
	if c.Embedded() {
		server, err := embedded.Start(ctx, embedded.Options{DataDir: filepath.Join(c.Data, "postgres"), Logger: a.log})
		if err != nil {
			return err
		}
		a.postgres = server
		c.DatabaseURL = server.URL()
	}
	if err := Migrate(ctx, c.Direct(), a.log, false); err != nil {
		return err
	}
	var err error
	if a.DB, err = pg.Open(ctx, pg.Config{URL: c.DatabaseURL, PoolerURL: c.DatabasePoolerURL, SessionURL: c.DatabaseSessionURL,
		APIConns: c.APIConnections, WorkConns: c.WorkerConnections, Logger: a.log, Metrics: a.metrics}); err != nil {
		return err
	}
	return a.DB.Verify(ctx)
}

// Migrate brings the schema up to date, the queue's included. Steps that
// remove what the release before still uses wait for contract.
func Migrate(ctx context.Context, url string, log *slog.Logger, contract bool) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect to migrate: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := migrate.Up(ctx, conn, migrations.Files, migrate.Options{Contract: contract, Log: log}); err != nil {
		return err
	}
	return queue.Migrate(ctx, url)
}

// Close stops what Open started.
func (a *App) Close() {
	if a.redis != nil {
		a.redis.Close()
	}
	if a.parts != nil {
		a.parts.cache.Close()
	}
	if a.DB != nil {
		a.DB.Close()
	}
	if a.postgres == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := a.postgres.Stop(ctx); err != nil {
		a.log.Error("database did not stop", "error", err)
	}
}

const localKeyFile = "local.key"

// localKey reads the key that lets the command line in, making it first. Of
// two processes that start at once, the second takes the first one's.
func localKey(dir string) (string, error) {
	key, err := LocalKey(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	b := make([]byte, 32)
	rand.Read(b)
	draft, err := os.CreateTemp(dir, localKeyFile+".*") // of mode 0600
	if err != nil {
		return "", fmt.Errorf("keep the local key: %w (set RAPPORT_DATA to use another directory)", err)
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString("rl_" + hex.EncodeToString(b))
	if err := errors.Join(err, draft.Close()); err != nil {
		return "", fmt.Errorf("keep the local key: %w", err)
	}
	if err := os.Link(draft.Name(), filepath.Join(dir, localKeyFile)); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep the local key: %w", err)
	}
	return LocalKey(dir)
}

// LocalKey reads the key that lets the command line in.
func LocalKey(dir string) (string, error) {
	path := filepath.Join(dir, localKeyFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the local key: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("others may read %s, which lets them in: delete it, and the next start makes a new one", path)
	}
	if len(b) < 32 {
		return "", fmt.Errorf("the local key in %s is damaged: delete it and start again", dir)
	}
	return string(b), nil
}
