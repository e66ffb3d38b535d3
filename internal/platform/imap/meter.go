package imap

import (
	"errors"
	"net"
	"sync"
	"time"
)

// meter is a connection that limits what may come in during a command: so many
// bytes, and never a longer silence than its patience. The library's own
// deadlines do not reach it. Between commands a server may be silent.
type meter struct {
	net.Conn
	patience time.Duration

	mu     sync.Mutex
	busy   bool
	left   int64
	excess bool
}

var errExcess = errors.New("imap: the server sends more than it was asked for")

// between is what a server may say without being asked.
const between = 1 << 20

func (m *meter) begin(budget int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy, m.left = true, budget
	_ = m.Conn.SetReadDeadline(time.Now().Add(m.patience)) // a closed connection says so when it is read
}

func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy, m.left = false, between
	_ = m.Conn.SetReadDeadline(time.Time{})
}

// quiet lets the server be silent during a command, for IDLE.
func (m *meter) quiet() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy = false
	_ = m.Conn.SetReadDeadline(time.Time{})
}

// allow lets n more bytes in.
func (m *meter) allow(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left += n + n/16
}

// Read reads within the limits.
func (m *meter) Read(b []byte) (int, error) {
	if err := m.mayRead(); err != nil {
		return 0, err
	}
	n, err := m.Conn.Read(b)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left -= int64(n)
	return n, err
}

func (m *meter) mayRead() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left < 0 {
		m.excess = true
		return errExcess
	}
	if m.busy {
		_ = m.Conn.SetReadDeadline(time.Now().Add(m.patience))
	}
	return nil
}

func (m *meter) exceeded() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.excess
}

// SetReadDeadline does nothing: the meter's own limits hold.
func (m *meter) SetReadDeadline(time.Time) error { return nil }

// SetDeadline sets that for writing alone.
func (m *meter) SetDeadline(t time.Time) error { return m.SetWriteDeadline(t) }

func (m *meter) kill() { _ = m.Conn.Close() }
