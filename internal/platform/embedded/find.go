package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The major versions that Rapport runs on.
const (
	oldest = 15
	newest = 18
)

// Binaries is a folder with PostgreSQL's server programs.
type Binaries struct {
	Dir   string
	Major int
}

// ErrMissing says that the machine has no PostgreSQL that Rapport can run.
var ErrMissing = errors.New(`no PostgreSQL 15 to 18 found: install its server programs ` +
	`(Debian, Ubuntu: "apt install postgresql"; Fedora: "dnf install postgresql-server"; ` +
	`macOS: "brew install postgresql@17"), name their folder in RAPPORT_PG_BIN, ` +
	`or give the URL of a running server in DATABASE_URL`)

// Find returns the programs to use: those in RAPPORT_PG_BIN if it is set, else
// those on PATH, else the newest of a distribution's or Homebrew's folders.
func Find(getenv func(string) string) (Binaries, error) {
	return choose(getenv, "", 0, "")
}

// choose prefers the given folder, then Find's order. An existing cluster of
// version major narrows the choice; zero leaves it open.
func choose(getenv func(string) string, dir string, major int, cluster string) (Binaries, error) {
	if dir = cmp.Or(dir, getenv("RAPPORT_PG_BIN")); dir != "" {
		b, err := inspect(dir)
		if err != nil {
			return b, fmt.Errorf("PostgreSQL in %s: %w", dir, err)
		}
		return b, fits(b, major, cluster)
	}
	return search(candidates(getenv("PATH")), major, cluster)
}

// search returns the first programs that fit.
func search(dirs []string, major int, cluster string) (Binaries, error) {
	var first Binaries
	for _, dir := range dirs {
		b, err := inspect(dir)
		if err != nil {
			continue
		}
		if major == 0 || b.Major == major {
			return b, nil
		}
		if first.Dir == "" {
			first = b
		}
	}
	if first.Dir == "" {
		return first, ErrMissing
	}
	return first, fits(first, major, cluster)
}

func fits(b Binaries, major int, cluster string) error {
	if major == 0 || b.Major == major {
		return nil
	}
	return fmt.Errorf("the database in %s was made by PostgreSQL %d, but %s holds PostgreSQL %d: "+
		"install PostgreSQL %d beside it (RAPPORT_PG_BIN names its folder), "+
		"or move the data with %d's pg_dump and %d's pg_restore into a new data directory",
		cluster, major, b.Dir, b.Major, major, major, b.Major)
}

// candidates are the folders to look into, best first.
func candidates(path string) []string {
	dirs := slices.DeleteFunc(filepath.SplitList(path), func(d string) bool { return d == "" })
	for v := newest; v >= oldest; v-- {
		n := strconv.Itoa(v)
		dirs = append(dirs, "/usr/lib/postgresql/"+n+"/bin", "/usr/pgsql-"+n+"/bin",
			"/opt/homebrew/opt/postgresql@"+n+"/bin", "/usr/local/opt/postgresql@"+n+"/bin",
			"/home/linuxbrew/.linuxbrew/opt/postgresql@"+n+"/bin")
	}
	return dirs
}

// inspect tells what a folder holds.
func inspect(dir string) (Binaries, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Binaries{}, err
	}
	b := Binaries{Dir: dir}
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(b.path(name))
		if err != nil {
			return b, err
		}
		if info.IsDir() || info.Mode()&0o111 == 0 {
			return b, fmt.Errorf("%s is not a program", name)
		}
	}
	// PATH often holds links; what belongs to the server lies beside the target.
	if real, err := filepath.EvalSymlinks(b.path("postgres")); err == nil {
		if _, err := os.Stat(filepath.Join(filepath.Dir(real), "initdb")); err == nil {
			b.Dir = filepath.Dir(real)
		}
	}
	out, err := exec.Command(b.path("postgres"), "--version").Output()
	if err != nil {
		return b, fmt.Errorf("postgres --version: %w", err)
	}
	if b.Major, err = parseMajor(string(out)); err != nil {
		return b, err
	}
	if b.Major < oldest || b.Major > newest {
		return b, fmt.Errorf("version %d is not one of %d to %d", b.Major, oldest, newest)
	}
	return b, nil
}

// parseMajor reads "postgres (PostgreSQL) 15.6 (Debian 15.6-0)".
func parseMajor(text string) (int, error) {
	_, rest, _ := strings.Cut(text, "(PostgreSQL) ")
	digits := strings.TrimLeft(rest, "0123456789")
	return strconv.Atoi(strings.TrimSuffix(rest, digits))
}

func (b Binaries) path(name string) string { return filepath.Join(b.Dir, name) }
