package limit

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// virtual is a clock that only tests move.
type virtual struct{ now atomic.Int64 }

func (v *virtual) pass(d time.Duration) { v.now.Add(int64(d)) }

func alone() (*Store, *virtual) {
	v := &virtual{}
	v.now.Store(int64(time.Hour))
	return newStore(v.now.Load, time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), nil), v
}

func policyOf(t Tier) *Policy { return NewPolicy(Policy{Name: t.Name, Quotas: t.Quotas}) }

func ticket(owner string, p *Policy, cost Cost) *Ticket {
	return &Ticket{Demands: [2]Demand{{Key{Kind: Workspace, Owner: owner}, p}}, Operation: "contact.list", Cost: cost, Brief: true}
}

func take(s *Store, owner string, p *Policy, cost Cost) Decision {
	return s.Take(context.Background(), ticket(owner, p, cost))
}

// drain takes single tokens until it is refused.
func drain(s *Store, owner string, p *Policy, cost Cost) (n int64) {
	for take(s, owner, p, cost).Allowed {
		n++
	}
	return n
}

func TestATierGrantsItsBurstAndThenItsPace(t *testing.T) {
	t.Parallel()
	for _, tier := range Tiers() {
		t.Run(tier.Name, func(t *testing.T) {
			t.Parallel()
			s, clock := alone()
			p := policyOf(tier)
			q := tier.Quotas[Minute]
			if got := drain(s, "w", p, Cost{Tokens: 1}); got != q.Burst {
				t.Errorf("at once: got %d, want the burst of %d", got, q.Burst)
			}
			var got int64
			for range 10 * 60 * 10 { // ten minutes in tenths of a second
				clock.pass(100 * time.Millisecond)
				got += drain(s, "w", p, Cost{Tokens: 1})
			}
			if want := 10 * q.Tokens; math.Abs(float64(got-want)) > 0.01*float64(want) {
				t.Errorf("in the ten minutes after: got %d, want %d within 1 %%", got, want)
			}
		})
	}
}

func TestADayGrantsNoMoreThanItsQuotaAndBurst(t *testing.T) {
	t.Parallel()
	for _, tier := range Tiers() {
		t.Run(tier.Name, func(t *testing.T) {
			t.Parallel()
			s, clock := alone()
			p := policyOf(tier)
			var got int64
			for range 24 * 60 * 6 { // a flood for a day
				clock.pass(10 * time.Second)
				for take(s, "w", p, Cost{Tokens: 10}).Allowed {
					got += 10
				}
			}
			q := tier.Quotas[Day]
			if want := q.Tokens + q.Burst; math.Abs(float64(got-want)) > 0.01*float64(want) {
				t.Errorf("got %d, want %d within 1 %%", got, want)
			}
			d := take(s, "w", p, Cost{Tokens: 10})
			if d.Allowed || d.Window != Day {
				t.Errorf("after it: got %+v, want the day to refuse", d)
			}
		})
	}
}

func TestAIIsCountedByItself(t *testing.T) {
	t.Parallel()
	for _, tier := range Tiers() {
		t.Run(tier.Name, func(t *testing.T) {
			t.Parallel()
			s, clock := alone()
			p := policyOf(tier)
			var got int64
			for range 24 * 60 {
				clock.pass(time.Minute)
				for take(s, "w", p, Cost{Tokens: 10, AI: 10}).Allowed {
					got += 10
				}
			}
			q := tier.Quotas[AIDay]
			if want := q.Tokens + q.Burst; math.Abs(float64(got-want)) > max(0.01*float64(want), 10) {
				t.Errorf("in a day: got %d, want %d within 1 %% or a call", got, want)
			}
			if d := take(s, "w", p, Cost{Tokens: 10, AI: 10}); d.Allowed || d.Window != AIDay {
				t.Errorf("after it: got %+v, want AI refused", d)
			}
			if d := take(s, "w", p, Cost{Tokens: 1}); !d.Allowed {
				t.Errorf("a read beside it: got %+v, want it allowed", d)
			}
		})
	}
}

func TestARefusalTakesNothing(t *testing.T) {
	t.Parallel()
	s, clock := alone()
	wide := NewPolicy(Policy{Name: "wide", Quotas: Quotas{Minute: {600, 600, time.Minute}, Hour: {6000, 6000, time.Hour}}})
	narrow := NewPolicy(Policy{Name: "narrow", Quotas: Quotas{Minute: {6, 3, time.Minute}}})
	both := &Ticket{Demands: [2]Demand{{Key{Workspace, "w", ""}, wide}, {Key{Credential, "w", "k"}, narrow}}, Cost: Cost{Tokens: 1}, Brief: true}
	admitted := 0
	for range 100 {
		if s.Take(t.Context(), both).Allowed {
			admitted++
		}
	}
	if admitted != 3 {
		t.Errorf("got %d calls of a key that may 3", admitted)
	}
	for _, l := range s.Usage(Key{Workspace, "w", ""}, wide).Levels {
		if want := l.Burst - 3; l.Left != want {
			t.Errorf("the workspace has %d left by the %s, want %d: what was refused took nothing", l.Left, l.Window, want)
		}
	}
	clock.pass(10 * time.Second)
	if d := s.Take(t.Context(), both); !d.Allowed {
		t.Errorf("ten seconds later one is back: got %+v", d)
	}
}

