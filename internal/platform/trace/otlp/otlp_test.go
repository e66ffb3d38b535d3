package otlp_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/platform/trace"
	"rapport/internal/platform/trace/otlp"
	"rapport/internal/platform/trace/otlp/otlptest"
)

// quick is an exporter that gives each attempt so long.
func quick(url string, grpc bool, timeout time.Duration) *otlp.Exporter {
	return otlp.New(otlp.Config{URL: url, GRPC: grpc, Headers: map[string]string{"X-Key": "k1"}, About: map[string]string{"service.name": "rapport"},
		Pace: otlp.Pace{Every: time.Millisecond, Timeout: timeout, Pause: time.Millisecond, Parting: 200 * time.Millisecond}})
}

// running runs e until the test ends, or stop is called, which waits for it.
func running(t *testing.T, e *otlp.Exporter) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	done := false
	stop = func() {
		if done {
			return
		}
		done = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the exporter ended with %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// until waits for what is so in the end.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("in 20 s it did not come about that %s", what)
		}
	}
}

// traced does so many jobs of so many spans each.
func traced(e *otlp.Exporter, jobs, spans int) {
	tr := trace.New(trace.Options{Ratio: 1, Sink: e.Offer})
	for range jobs {
		ctx, s := tr.Job(context.Background(), "count", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		s.Serves("count", "0190a000-0000-7000-8000-000000000001")
		for i := range spans - 1 {
			c := trace.From(ctx).Call("step", trace.Int("n", i), trace.Bool("odd", i%2 == 1), trace.Float("half", 0.5), trace.SQL("DELETE FROM things"))
			c.FailAs("broken")
			c.End()
		}
		s.End()
	}
}

func TestACollectorIsToldOverBothWays(t *testing.T) {
	t.Parallel()
	for name, grpc := range map[string]bool{"http": false, "grpc": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, path := otlptest.HTTP(t), "/v1/traces"
			if grpc {
				c, path = otlptest.GRPC(t), ""
			}
			e := quick(c.URL+path, grpc, time.Minute)
			stop := running(t, e)
			traced(e, 1000, 3)
			until(t, "all spans are sent", func() bool { return e.Stats().Sent == 3000 })
			stop()
			spans := c.Spans()
			if len(spans) != 3000 {
				t.Fatalf("%d spans came, want 3000", len(spans))
			}
			about, key := c.Sender()
			if about["service.name"] != "rapport" || key != "k1" {
				t.Errorf("the sender is %v with the key %q", about, key)
			}
			first, second := spans[0], spans[1]
			got := fmt.Sprint([]any{first.Name, first.Kind, first.Links, first.Attrs["rapport.operation"], first.Attrs["rapport.kept"], second.Kind, second.Error, second.Attrs})
			if want := "[job count SPAN_KIND_CONSUMER [4bf92f3577b34da6a3ce929d0e0e4736] count failed SPAN_KIND_CLIENT broken map[db.statements:DELETE things error.type:broken half:0.5 n:0 odd:false]]"; got != want {
				t.Errorf("came  %s\nwant %s", got, want)
			}
			if second.Parent != first.ID || second.Trace != first.Trace || first.Parent != "" {
				t.Errorf("%+v is not within %+v", second, first)
			}
		})
	}
}

// A collector may do whatever it likes: nobody waits for it, and what waits for
// it is bounded.
func TestACollectorThatFailsCostsNothingButItsSpans(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	faults := map[string]string{
		"hangs":   serve(t, func(http.ResponseWriter, *http.Request) { <-hang }),
		"refuses": serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }),
		"is full": serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }),
		"garbage": serve(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(strings.Repeat("\xff garbage", 1<<16)))
		}),
		"cuts":     serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
		"is away":  "http://" + closed(t),
		"is mute":  "http://" + mute(t),
		"is chaff": "http://" + chaff(t),
	}
	t.Cleanup(func() { close(hang) }) // before the servers close, who wait for their handlers
	for name, url := range faults {
		for way, grpc := range map[string]bool{"http": false, "grpc": true} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				e := quick(url, grpc, 100*time.Millisecond)
				stop := running(t, e)
				began := time.Now()
				traced(e, 5000, 4)
				if took := time.Since(began); took > 10*time.Second { // generous: one who waits needs minutes
					t.Errorf("20,000 spans took %v: somebody waits", took)
				}
				if s := e.Stats(); s.Waiting > 8192 {
					t.Errorf("%d spans wait, want at most 8192", s.Waiting)
				}
				until(t, "a failure is noted", func() bool { s := e.Stats(); return s.Error != "" && s.Dropped > 0 })
				began = time.Now()
				stop()
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("the end took %v", took)
				}
				if s := e.Stats(); s.Sent+s.Dropped != 20_000 || s.Waiting != 0 {
					t.Errorf("%+v, want 20,000 spans accounted for", s)
				}
			})
		}
	}
}

func TestACollectorThatComesBackIsToldAgain(t *testing.T) {
	t.Parallel()
	c := otlptest.HTTP(t)
	var up atomic.Bool
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !up.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		c.ServeHTTP(w, r)
	})
	e := quick(url+"/v1/traces", false, time.Minute)
	running(t, e)
	traced(e, 1, 2)
	until(t, "the spans are given up", func() bool { return e.Stats().Dropped == 2 })
	up.Store(true)
	traced(e, 1, 2)
	until(t, "the next are sent", func() bool { s := e.Stats(); return s.Sent == 2 && s.Error == "" })
}

func serve(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}

// closed is an address at which nobody is.
func closed(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// mute is an address that connects and never says anything.
func mute(t *testing.T) string { return answering(t, nil) }

// chaff is one that says something else.
func chaff(t *testing.T) string { return answering(t, []byte("220 mail.example ESMTP\r\n\x00\xff")) }

func answering(t *testing.T, words []byte) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			_, _ = conn.Write(words)
		}
	}()
	return ln.Addr().String()
}
