package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestServeStopsCleanlyWhileARequestIsUnderWay(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.account("Lumen")
			p := s.serve()
			for _, path := range []string{"/livez", "/readyz", "/api/health"} {
				if a := p.ask("", "GET", path, nil); a.status != http.StatusOK {
					t.Errorf("GET %s: %d %s", path, a.status, a.body)
				}
			}
			postgres := s.postmaster()
			if postgres == 0 {
				t.Fatal("no postmaster runs")
			}
			path := p.workspace() + "/imports?filename=slow.mbox"
			body, slowly := io.Pipe()
			answered := make(chan answer, 1)
			go func() { answered <- p.ask(p.key, "POST", path, body) }()
			text := mbox(3)
			if _, err := io.WriteString(slowly, text[:200]); err != nil {
				t.Fatal(err)
			}
			// The server has the request when its upload is on disk.
			eventually(t, "the upload arrives", func() bool {
				files, _ := filepath.Glob(filepath.Join(s.data, "uploads", "*", "*"))
				return len(files) == 1
			})
			stopped := make(chan int, 1)
			go func() { stopped <- p.stop(signal) }()
			eventually(t, "new connections are refused", func() bool { return !listens(p.url) })
			if _, err := io.WriteString(slowly, text[200:]); err != nil {
				t.Fatal(err)
			}
			slowly.Close()
			if a := <-answered; a.status != http.StatusAccepted {
				t.Errorf("the request under way got %d %s, want 202", a.status, a.body)
			}
			if code := <-stopped; code != 0 {
				t.Errorf("exit %d, want 0: %s", code, p.log)
			}
			if syscall.Kill(postgres, 0) == nil {
				t.Error("the postmaster outlives the server")
			}
			if _, err := os.Stat(filepath.Join(s.data, "address")); !os.IsNotExist(err) {
				t.Errorf("the address stays noted: %v", err)
			}
			// What was taken is worked by the next one.
			p = s.serve()
			path, _, _ = strings.Cut(path, "?")
			var list struct{ Data []progress }
			p.get(path, &list)
			if len(list.Data) != 1 {
				t.Fatalf("%d imports, want 1", len(list.Data))
			}
			if i := p.finished(path + "/" + list.Data[0].ID); i.Imported != 3 {
				t.Errorf("%d messages were imported, want 3", i.Imported)
			}
		})
	}
}

func TestServerOutlivesItsReadersAndStopsWithItsTerminal(t *testing.T) {
	t.Parallel()
	s := newSite(t, "RAPPORT_LOG_LEVEL=DEBUG")
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := s.command("serve")
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	eventually(t, "the database starts", func() bool { return s.postmaster() != 0 })
	postgres := s.postmaster()
	reader.Close() // every line from now on is a broken pipe
	eventually(t, "the server runs", func() bool {
		_, err := os.Stat(filepath.Join(s.data, "address"))
		return err == nil
	})
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
	if syscall.Kill(postgres, 0) == nil {
		t.Error("the postmaster outlives the server")
	}
}

func listens(url string) bool {
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err == nil {
		conn.Close()
	}
	return err == nil
}

func TestServeRefusesWhatIsTaken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.serve()
	s.refuses([]string{"in use by process " + strconv.Itoa(p.cmd.Process.Pid)}, "serve")
	if a := p.ask("", "GET", "/readyz", nil); a.status != http.StatusOK {
		t.Errorf("after a second start the first is not ready: %d", a.status)
	}
	if note, err := os.ReadFile(filepath.Join(s.data, "address")); string(note) != p.url {
		t.Errorf("after a second start %q is noted, want %q (%v)", note, p.url, err)
	}

	other := newSite(t, "RAPPORT_LISTEN="+strings.TrimPrefix(p.url, "http://"))
	other.refuses([]string{"address already in use", "RAPPORT_LISTEN"}, "serve")
	if pid := other.postmaster(); pid != 0 {
		t.Errorf("the postmaster %d outlives a server that found its port taken", pid)
	}
}

func TestDataDirectoryThatCannotBeMadeIsNamed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.file("data", "a file in the way")
	s.refuses([]string{s.data, "RAPPORT_DATA"}, "serve")
	s.refuses([]string{s.data, "RAPPORT_DATA"}, "user", "list")
}

func TestLocalKeyIsPrivate(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.account("Lumen")
	path := filepath.Join(s.data, "local.key")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("the local key has mode %o, want 600", got)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	s.refuses([]string{"others may read", path}, "user", "list")
}

func TestStaleAddressDoesNotMislead(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.account("Lumen")
	stranger := &http.Server{Handler: http.NotFoundHandler()}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = stranger.Serve(ln) }()
	t.Cleanup(func() { stranger.Close() })
	for name, url := range map[string]string{"nobody": "http://127.0.0.1:1", "a stranger": "http://" + ln.Addr().String(), "nothing": ""} {
		s.file("data/address", url)
		if out := s.must("user", "list"); !strings.Contains(out, "ana@lumen.example") {
			t.Errorf("with the address of %s: %q", name, out)
		}
	}
}
