package embedded

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestMain lets the test binary play the process that is killed: with the
// variable set it starts a server, writes a row, says so and waits.
func TestMain(m *testing.M) {
	if dir := os.Getenv("RAPPORT_TEST_HELPER"); dir != "" {
		os.Exit(helper(dir))
	}
	os.Exit(m.Run())
}

func helper(dir string) int {
	s, err := Start(context.Background(), Options{DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = execute(context.Background(), s.URL(), "CREATE TABLE kept AS SELECT 42 AS n")
	}
	if err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		return 1
	}
	os.Stdout.WriteString("ready\n")
	select {}
}

func TestDataSurvivesStopAndStart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, dir)
	if err := execute(t.Context(), s.URL(), "CREATE TABLE kept AS SELECT 42 AS n"); err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	if got := kept(t, start(t, dir)); got != 42 {
		t.Errorf("after a restart the row holds %d, want 42", got)
	}
}

func TestSettingsAreSafe(t *testing.T) {
	t.Parallel()
	s := start(t, dataDir(t))
	for name, want := range map[string]string{
		"listen_addresses": "", "data_checksums": "on", "server_encoding": "UTF8", "max_connections": "40",
		"password_encryption": "scram-sha-256", "jit": "off", "unix_socket_permissions": "0700",
	} {
		var got string
		if err := query(t.Context(), s.URL(), "SELECT current_setting('"+name+"')", &got); err != nil || got != want {
			t.Errorf("%s = %q, %v, want %q", name, got, err, want)
		}
	}
	var weak int
	err := query(t.Context(), s.URL(), "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method NOT IN ('scram-sha-256', 'reject')", &weak)
	if err != nil || weak != 0 {
		t.Errorf("%d weak lines in pg_hba.conf, %v, want 0", weak, err)
	}
	if s.Version() == "" {
		t.Error("Version() is empty")
	}
}

func TestPasswordIsRequired(t *testing.T) {
	t.Parallel()
	s := start(t, dataDir(t))
	wrong, err := pgx.ParseConfig(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	wrong.Password = "wrong"
	if conn, err := pgx.ConnectConfig(t.Context(), wrong); sqlState(err) != "28P01" {
		t.Errorf("connecting with a wrong password: %v, %v, want 28P01", conn, err)
	}
}

func TestSocketDirectoryAndPasswordArePrivate(t *testing.T) {
	t.Parallel()
	s := start(t, dataDir(t))
	for path, want := range map[string]os.FileMode{s.place.socketDir(): 0o700, s.place.passwordFile(): 0o600, s.place.cluster(): 0o700} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want || owner(info) != s.place.runAs.uid {
			t.Errorf("%s: %v, %v, want mode %v and owner %d", path, info, err, want, s.place.runAs.uid)
		}
	}
}

func TestForeignSocketDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	p := place{home: t.TempDir(), runAs: account{uid: os.Geteuid(), gid: os.Getegid(), name: "me"}}
	if err := os.Symlink(t.TempDir(), p.socketDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(p.socketDir()) })
	if err := p.makeSocketDir(); err == nil {
		t.Error("a link in place of the socket's directory was accepted")
	}
}

func TestServerListensOnNoTCPPort(t *testing.T) {
	t.Parallel()
	s := start(t, dataDir(t))
	out, err := os.ReadFile("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/net/tcp")
	if err != nil {
		if conn, err := net.Dial("tcp", "127.0.0.1:5432"); err == nil {
			conn.Close()
			t.Error("something listens on port 5432")
		}
		return
	}
	mine := sockets(t, s.cmd.Process.Pid)
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 9 && mine["socket:["+f[9]+"]"] {
			t.Errorf("the server holds a TCP socket: %s", line)
		}
	}
}

func TestSecondServerIsRefusedWithTheHoldersProcess(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	start(t, dir)
	_, err := Start(t.Context(), options(dir))
	if inUse, ok := errors.AsType[*InUseError](err); !ok || inUse.PID != strconv.Itoa(os.Getpid()) {
		t.Errorf("second Start: %v, want an InUseError of process %d", err, os.Getpid())
	}
}

func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	for name, alsoPostmaster := range map[string]bool{"postmaster survives": false, "postmaster dies": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := dataDir(t)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "RAPPORT_TEST_HELPER="+dir)
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			line := make([]byte, 500)
			if n, err := out.Read(line); string(line[:n]) != "ready\n" {
				t.Fatalf("the helper says %q, %v", line[:n], err)
			}
			orphan := readPID(filepath.Join(dir, "postgres", "postmaster.pid"))
			if alsoPostmaster {
				_ = syscall.Kill(orphan, syscall.SIGKILL)
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			s := start(t, dir)
			if got := kept(t, s); got != 42 {
				t.Errorf("the row holds %d, want 42", got)
			}
			if serves(orphan, filepath.Join(dir, "postgres")) {
				t.Errorf("the orphan %d still runs", orphan)
			}
		})
	}
}

