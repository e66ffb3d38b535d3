// Package redistest gives tests a real Redis of their own, on a socket in a
// folder of its own, and takes it away again in the middle of things.
package redistest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/redis/rueidis"
)

// Server is a Redis that a test may kill, pause and start again. It keeps its
// data in memory; a start reads what Save has written, if anything.
type Server struct {
	URL    string
	dir    string
	flags  []string
	cmd    *exec.Cmd
	exited chan struct{}
}

// New starts a server with further flags for redis-server, such as
// "--maxmemory", "2mb", and removes it with the test.
func New(t testing.TB, flags ...string) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "rapport-redis-") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{dir: dir, URL: "unix://" + filepath.Join(dir, "s"), flags: flags}
	t.Cleanup(func() {
		s.Kill(t)
		_ = os.RemoveAll(dir) // a temporary folder
	})
	s.Start(t)
	return s
}

// Start starts it after a Kill, and returns when it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redistest: redis-server is missing: run scripts/setup test")
	}
	s.cmd = exec.Command(program, append([]string{"--port", "0", "--unixsocket", filepath.Join(s.dir, "s"), "--dir", s.dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no"}, s.flags...)...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait() // it is killed in the end
		close(exited)
	}(s.cmd, s.exited)
	s.Do(t, "PING")
}

// Do sends a command over a connection of its own, once the server answers.
func (s *Server) Do(t testing.TB, command ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var err error
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err = s.try(ctx, command); err == nil {
			return
		}
		<-tick.C
	}
	t.Fatalf("redistest: %s: %v", command[0], errors.Join(err, ctx.Err()))
}

func (s *Server) try(ctx context.Context, command []string) error {
	o, err := rueidis.ParseURL(s.URL)
	if err != nil {
		return err
	}
	o.ForceSingleClient, o.DisableCache = true, true
	c, err := rueidis.NewClient(o)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Do(ctx, c.B().Arbitrary(command...).Build()).Error()
}

// Kill ends it at once, as a power cut does.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	select {
	case <-s.exited:
		return
	default:
	}
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	<-s.exited
}

// Pause makes it stand still: it takes connections and answers nobody.
func (s *Server) Pause(t testing.TB) { s.signal(t, syscall.SIGSTOP) }

// Resume lets it go on.
func (s *Server) Resume(t testing.TB) { s.signal(t, syscall.SIGCONT) }

func (s *Server) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}
