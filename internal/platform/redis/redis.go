// Package redis reaches a Redis or Valkey that replicas share. Rapport works
// without one: whoever asks gets an answer within a few milliseconds or ErrAway,
// and has something of its own to go on with.
package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"rapport/internal/platform/trace"
)

// ErrAway says that Redis does not answer, or not in time, or not as it should.
// Nothing was asked, or nobody knows what became of it.
var ErrAway = errors.New("redis is away")

// Options are how patient a client is; the zero value is right for a network of
// one data centre.
type Options struct {
	Timeout time.Duration // of a call; 50 ms
	Slow    time.Duration // what one call in twenty may take before Redis counts as away; 20 ms
	Pause   time.Duration // between attempts to find it again; 500 ms
	Log     *slog.Logger
}

// Client is a connection that knows when it is no use asking. It finds Redis
// again by itself.
type Client struct {
	address rueidis.ClientOption
	o       Options

	mu      sync.Mutex
	conn    rueidis.Client // nil until first reached
	breaker breaker
	probe   *time.Timer // running while away
	closed  bool
}

// Open returns a client for a URL such as redis://:password@host:6379/0,
// rediss:// or unix:///path. A Redis that is away is no error: it is looked for
// until Close.
func Open(ctx context.Context, url string, o Options) (*Client, error) {
	address, err := Parse(url)
	if err != nil {
		return nil, err
	}
	for _, d := range []struct {
		of    *time.Duration
		usual time.Duration
	}{{&o.Timeout, 50 * time.Millisecond}, {&o.Slow, 20 * time.Millisecond}, {&o.Pause, 500 * time.Millisecond}} {
		if *d.of == 0 {
			*d.of = d.usual
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{address: address, o: o, breaker: breaker{since: time.Now(), open: true}}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c.look(ctx)
	return c, nil
}

// Parse reads a URL. Its error does not show it: it may hold a password.
func Parse(url string) (rueidis.ClientOption, error) {
	o, err := rueidis.ParseURL(url)
	if err != nil || len(o.InitAddress) == 0 || o.InitAddress[0] == "" {
		return o, errors.New("the address of Redis is a URL such as redis://:password@127.0.0.1:6379/0, rediss://… or unix:///path")
	}
	o.ClientName, o.DisableRetry, o.DisableCache, o.AlwaysPipelining = "rapport", true, true, true
	o.ReadBufferEachConn, o.WriteBufferEachConn, o.PipelineMultiplex = 64<<10, 64<<10, 1
	o.Dialer.Timeout, o.ConnWriteTimeout = time.Second, 2*time.Second
	return o, nil
}

// Do calls f with the connection and a context that ends when our patience
// does. What f returns is returned; when Redis is to blame for it, it is ErrAway
// too. A missing key is nobody's fault.
func (c *Client) Do(ctx context.Context, f func(context.Context, rueidis.Client) error) error {
	conn, err := c.Conn()
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	start := time.Now()
	span := trace.From(ctx).Call("redis")
	err = f(limited, conn)
	if err != nil && !rueidis.IsRedisNil(err) {
		span.Set(trace.Bool("redis.away", true)) // which nobody is the worse for
	}
	span.End()
	if err != nil && ctx.Err() != nil { // the caller's own end says nothing of Redis
		return fmt.Errorf("%w: %w", ErrAway, ctx.Err())
	}
	bad := err != nil && !rueidis.IsRedisNil(err)
	c.note(bad, time.Since(start), err)
	if bad {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return err
}

// Conn is the connection as it is, for what takes longer than a call, such as
// a subscription; or ErrAway.
func (c *Client) Conn() (rueidis.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil || c.breaker.open {
		return nil, ErrAway
	}
	return c.conn, nil
}

// Health is how a client sees Redis.
type Health struct {
	Up    bool      `json:"up" doc:"Whether it answers, and in time."`
	Since time.Time `json:"since" doc:"Since when that is so."`
	Calls int64     `json:"calls" doc:"Calls since the start of the process."`
	Lost  int64     `json:"lost" doc:"How many of them failed or took too long."`
	Times int64     `json:"times_away" doc:"How often it was given up."`
}

// Health says how Redis is, without asking it.
func (c *Client) Health() Health {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.breaker
	return Health{Up: !b.open, Since: b.since, Calls: b.calls, Lost: b.lost, Times: b.times}
}

// Ping asks Redis, for checks of health.
func (c *Client) Ping(ctx context.Context) error { return c.Do(ctx, ask) }

// Close ends the connection and the search for one.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed, c.breaker.open = true, true
	if c.probe != nil {
		c.probe.Stop()
	}
	if c.conn != nil {
		c.conn.Close()
	}
}

func (c *Client) note(bad bool, took time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || !c.breaker.note(bad, took > c.o.Slow) {
		return
	}
	c.o.Log.Warn("redis is away; going on without it", "error", err, "took", took)
	c.again()
}

// again looks for Redis after a pause. The lock is held.
func (c *Client) again() {
	if c.closed {
		return
	}
	c.probe = time.AfterFunc(c.o.Pause, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		c.look(ctx)
	})
}

// look tries whether Redis answers and takes writes, and closes the breaker if
// so. It runs in one goroutine at a time.
func (c *Client) look(ctx context.Context) {
	c.mu.Lock()
	conn, closed := c.conn, c.closed
	c.mu.Unlock()
	if closed {
		return
	}
	var err error
	if conn == nil {
		conn, err = rueidis.NewClient(c.address)
	}
	start := time.Now()
	if err == nil {
		err = ask(ctx, conn)
	}
	took := time.Since(start)
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn != nil && c.closed {
		conn.Close()
		return
	}
	c.conn = conn
	if err != nil || took > c.o.Timeout {
		c.again()
		return
	}
	c.breaker.mend()
	c.o.Log.Info("redis answers")
}

// ask writes: a Redis that is full or a replica answers pings all the same.
func ask(ctx context.Context, r rueidis.Client) error {
	return r.Do(ctx, r.B().Set().Key("rapport:probe").Value("1").Px(time.Minute).Build()).Error()
}
