package pgtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"rapport/internal/platform/embedded"
)

// server is where the databases live.
type server struct {
	url *url.URL
	// private means that only test processes of this machine use it.
	private bool
}

func open() (*server, error) {
	s := &server{}
	dsn := os.Getenv("RAPPORT_TEST_DATABASE_URL")
	if dsn == "" {
		s.private = true
		var err error
		if dsn, err = join(); err != nil {
			return nil, err
		}
	}
	var err error
	if s.url, err = url.Parse(dsn); err != nil {
		return nil, fmt.Errorf("RAPPORT_TEST_DATABASE_URL: not a URL") // the error would show the password
	}
	if s.private {
		s.sweep()
	}
	return s, nil
}

// join returns the URL of the checkout's server, started if need be. Nobody
// stops it: the next process finds it running.
func join() (string, error) {
	bin, err := embedded.Find(os.Getenv)
	if err != nil {
		return "", err
	}
	dir, err := home()
	if err != nil {
		return "", err
	}
	unlock, err := hold(filepath.Join(dir, "pgtest.lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	data := filepath.Join(dir, "pg"+strconv.Itoa(bin.Major))
	if dsn, ok := embedded.Running(ctx, data); ok {
		return dsn, nil
	}
	s, err := embedded.Start(ctx, embedded.Options{
		DataDir: data, Bin: bin.Dir, NoFsync: true, MaxConnections: 200,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return "", fmt.Errorf("start the tests' server: %w", err)
	}
	return s.URL(), nil
}

// home is .cache/pgtest of the checkout or, if that cannot be written, of the
// user's cache.
func home() (string, error) {
	var tried error
	for _, base := range []func() (string, error){checkoutCache, os.UserCacheDir} {
		dir, err := base()
		if err == nil {
			dir = filepath.Join(dir, "pgtest")
			err = writable(dir)
		}
		if err == nil {
			return dir, nil
		}
		tried = errors.Join(tried, err)
	}
	return "", fmt.Errorf("folder for the tests' server: %w", tried)
}

func checkoutCache() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, ".cache"), nil
		}
	}
	return "", errors.New("no go.mod above the working directory")
}

func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, "pgtest.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// hold waits for a lock between processes and returns how to give it back.
func hold(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	limit := time.Now().Add(patience)
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(limit) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		<-time.After(20 * time.Millisecond)
	}
}