func TestStalePIDFileOfAnotherProcessIsIgnored(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, dir)
	stop(t, s)
	text := strconv.Itoa(bystander(t, s.place.runAs)) + "\n" + s.place.cluster() + "\n1\n5432\n\n\n"
	file := filepath.Join(s.place.cluster(), "postmaster.pid")
	if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), s.place.runAs.own(file)); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}

func TestHalfFinishedInitdbIsDoneAgain(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	litter := filepath.Join(dir, "postgres.new-123")
	if err := os.MkdirAll(filepath.Join(litter, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
	if _, err := os.Stat(litter); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half-made cluster is still there: %v", err)
	}
}

func TestServerOfADeletedClusterDoesNotHarmTheNext(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	old := start(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir)
	_ = old.cmd.Process.Signal(syscall.SIGQUIT) // as it would do by itself, later
	<-old.Done()
	var n int
	if err := query(t.Context(), s.URL(), "SELECT 1", &n); err != nil {
		t.Errorf("the new server after the old one's end: %v", err)
	}
}

func TestForeignFilesAreNeverOverwritten(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	precious := filepath.Join(dir, "postgres", "precious")
	if err := errors.Join(os.Mkdir(filepath.Dir(precious), 0o700), os.WriteFile(precious, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if s, err := Start(t.Context(), options(dir)); err == nil {
		stop(t, s)
		t.Error("Start took over a folder that is no cluster")
	}
	if _, err := os.Stat(precious); err != nil {
		t.Errorf("the foreign file: %v", err)
	}
}

func TestDataOfAnotherMajorVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	cluster := filepath.Join(dir, "postgres")
	if err := errors.Join(os.Mkdir(cluster, 0o700), os.WriteFile(filepath.Join(cluster, "PG_VERSION"), []byte("9\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), options(dir))
	for _, part := range []string{"PostgreSQL 9,", "holds PostgreSQL 1", "pg_dump"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("Start: %v, want it to say %q", err, part)
		}
	}
}

func TestDeepDirectoryWorks(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), strings.Repeat("deep/", 30))
	start(t, dir)
}

func TestUnwritableDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := Start(t.Context(), options("/proc/rapport")); err == nil || !strings.Contains(err.Error(), "data directory") {
		t.Errorf("Start: %v, want an error about the data directory", err)
	}
}

func TestUnreachableDirectoryMovesTheClusterAndRemembersIt(t *testing.T) {
	t.Parallel()
	shared, data := filepath.Join(dataDir(t), "shared"), t.TempDir()
	if err := os.Chmod(data, 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := locate(data, shared)
	if err != nil {
		t.Fatal(err)
	}
	want := data
	if p.runAs.switched {
		want = filepath.Join(shared, digest(data))
	}
	if p.home != want {
		t.Errorf("cluster's home = %s, want %s", p.home, want)
	}
	if moved, err := locate(data, "/nowhere"); err != nil || moved.home != want {
		t.Errorf("next time the home is %s, %v, want %s", moved.home, err, want)
	}
}

func TestRunningFindsTheServerOfAnybody(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if url, ok := Running(t.Context(), dir); ok {
		t.Errorf("Running before any start: %s", url)
	}
	s := start(t, dir)
	if url, ok := Running(t.Context(), dir); !ok || url != s.URL() {
		t.Errorf("Running = %v, want the URL of the server", ok)
	}
	stop(t, s)
	if _, ok := Running(t.Context(), dir); ok {
		t.Error("Running after the stop")
	}
}

func TestDoneTellsOfADeadServer(t *testing.T) {
	t.Parallel()
	s := start(t, dataDir(t))
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-s.Done():
	case <-time.After(time.Minute):
		t.Error("Done stays open after the server's end")
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Start(ctx, options(dataDir(t))); err == nil {
		stop(t, s)
		t.Error("Start with an ended context worked")
	}
}

// dataDir is a folder that the database's user can reach.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rapport-embedded-")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func options(dir string) Options {
	return Options{DataDir: dir, NoFsync: true, Logger: slog.New(slog.DiscardHandler)}
}

func start(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(t.Context(), options(dir))
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = s.Stop(ctx)
	})
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(t.Context()); err != nil {
		t.Fatalf("Stop: %v", err)
	}
}

func kept(t *testing.T, s *Server) (n int) {
	t.Helper()
	if err := query(t.Context(), s.URL(), "SELECT n FROM kept", &n); err != nil {
		t.Fatalf("read the row: %v", err)
	}
	return n
}

func execute(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

func query(ctx context.Context, url, sql string, dst any) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return conn.QueryRow(ctx, sql).Scan(dst)
}

// bystander is a process of the database's user that is no database.
func bystander(t *testing.T, a account) int {
	t.Helper()
	cmd := a.command(t.Context(), "sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

func sockets(t *testing.T, pid int) map[string]bool {
	t.Helper()
	links, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, l := range links {
		if target, err := os.Readlink(l); err == nil {
			found[target] = true
		}
	}
	return found
}
