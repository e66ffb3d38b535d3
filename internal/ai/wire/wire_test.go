package wire_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/fault"
	"rapport/internal/ai/wire"
)

// tripper is a provider without a network.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, kind string, body io.ReadCloser) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}, "Request-Id": {"req_7"}}, Body: body}
}

func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func post(t *testing.T, ctx context.Context, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(`{"ask":true}`))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ask makes a call and reads its answer.
func ask(t *testing.T, next http.RoundTripper, ctx context.Context, url string) (*wire.Capture, []byte, error) {
	t.Helper()
	ctx, c := wire.Watch(ctx)
	res, err := wire.New(next).Client().Do(post(t, ctx, url))
	if err != nil {
		return c, nil, err
	}
	defer func() { _ = res.Body.Close() }() // its trouble would be Read's
	got, err := io.ReadAll(res.Body)
	return c, got, err
}

func TestHeadersThatNeverComeEndTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		ctx := wire.WithLimits(t.Context(), wire.Limits{FirstByte: 8 * time.Second})
		_, _, err := ask(t, tripper(silent), ctx, "https://api.example.com")
		if !errors.Is(err, fault.FirstByteLimit) || time.Since(begin) != 8*time.Second {
			t.Errorf("after %v: %v, want the first byte's limit after 8s", time.Since(begin), err)
		}
	})
}

func TestConnectingIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		defer close(over)
		dial := func(context.Context, string, string) (net.Conn, error) {
			<-over
			return nil, net.ErrClosed
		}
		begin := time.Now()
		next := &http.Transport{DialContext: dial}
		c, _, err := ask(t, next, t.Context(), "http://api.example.com")
		if !errors.Is(err, fault.ConnectLimit) || time.Since(begin) != 3*time.Second {
			t.Errorf("after %v: %v, want the limit of connecting after 3s", time.Since(begin), err)
		}
		if e := c.Evidence(t.Context(), fault.Anthropic, err); !e.Unsent {
			t.Error("nothing was sent, and the evidence says otherwise")
		}
	})
}

func TestTheHandshakeIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, far) }() // listens and says nothing
		begin := time.Now()
		next := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return near, nil }}
		_, _, err := ask(t, next, t.Context(), "https://api.example.com")
		if !errors.Is(err, fault.TLSLimit) || time.Since(begin) != 5*time.Second {
			t.Errorf("after %v: %v, want the limit of TLS after 5s", time.Since(begin), err)
		}
		_ = near.Close() // ends the pipe's reader
		_ = far.Close()
	})
}

func TestASilentBodyEndsTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		next := tripper(func(*http.Request) (*http.Response, error) { return answer(200, "text/event-stream", r), nil })
		go func() {
			time.Sleep(10 * time.Second)
			_, _ = w.Write([]byte("data: 1\n\n")) // its reader is there
		}()
		begin := time.Now()
		c, got, err := ask(t, next, t.Context(), "https://api.example.com")
		if !errors.Is(err, fault.IdleLimit) || time.Since(begin) != 40*time.Second || string(got) != "data: 1\n\n" {
			t.Errorf("%q after %v: %v, want one event and silence after 40s", got, time.Since(begin), err)
		}
		if f := fault.Classify(c.Evidence(t.Context(), fault.Anthropic, err)); f.Kind != ai.TimedOut || f.RequestID != "req_7" {
			t.Errorf("the fault is %v of %q, want timed out of req_7", f, f.RequestID)
		}
	})
}

// drip is a stream with a sign of life each 10 s.
type drip struct{ over chan struct{} }

func newDrip() drip { return drip{over: make(chan struct{})} }

func (d drip) Read(p []byte) (int, error) {
	select {
	case <-d.over:
		return 0, io.ErrClosedPipe
	case <-time.After(10 * time.Second):
		return copy(p, ": alive\n\n"), nil
	}
}

func (d drip) Close() error {
	select {
	case <-d.over:
	default:
		close(d.over)
	}
	return nil
}

func TestSignsOfLifeAreNoProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := tripper(func(*http.Request) (*http.Response, error) { return answer(200, "text/event-stream", newDrip()), nil })
		begin := time.Now()
		_, _, err := ask(t, next, t.Context(), "https://api.example.com")
		if !errors.Is(err, fault.SemanticLimit) || time.Since(begin) != 45*time.Second {
			t.Errorf("after %v: %v, want the semantic limit after 45s", time.Since(begin), err)
		}
	})
}

func TestProgressKeepsAStreamAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := tripper(func(*http.Request) (*http.Response, error) { return answer(200, "text/event-stream", newDrip()), nil })
		ctx, c := wire.Watch(t.Context())
		res, err := wire.New(next).Client().Do(post(t, ctx, "https://api.example.com"))
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		buffer := make([]byte, 64)
		for range 20 {
			if _, err := res.Body.Read(buffer); err != nil {
				t.Fatalf("after %v: %v", time.Since(begin), err)
			}
			c.Progress()
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		c.Progress() // when all is over it means nothing
	})
}

func TestTheDeadlineOfTheCallerIsNoLimitOfOurs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(wire.WithLimits(t.Context(), wire.Limits{Typical: time.Second}), 2*time.Second)
		defer cancel()
		c, _, err := ask(t, tripper(silent), ctx, "https://api.example.com")
		f := fault.Classify(c.Evidence(ctx, fault.Gemini, err))
		if f.Kind != ai.DeadlinePast || f.Scope != ai.ScopeModel {
			t.Errorf("got %s of %s, want a deadline that counts against the model", f.Kind, f.Scope)
		}
	})
}

func TestAHedgeThatWonIsNobodysFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(fault.ErrHedgeWon) })
		c, _, err := ask(t, tripper(silent), ctx, "https://api.example.com")
		if f := fault.Classify(c.Evidence(ctx, fault.Gemini, err)); f.Kind != ai.Cancelled || f.Detail != "hedge_won" {
			t.Errorf("got %v, want cancelled by the hedge", f)
		}
	})
}

func TestAnAnswerIsBounded(t *testing.T) {
	t.Parallel()
	endless := io.NopCloser(endlessly{})
	for _, tc := range []struct {
		name   string
		status int
		size   int
		want   error
	}{{"an answer", 200, 0, fault.SizeLimit}, {"an error", 500, 64 << 10, nil}} {
		next := tripper(func(*http.Request) (*http.Response, error) {
			return answer(tc.status, "application/json", endless), nil
		})
		c, got, err := ask(t, next, wire.WithLimits(t.Context(), wire.Limits{Body: 1 << 20}), "https://api.example.com")
		if !errors.Is(err, tc.want) || tc.want == nil && len(got) != tc.size {
			t.Errorf("%s: %d bytes, %v; want %d, %v", tc.name, len(got), err, tc.size, tc.want)
		}
		if kept := len(c.Body()); kept > 64<<10 {
			t.Errorf("%s: %d bytes are kept, want at most 64 KiB", tc.name, kept)
		}
	}
}

type endlessly struct{}

func (endlessly) Read(p []byte) (int, error) { return len(p), nil }

func TestABombOfGzipIsBounded(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range 8 {
		_, _ = z.Write(make([]byte, 1<<20)) // a buffer takes all
	}
	_ = z.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes()) // the client may be gone
	}))
	defer s.Close()
	c, _, err := ask(t, shared(t), wire.WithLimits(t.Context(), wire.Limits{Body: 2 << 20}), s.URL)
	if _, in := c.Bytes(); !errors.Is(err, fault.SizeLimit) || in > 3<<20 {
		t.Errorf("%d bytes, %v; want the limit of size", in, err)
	}
}

func shared(t *testing.T) *http.Transport {
	next := wire.Shared(wire.Guard{Loopback: true})
	t.Cleanup(next.CloseIdleConnections)
	return next
}

func TestTheRecordTellsWhatWasSeen(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Request-Id", "req_9")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"error":{"type":"rate_limit_error"}}`) // the client reads it
	}))
	defer s.Close()
	c, _, err := ask(t, shared(t), t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	f := fault.Classify(c.Evidence(t.Context(), fault.Anthropic, nil))
	if f.Kind != ai.RateLimited || f.Wait != 7*time.Second || f.RequestID != "req_9" || f.Detail != "rate_limit_error" {
		t.Errorf("got %+v", f)
	}
	if out, in := c.Bytes(); out != 12 || in != 37 {
		t.Errorf("%d bytes out and %d in, want 12 and 37", out, in)
	}
	if c.FirstByte() <= 0 || c.Header("Request-Id") != "req_9" {
		t.Errorf("first byte after %v of %q", c.FirstByte(), c.Header("Request-Id"))
	}
}

