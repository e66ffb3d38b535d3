// Package embedded runs a private PostgreSQL for a data directory, so that
// nobody has to set one up. It makes the cluster on the first start, listens on
// a Unix socket alone, and stops the server with the process that started it.
//
// In the data directory: postgres/ is the cluster, postgres.password its
// password, postgres.log its log, rapport.lock says which process uses it. As
// root the server runs as another user; where that user cannot reach the data
// directory, all but the lock live elsewhere and postgres.home says where.
package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
)

// Options says which cluster to run, and how. Only DataDir is required.
type Options struct {
	// DataDir is made if it is missing.
	DataDir string
	// Bin is the folder of PostgreSQL's programs. Empty means the one that Find
	// finds, or one that fits the version of an existing cluster.
	Bin string
	// NoFsync trades the data's safety for speed: for tests.
	NoFsync bool
	// MaxConnections is 40 unless given.
	MaxConnections int
	// Loopback, unless empty, is an address like 127.0.0.9 to answer on by TCP
	// too, port 5432, for the same password: for measuring what TCP costs.
	Loopback string
	// Logger is slog's default unless given.
	Logger *slog.Logger
}

// Server is a running PostgreSQL, held by this process.
type Server struct {
	place    place
	bin      Binaries
	url      string
	version  string
	log      *slog.Logger
	locks    []*lock
	loopback string
	cmd      *exec.Cmd
	done     chan struct{}
	up       atomic.Bool // and meant to stay so
}

// Start brings up the cluster of a data directory, making it first if there is
// none, and returns when it answers queries. The context bounds the start, not
// the life of the server. A server that outlived a killed process is stopped
// and started again.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.MaxConnections == 0 {
		o.MaxConnections = 40
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	s := &Server{log: o.Logger, loopback: o.Loopback}
	if err := s.start(ctx, o); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, o Options) error {
	if err := s.claim(o.DataDir); err != nil {
		return err
	}
	cluster := s.place.cluster()
	major, err := clusterVersion(cluster)
	if err != nil {
		return err
	}
	if s.bin, err = choose(os.Getenv, o.Bin, major, cluster); err != nil {
		return err
	}
	if err := s.stopOrphan(ctx, cluster); err != nil {
		return err
	}
	if major == 0 {
		if err := s.initialise(ctx, o.NoFsync); err != nil {
			return err
		}
	}
	if err := s.place.readPassword(); err != nil {
		return err
	}
	s.url = s.place.url()
	if err := s.place.makeSocketDir(); err != nil {
		return err
	}
	if err := s.place.writeSettings(settings(o, memory())); err != nil {
		return err
	}
	return s.boot(ctx)
}

// claim locks the data directory and decides where its cluster lives.
func (s *Server) claim(dataDir string) error {
	dir, err := prepare(dataDir)
	if err != nil {
		return err
	}
	if err := s.lock(dir); err != nil {
		return err
	}
	if s.place, err = locate(dir, sharedHome); err != nil {
		return err
	}
	if s.place.home == dir {
		return nil
	}
	s.log.Warn("the database's user cannot reach the data directory, so the database lives elsewhere",
		"user", s.place.runAs.name, "data", dir, "database", s.place.home)
	return s.lock(s.place.home)
}

func (s *Server) lock(dir string) error {
	l, err := acquire(filepath.Join(dir, "rapport.lock"))
	if err != nil {
		return err
	}
	s.locks = append(s.locks, l)
	return nil
}

func (s *Server) release() {
	for _, l := range s.locks {
		l.release()
	}
	s.locks = nil
}

// URL is where the server listens, with the password: a secret. It names the
// database "rapport" and its superuser.
func (s *Server) URL() string { return s.url }

// Version is the server's own version, like "15.6".
func (s *Server) Version() string { return s.version }

// Bin is the folder of the programs in use, for pg_dump and its like.
func (s *Server) Bin() string { return s.bin.Dir }

// Done is closed when the server has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop ends the server: sessions are cut off, what is committed is on disk. If
// ctx ends first, the server is made to quit at once, which loses nothing but
// makes the next start recover. Stop gives the data directory free.
func (s *Server) Stop(ctx context.Context) error {
	s.up.Store(false)
	defer s.release()
	_ = s.cmd.Process.Signal(syscall.SIGINT) // it may have ended already
	select {
	case <-s.done:
		return s.place.removeSocketDir()
	case <-ctx.Done():
	}
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-s.done:
		return fmt.Errorf("stop postgres: made to quit: %w", context.Cause(ctx))
	case <-time.After(10 * time.Second):
		return fmt.Errorf("stop postgres: process %d does not end: %w", s.cmd.Process.Pid, context.Cause(ctx))
	}
}
