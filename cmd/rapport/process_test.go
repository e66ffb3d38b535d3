package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/app"
	"rapport/internal/platform/embedded"
	"rapport/internal/platform/pg/pgtest"
)

// asRapport in the environment makes this test binary the program itself, so
// that the race detector watches the servers that the tests start.
const asRapport = "RAPPORT_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asRapport) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// guard is when something hangs. Nothing is said about speed.
const guard = 2 * time.Minute

// site is an installation: a data directory and its environment.
type site struct {
	t    *testing.T
	data string
	env  []string
}

// newSite is an installation with a PostgreSQL of its own, none of it there yet.
func newSite(t *testing.T, env ...string) *site {
	t.Helper()
	dir, err := os.MkdirTemp("", "rapport-process-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { // the database's user passes through
		t.Fatal(err)
	}
	s := &site{t: t, data: filepath.Join(dir, "data"), env: []string{
		asRapport + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir(), "GORACE=halt_on_error=1",
		"RAPPORT_LISTEN=127.0.0.1:0", "RAPPORT_PASSWORD_MEMORY=1",
	}}
	s.env = append(append(s.env, "RAPPORT_DATA="+s.data), env...)
	t.Cleanup(func() {
		s.quitPostgres()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newShared is an installation on a database of the tests' server, which is
// there at once.
func newShared(t *testing.T, env ...string) *site {
	t.Helper()
	return newSite(t, append([]string{"DATABASE_URL=" + pgtest.URL(t)}, env...)...)
}

// postmaster is the process of the site's PostgreSQL, 0 if there is none.
func (s *site) postmaster() int {
	text, err := os.ReadFile(filepath.Join(s.data, "postgres", "postgres", "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil || syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}

// quitPostgres ends what a killed server has left.
func (s *site) quitPostgres() {
	pid := s.postmaster()
	if pid == 0 {
		return
	}
	text, _ := os.ReadFile(filepath.Join(s.data, "postgres", "postgres", "postmaster.pid"))
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		s.t.Error(err)
	}
	eventually(s.t, "PostgreSQL ends", func() bool { return syscall.Kill(pid, 0) != nil })
	if lines := strings.Split(string(text), "\n"); len(lines) > 4 && strings.HasPrefix(lines[4], "/tmp/rapport-") {
		_ = os.RemoveAll(lines[4])
	}
}

// result is a command that has ended.
type result struct {
	out, err string
	code     int
}

func (s *site) command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env, cmd.Dir = s.env, filepath.Dir(s.data)
	return cmd
}

// run runs a command to its end.
func (s *site) run(args ...string) result { return s.feed("", args...) }

// feed runs a command with text on its standard input.
func (s *site) feed(in string, args ...string) result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), guard)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env, cmd.Dir, cmd.Stdin = s.env, filepath.Dir(s.data), strings.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if ctx.Err() != nil {
		s.t.Fatalf("rapport %s hangs: %s%s", strings.Join(args, " "), &out, &errs)
	}
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		s.t.Fatal(err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// must runs a command that has to succeed and returns what it prints.
func (s *site) must(args ...string) string {
	s.t.Helper()
	r := s.run(args...)
	if r.code != 0 {
		s.t.Fatalf("rapport %s: exit %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

// refuses runs a command that has to fail, with each word in its message.
func (s *site) refuses(words []string, args ...string) {
	s.t.Helper()
	r := s.run(args...)
	if r.code != 1 {
		s.t.Errorf("rapport %s: exit %d, want 1\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	for _, w := range words {
		if !strings.Contains(r.err, w) {
			s.t.Errorf("rapport %s does not say %q:\n%s", strings.Join(args, " "), w, r.err)
		}
	}
}

// account makes the first user, with a workspace of the given name.
func (s *site) account(organization string) {
	s.t.Helper()
	s.must("user", "add", "ana@lumen.example", "--name", "Ana Duarte", "--password", "correct horse battery", "--organization", organization)
}

// process is a running server.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	key  string
	log  *buffer
	done chan struct{}
}

// serve starts a server and returns when it says where it is.
func (s *site) serve() *process {
	s.t.Helper()
	p := &process{t: s.t, cmd: s.command("serve"), log: &buffer{}, done: make(chan struct{})}
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	url := make(chan string, 1)
	go func() {
		defer close(p.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, at, ok := strings.Cut(lines.Text(), "running at "); ok {
				url <- at
			}
		}
		_ = p.cmd.Wait() // the state says it
	}()
	s.t.Cleanup(p.kill)
	select {
	case p.url = <-url:
	case <-p.done:
		s.t.Fatalf("the server ended: %s", p.log)
	case <-time.After(guard):
		s.t.Fatalf("the server does not start: %s", p.log)
	}
	if p.key, err = app.LocalKey(s.data); err != nil {
		s.t.Fatal(err)
	}
	return p
}

// kill ends the server as a loss of power would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
	if strings.Contains(p.log.String(), "DATA RACE") {
		p.t.Errorf("data race in the server:\n%s", p.log)
	}
}

// stop signals the server and returns its exit code.
func (p *process) stop(s os.Signal) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(guard):
		p.t.Fatalf("the server does not stop: %s", p.log)
	}
	return p.cmd.ProcessState.ExitCode()
}

// answer is what an HTTP call brought.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request with a bearer token; a broken connection is status 0.
func (p *process) ask(key, method, path string, body io.Reader) answer {
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, body)
	if err != nil {
		p.t.Error(err)
		return answer{}
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{body: []byte(err.Error())}
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body) // cut short, it does not decode
	return answer{res.StatusCode, res.Header, text}
}

// get decodes what a path answers.
func (p *process) get(path string, out any) {
	p.t.Helper()
	a := p.ask(p.key, "GET", path, nil)
	if a.status != http.StatusOK {
		p.t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		p.t.Fatal(err)
	}
}

// workspace is the path of the only workspace.
func (p *process) workspace() string {
	p.t.Helper()
	var all struct{ Data []organization }
	p.get("/v1/ops/organizations", &all)
	if len(all.Data) != 1 || len(all.Data[0].Workspaces) != 1 {
		p.t.Fatalf("there are %+v, want one workspace", all.Data)
	}
	return "/v1/workspaces/" + all.Data[0].Workspaces[0].ID
}

// upload begins an import and returns its path.
func (p *process) upload(name string, body io.Reader) string {
	p.t.Helper()
	place := p.workspace() + "/imports"
	a := p.ask(p.key, "POST", place+"?filename="+name, body)
	var made progress
	if err := json.Unmarshal(a.body, &made); a.status != http.StatusAccepted || err != nil {
		p.t.Fatalf("upload: %d %s", a.status, a.body)
	}
	return place + "/" + made.ID
}

// finished waits for the end of an import.
func (p *process) finished(path string) progress {
	p.t.Helper()
	return p.reached(path, func(i progress) bool { return i.ended() })
}

// reached waits until an import is where ok says.
func (p *process) reached(path string, ok func(progress) bool) progress {
	p.t.Helper()
	var i progress
	eventually(p.t, "the import goes on: "+path, func() bool {
		i = progress{}
		p.get(path, &i)
		return ok(i)
	})
	return i
}

// query asks the site's private database for one number.
func (s *site) query(sql string) (n int) {
	s.t.Helper()
	dsn, ok := embedded.Running(s.t.Context(), filepath.Join(s.data, "postgres"))
	if !ok {
		s.t.Fatal("the private database does not answer")
	}
	conn, err := pgx.Connect(s.t.Context(), dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(s.t.Context(), sql).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// eventually asks again and again until ok, or something hangs.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.After(guard)
	for !ok() {
		select {
		case <-limit:
			t.Fatalf("never: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// buffer is what a process has written so far.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// file writes a file of the site and returns its path.
func (s *site) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(filepath.Dir(s.data), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// letter is a small message; n makes it one of its kind.
func letter(n int) string {
	return fmt.Sprintf("From: Bea Holm <bea%d@harbour.example>\r\nTo: Ana Duarte <ana@lumen.example>\r\nSubject: Question %d\r\n"+
		"Date: Mon, 02 Mar 2026 10:%02d:%02d +0000\r\nMessage-ID: <m%d@harbour.example>\r\n\r\n"+
		"Hello Ana,\r\n\r\ncould you send me the price of plan %d by Friday?\r\n\r\nBea\r\n", n%40, n, n/60%60, n%60, n, n)
}

// mailbox is so many letters as an mbox.
func mbox(letters int) string {
	var b strings.Builder
	for n := range letters {
		b.WriteString("From bea@harbour.example Mon Mar  2 10:00:00 2026\n" + strings.ReplaceAll(letter(n), "\r\n", "\n") + "\n")
	}
	return b.String()
}
