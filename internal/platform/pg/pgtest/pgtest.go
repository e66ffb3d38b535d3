// Package pgtest gives tests databases of their own, clones of a template that
// the migrations have built once. All test processes of a checkout share one
// server, which outlives them; RAPPORT_TEST_DATABASE_URL names another one,
// as a role that may create databases and roles. There is no skipping: without
// PostgreSQL a test fails and says why.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// URL returns a migrated database for this test alone, dropped at its end. The
// login is the server's superuser; the code under test becomes rapport_app.
func URL(t testing.TB) string {
	t.Helper()
	s := running(t)
	name, err := s.template()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s.own(t, name)
}

// Empty returns a database without any of our tables, dropped at the test's end.
func Empty(t testing.TB) string {
	t.Helper()
	return running(t).own(t, "template0")
}

// Shared returns a migrated database that all tests of the process share, for
// tests that keep apart by workspace. The next run drops it.
func Shared(t testing.TB) string {
	t.Helper()
	dsn, err := shared()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return dsn
}

func running(t testing.TB) *server {
	t.Helper()
	s, err := connect()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s
}

// The two things that a test process has one of, made when first needed.
var (
	connect = sync.OnceValues(open)
	shared  = sync.OnceValues(func() (string, error) {
		s, err := connect()
		if err != nil {
			return "", err
		}
		name, err := s.template()
		if err != nil {
			return "", err
		}
		return s.clone(name)
	})
)

// patience bounds each step; tests of many packages may queue for it.
const patience = 2 * time.Minute

// own clones a template for one test.
func (s *server) own(t testing.TB, template string) string {
	t.Helper()
	dsn, err := s.clone(template)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.drop(databaseOf(dsn)); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return dsn
}

// clone copies a template under a name that tells whose it is.
func (s *server) clone(template string) (string, error) {
	name := fmt.Sprintf("%s%d_%s", clonePrefix, os.Getpid(), strings.ToLower(rand.Text()[:10]))
	strategy := ""
	if s.private {
		strategy = " STRATEGY FILE_COPY" // twice as fast without fsync
	}
	// The template's revokes belong to its database and are not copied.
	err := s.do("CREATE DATABASE "+name+" TEMPLATE "+template+strategy,
		"REVOKE CREATE, TEMPORARY ON DATABASE "+name+" FROM PUBLIC")
	if err != nil {
		return "", fmt.Errorf("clone of %s: %w", template, err)
	}
	return s.dsn(name), nil
}

func (s *server) drop(name string) error {
	if err := s.do("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop %s: %w", name, err)
	}
	return nil
}

// do runs statements in the server's own database.
func (s *server) do(statements ...string) error {
	return s.with("", func(ctx context.Context, conn *pgx.Conn) error {
		for _, sql := range statements {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// with lends a connection to a database, "" for the server's own.
func (s *server) with(database string, use func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.dsn(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return use(ctx, conn)
}

// dsn is the server's URL with another database.
func (s *server) dsn(database string) string {
	u := *s.url
	if database != "" {
		u.Path = "/" + database
	}
	return u.String()
}

func databaseOf(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}
