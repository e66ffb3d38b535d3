package migrate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const lockTimeout = 200 * time.Millisecond

// retry runs a step until it gets its locks. A short lock timeout with a new
// try keeps the readers of a busy table from queueing behind us.
func (m *migrator) retry(ctx context.Context, s step) (time.Duration, error) {
	begin := time.Now()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		start := time.Now()
		err := m.once(ctx, s, start)
		if err == nil {
			return time.Since(start), nil
		}
		err = fmt.Errorf("migration %s%s: %w", s.name, place(s, err), err)
		if !lost(err) || time.Since(begin) > m.o.Wait {
			return 0, err
		}
		m.o.Log.InfoContext(ctx, "migration waits for a lock", "step", s.name, "error", err)
		if err := pause(ctx, wait/2+rand.N(wait)); err != nil {
			return 0, err
		}
	}
}

func (m *migrator) once(ctx context.Context, s step, start time.Time) error {
	if s.noTransaction {
		return m.inSession(ctx, s, start)
	}
	return m.inTransaction(ctx, s, start)
}

func (m *migrator) inTransaction(ctx context.Context, s step, start time.Time) error {
	err := m.exec(ctx, "BEGIN;"+limits("SET LOCAL ", s))
	if err == nil {
		err = m.exec(ctx, s.sql)
	}
	if err == nil {
		err = m.exec(ctx, "SET LOCAL ROLE rapport_owner")
	}
	if err == nil {
		err = m.record(ctx, s, time.Since(start))
	}
	if err == nil {
		return m.exec(ctx, "COMMIT")
	}
	return errors.Join(err, m.exec(context.WithoutCancel(ctx), "ROLLBACK"))
}

// inSession is for what PostgreSQL refuses in a transaction.
func (m *migrator) inSession(ctx context.Context, s step, start time.Time) error {
	err := m.exec(ctx, limits("SET ", s))
	for _, st := range split(s.sql) {
		if err == nil {
			err = m.exec(ctx, st.text)
		}
	}
	if err == nil {
		err = m.exec(ctx, "SET ROLE rapport_owner")
	}
	if err == nil {
		err = m.record(ctx, s, time.Since(start))
	}
	return errors.Join(err, m.exec(context.WithoutCancel(ctx), `
		RESET ROLE; RESET row_security; RESET lock_timeout; RESET statement_timeout;
		RESET search_path; RESET client_min_messages`))
}

// limits are the settings that a step runs under.
func limits(set string, s step) string {
	settings := []string{
		"search_path = public",
		"row_security = off",
		"client_min_messages = warning",
		fmt.Sprintf("lock_timeout = %d", lockTimeout.Milliseconds()),
		fmt.Sprintf("statement_timeout = %d", s.timeout.Milliseconds()),
	}
	if !s.asLogin {
		settings = append(settings, "ROLE rapport_owner")
	}
	return set + strings.Join(settings, ";"+set)
}

func (m *migrator) record(ctx context.Context, s step, took time.Duration) error {
	_, err := m.conn.Exec(ctx, `
		INSERT INTO public.rapport_migrations (version, name, checksum, phase, duration_ms)
		VALUES ($1, $2, $3, $4, $5)`,
		s.version, s.name, s.checksum, s.phase, took.Milliseconds())
	return err
}

// exec sends statements in one message, as psql would.
func (m *migrator) exec(ctx context.Context, sql string) error {
	_, err := m.conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// lost reports whether another session held what the step needed.
func lost(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "55P03" || e.Code == "40P01" || e.Code == "40001")
}

// place is the line of the file that the server complains about, if it says so.
func place(s step, err error) string {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || e.Position == 0 || s.noTransaction {
		return ""
	}
	text := []rune(s.sql)
	before := string(text[:min(int(e.Position), len(text))])
	return fmt.Sprintf(" line %d", 1+strings.Count(before, "\n"))
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
