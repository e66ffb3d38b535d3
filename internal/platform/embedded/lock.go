package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lock is a file that one process at a time holds; it falls with the process.
type lock struct{ file *os.File }

func acquire(path string) (*lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o644)
	if err != nil {
		return nil, fmt.Errorf("data directory %s is not writable: %w", filepath.Dir(path), err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		pid, _ := io.ReadAll(f)
		f.Close()
		return nil, &InUseError{Dir: filepath.Dir(path), PID: strings.TrimSpace(string(pid))}
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &lock{f}, nil
}

func (l *lock) release() { l.file.Close() }

// InUseError says that another process runs the server of a data directory.
type InUseError struct {
	Dir string
	PID string
}

// Error names the holder.
func (e *InUseError) Error() string {
	return fmt.Sprintf("%s is in use by process %s: stop it, or choose another data directory", e.Dir, e.PID)
}
