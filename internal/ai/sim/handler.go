package sim

import (
	"bytes"
	"compress/gzip"
	"net"
	"net/http"
	"strings"
	"time"
)

// ServeHTTP answers on a socket. Each provider is there under its name, as
// /anthropic/v1/messages, and /sim/state tells what happened so far. A
// connection that is refused or not to be made is one that is reset here.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/sim/state" {
		s.serveState(w)
		return
	}
	q, err := read(r)
	if err != nil {
		http.Error(w, "the request cannot be read", http.StatusBadRequest)
		return
	}
	deadline, _ := time.Parse(time.RFC3339Nano, r.Header.Get("X-Request-Deadline")) // zero where nobody says
	sc := s.answer(q, r.Host, deadline)
	begun := time.Now()
	gone := r.Context().Done()
	if sc.end == never {
		<-gone
		sc.bill.settle("lost", sc.made)
		return
	}
	if pause(gone, nil, sc.wait) != nil {
		sc.bill.settle("aborted", sc.produced(time.Since(begun), false))
		return
	}
	if sc.fail != nil {
		sc.bill.settle("lost", sc.made)
		hangUp(w)
	}
	sc.send(w, r)
}

// send writes headers and body.
func (s *script) send(w http.ResponseWriter, r *http.Request) {
	if s.zipped && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		s.zip()
	}
	s.stamp()
	for name, values := range s.header {
		w.Header()[name] = values
	}
	w.WriteHeader(s.status)
	out := http.NewResponseController(w)
	var due time.Duration
	var begun = time.Now()
	for i, p := range s.pieces {
		_ = out.Flush() // what is lost shows in the next write
		due += p.wait
		if pause(r.Context().Done(), nil, due-time.Since(begun)) != nil {
			s.bill.settle("aborted", s.produced(time.Since(begun), true))
			return
		}
		if _, err := w.Write(p.data); err != nil {
			s.bill.settle("aborted", s.produced(time.Since(begun), true))
			return
		}
		if i == len(s.pieces)-1 && s.end == clean {
			break // the server sends it with the end
		}
	}
	made := s.produced(due, true)
	switch s.end {
	case clean:
		s.bill.settle(outcome(s.status), made)
		return
	case silent:
		_ = out.Flush()
		<-r.Context().Done()
		s.bill.settle("aborted", made)
		return
	}
	s.bill.settle("broken", made)
	_ = out.Flush()
	if s.end == reset {
		hangUp(w)
	}
	panic(http.ErrAbortHandler) // the server closes the connection
}

// zip compresses the body and takes its last part away.
func (s *script) zip() {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(s.body()) // a buffer takes everything
	_ = z.Close()
	s.pieces = []piece{{data: b.Bytes()[:b.Len()-min(b.Len(), 12)]}}
	s.length, s.end = int64(len(s.pieces[0].data)), clean
	s.header.Set("Content-Encoding", "gzip")
}

// hangUp resets the connection. It does not return.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // so that it is a reset
	}
	_ = conn.Close()
	panic(http.ErrAbortHandler)
}