func TestAllWindowsAreAtomicUnderConcurrency(t *testing.T) {
	t.Parallel()
	s, _ := alone()
	p := NewPolicy(Policy{Name: "p", Quotas: Quotas{Minute: {60, 500, time.Minute}, Hour: {60, 300, time.Hour}, Day: {60, 400, 24 * time.Hour}}})
	key := NewPolicy(Policy{Name: "key", Quotas: Quotas{Minute: {60, 200, time.Minute}}})
	var admitted atomic.Int64
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				c := &Ticket{Demands: [2]Demand{{Key{Workspace, "w", ""}, p}, {Key{Credential, "w", fmt.Sprint(g % 2)}, key}}, Operation: fmt.Sprint(i % 3), Cost: Cost{Tokens: 1}}
				if s.Take(t.Context(), c).Allowed {
					admitted.Add(1)
					s.Done(c, c.Cost)
				}
			}
		})
	}
	wg.Wait()
	if got := admitted.Load(); got != 300 {
		t.Errorf("got %d admitted, want the 300 of the smallest window", got)
	}
	u := s.Usage(Key{Kind: Workspace, Owner: "w"}, p)
	if u.Running != 0 || u.Tokens != 300 {
		t.Errorf("got %d running and %d tokens, want 0 and 300", u.Running, u.Tokens)
	}
	for i, want := range []int64{200, 0, 100} {
		if got := u.Levels[i].Left; got != want {
			t.Errorf("%s has %d left, want %d", u.Levels[i].Window, got, want)
		}
	}
}

func TestOnlySoManyCallsAreMadeAtATime(t *testing.T) {
	t.Parallel()
	s, _ := alone()
	p := NewPolicy(Policy{Name: "p", Concurrent: 2, Quotas: Quotas{Minute: {600, 600, time.Minute}}})
	var open []*Ticket
	call := func(brief bool) Decision {
		c := ticket("w", p, Cost{Tokens: 1})
		c.Brief = brief
		d := s.Take(t.Context(), c)
		if d.Allowed && !brief {
			open = append(open, c)
		}
		return d
	}
	call(false)
	call(false)
	if d := call(false); d.Allowed || d.Window != Windows || d.Retry <= 0 {
		t.Errorf("the third at once: got %+v, want it refused with a time", d)
	}
	if !call(true).Allowed {
		t.Error("a call that holds no place is refused one")
	}
	s.Done(open[0], open[0].Cost)
	s.Done(open[0], open[0].Cost) // twice is once
	if !call(false).Allowed || call(false).Allowed {
		t.Error("one that has ended makes room for one")
	}
}

func TestWhatIsReservedComesBack(t *testing.T) {
	t.Parallel()
	s, _ := alone()
	p := policyOf(Tiers()[0])
	for range 1000 { // none of which reached a model
		c := ticket("w", p, Cost{Tokens: 10, AI: 10})
		if d := s.Take(t.Context(), c); !d.Allowed {
			t.Fatalf("got %+v", d)
		}
		s.Done(c, Cost{})
	}
	c := ticket("w", p, Cost{Tokens: 2})
	s.Take(t.Context(), c)
	s.More(t.Context(), c, Cost{Tokens: 8})
	s.Done(c, Cost{Tokens: 1})
	u := s.Usage(c.Demands[0].Key, p)
	if u.Levels[Minute].Left != 29 || u.Levels[3].Left != 300 || u.Tokens != 1 {
		t.Errorf("got %+v, want one token spent", u)
	}
}

func TestADearCallIsOwed(t *testing.T) {
	t.Parallel()
	s, clock := alone()
	p := NewPolicy(Policy{Name: "p", Quotas: Quotas{Minute: {60, 5, time.Minute}}})
	if !take(s, "w", p, Cost{Tokens: 20}).Allowed {
		t.Fatal("what is dearer than the burst can never be had")
	}
	if d := take(s, "w", p, Cost{Tokens: 1}); d.Allowed || d.Retry != 16*time.Second {
		t.Errorf("got %+v, want 16 s to wait", d)
	}
	clock.pass(16 * time.Second)
	if !take(s, "w", p, Cost{Tokens: 1}).Allowed {
		t.Error("after that time it is refused still")
	}
}

