// Package migrate brings a database to the schema that the binary needs: files
// NNNN_what.sql, applied once, in order, one process at a time.
//
// Comment lines at the head of a file say how it wants to be run:
//
//	-- rapport: expand            the old release keeps working (the default)
//	-- rapport: contract          it does not: run only when Options.Contract
//	-- rapport: role login        as the login role, not as rapport_owner
//	-- rapport: no-transaction    each statement by itself; must bear repetition
//	-- rapport: timeout 60s       per statement, instead of 5 s
//
// Row security is off while a file runs, so that a statement which a policy
// would filter fails; a backfill turns it on and goes workspace by workspace.
package migrate

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options tunes Up; the zero value is right for a start of the server.
type Options struct {
	// Contract allows steps that releases before this one do not survive. A new
	// database has no such release, so there they always run.
	Contract bool
	// Wait bounds the wait for another process's migration, and for locks on
	// tables. It is one minute unless given.
	Wait time.Duration
	// Log is slog's default unless given.
	Log *slog.Logger
}

// Applied is a step that Up has run.
type Applied struct {
	Version  int
	Name     string
	Duration time.Duration
}

// Report says what Up has done, and which contract steps it held back.
type Report struct {
	Applied []Applied
	Held    []string
}

// Up runs the missing steps on a connection that must be a session of its own,
// not one of a transaction pooler.
func Up(ctx context.Context, conn *pgx.Conn, files fs.FS, o Options) (Report, error) {
	if o.Wait == 0 {
		o.Wait = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	steps, err := read(files)
	if err != nil {
		return Report{}, err
	}
	m := &migrator{conn: conn, o: o}
	if err := m.lock(ctx); err != nil {
		return Report{}, err
	}
	defer m.unlock(context.WithoutCancel(ctx))
	if err := m.prepare(ctx); err != nil {
		return Report{}, err
	}
	return m.run(ctx, steps)
}

type migrator struct {
	conn *pgx.Conn
	o    Options
}

// lockKey is arbitrary; it is ours in each database.
const lockKey = 7_277_678_001

// lock tries until it succeeds: a blocking wait would hold a snapshot, which
// another process's CREATE INDEX CONCURRENTLY waits for.
func (m *migrator) lock(ctx context.Context) error {
	limit := time.Now().Add(m.o.Wait)
	for {
		var ok bool
		err := m.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lockKey).Scan(&ok)
		if err != nil {
			return fmt.Errorf("migration lock: %w", err)
		}
		if ok {
			return nil
		}
		if time.Now().After(limit) {
			return fmt.Errorf("migration lock: another process has held it for %v", m.o.Wait)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func (m *migrator) unlock(ctx context.Context) {
	// A broken connection has given the lock back already.
	_, _ = m.conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", lockKey)
}

// prepare makes the table of applied steps; 0001 hands it to rapport_owner.
func (m *migrator) prepare(ctx context.Context) error {
	exists, err := hasTable(ctx, m.conn)
	if err != nil || exists {
		return err
	}
	_, err = m.conn.Exec(ctx, `
		CREATE TABLE public.rapport_migrations (
			version     integer PRIMARY KEY,
			name        text NOT NULL,
			checksum    text NOT NULL,
			phase       text NOT NULL CHECK (phase IN ('expand', 'contract')),
			applied_at  timestamptz NOT NULL DEFAULT now(),
			duration_ms bigint NOT NULL
		)`)
	if err != nil {
		return fmt.Errorf("table of migrations: %w", err)
	}
	return nil
}

func (m *migrator) run(ctx context.Context, steps []step) (Report, error) {
	var r Report
	done, err := applied(ctx, m.conn)
	if err != nil {
		return r, err
	}
	if err := compare(steps, done); err != nil {
		return r, err
	}
	contract := m.o.Contract || len(done) == 0
	for _, s := range steps {
		if _, ok := done[s.version]; ok {
			continue
		}
		if s.phase == contractPhase && !contract {
			r.Held = append(r.Held, s.name)
			continue
		}
		took, err := m.retry(ctx, s)
		if err != nil {
			return r, err
		}
		m.o.Log.InfoContext(ctx, "migrated", "step", s.name, "took", took)
		r.Applied = append(r.Applied, Applied{Version: s.version, Name: s.name, Duration: took})
	}
	return r, nil
}

// State is a step and whether the database has it.
type State struct {
	Version   int       `json:"version"`
	Name      string    `json:"name"`
	Phase     string    `json:"phase"`
	AppliedAt time.Time `json:"applied_at,omitzero"`
	// Changed says that the file is not what was applied.
	Changed bool `json:"changed,omitempty"`
}

// Status tells of each step whether it has been applied; it changes nothing.
func Status(ctx context.Context, conn *pgx.Conn, files fs.FS) ([]State, error) {
	steps, err := read(files)
	if err != nil {
		return nil, err
	}
	done := map[int]record{}
	exists, err := hasTable(ctx, conn)
	if err != nil {
		return nil, err
	}
	if exists {
		if done, err = applied(ctx, conn); err != nil {
			return nil, err
		}
	}
	states := make([]State, len(steps))
	for i, s := range steps {
		d, ok := done[s.version]
		states[i] = State{Version: s.version, Name: s.name, Phase: s.phase, AppliedAt: d.AppliedAt,
			Changed: ok && d.Checksum != s.checksum}
	}
	return states, nil
}

// record is a row of rapport_migrations.
type record struct {
	Version   int
	Name      string
	Checksum  string
	AppliedAt time.Time
}

func applied(ctx context.Context, conn *pgx.Conn) (map[int]record, error) {
	rows, _ := conn.Query(ctx, `
		SELECT version, name, checksum, applied_at
		FROM public.rapport_migrations
		ORDER BY version`)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[record])
	if err != nil {
		return nil, fmt.Errorf("applied migrations: %w", err)
	}
	done := make(map[int]record, len(list))
	for _, r := range list {
		done[r.Version] = r
	}
	return done, nil
}

func hasTable(ctx context.Context, conn *pgx.Conn) (ok bool, err error) {
	err = conn.QueryRow(ctx, "SELECT to_regclass('public.rapport_migrations') IS NOT NULL").Scan(&ok)
	if err != nil {
		return false, fmt.Errorf("table of migrations: %w", err)
	}
	return ok, nil
}

// compare refuses a database whose history is another. Steps that come after
// our last are a newer release's, which is fine: that release took care of us.
func compare(steps []step, done map[int]record) error {
	for _, r := range done {
		if r.Version > len(steps) {
			continue
		}
		if s := steps[r.Version-1]; s.checksum != r.Checksum {
			return fmt.Errorf("migration %s is not what was applied as %s on %s: restore the file and add a new one",
				s.name, r.Name, r.AppliedAt.Format(time.DateOnly))
		}
	}
	return nil
}