func TestACallIsOneRequest(t *testing.T) {
	t.Parallel()
	var seen atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer s.Close()
	client := wire.New(shared(t)).Client()
	ctx, c := wire.Watch(t.Context())
	res, err := client.Do(post(t, ctx, s.URL))
	if err != nil || res.StatusCode != http.StatusTemporaryRedirect {
		t.Fatalf("got %v, %v; want the redirect itself", res, err)
	}
	_ = res.Body.Close() // read or not
	if _, err = client.Do(post(t, ctx, s.URL)); !errors.Is(err, wire.ErrTwice) {
		t.Errorf("a second request: %v, want %v", err, wire.ErrTwice)
	}
	if seen.Load() != 1 {
		t.Errorf("%d requests arrived, want 1", seen.Load())
	}
	if f := fault.Classify(c.Evidence(ctx, fault.Compatible, nil)); f.RetrySame || f.Status != 307 {
		t.Errorf("got %+v, want a redirect that nobody repeats", f)
	}
}

// A connection that dies after it took a request may have delivered it. The
// standard library repeats such a request if it looks idempotent.
func TestADeadConnectionRepeatsNothing(t *testing.T) {
	t.Parallel()
	var seen atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if seen.Add(1) == 1 {
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close() // it dies
		}
	}))
	defer s.Close()
	next := shared(t)
	for i := range 2 {
		ctx, c := wire.Watch(t.Context())
		r := post(t, ctx, s.URL)
		r.Header.Set("Idempotency-Key", "call-1")
		res, err := wire.New(next).Client().Do(r)
		if i == 0 {
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body) // so that the connection is used again
			_ = res.Body.Close()
			continue
		}
		if f := fault.Classify(c.Evidence(ctx, fault.Anthropic, err)); f.Kind != ai.Network || f.Billed != ai.BilledMaybe {
			t.Errorf("got %v, billed %s; want a fault of the network that may be billed", f, f.Billed)
		}
	}
	if seen.Load() != 2 {
		t.Errorf("%d requests arrived for 2 calls", seen.Load())
	}
}

// The same of HTTP/2, where a request may be repeated that was refused unread.
func TestADeadConnectionOfHTTP2RepeatsNothing(t *testing.T) {
	t.Parallel()
	var seen atomic.Int32
	var s *httptest.Server
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("it is %s", r.Proto)
		}
		if seen.Add(1) == 2 {
			s.CloseClientConnections()
		}
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	next := shared(t)
	next.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	for i := range 2 {
		c, _, err := ask(t, next, t.Context(), s.URL)
		if (err != nil) != (i == 1) {
			t.Errorf("call %d: %v", i, err)
		}
		if f := fault.Classify(c.Evidence(t.Context(), fault.Anthropic, err)); i == 1 && (f.Kind != ai.Network || f.Billed != ai.BilledMaybe) {
			t.Errorf("got %v, billed %s; want a fault of the network that may be billed", f, f.Billed)
		}
	}
	if seen.Load() != 2 {
		t.Errorf("%d requests arrived for 2 calls", seen.Load())
	}
}

// A hedge makes two calls at once below one who watches.
func TestWhoCallsAnAdapterMayWatchIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := tripper(func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return answer(200, "application/json", http.NoBody), nil
		})
		ctx, outer := wire.Watch(t.Context())
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if _, _, err := ask(t, next, ctx, "https://api.example.com"); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if outer.FirstByte() != time.Second || outer.Header("Request-Id") != "req_7" {
			t.Errorf("first byte after %v of %q", outer.FirstByte(), outer.Header("Request-Id"))
		}
	})
}

func TestARefusedConnectionSentNothing(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // nobody listens there now
	c, _, err := ask(t, shared(t), t.Context(), "http://"+l.Addr().String())
	e := c.Evidence(t.Context(), fault.Compatible, err)
	if f := fault.Classify(e); !e.Unsent || f.Kind != ai.Network || f.Detail != "refused" || f.Billed != ai.BilledNo {
		t.Errorf("unsent %v, %v, billed %s", e.Unsent, f, f.Billed)
	}
}
