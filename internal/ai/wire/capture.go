package wire

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"rapport/internal/ai/fault"
)

// How much of a body is kept: all that an error can sensibly say, and of a
// stream as much as tells what it is.
const (
	keepBody   = 64 << 10
	keepStream = 4 << 10
)

// Capture is the record of one call. Its methods are safe for concurrent use.
type Capture struct {
	mu        sync.Mutex
	sent      bool // a request was handed over
	dialled   bool // the transport tells what it does
	wrote     bool // bytes left
	began     time.Time
	firstByte time.Duration
	at        time.Time
	status    int
	header    http.Header
	body      []byte
	stream    bool
	out, in   int64
	typical   time.Duration
	progress  func()
	outer     *Capture
}

type captureKey struct{}

// Watch records the call that is made with the context it returns. If ctx is
// watched already, that record is told of the answer as well: who calls an
// adapter may watch it.
func Watch(ctx context.Context) (context.Context, *Capture) {
	c := &Capture{began: time.Now(), typical: LimitsOf(ctx).Typical, outer: of(ctx)}
	return context.WithValue(ctx, captureKey{}, c), c
}

func of(ctx context.Context) *Capture {
	c, _ := ctx.Value(captureKey{}).(*Capture)
	return c
}

// Progress tells that the answer has come further, which a sign of life is
// not. Without it a stream ends by Limits.Semantic.
func (c *Capture) Progress() {
	c.mu.Lock()
	f := c.progress
	c.mu.Unlock()
	if f != nil {
		f()
	}
}

// FirstByte is how long it took until headers came; 0 if they did not.
func (c *Capture) FirstByte() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.firstByte
}

// Bytes are how many were sent and received, in bodies, unpacked.
func (c *Capture) Bytes() (out, in int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out, c.in
}

// Header is that of the answer, by name; "" before there is one.
func (c *Capture) Header(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.header.Get(name)
}

// Body is the beginning of the answer, at most 64 KiB.
func (c *Capture) Body() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]byte(nil), c.body...)
}

// Evidence is what the record knows of a call with ctx that ended in err. What
// an answer meant is for the adapter to add. The body of a stream is left out.
func (c *Capture) Evidence(ctx context.Context, provider string, err error) fault.Evidence {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := fault.Evidence{
		Provider: provider, Status: c.status, Header: c.header, Streaming: c.stream, Err: err,
		Unsent: !c.sent || c.dialled && !c.wrote && c.status == 0,
		Ended:  fault.EndOf(ctx), Lived: time.Since(c.began), Typical: c.typical, At: c.at,
	}
	if !c.stream {
		e.Body = append([]byte(nil), c.body...)
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	return e
}

// begin reports whether r is the first request of the call.
func (c *Capture) begin(r *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent {
		return false
	}
	c.sent, c.out = true, max(r.ContentLength, 0)
	return true
}

func (c *Capture) answered(res *http.Response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Now()
	c.firstByte = c.at.Sub(c.began)
	c.status, c.header = res.StatusCode, res.Header
	c.stream = res.StatusCode == http.StatusOK && strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream")
	if c.outer != nil {
		c.outer.answered(res)
	}
}

// keep remembers the beginning of the body, and counts all of it.
func (c *Capture) keep(p []byte) (total int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in += int64(len(p))
	room := keepBody
	if c.stream {
		room = keepStream
	}
	if room -= len(c.body); room > 0 {
		c.body = append(c.body, p[:min(room, len(p))]...)
	}
	return c.in
}
