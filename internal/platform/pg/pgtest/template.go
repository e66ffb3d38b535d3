package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/migrate"
	"rapport/internal/platform/queue"
	"rapport/migrations"
)

const (
	clonePrefix    = "rapport_test_"
	templatePrefix = "rapport_template_"
	// lockKey is arbitrary; it keeps two processes from building one template.
	lockKey = 7_277_678_002
	// keep is how long an unused template may live, for going back and forth
	// between branches.
	keep = 24 * time.Hour
)

// template returns the name of the database with the current schema, built if
// nobody has.
func (s *server) template() (string, error) {
	name, err := templateName(migrations.Files)
	if err != nil {
		return "", err
	}
	err = s.with("", func(ctx context.Context, conn *pgx.Conn) error {
		if ok, err := exists(ctx, conn, name); ok || err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", lockKey); err != nil {
			return err
		}
		// The lock falls with the connection.
		if ok, err := exists(ctx, conn, name); ok || err != nil {
			return err
		}
		return s.build(ctx, conn, name)
	})
	if err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	return name, nil
}

// build migrates a database under another name, so that a half-built one is
// never taken for the template.
func (s *server) build(ctx context.Context, conn *pgx.Conn, name string) error {
	draft := name + "_draft"
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)", "CREATE DATABASE " + draft + " TEMPLATE template0"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	err := s.with(draft, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := migrate.Up(ctx, conn, migrations.Files, migrate.Options{Log: slog.New(slog.DiscardHandler)})
		return err
	})
	if err == nil {
		err = queue.Migrate(ctx, s.dsn(draft))
	}
	if err != nil {
		return err
	}
	for _, sql := range []string{"ALTER DATABASE " + draft + " RENAME TO " + name, "ALTER DATABASE " + name + " ALLOW_CONNECTIONS false"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// templateName follows from the text of the migrations.
func templateName(files fs.FS) (string, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, queue.SchemaVersion)
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
	}
	return templatePrefix + hex.EncodeToString(sum.Sum(nil))[:12], nil
}

func exists(ctx context.Context, conn *pgx.Conn, database string) (ok bool, err error) {
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&ok)
	return ok, err
}

// sweep drops the databases of ended processes and templates out of use. What
// it cannot drop now, another run will.
func (s *server) sweep() {
	current, _ := templateName(migrations.Files)
	_ = s.with("", func(ctx context.Context, conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, `
			SELECT datname, coalesce((pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification, now())
			FROM pg_database
			WHERE starts_with(datname, $1) OR starts_with(datname, $2) AND NOT starts_with(datname, $3)`,
			clonePrefix, templatePrefix, current)
		type database struct {
			Name string
			Made time.Time
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[database])
		for _, d := range list {
			if abandoned(d.Name) || strings.HasPrefix(d.Name, templatePrefix) && time.Since(d.Made) > keep {
				_, _ = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+d.Name)
			}
		}
		return err
	})
}

// abandoned reports whether a clone's process has ended.
func abandoned(name string) bool {
	rest, ok := strings.CutPrefix(name, clonePrefix)
	number, _, _ := strings.Cut(rest, "_")
	pid, err := strconv.Atoi(number)
	return ok && err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
