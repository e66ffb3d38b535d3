package play

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// Respond answers r within the process, in the time of its caller. Its errors
// are those that http.Transport would give.
func (s *Script) Respond(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	begun := time.Now()
	if s.End == Never {
		<-ctx.Done()
		s.settle("lost", s.Made)
		return nil, context.Cause(ctx)
	}
	if err := pause(ctx.Done(), nil, s.Wait); err != nil {
		s.settle("aborted", s.before(time.Since(begun)))
		return nil, context.Cause(ctx)
	}
	if s.Fail != nil {
		s.settle("lost", s.Made)
		return nil, s.Fail
	}
	if t := httptrace.ContextClientTrace(ctx); t != nil && t.GotFirstResponseByte != nil {
		t.GotFirstResponseByte()
	}
	s.stamp()
	return s.response(ctx, r), nil
}

func (s *Script) response(ctx context.Context, r *http.Request) *http.Response {
	b := &body{Script: s, ctx: ctx, begun: time.Now(), closed: make(chan struct{})}
	if ctx.Done() != nil && s.Settle != nil {
		b.stop = context.AfterFunc(ctx, b.abort)
	}
	resp := &http.Response{
		Status: fmt.Sprintf("%d %s", s.Status, http.StatusText(s.Status)), StatusCode: s.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: s.Header, ContentLength: s.Length, Body: b, Request: r, Uncompressed: s.Zipped,
	}
	if s.Length < 0 {
		resp.TransferEncoding = []string{"chunked"}
	}
	return resp
}

// body is read in the time of the script. It has no goroutine: it waits when
// it is read.
type body struct {
	*Script
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
		if b.next == len(b.Pieces) {
			return 0, b.over()
		}
		x := b.Pieces[b.next]
		if err := pause(b.ctx.Done(), b.closed, b.due+x.Wait-time.Since(b.begun)); err != nil {
			return 0, b.open()
		}
		b.due += x.Wait
		b.next++
		b.rest.Reset(x.Data)
	}
	n, err := b.rest.Read(p)
	b.whole.Store(b.End == Clean && b.next == len(b.Pieces) && b.rest.Len() == 0)
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
	if b.End == Silent {
		select {
		case <-b.ctx.Done():
		case <-b.closed:
		}
		return b.open()
	}
	if b.stop != nil {
		b.stop()
	}
	if b.End == Clean {
		b.settle(outcome(b.Status), b.produced(b.due))
		return io.EOF
	}
	b.settle("broken", b.produced(b.due))
	if b.End == Reset {
		return ErrReset
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
	made := b.produced(time.Since(b.begun))
	if b.whole.Load() || b.Status != http.StatusOK {
		b.settle(outcome(b.Status), made)
		return
	}
	b.settle("aborted", made)
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
