package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	pollEvery  = 10 * time.Millisecond
	orphanWait = 30 * time.Second
	maxLog     = 8 << 20
)

var errOrphans = errors.New("processes of an earlier server are still ending")

// boot launches the server, again and again while the processes of a killed
// predecessor hold its shared memory.
func (s *Server) boot(ctx context.Context) error {
	limit := time.Now().Add(orphanWait)
	for {
		err := s.launch(ctx)
		if err == nil || !errors.Is(err, errOrphans) || time.Now().After(limit) {
			return err
		}
		s.log.InfoContext(ctx, "waiting for processes of an earlier database server")
		if err := pause(ctx, 20*pollEvery); err != nil {
			return err
		}
	}
}

// launch starts the postmaster in a session of its own, so that a Ctrl-C in
// the terminal reaches us first, and waits until it answers.
func (s *Server) launch(ctx context.Context) error {
	out, from, err := openLog(s.place.logFile())
	if err != nil {
		return err
	}
	defer out.Close()
	arguments := []string{
		"-D", s.place.cluster(),
		"-c", "unix_socket_directories=" + s.place.socketDir(),
		"-c", "unix_socket_permissions=0700",
		"-c", "port=5432",
	}
	reach, err := s.reach()
	if err != nil {
		return err
	}
	s.cmd = s.place.runAs.command(context.WithoutCancel(ctx), s.bin.path("postgres"), append(arguments, reach...)...)
	s.cmd.SysProcAttr.Setsid = true
	s.cmd.Stdout, s.cmd.Stderr = out, out
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.cmd.Path, err)
	}
	s.done = make(chan struct{})
	go s.watch(s.cmd, s.done)
	err = s.await(ctx)
	select {
	case <-s.done:
		return s.explain(from)
	default:
	}
	if err != nil {
		quit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return errors.Join(err, s.Stop(quit))
	}
	return nil
}

// reach says where the server listens: on its socket alone, or by TCP as well.
func (s *Server) reach() ([]string, error) {
	if s.loopback == "" {
		return []string{"-c", "listen_addresses="}, nil
	}
	rules := filepath.Join(s.place.cluster(), "loopback_hba.conf")
	text := "local all all scram-sha-256\nhost all all 127.0.0.0/8 scram-sha-256\n"
	return []string{"-c", "listen_addresses=" + s.loopback, "-c", "hba_file=" + rules}, writeFile(rules, text, 0o644)
}

// watch ends with the postmaster.
func (s *Server) watch(cmd *exec.Cmd, done chan<- struct{}) {
	err := cmd.Wait()
	if s.up.Load() {
		s.log.Error("the database server ended by itself", "error", err, "log", s.place.logFile())
	}
	close(done)
}

// await returns when a query has been answered or the postmaster has ended.
func (s *Server) await(ctx context.Context) error {
	slow := time.Now().Add(5 * time.Second)
	for {
		version, err := probe(ctx, s.url)
		if err == nil {
			s.version = version
			s.up.Store(true)
			return nil
		}
		if sqlState(err) == "3D000" {
			err = createDatabase(ctx, s.url)
		}
		if code := sqlState(err); code != "" && code != "57P03" {
			return fmt.Errorf("connect to the new server: %w", err)
		}
		if time.Now().After(slow) {
			s.log.InfoContext(ctx, "the database server is still starting", "last", err)
			slow = slow.Add(10 * time.Second)
		}
		select {
		case <-s.done:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pollEvery):
		}
	}
}

// explain turns the last lines of the log into the error of a failed start.
func (s *Server) explain(from int64) error {
	tail := readFrom(s.place.logFile(), from)
	for _, sign := range []string{"pre-existing shared memory block", `"postmaster.pid" already exists`} {
		if strings.Contains(tail, sign) {
			return fmt.Errorf("%w: %s", errOrphans, tail)
		}
	}
	return fmt.Errorf("postgres ended while starting: %s", tail)
}

// probe asks for the server's version.
func probe(ctx context.Context, dsn string) (string, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	version, _, _ := strings.Cut(conn.PgConn().ParameterStatus("server_version"), " ")
	return version, nil
}

func createDatabase(ctx context.Context, dsn string) error {
	u, err := url.Parse(dsn)
	if err != nil {
		return err
	}
	u.Path = "/postgres"
	conn, err := pgx.Connect(ctx, u.String())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, "CREATE DATABASE "+databaseName)
	return err
}

// sqlState is the code of an error that the server sent, else "".
func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// openLog opens the log at its end and keeps one older generation of it.
func openLog(path string) (*os.File, int64, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, 0, err
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, 0, err
	}
	end, err := f.Seek(0, io.SeekEnd)
	return f, end, err
}

// readFrom returns the last lines that a file got since offset from.
func readFrom(path string, from int64) string {
	text, err := os.ReadFile(path)
	if err != nil || int64(len(text)) < from {
		return "see " + path
	}
	lines := strings.Split(strings.TrimSpace(string(text[from:])), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}
