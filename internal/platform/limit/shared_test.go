package limit

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/platform/redis"
	"rapport/internal/platform/redis/redistest"
)

// patient is for machines that are busy with other tests.
var patient = redis.Options{Timeout: 2 * time.Second, Slow: 2 * time.Second, Pause: 10 * time.Millisecond}

func node(t *testing.T, s *redistest.Server, name string, o redis.Options) *Store {
	t.Helper()
	c, err := redis.Open(t.Context(), s.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	n := New(NewShared(c, name))
	n.shared.greet(t.Context())
	return n
}

// brisk has windows that a test can wait for: 1,000 tokens a second.
func brisk(burst int64) *Policy {
	return NewPolicy(Policy{Name: "brisk", Quotas: Quotas{Minute: {2000, burst, 2 * time.Second}, Day: {2_000_000, 1_000_000, time.Hour}}})
}

// flood has nodes asked as fast as they answer, until the time is over.
func flood(ctx context.Context, p *Policy, nodes ...*Store) (admitted, asked int64) {
	var a, n atomic.Int64
	var wg sync.WaitGroup
	for _, s := range nodes {
		for range 2 {
			wg.Go(func() {
				for ctx.Err() == nil {
					n.Add(1)
					if d := take(s, "w", p, Cost{Tokens: 1}); d.Allowed {
						a.Add(1)
					} else if d.Retry <= 0 {
						panic("a refusal without a time")
					} else {
						wait, cancel := context.WithTimeout(ctx, time.Millisecond)
						<-wait.Done()
						cancel()
					}
				}
			})
		}
	}
	wg.Wait()
	return a.Load(), n.Load()
}

func commands(nodes ...*Store) (n int64) {
	for _, s := range nodes {
		n += s.shared.commands.Load()
	}
	return n
}

func TestTwoNodesShareOneQuota(t *testing.T) {
	t.Parallel()
	server := redistest.New(t)
	a, b := node(t, server, "a", patient), node(t, server, "b", patient)
	p := brisk(500)
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	got, asked := flood(ctx, p, a, b)
	late, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // what was lent, and came back meanwhile
	defer cancel()
	more, _ := flood(late, p, a, b)
	got += more
	if want := 500 + time.Since(start).Seconds()*1000; math.Abs(float64(got)-want) > 0.03*want {
		t.Errorf("two nodes admitted %d of %d, want %.0f within 3 %%", got, asked, want)
	}
	if c := commands(a, b); float64(c) > 0.1*float64(asked) {
		t.Errorf("Redis was asked %d times for %d calls, want at most a tenth", c, asked)
	}
}

func TestRedisIsAskedSeldomAtASteadyPace(t *testing.T) {
	t.Parallel()
	for _, tier := range Tiers() {
		t.Run(tier.Name, func(t *testing.T) {
			t.Parallel()
			s := node(t, redistest.New(t), "a", patient)
			p := policyOf(tier)
			calls := tier.Quotas[Minute].Burst * 2 / 3 // as after a pause
			for range calls {
				if d := take(s, "w", p, Cost{Tokens: 1}); !d.Allowed {
					t.Fatalf("got %+v", d)
				}
			}
			if c := commands(s); c > calls/10+6 { // the slices shrink as a bucket empties
				t.Errorf("%d commands for %d calls", c, calls)
			}
		})
	}
}

func TestAnExhaustedKeyIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	s := node(t, redistest.New(t), "a", patient)
	p := NewPolicy(Policy{Name: "p", Quotas: Quotas{Minute: {1, 10, time.Minute}}})
	for range 10_000 {
		take(s, "w", p, Cost{Tokens: 1})
	}
	if c := commands(s); c > 12 {
		t.Errorf("%d commands, want one for each lease and one refusal", c)
	}
}

func TestARefusalOfRedisTakesNothing(t *testing.T) {
	t.Parallel()
	s := node(t, redistest.New(t), "a", patient)
	wide := NewPolicy(Policy{Name: "wide", Quotas: Quotas{Minute: {1, 100, time.Hour}}})
	narrow := NewPolicy(Policy{Name: "narrow", Quotas: Quotas{Minute: {1, 3, time.Hour}}})
	admitted := 0
	for range 100 {
		c := &Ticket{Demands: [2]Demand{{Key{Workspace, "w", ""}, wide}, {Key{Credential, "w", "k"}, narrow}}, Cost: Cost{Tokens: 1}, Brief: true}
		if s.Take(t.Context(), c).Allowed {
			admitted++
		}
	}
	if left := s.Usage(Key{Workspace, "w", ""}, wide).Levels[0].Left; admitted != 3 || left != 97 {
		t.Errorf("%d admitted and %d left to the workspace, want 3 and 97", admitted, left)
	}
}

