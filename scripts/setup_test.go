package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSetupOfAnEmptyMachine(t *testing.T) {
	t.Parallel()
	for purpose, packages := range map[string]string{
		"run":  "postgresql",
		"test": "chromium dovecot-imapd gcc libc6-dev pgbouncer postgresql redis-server",
	} {
		out, err := setup(t, toolbox(t, "apt-get"), "RAPPORT_SETUP_DRY_RUN=1", purpose)
		out = strings.ReplaceAll(out, "chromium-browser", "chromium") // as Ubuntu calls it
		if err != nil {
			t.Fatalf("%s: %v: %s", purpose, err, out)
		}
		hold := strings.Index(out, "write /usr/sbin/policy-rc.d")
		install := strings.Index(out, "apt-get install -y -q --no-install-recommends "+packages+"\n")
		release := strings.Index(out, "rm -f /usr/sbin/policy-rc.d")
		if hold < 0 || install < hold || release < install {
			t.Errorf("%s: want services held, %s installed, services released, got:\n%s", purpose, packages, out)
		}
	}
}

func TestSetupCallsNothingWhenNothingIsMissing(t *testing.T) {
	t.Parallel()
	bin := fakePostgres(t)
	path := toolbox(t, "apt-get", "sudo", "gcc", "chromium", "pgbouncer", "dovecot", "redis-server")
	for _, purpose := range []string{"run", "test"} {
		if out, err := setup(t, path, "RAPPORT_PG_BIN="+bin, purpose); err != nil || out != "" {
			t.Errorf("%s: %v, %q, want no output", purpose, err, out)
		}
	}
}

func TestSetupNamesThePackagesWhereThereIsNoApt(t *testing.T) {
	t.Parallel()
	out, err := setup(t, toolbox(t), "RAPPORT_SETUP_DRY_RUN=1", "run")
	if err == nil || !strings.Contains(out, "postgresql") {
		t.Errorf("setup = %v, %q, want a failure that names postgresql", err, out)
	}
}

func TestSetupInstallsNoServerBesideAGivenDatabase(t *testing.T) {
	t.Parallel()
	cmd := command(t, toolbox(t), "RAPPORT_SETUP_DRY_RUN=1", "run")
	cmd.Env = append(cmd.Env, "DATABASE_URL=postgres://db.example/rapport")
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("setup = %v, %q, want nothing to do", err, out)
	}
}

func setup(t *testing.T, path, env, purpose string) (string, error) {
	t.Helper()
	out, err := command(t, path, env, purpose).CombinedOutput()
	return string(out), err
}

func command(t *testing.T, path, env, purpose string) *exec.Cmd {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bash, "setup", purpose)
	cmd.Env = []string{"PATH=" + path, env}
	return cmd
}

// toolbox is a PATH with the tools that the script uses and programs that fail
// when they are called.
func toolbox(t *testing.T, traps ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"sort", "tr", "uname", "id", "sed", "grep", "dirname"} {
		real, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(real, filepath.Join(dir, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range slices.Sorted(slices.Values(traps)) {
		program(t, dir, name, "echo called "+name+"; exit 9")
	}
	return dir
}

func fakePostgres(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	program(t, dir, "initdb", "exit 9")
	return dir
}

func program(t *testing.T, dir, name, body string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}
