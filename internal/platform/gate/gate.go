// Package gate guards the connections of a server: so many and no more, the
// idle ones making room for newcomers, and none that takes its answer so slowly
// that it is kept for its own sake.
package gate

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Gate counts the connections that came in through its listener.
type Gate struct {
	most    int
	mu      sync.Mutex
	open    map[*Conn]time.Time // since when it is idle; zero while it is not
	refused atomic.Uint64
	slow    atomic.Uint64
}

// New returns a gate for at most so many connections.
func New(most int) *Gate { return &Gate{most: most, open: map[*Conn]time.Time{}} }

// Stats says how many connections there are, and how many were turned away or
// cut off since the process began.
type Stats struct {
	Open    int    `json:"open"`
	Limit   int    `json:"limit"`
	Refused uint64 `json:"refused_total" doc:"Turned away since all connections were in use."`
	Slow    uint64 `json:"slow_total" doc:"Cut off since they took their answers too slowly."`
}

// Stats describes the gate.
func (g *Gate) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Stats{Open: len(g.open), Limit: g.most, Refused: g.refused.Load(), Slow: g.slow.Load()}
}

// Listen returns ln behind the gate.
func (g *Gate) Listen(ln net.Listener) net.Listener { return listener{ln, g} }

// Watch is the server's ConnState: it learns who is idle.
func (g *Gate) Watch(c net.Conn, state http.ConnState) {
	conn, ok := c.(*Conn)
	if !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.open[conn]; !known {
		return
	}
	switch state {
	case http.StateIdle:
		g.open[conn] = time.Now()
	case http.StateActive, http.StateHijacked:
		g.open[conn] = time.Time{}
	}
}

type listener struct {
	net.Listener
	gate *Gate
}

// Accept returns the next connection that there is room for. The others are
// told when to come again, which costs one write.
func (l listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		conn := &Conn{Conn: c, gate: l.gate}
		if l.gate.enter(conn) {
			return conn, nil
		}
		l.gate.refused.Add(1)
		turnAway(c)
	}
}

// enter lets conn in, in place of the one that has been idle longest if need be.
func (g *Gate) enter(conn *Conn) bool {
	g.mu.Lock()
	var out *Conn
	if len(g.open) >= g.most {
		out = g.idlest()
		if out == nil {
			g.mu.Unlock()
			return false
		}
		delete(g.open, out)
	}
	g.open[conn] = time.Time{}
	g.mu.Unlock()
	if out != nil {
		_ = out.Conn.Close() // its owner finds out when it asks again, and may at any time
	}
	return true
}

// idlest is found by looking at all, which happens only where all are in use.
func (g *Gate) idlest() *Conn {
	var found *Conn
	var since time.Time
	for c, t := range g.open {
		if !t.IsZero() && (found == nil || t.Before(since)) {
			found, since = c, t
		}
	}
	return found
}

const full = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 2\r\nConnection: close\r\nContent-Length: 153\r\n\r\n" +
	`{"type":"/problems/too_many_connections","title":"Service Unavailable","status":503,"code":"too_many_connections","detail":"All connections are in use."}`

func turnAway(c net.Conn) {
	_ = c.SetWriteDeadline(time.Now().Add(time.Second)) // it fits the socket's buffer
	_, _ = c.Write([]byte(full))
	_ = c.Close() // nobody is there to be told
}

// Conn is one connection. Each piece of an answer must be taken within a time.
type Conn struct {
	net.Conn
	gate *Gate
	once sync.Once
}

const (
	piece     = 64 << 10
	pieceTime = 20 * time.Second // 3.2 KiB a second
)

// Write sends b piece by piece.
func (c *Conn) Write(b []byte) (n int, err error) {
	for {
		part := b[n:min(n+piece, len(b))]
		if err := c.SetWriteDeadline(time.Now().Add(pieceTime)); err != nil {
			return n, err
		}
		m, err := c.Conn.Write(part)
		n += m
		if err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				c.gate.slow.Add(1)
				_ = c.Close() // what was sent is of no use
			}
			return n, err
		}
		if n >= len(b) {
			return n, nil
		}
	}
}

// NetConn is the connection that is guarded.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// Close makes room for another.
func (c *Conn) Close() error {
	c.once.Do(func() {
		c.gate.mu.Lock()
		delete(c.gate.open, c)
		c.gate.mu.Unlock()
	})
	return c.Conn.Close()
}
