package sim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/ai/sim/ask"
)

// largest is the body of a request that is read; what is larger is refused.
const largest = 32 << 20

// RoundTrip answers within the process, in the time of its caller. Its errors
// are those that http.Transport would give.
func (s *Sim) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	q, err := read(r)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	if err := context.Cause(ctx); err != nil { // http.Transport would not send it
		if provider, _ := ask.Find(r.URL.Host, r.URL.Path); ctx.Err() == context.DeadlineExceeded {
			s.manners.Late(provider)
		}
		return nil, err
	}
	sc := s.answer(q, r.URL.Host, deadline)
	begun := time.Now()
	if sc.end == never {
		<-ctx.Done()
		sc.bill.settle("lost", sc.made)
		return nil, context.Cause(ctx)
	}
	if err := pause(ctx.Done(), nil, sc.wait); err != nil {
		sc.bill.settle("aborted", sc.produced(time.Since(begun), false))
		return nil, context.Cause(ctx)
	}
	if sc.fail != nil {
		sc.bill.settle("lost", sc.made)
		return nil, sc.fail
	}
	if t := httptrace.ContextClientTrace(ctx); t != nil && t.GotFirstResponseByte != nil {
		t.GotFirstResponseByte()
	}
	sc.stamp()
	return sc.response(ctx, r), nil
}

// read takes the request as http.Transport would send it.
func read(r *http.Request) (ask.Request, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	for name, values := range r.Header {
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") {
				return ask.Request{}, fmt.Errorf("net/http: invalid header field value for %q", name)
			}
		}
	}
	q := ask.Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header}
	if r.Body == nil {
		return q, nil
	}
	var err error
	if n := r.ContentLength; n > 0 && n <= largest {
		q.Body = make([]byte, n)
		_, err = io.ReadFull(r.Body, q.Body)
	} else {
		q.Body, err = io.ReadAll(io.LimitReader(r.Body, largest+1))
	}
	if err != nil {
		return q, fmt.Errorf("read the request: %w", err)
	}
	return q, nil
}

func (s *script) response(ctx context.Context, r *http.Request) *http.Response {
	b := &body{script: s, ctx: ctx, begun: time.Now(), closed: make(chan struct{})}
	if ctx.Done() != nil && s.bill != nil {
		b.stop = context.AfterFunc(ctx, b.abort)
	}
	resp := &http.Response{
		Status: fmt.Sprintf("%d %s", s.status, http.StatusText(s.status)), StatusCode: s.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: s.header, ContentLength: s.length, Body: b, Request: r, Uncompressed: s.zipped,
	}
	if s.length < 0 {
		resp.TransferEncoding = []string{"chunked"}
	}
	return resp
}

// body is read in the time of the script. It has no goroutine: it waits when
// it is read.
type body struct {
	*script
	ctx    context.Context
	begun  time.Time
	stop   func() bool
	next   int
	due    time.Duration // of the piece that is read, after begun
	rest   bytes.Reader
	whole  atomic.Bool // all of it was read
	shut   sync.Once
	closed chan struct{}
}

// Read waits for the next part and gives it.
func (b *body) Read(p []byte) (int, error) {
	if err := b.open(); err != nil {
		return 0, err
	}
	for b.rest.Len() == 0 {
		if b.next == len(b.pieces) {
			return 0, b.over()
		}
		x := b.pieces[b.next]
		if err := pause(b.ctx.Done(), b.closed, b.due+x.wait-time.Since(b.begun)); err != nil {
			return 0, b.open()
		}
		b.due += x.wait
		b.next++
		b.rest.Reset(x.data)
	}
	n, err := b.rest.Read(p)
	b.whole.Store(b.end == clean && b.next == len(b.pieces) && b.rest.Len() == 0)
	return n, err
}

// open is why the body cannot be read any more.
func (b *body) open() error {
	select {
	case <-b.closed:
		return http.ErrBodyReadAfterClose
	case <-b.ctx.Done():
		b.abort()
		return context.Cause(b.ctx)
	default:
		return nil
	}
}

// over ends the body as the script wants.
func (b *body) over() error {
	if b.end == silent {
		select {
		case <-b.ctx.Done():
		case <-b.closed:
		}
		return b.open()
	}
	if b.stop != nil {
		b.stop()
	}
	if b.end == clean {
		b.bill.settle(outcome(b.status), b.produced(b.due, true))
		return io.EOF
	}
	b.bill.settle("broken", b.produced(b.due, true))
	if b.end == reset {
		return errReset
	}
	return io.ErrUnexpectedEOF
}

// outcome is that of an answer that arrived.
func outcome(status int) string {
	if status != http.StatusOK {
		return "refused"
	}
	return "answered"
}

func (b *body) abort() {
	made := b.produced(time.Since(b.begun), true)
	if b.whole.Load() {
		b.bill.settle(outcome(b.status), made)
		return
	}
	b.bill.settle("aborted", made)
}

// Close leaves the rest unread.
func (b *body) Close() error {
	b.shut.Do(func() {
		if b.stop != nil {
			b.stop()
		}
		b.abort()
		close(b.closed)
	})
	return nil
}

// pause waits, unless one of the channels says that nobody wants it.
func pause(done, closed <-chan struct{}, d time.Duration) error {
	if d <= 0 {
		select {
		case <-done:
			return context.Canceled
		default:
			return nil
		}
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-done:
	case <-closed:
	}
	return context.Canceled
}
