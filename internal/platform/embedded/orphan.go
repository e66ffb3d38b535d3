package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopOrphan ends the server that a killed process left behind. Starting anew
// is slower than going on with it, but leaves one way of being started. The
// caller holds the lock, so nobody else uses that server.
func (s *Server) stopOrphan(ctx context.Context, cluster string) error {
	file := filepath.Join(cluster, "postmaster.pid")
	pid := readPID(file)
	if pid == 0 || !alive(pid) {
		return nil // PostgreSQL sees through the file of a dead process
	}
	if !serves(pid, cluster) {
		// Another process has the number now, which would fool PostgreSQL.
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("stale postmaster.pid: %w", err)
		}
		return nil
	}
	s.log.WarnContext(ctx, "stopping the database server of a process that was killed", "pid", pid)
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, orphanWait}, {syscall.SIGQUIT, 10 * time.Second}} {
		if err := syscall.Kill(pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop database server %d: %w", pid, err)
		}
		limit := time.Now().Add(step.wait)
		for time.Now().Before(limit) {
			if !alive(pid) || !serves(pid, cluster) {
				return nil
			}
			if err := pause(ctx, pollEvery); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("database server %d of an earlier process does not end: stop it", pid)
}

// readPID returns the process named by postmaster.pid, 0 if none is.
func readPID(file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return 0
	}
	return pid
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// serves reports whether the process is the postmaster of cluster, which is
// its working directory; where there is no /proc, its arguments tell.
func serves(pid int, cluster string) bool {
	want, err := os.Stat(cluster)
	if err != nil {
		return false
	}
	if _, err := os.Stat("/proc/self/cwd"); err == nil {
		got, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
		return err == nil && os.SameFile(got, want)
	}
	args, err := exec.Command("ps", "-p", strconv.Itoa(pid), "-o", "args=").Output()
	return err == nil && strings.Contains(string(args), "-D "+cluster)
}
