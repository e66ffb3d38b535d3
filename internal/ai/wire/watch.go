package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"rapport/internal/ai/fault"
)

// watch holds the limits of one request on its way.
type watch struct {
	capture *Capture
	limits  Limits
	cancel  context.CancelCauseFunc

	mu        sync.Mutex
	firstByte *time.Timer
	connect   *time.Timer
	connected bool
}

// arm ends the call by limit after d, unless it is disarmed before.
func (w *watch) arm(limit fault.Limit, d time.Duration) {
	w.firstByte = time.AfterFunc(d, func() { w.cancel(limit) })
}

func (w *watch) disarm() {
	w.firstByte.Stop()
	w.reached()
}

// phase bounds the part of connecting that begins now.
func (w *watch) phase(limit fault.Limit, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.connected { // another connection was faster; this one goes on for whom it may
		return
	}
	if w.connect != nil {
		w.connect.Stop()
	}
	w.connect = time.AfterFunc(d, func() { w.cancel(limit) })
}

// reached ends the part of connecting.
func (w *watch) reached() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.connected = true
	if w.connect != nil {
		w.connect.Stop()
	}
}

// trace follows a transport that tells what it does.
func (w *watch) trace(ctx context.Context) context.Context {
	c := w.capture
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			c.mu.Lock()
			c.dialled = true
			c.mu.Unlock()
			w.phase(fault.ConnectLimit, w.limits.Connect)
		},
		TLSHandshakeStart: func() { w.phase(fault.TLSLimit, w.limits.TLS) },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { w.phase(fault.ConnectLimit, w.limits.Connect) },
		GotConn:           func(httptrace.GotConnInfo) { w.reached() },
		WroteHeaders: func() {
			c.mu.Lock()
			c.wrote = true
			c.mu.Unlock()
		},
	})
}

// read watches over the body of res.
func (w *watch) read(ctx context.Context, res *http.Response) io.ReadCloser {
	if res.Body == nil { // of a careless simulator
		res.Body = http.NoBody
	}
	b := &body{watch: w, ctx: ctx, next: res.Body, most: w.limits.Body, lenient: res.StatusCode >= 300}
	if b.lenient {
		b.most = min(b.most, keepBody)
	}
	b.idle = time.AfterFunc(w.limits.Idle, func() { b.end(fault.IdleLimit) })
	b.semantic = time.AfterFunc(w.limits.Semantic, func() { b.end(fault.SemanticLimit) })
	w.capture.mu.Lock()
	w.capture.progress = func() { b.reset(b.semantic, w.limits.Semantic) }
	w.capture.mu.Unlock()
	return b
}

// body is an answer on its way, within limits. The body of an error is cut
// where it is too long; an answer that is too long is none.
type body struct {
	*watch
	ctx            context.Context
	next           io.ReadCloser
	most           int64
	lenient        bool
	idle, semantic *time.Timer

	begun bool
	state sync.Mutex
	over  bool
}

// Read reads, and says which limit was reached if one was.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.next.Read(p)
	if n > 0 && !b.begun {
		b.begun = true
		n = copy(p, bytes.TrimPrefix(p[:n], []byte("\ufeff"))) // which some proxies put before JSON
	}
	if n > 0 {
		b.reset(b.idle, b.limits.Idle)
		if total := b.capture.keep(p[:n]); total > b.most {
			b.stop()
			if b.lenient {
				return max(n-int(total-b.most), 0), io.EOF
			}
			return 0, fault.SizeLimit
		}
	}
	if err == nil {
		return n, nil
	}
	b.stop()
	if err != io.EOF {
		err = because(b.ctx, err)
	}
	return n, err
}

// Close gives the connection back, and ends the request if it is not over.
func (b *body) Close() error {
	b.stop()
	err := b.next.Close()
	b.cancel(nil)
	return err
}

// end gives the call up because of limit.
func (b *body) end(limit fault.Limit) {
	b.cancel(limit)
	_ = b.next.Close() // for bodies that do not heed the context
}

// reset lets a timer begin anew, unless the body is over.
func (b *body) reset(t *time.Timer, d time.Duration) {
	b.state.Lock()
	defer b.state.Unlock()
	if !b.over {
		t.Reset(d)
	}
}

func (b *body) stop() {
	b.state.Lock()
	defer b.state.Unlock()
	b.over = true
	b.idle.Stop()
	b.semantic.Stop()
}
