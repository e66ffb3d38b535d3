package play

import (
	"bytes"
	"compress/gzip"
	"net"
	"net/http"
	"strings"
	"time"
)

// Serve answers r on its connection. What fails before there are headers is a
// connection that is reset. It may panic as http.Server wants it.
func (s *Script) Serve(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	gone := r.Context().Done()
	if s.End == Never {
		<-gone
		s.settle("lost", s.Made)
		return
	}
	if pause(gone, nil, s.Wait) != nil {
		s.settle("aborted", s.before(time.Since(begun)))
		return
	}
	if s.Fail != nil {
		s.settle("lost", s.Made)
		hangUp(w)
	}
	s.send(w, r)
}

// send writes headers and body.
func (s *Script) send(w http.ResponseWriter, r *http.Request) {
	if s.Zipped && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		s.zip()
	}
	s.stamp()
	for name, values := range s.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(s.Status)
	out := http.NewResponseController(w)
	var due time.Duration
	var begun = time.Now()
	for i, p := range s.Pieces {
		_ = out.Flush() // what is lost shows in the next write
		due += p.Wait
		if pause(r.Context().Done(), nil, due-time.Since(begun)) != nil {
			s.settle("aborted", s.produced(time.Since(begun)))
			return
		}
		if _, err := w.Write(p.Data); err != nil {
			s.settle("aborted", s.produced(time.Since(begun)))
			return
		}
		if i == len(s.Pieces)-1 && s.End == Clean {
			break // the server sends it with the end
		}
	}
	made := s.produced(due)
	switch s.End {
	case Clean:
		s.settle(outcome(s.Status), made)
		return
	case Silent:
		_ = out.Flush()
		<-r.Context().Done()
		s.settle("aborted", made)
		return
	}
	s.settle("broken", made)
	_ = out.Flush()
	if s.End == Reset {
		hangUp(w)
	}
	panic(http.ErrAbortHandler) // the server closes the connection
}

// zip compresses the body and takes its last part away.
func (s *Script) zip() {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(s.Body()) // a buffer takes everything
	_ = z.Close()
	s.Pieces = []Piece{{Data: b.Bytes()[:b.Len()-min(b.Len(), 12)]}}
	s.Length, s.End = int64(len(s.Pieces[0].Data)), Clean
	s.Header.Set("Content-Encoding", "gzip")
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
