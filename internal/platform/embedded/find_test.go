package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNamedFolderWinsOverPath(t *testing.T) {
	t.Parallel()
	env := map[string]string{"RAPPORT_PG_BIN": fakeBin(t, 16), "PATH": fakeBin(t, 17)}
	b, err := Find(func(k string) string { return env[k] })
	if err != nil || b.Major != 16 || b.Dir != env["RAPPORT_PG_BIN"] {
		t.Errorf("Find = %+v, %v, want version 16", b, err)
	}
}

func TestPathWinsOverUsualFolders(t *testing.T) {
	t.Parallel()
	path := fakeBin(t, 17)
	b, err := Find(func(k string) string { return map[string]string{"PATH": path}[k] })
	if err != nil || b.Dir != path {
		t.Errorf("Find = %+v, %v, want %s", b, err, path)
	}
}

func TestWrongNamedFolderIsAnError(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{"empty": t.TempDir(), "too old": fakeBin(t, 14), "too new": fakeBin(t, 19)} {
		b, err := Find(func(k string) string { return map[string]string{"RAPPORT_PG_BIN": dir}[k] })
		if err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: Find = %+v, %v, want an error that names %s", name, b, err, dir)
		}
	}
}

func TestExistingClusterChoosesItsVersion(t *testing.T) {
	t.Parallel()
	path := fakeBin(t, 18) + string(os.PathListSeparator) + fakeBin(t, 16)
	env := func(k string) string { return map[string]string{"PATH": path}[k] }
	if b, err := choose(env, "", 16, "cluster"); err != nil || b.Major != 16 {
		t.Errorf("choose = %+v, %v, want version 16", b, err)
	}
	if b, err := choose(env, fakeBin(t, 18), 16, "cluster"); err == nil {
		t.Errorf("choose = %+v, want an error: the named folder holds another version", b)
	}
}

func TestMissingProgramsSayWhatToInstall(t *testing.T) {
	t.Parallel()
	_, err := search([]string{t.TempDir(), fakeBin(t, 14), "/nowhere"}, 0, "")
	if !errors.Is(err, ErrMissing) {
		t.Fatalf("search = %v, want ErrMissing", err)
	}
	for _, want := range []string{"apt install postgresql", "RAPPORT_PG_BIN", "DATABASE_URL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

func TestVersionIsReadFromEveryWording(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"postgres (PostgreSQL) 15.6 (Debian 15.6-0+deb12u1)": 15,
		"postgres (PostgreSQL) 17beta1":                      17,
		"postgres (PostgreSQL) 18\n":                         18,
	} {
		if got, err := parseMajor(text); err != nil || got != want {
			t.Errorf("parseMajor(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestSettingsFitTheMachine(t *testing.T) {
	t.Parallel()
	for mb, want := range map[int]string{256: "32MB", 1024: "128MB", 2048: "512MB", 64000: "512MB"} {
		if got := settings(Options{MaxConnections: 40}, mb); !strings.Contains(got, "shared_buffers = "+want+"\n") {
			t.Errorf("settings for %d MB = %s, want shared_buffers %s", mb, got, want)
		}
	}
}

// fakeBin is a folder with programs that know nothing but their version.
func fakeBin(t *testing.T, major int) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"initdb", "postgres"} {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %d.1'\n", name, major)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
