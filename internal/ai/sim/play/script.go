// Package play puts on the wire what was decided to happen there: as the answer
// of a transport within the process, and on the connection of a server.
package play

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"rapport/internal/ai/sim/reply"
)

// Script is what happens to a request, for both faces.
type Script struct {
	// Wait is how long it takes until there are headers, or until it fails.
	Wait   time.Duration
	Fail   error // instead of headers
	Status int
	Header http.Header
	// Length is what Content-Length says; -1 says nothing.
	Length int64
	Pieces []Piece
	End    Ending
	// Zipped bodies are compressed on a socket, and cut there.
	Zipped bool
	// Settle, if there is one, is told how it ended, in the words of a
	// meter.Line, and how many tokens of output the model had made by then. It
	// may be told more than once; the first time counts.
	Settle func(outcome string, made int64)
	// First and Speed are how a whole answer comes to be before its headers,
	// Made the tokens of output that exist when they come.
	First time.Duration
	Speed float64
	Made  int64
}

// Piece is a part of the body, so long after the one before.
type Piece struct {
	Wait   time.Duration
	Data   []byte
	Tokens int64
}

// Ending is how a body ends.
type Ending int

// The endings.
const (
	Clean  Ending = iota
	Reset         // by the peer
	Cut           // shorter than was said
	Silent        // nothing more comes
	Never         // not even headers
)

// What http.Transport returns for connections that fail.
var (
	ErrReset   error = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	ErrRefused error = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	ErrStale         = errors.New("http: server closed idle connection")
	ErrTLS     error = &net.OpError{Op: "remote error", Err: tls.AlertError(40)} // handshake failure
	ErrExpired error = &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired, Detail: "current time is after 2026-01-01T00:00:00Z"}}
)

// NoHost is the error for a name that does not resolve.
func NoHost(name string) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}}
}

// Whole is the script of an answer that is there at once.
func Whole(r reply.Response) *Script {
	s := &Script{Status: r.Status, Header: r.Header, Length: int64(len(r.Body))}
	if len(r.Body) > 0 {
		s.Pieces = []Piece{{Data: r.Body}}
	}
	return s
}

// Body is all that is sent.
func (s *Script) Body() []byte {
	var b bytes.Buffer
	for _, p := range s.Pieces {
		b.Write(p.Data)
	}
	return b.Bytes()
}

// Replace sends something else.
func (s *Script) Replace(body []byte) {
	s.Pieces = []Piece{{Data: body}}
	if s.Length >= 0 {
		s.Length = int64(len(body))
	}
}

// stamp sets the headers that depend on the moment.
func (s *Script) stamp() {
	if s.Header.Get("Date") == "" {
		s.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	if s.Length >= 0 {
		s.Header.Set("Content-Length", strconv.FormatInt(s.Length, 10))
	}
}

func (s *Script) settle(outcome string, made int64) {
	if s.Settle != nil {
		s.Settle(outcome, made)
	}
}

// produced is how many tokens of output the model has made so long after the
// headers.
func (s *Script) produced(since time.Duration) int64 {
	n := s.Made
	for _, p := range s.Pieces {
		since -= p.Wait
		if since < 0 {
			break
		}
		n += p.Tokens
	}
	return n
}

// before is how many it has made so long after the request, before the headers.
func (s *Script) before(since time.Duration) int64 {
	if s.Speed <= 0 || since <= s.First {
		return 0
	}
	return int64((since - s.First).Seconds() * s.Speed)
}
