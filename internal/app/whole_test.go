package app_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"rapport/internal/platform/pg/pgtest"
)

// An answer goes out in one write, whatever its size, through all that guards a
// connection: the client is woken once.
func TestAnAnswerIsOneWrite(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), false)
	n := w.newTenant(t, "ann")
	for range 12 {
		n.call(t, "POST", "{w}/tasks", map[string]any{"title": strings.Repeat("Call Ana back ", 14)}).want(t, 201)
	}
	conn, err := net.Dial("tcp", w.serve(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	in := bufio.NewReader(conn)
	for _, limit := range []string{"1", "4", "6", "8", "12"} { // around the 4 KiB that net/http sends at once
		for _, how := range []string{"", "Cache-Control: no-store\r\n"} {
			before := segments(t, conn)
			raw := strings.Replace(n.raw("GET", "{w}/tasks?limit="+limit, "", 0), "Host: x\r\n", "Host: x\r\n"+how, 1)
			if _, err := io.WriteString(conn, raw); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != http.StatusOK {
				t.Fatalf("%d %s %v", res.StatusCode, body, err)
			}
			if got := segments(t, conn) - before; got != 1 {
				t.Errorf("%d bytes %s came in %d pieces, want 1", len(body), strings.TrimSpace(how), got)
			}
		}
	}
}

// segments counts what has arrived at the socket: on loopback each write of up
// to 64 KiB is one.
func segments(t *testing.T, c net.Conn) uint32 {
	t.Helper()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n uint32
	if err := raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			t.Error(err)
			return
		}
		n = info.Data_segs_in
	}); err != nil {
		t.Fatal(err)
	}
	return n
}
