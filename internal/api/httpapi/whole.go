package httpapi

import (
	"context"
	"net"
	"net/http"
)

// Whole has server send an answer in one piece. net/http would send the first
// 4 KiB of it alone: a system call more here, and one that wakes the client
// for a part.
func Whole(server *http.Server, ln net.Listener) net.Listener {
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, pieceKey{}, inside(c))
	}
	return listener{ln}
}

// inside is the connection of ours within others; nil if there is none.
func inside(c net.Conn) *piece {
	for {
		switch outer := c.(type) {
		case *piece:
			return outer
		case interface{ NetConn() net.Conn }:
			c = outer.NetConn()
		default:
			return nil
		}
	}
}

type pieceKey struct{}

type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if t, ok := c.(*net.TCPConn); ok {
		return &piece{TCPConn: t}, err
	}
	return c, err
}

// piece is a connection that can keep what is written until more comes. It is
// used by one request after the other.
type piece struct {
	*net.TCPConn
	keep bool
	kept []byte
	both [2][]byte
}

// Write implements net.Conn.
func (p *piece) Write(b []byte) (int, error) {
	before := len(p.kept)
	if before == 0 {
		if !p.keep {
			return p.TCPConn.Write(b)
		}
		p.kept = append(p.kept, b...)
		return len(b), nil
	}
	p.both = [2][]byte{p.kept, b}
	buffers := net.Buffers(p.both[:])
	n, err := buffers.WriteTo(p.TCPConn)
	p.kept = p.kept[:0]
	return max(0, int(n)-before), err
}

// pieceful is what net/http keeps back by itself.
const pieceful = 2 << 10

// write has w write b, on a connection that keeps the beginning until the rest
// comes: net/http itself holds some of b back until then, if only the last byte,
// which it sends with the end of the answer or when told to flush.
func (p *piece) write(w http.ResponseWriter, b []byte) (int, error) {
	if p == nil || len(b) < pieceful {
		return w.Write(b)
	}
	p.keep = true
	n, err := w.Write(b)
	p.keep = false
	return n, err
}
