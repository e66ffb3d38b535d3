package redis_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"rapport/internal/platform/redis"
	"rapport/internal/platform/redis/redistest"
)

// patient is for machines that are busy with other tests.
var patient = redis.Options{Timeout: 2 * time.Second, Slow: 2 * time.Second, Pause: 10 * time.Millisecond}

func open(t *testing.T, url string, o redis.Options) *redis.Client {
	t.Helper()
	c, err := redis.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestRedisIsAwayWhileItIsDownAndFoundAgain(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	c := open(t, s.URL, patient)
	if err := c.Ping(t.Context()); err != nil {
		t.Fatalf("a running Redis: %v", err)
	}
	s.Kill(t)
	for range 3 {
		if err := c.Ping(t.Context()); !errors.Is(err, redis.ErrAway) {
			t.Fatalf("a killed Redis: got %v, want ErrAway", err)
		}
	}
	if h := c.Health(); h.Up || h.Times != 1 {
		t.Errorf("after three failures: got %+v, want away once", h)
	}
	if err := c.Ping(t.Context()); err != redis.ErrAway {
		t.Errorf("an open breaker: got %v, want ErrAway and no attempt", err)
	}
	s.Start(t)
	until(t, func() bool { return c.Ping(t.Context()) == nil })
}

func TestRedisThatIsNotThereYetIsNoError(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	s.Kill(t)
	c := open(t, s.URL, patient)
	if err := c.Ping(t.Context()); !errors.Is(err, redis.ErrAway) {
		t.Errorf("got %v, want ErrAway", err)
	}
	s.Start(t)
	until(t, func() bool { return c.Ping(t.Context()) == nil })
}

func TestRedisThatStandsStillIsAway(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	c := open(t, s.URL, redis.Options{Timeout: 30 * time.Millisecond, Slow: time.Second, Pause: 10 * time.Millisecond})
	until(t, func() bool { return c.Health().Up })
	s.Pause(t)
	until(t, func() bool { _ = c.Ping(t.Context()); return !c.Health().Up })
	s.Resume(t)
	until(t, func() bool { return c.Health().Up })
}

func TestRedisThatIsSlowIsAway(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.New(t).URL, redis.Options{Timeout: time.Second, Slow: time.Nanosecond, Pause: time.Hour})
	for range 4 {
		if err := c.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if c.Health().Up {
		t.Error("four slow calls of 64 are more than one in twenty, and Redis counts as up")
	}
}

func TestRedisThatIsFullIsAway(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	c := open(t, s.URL, patient)
	s.Do(t, "CONFIG", "SET", "maxmemory", "1")
	for range 3 {
		_ = c.Ping(t.Context())
	}
	if c.Health().Up {
		t.Error("a Redis that takes no writes counts as up")
	}
	s.Do(t, "CONFIG", "SET", "maxmemory", "0")
	until(t, func() bool { return c.Health().Up })
}

func TestCallersEndAndMissingKeysAreNotRedisesFault(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.New(t).URL, patient)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	missing := func(ctx context.Context, r rueidis.Client) error {
		return r.Do(ctx, r.B().Get().Key("nothing").Build()).Error()
	}
	for range 5 {
		if err := c.Ping(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that left: got %v, want its own end", err)
		}
		if err := c.Do(t.Context(), missing); !rueidis.IsRedisNil(err) || errors.Is(err, redis.ErrAway) {
			t.Errorf("a missing key: got %v, want nil of Redis", err)
		}
	}
	if !c.Health().Up {
		t.Error("Redis counts as away")
	}
}

func TestAddressesAreCheckedWithoutBeingShown(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "127.0.0.1:6379", "http://:hush@cache.example", "unix://", "redis://:hush@host:port"} {
		if _, err := redis.Parse(url); err == nil {
			t.Errorf("%q is taken for an address", url)
		} else if got := err.Error(); len(url) > 0 && strings.Contains(got, "hush") {
			t.Errorf("%q: the error shows the password: %s", url, got)
		}
	}
}

// until waits for what is to become true.
func until(t *testing.T, f func() bool) {
	t.Helper()
	deadline, tick := time.After(20*time.Second), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-deadline:
			t.Fatal("it did not come true in 20 s")
		case <-tick.C:
		}
	}
}