func TestAReservationForAIComesBackToItsNode(t *testing.T) {
	t.Parallel()
	s := node(t, redistest.New(t), "a", patient)
	p := policyOf(Tiers()[0])
	for range 200 {
		c := ticket("w", p, Cost{Tokens: 10, AI: 10})
		if d := s.Take(t.Context(), c); !d.Allowed {
			t.Fatalf("got %+v", d)
		}
		s.Done(c, Cost{})
	}
}

func TestWithoutRedisANodeKeepsToItsShare(t *testing.T) {
	t.Parallel()
	server := redistest.New(t)
	a, b := node(t, server, "a", patient), node(t, server, "b", patient)
	a.shared.greet(t.Context())
	if a.nodes() != 2 || b.nodes() != 2 {
		t.Fatalf("got %d and %d nodes, want 2", a.nodes(), b.nodes())
	}
	server.Kill(t)
	p := policyOf(Tiers()[1])
	if n := drain(a, "w", p, Cost{Tokens: 1}); n < 50 || n > 52 {
		t.Errorf("one of two nodes admits %d of a burst of 100, want its half", n)
	}
	strict := NewPolicy(Policy{Name: "auth", Strict: true, Quotas: p.Quotas})
	if n := drain(a, "x", strict, Cost{Tokens: 1}); n < 25 || n > 26 {
		t.Errorf("of what is strict it admits %d, want a quarter", n)
	}
}

// Whatever becomes of Redis, calls are answered, and no more of them are let
// through than the burst once more for each time that its memory is lost.
func TestWhateverBecomesOfRedisTheLimitHolds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		harm  func(*testing.T, *redistest.Server)
		extra float64
	}{
		"killed":                    {func(t *testing.T, s *redistest.Server) { s.Kill(t) }, 1},
		"stopped":                   {func(t *testing.T, s *redistest.Server) { s.Pause(t) }, 1},
		"full":                      {func(t *testing.T, s *redistest.Server) { s.Do(t, "CONFIG", "SET", "maxmemory", "1") }, 1},
		"flushed":                   {func(t *testing.T, s *redistest.Server) { s.Do(t, "FLUSHALL") }, 0.1},
		"back at an older snapshot": {func(t *testing.T, s *redistest.Server) { s.Kill(t); s.Start(t) }, 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.New(t)
			server.Do(t, "SAVE")
			a := node(t, server, "a", redis.Options{Timeout: 100 * time.Millisecond, Slow: time.Second, Pause: 20 * time.Millisecond})
			b := node(t, server, "b", redis.Options{Timeout: 100 * time.Millisecond, Slow: time.Second, Pause: 20 * time.Millisecond})
			a.shared.greet(t.Context())
			p := brisk(1000)
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			harm := time.AfterFunc(time.Second, func() { c.harm(t, server) })
			defer harm.Stop()
			got, _ := flood(ctx, p, a, b)
			if name == "stopped" {
				server.Resume(t)
			}
			want := 1000 + 1000*time.Since(start).Seconds()
			if most := want*1.03 + c.extra*1000; float64(got) > most || float64(got) < want*0.6 {
				t.Errorf("admitted %d, want at most %.0f and no standstill", got, most)
			}
		})
	}
}

func TestAKeyThatRedisForgotIsRememberedByItsNode(t *testing.T) {
	t.Parallel()
	server := redistest.New(t)
	s := node(t, server, "a", patient)
	p := NewPolicy(Policy{Name: "p", Quotas: Quotas{Minute: {10, 30, time.Hour}}})
	if n := drain(s, "w", p, Cost{Tokens: 1}); n != 30 {
		t.Fatalf("got %d, want the burst", n)
	}
	server.Do(t, "FLUSHALL")
	s.shared.lendAgain(s, "w")
	if n := drain(s, "w", p, Cost{Tokens: 1}); n != 0 {
		t.Errorf("after a flush it admits %d again", n)
	}
}

// lendAgain lets a node ask Redis for what was refused.
func (*Shared) lendAgain(s *Store, owner string) {
	k := Key{Kind: Workspace, Owner: owner}
	b := s.shard(&k).find(k)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.barred = [2]bar{}
}

// Nothing comes back while this runs, so that every token can be counted: what
// one node has borrowed and not spent is lost to nobody, either.
func TestTwoNodesTogetherGiveABurstToTheToken(t *testing.T) {
	t.Parallel()
	server := redistest.New(t)
	a, b := node(t, server, "a", patient), node(t, server, "b", patient)
	p := NewPolicy(Policy{Name: "p", Quotas: Quotas{Minute: {Tokens: 1, Burst: 700, Period: 24 * time.Hour}}})
	var got atomic.Int64
	var all sync.WaitGroup
	for _, s := range []*Store{a, b} {
		for range 4 {
			all.Go(func() { got.Add(drain(s, "w", p, Cost{Tokens: 1})) })
		}
	}
	all.Wait()
	if got.Load() != 700 {
		t.Errorf("two nodes gave %d, want the burst of 700", got.Load())
	}
}