func TestShadowDecidesAndLetsPass(t *testing.T) {
	t.Parallel()
	s, _ := alone()
	p := NewPolicy(Policy{Name: "p", Shadow: true, Quotas: Quotas{Minute: {60, 5, time.Minute}}})
	shadows := 0
	for range 12 {
		d := take(s, "w", p, Cost{Tokens: 1})
		if !d.Allowed {
			t.Fatalf("got %+v", d)
		}
		if d.Shadow {
			shadows++
		}
	}
	if top := s.Top(Workspace, 5); shadows != 7 || top[0].Shadowed != 7 {
		t.Errorf("got %d shadows and %+v, want 7", shadows, top)
	}
}

func TestSettingTheClockHelpsNobodyAndHarmsNobody(t *testing.T) {
	t.Parallel()
	s, clock := alone()
	p := policyOf(Tiers()[0])
	drain(s, "w", p, Cost{Tokens: 1})
	clock.pass(-time.Hour / 2)
	if n := drain(s, "w", p, Cost{Tokens: 1}); n != 0 {
		t.Errorf("half an hour back: got %d for nothing", n)
	}
	clock.pass(time.Minute)
	if n := drain(s, "w", p, Cost{Tokens: 1}); n != 30 {
		t.Errorf("a minute after a step back: got %d, want the burst of 30", n)
	}
	clock.pass(1000 * time.Hour)
	if n := drain(s, "w", p, Cost{Tokens: 1}); n != 30 {
		t.Errorf("a thousand hours on: got %d, want the burst of 30", n)
	}
}

func TestAnotherTierKeepsWhatWasTaken(t *testing.T) {
	t.Parallel()
	s, _ := alone()
	free, pro := policyOf(Tiers()[0]), policyOf(Tiers()[2])
	for range 20 {
		take(s, "w", free, Cost{Tokens: 1})
	}
	if n := drain(s, "w", pro, Cost{Tokens: 1}); n != 280 {
		t.Errorf("of a burst of 300 with 20 taken: got %d", n)
	}
	if n := drain(s, "w", free, Cost{Tokens: 1}); n != 0 {
		t.Errorf("back on the small tier: got %d, want none", n)
	}
}

func TestOneTenantsFloodIsNotAnothers(t *testing.T) {
	t.Parallel()
	s, _ := alone()
	p := policyOf(Tiers()[0])
	for range 10_000 {
		take(s, "flood", p, Cost{Tokens: 1})
	}
	if n := drain(s, "calm", p, Cost{Tokens: 1}); n != 30 {
		t.Errorf("got %d, want all 30", n)
	}
}

func TestWhatIsPaidIsForgotten(t *testing.T) {
	t.Parallel()
	s, clock := alone()
	p := policyOf(Tiers()[0])
	held := ticket("held", p, Cost{Tokens: 1})
	held.Brief, held.Demands[0].Policy = false, NewPolicy(Policy{Name: "p", Concurrent: 3, Quotas: Tiers()[0].Quotas})
	s.Take(t.Context(), held)
	for i := range 1000 {
		take(s, fmt.Sprint(i), p, Cost{Tokens: 1})
	}
	s.Sweep()
	if n := len(s.all(Workspace)); n != 1001 {
		t.Errorf("of those that were just here %d are left", n)
	}
	clock.pass(25 * time.Hour)
	s.Sweep()
	if n := len(s.all(Workspace)); n != 1 {
		t.Errorf("a day later %d are left, want the one that is running", n)
	}
}

func TestAFloodOfAddressesIsBounded(t *testing.T) {
	t.Parallel()
	s, _ := alone()
	p := NewPolicy(Policy{Name: "public", Concurrent: 1 << 20, Quotas: Quotas{Minute: {60, 30, time.Minute}}})
	admitted := 0
	for i := range 400_000 {
		c := &Ticket{Demands: [2]Demand{{Key{Address, fmt.Sprint(i), "public"}, p}}, Cost: Cost{Tokens: 1}}
		if s.Take(t.Context(), c).Allowed {
			admitted++
			s.Done(c, c.Cost)
		}
	}
	if n := len(s.all(Address)); n > shards*most+1 || admitted > shards*most+30 {
		t.Errorf("400,000 addresses make %d keys and %d calls, want at most %d and 30 for the rest", n, admitted, shards*most+1)
	}
}

func BenchmarkTake(b *testing.B) {
	s := New(nil)
	p := NewPolicy(Policy{Name: "p", Quotas: quotas(6e9, 1e9, 6e9)})
	t := &Ticket{Demands: [2]Demand{{Key{Workspace, "0193a1b2-0000-7000-8000-000000000001", ""}, p},
		{Key{Credential, "0193a1b2-0000-7000-8000-000000000001", "0193a1b2-0000-7000-8000-000000000002"}, p}}, Operation: "contact.list", Cost: Cost{Tokens: 1}}
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		t.taken, t.holds = [2]Cost{}, [2]bool{}
		if !s.Take(b.Context(), t).Allowed {
			b.Fatal("refused")
		}
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

// cpu is what this process has used, which other load on the machine does not
// change as it does the time that passes.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
