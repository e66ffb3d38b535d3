package gate_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/platform/gate"
)

// serve answers everything with a body of so many bytes, behind a gate.
func serve(t *testing.T, most, size int) (*gate.Gate, string) {
	t.Helper()
	g := gate.New(most)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{ConnState: g.Watch, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, size))
	})}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(g.Listen(ln)) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		<-ended
	})
	return g, ln.Addr().String()
}

// dial opens a connection, and asks once if told to.
func dial(t *testing.T, addr string, ask bool) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	r := bufio.NewReader(c)
	if ask {
		get(t, c, r)
	}
	return c, r
}

func get(t *testing.T, c net.Conn, r *bufio.Reader) {
	t.Helper()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
}

func TestTheIdleMakeRoomForNewcomers(t *testing.T) {
	t.Parallel()
	g, addr := serve(t, 3, 10)
	first, firstReader := dial(t, addr, true)
	dial(t, addr, true)
	dial(t, addr, true)
	idle(t, g, 3)
	dial(t, addr, true)
	_ = first.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := firstReader.ReadByte(); err != io.EOF {
		t.Errorf("the one that was idle longest got %v, want its end", err)
	}
	if s := g.Stats(); s.Open != 3 || s.Refused != 0 {
		t.Errorf("%+v, want 3 open and none refused", s)
	}
}

// idle waits until the server knows that so many have nothing to do.
func idle(t *testing.T, g *gate.Gate, n int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 5000 {
		if g.Idle() == n {
			return
		}
		<-tick.C
	}
	t.Fatalf("%d are idle, want %d", g.Idle(), n)
}

func TestWhoFindsNoRoomIsToldWhenToComeAgain(t *testing.T) {
	t.Parallel()
	g, addr := serve(t, 2, 10)
	dial(t, addr, false)
	dial(t, addr, false)
	c, r := dial(t, addr, false)
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || !strings.Contains(string(body), `"code":"too_many_connections"`) {
		t.Errorf("%d %v %s, %v; want a problem with a time", res.StatusCode, res.Header, body, err)
	}
	if s := g.Stats(); s.Open != 2 || s.Refused != 1 {
		t.Errorf("%+v, want 2 open and 1 refused", s)
	}
}

func TestManyAtOnceNeverPassTheLimit(t *testing.T) {
	t.Parallel()
	g, addr := serve(t, 8, 10)
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				return // the backlog is full, which is as well
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(20 * time.Second))
			_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") // it may be turned away
			_, _ = io.Copy(io.Discard, c)
			if n := g.Stats().Open; n > 8 {
				t.Errorf("%d connections are open, want 8 at most", n)
			}
		})
	}
	wg.Wait()
}

// A connection whose deadline passes while it is written to stands for a client
// that takes a byte a second.
type stuck struct{ net.Conn }

type late struct{}

func (late) Timeout() bool   { return true }
func (late) Error() string   { return "too late" }
func (late) Temporary() bool { return false }

func (stuck) SetWriteDeadline(time.Time) error { return nil }
func (stuck) Write(b []byte) (int, error)      { return len(b) / 2, late{} }

type one struct {
	net.Listener
	c net.Conn
}

func (o one) Accept() (net.Conn, error) { return o.c, nil }

func TestASlowReaderIsCutOff(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	t.Cleanup(func() { _ = there.Close() })
	g := gate.New(1)
	c, err := g.Listen(one{c: stuck{here}}).Accept()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.Write(make([]byte, 1000)); err == nil || n != 500 {
		t.Errorf("Write() = %d, %v; want what was taken, and an error", n, err)
	}
	if s := g.Stats(); s.Open != 0 || s.Slow != 1 {
		t.Errorf("%+v, want none open and one cut off", s)
	}
}
