package embedded

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

const (
	databaseName = "rapport"
	userName     = "rapport"
	// sharedHome is where root's clusters live when their user cannot reach the
	// data directory.
	sharedHome = "/var/lib/rapport"
	// runtimeHome is short, for a socket's path has at most 107 bytes.
	runtimeHome = "/tmp"

	tooManyConnections = "53300"
)

// place says where the cluster of a data directory lives, and whose it is.
type place struct {
	data     string
	home     string
	password string // known once there is a cluster
	runAs    account
}

// prepare makes the data directory and returns its one true name.
func prepare(dataDir string) (string, error) {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return "", err
	}
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // the database's user must pass through
	}
	if err := makeDir(dir, mode); err != nil {
		return "", fmt.Errorf("data directory: %w", err)
	}
	return filepath.EvalSymlinks(dir)
}

// makeDir makes a folder of this mode whatever the umask; an existing one keeps
// its own.
func makeDir(dir string, mode os.FileMode) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, mode)
}

// locate decides where the cluster of data lives: there, where a note in data
// says, or under shared if its user cannot reach data.
func locate(data, shared string) (place, error) {
	p := place{data: data, home: notedHome(data)}
	var err error
	if p.runAs, err = accountFor(p.cluster()); err != nil {
		return p, err
	}
	if p.runAs.reaches(p.home) {
		return p, nil
	}
	if p.home != data {
		return p, fmt.Errorf("%s cannot reach its database in %s", p.runAs.name, p.home)
	}
	if _, err := os.Stat(p.cluster()); err == nil {
		return p, fmt.Errorf("%s, who owns the database in %s, cannot reach it", p.runAs.name, p.home)
	}
	p.home = filepath.Join(shared, digest(data))
	if err := errors.Join(makeDir(shared, 0o755), makeDir(p.home, 0o711)); err != nil {
		return p, fmt.Errorf("directory for the database: %w", err)
	}
	if !p.runAs.reaches(p.home) {
		return p, fmt.Errorf("%s can reach neither %s nor %s", p.runAs.name, data, p.home)
	}
	if p.runAs, err = accountFor(p.cluster()); err != nil {
		return p, err
	}
	return p, writeFile(filepath.Join(data, "postgres.home"), p.home+"\n", 0o644)
}

func notedHome(data string) string {
	note, err := os.ReadFile(filepath.Join(data, "postgres.home"))
	if home := strings.TrimSpace(string(note)); err == nil && home != "" {
		return home
	}
	return data
}

func (p place) cluster() string      { return filepath.Join(p.home, "postgres") }
func (p place) passwordFile() string { return filepath.Join(p.home, "postgres.password") }
func (p place) logFile() string      { return filepath.Join(p.home, "postgres.log") }

// socketDir follows from the cluster and not from its path alone: the server of
// a deleted cluster removes its socket when it notices, perhaps a minute later.
func (p place) socketDir() string {
	return filepath.Join(runtimeHome, fmt.Sprintf("rapport-%d-%s", p.runAs.uid, digest(p.home+"\n"+p.password)))
}

// makeSocketDir makes the folder of the socket, and trusts an existing one
// only if nobody else could have made or can enter it.
func (p place) makeSocketDir() error {
	dir := p.socketDir()
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		return p.runAs.own(dir)
	}
	if !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("directory for the database's socket: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if os.Geteuid() == 0 && info.IsDir() && owner(info) == 0 {
		return p.runAs.own(dir) // left half-made by ourselves
	}
	if !info.IsDir() || owner(info) != p.runAs.uid || info.Mode().Perm() != 0o700 {
		return fmt.Errorf("%s is not a private folder of %s (%s, user %d): remove it", dir, p.runAs.name, info.Mode(), owner(info))
	}
	// A killed server leaves its socket and the socket's lock, which names a
	// process that may be another by now. The cluster's own lock is what counts.
	for _, name := range []string{".s.PGSQL.5432", ".s.PGSQL.5432.lock"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("stale socket: %w", err)
		}
	}
	return nil
}

func (p place) removeSocketDir() error {
	if err := os.Remove(p.socketDir()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the socket's directory: %w", err)
	}
	return nil
}

// readPassword learns what the first start has written.
func (p *place) readPassword() error {
	text, err := os.ReadFile(p.passwordFile())
	if err != nil {
		return fmt.Errorf("password of the database in %s: %w", p.cluster(), err)
	}
	p.password = strings.TrimSpace(string(text))
	return nil
}

func (p place) url() string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(userName, p.password),
		Path:     "/" + databaseName,
		RawQuery: url.Values{"host": {p.socketDir()}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// Running returns the URL of the server of a data directory if one answers,
// whoever started it.
func Running(ctx context.Context, dataDir string) (string, bool) {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return "", false
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", false
	}
	p := place{data: dir, home: notedHome(dir)}
	info, err := os.Stat(p.cluster())
	if err != nil {
		return "", false
	}
	p.runAs.uid = owner(info)
	if err := p.readPassword(); err != nil {
		return "", false
	}
	dsn := p.url()
	_, err = probe(ctx, dsn)
	return dsn, err == nil || sqlState(err) == tooManyConnections
}

// digest is a short name for a path.
func digest(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:4])
}

// writeFile replaces a file as a whole and makes it durable.
func writeFile(path, text string, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(mode), f.Sync()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
