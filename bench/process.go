package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// build makes the binary that is measured.
func build(dir string) (string, error) {
	path := filepath.Join(dir, "rapport")
	out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "rapport/cmd/rapport").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build rapport: %w: %s", err, out)
	}
	return path, nil
}

// process is a server under measurement.
type process struct {
	cmd  *exec.Cmd
	base string
	data string
	// ready is how long it took from start to the first good /readyz.
	ready time.Duration
	ended chan error
}

// launch starts a command that notes its address in data, and waits until it
// is ready.
func launch(ctx context.Context, data string, env []string, name string, args ...string) (*process, error) {
	if err := os.MkdirAll(data, 0o755); err != nil {
		return nil, err
	}
	address := filepath.Join(data, "address")
	if err := os.Remove(address); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	p := &process{cmd: exec.Command(name, args...), data: data, ended: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), "RAPPORT_DATA="+data, "RAPPORT_LISTEN=127.0.0.1:0", "RAPPORT_LOG_FILE="+filepath.Join(data, "log"),
		"RAPPORT_REGISTRATION=open", "RAPPORT_LOG_LEVEL=WARN", "RAPPORT_LIMITS_SHADOW=all") // limits are counted, none is met
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stderr = os.Stderr
	start := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.ended <- p.cmd.Wait() }()
	for {
		if p.answers(address) {
			p.ready = time.Since(start)
			return p, nil
		}
		select {
		case err := <-p.ended:
			return nil, fmt.Errorf("%s ended while starting: %w", filepath.Base(name), err)
		case <-ctx.Done():
			p.stop()
			return nil, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (p *process) answers(address string) bool {
	b, err := os.ReadFile(address)
	if err != nil || len(b) == 0 {
		return false
	}
	p.base = strings.TrimSpace(string(b))
	res, err := http.Get(p.base + "/readyz")
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

func (p *process) addr() string { return strings.TrimPrefix(p.base, "http://") }

// ticks are a hundredth of a second on Linux, whatever the kernel's own clock.
const tick = 10 * time.Millisecond

// cpu is the processor time that a process has used.
func cpu(pid int) time.Duration {
	f := stat(pid)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64) // digits, says proc(5)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * tick
}

// reaped is the processor time of the children of a process that have ended.
func reaped(pid int) time.Duration {
	f := stat(pid)
	if len(f) < 15 {
		return 0
	}
	user, _ := strconv.ParseInt(f[13], 10, 64) // digits, says proc(5)
	system, _ := strconv.ParseInt(f[14], 10, 64)
	return time.Duration(user+system) * tick
}

// stat are the fields of /proc/PID/stat behind the name: state is the first.
func stat(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
}

// children lists the processes that a process has started.
func children(parent int) []int {
	var out []int
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is good
	for _, d := range dirs {
		pid, err := strconv.Atoi(filepath.Base(d))
		if f := stat(pid); err == nil && len(f) > 1 && f[1] == strconv.Itoa(parent) {
			out = append(out, pid)
		}
	}
	return out
}

// readKB is a line such as "VmRSS:  1234 kB" of a file of /proc, 0 if absent.
func readKB(path, name string) int64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), name); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n
		}
	}
	return 0
}

func memoryMB(pid int, name string) float64 {
	return float64(readKB(fmt.Sprintf("/proc/%d/status", pid), name)) / 1024
}
