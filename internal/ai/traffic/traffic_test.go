package traffic_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/traffic"
)

var lane = traffic.Lane{Provider: "a", Key: "k", Family: "f", Model: "m"}

func claim(workspace string) traffic.Claim { return traffic.Claim{Lane: lane, Workspace: workspace} }

func exact() traffic.Profile {
	p := traffic.Standard()
	p.Jitter = false
	return p
}

func failure(k ai.Kind) *ai.Fault {
	return &ai.Fault{Kind: k, Scope: ai.ScopeModel, RetrySame: true, TryOther: true, Err: errors.New("oops")}
}

func full(wait time.Duration) *ai.Fault {
	return &ai.Fault{Kind: ai.RateLimited, Scope: ai.ScopeFamily, Status: 429, Wait: wait, WaitFrom: "retry-after"}
}

// go through t once, with what comes of it.
func pass(t *testing.T, tr *traffic.Traffic, f *ai.Fault) {
	t.Helper()
	p, r := tr.TryAdmit(claim("w"))
	if p == nil {
		t.Fatalf("TryAdmit() refused: %+v", r)
	}
	p.Done(traffic.Outcome{Fault: f, Took: time.Second})
}

func refused(t *testing.T, tr *traffic.Traffic, c traffic.Claim) traffic.Refusal {
	t.Helper()
	p, r := tr.TryAdmit(c)
	if p != nil {
		p.Release()
		t.Fatal("TryAdmit() admitted")
	}
	return r
}

func TestOneLearnsAndAHundredWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr, start := traffic.New(exact(), nil, nil), time.Now()
		pass(t, tr, full(10*time.Second))
		var mu sync.Mutex
		var began []time.Duration
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				p, _, err := tr.Wait(t.Context(), claim("w"))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				began = append(began, time.Since(start))
				mu.Unlock()
				pause(time.Second)
				p.Done(traffic.Outcome{Took: time.Second})
			})
		}
		all.Wait()
		got := map[time.Duration]int{}
		for _, at := range began {
			got[at]++
		}
		// One at 10 s; each success doubles: 2 at 11 s, 8 (2·2·2) at 12 s; then each adds one.
		want := map[time.Duration]int{10 * time.Second: 1, 11 * time.Second: 2, 12 * time.Second: 8, 13 * time.Second: 16, 14 * time.Second: 32, 15 * time.Second: 41}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("calls began at %v, want %v", got, want)
		}
	})
}

func TestAGateIsTheLongestOfItsHints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := traffic.New(exact(), nil, nil)
		first, _ := tr.TryAdmit(claim("w"))
		second, _ := tr.TryAdmit(claim("w"))
		first.Done(traffic.Outcome{Fault: full(20 * time.Second)})
		second.Done(traffic.Outcome{Fault: full(5 * time.Second)})
		if r := refused(t, tr, claim("w")); r.Wait != 20*time.Second || r.Why != "rate limit of a, retry-after" {
			t.Errorf("TryAdmit() = %+v, want 20 s", r)
		}
	})
}

func TestJitterSpreadsTheReopeningOverATenth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for range 50 {
			tr := traffic.New(traffic.Standard(), nil, nil)
			pass(t, tr, full(100*time.Second))
			if r := refused(t, tr, claim("w")); r.Wait < 100*time.Second || r.Wait > 110*time.Second {
				t.Errorf("wait %v, want between 100 and 110 s", r.Wait)
			}
		}
	})
}

func TestScopesCloseWhatTheyConcern(t *testing.T) {
	t.Parallel()
	others := map[string]traffic.Lane{
		"same":   lane,
		"model":  {Provider: "a", Key: "k", Family: "f", Model: "m2"},
		"family": {Provider: "a", Key: "k", Family: "f2", Model: "m3"},
		"key":    {Provider: "a", Key: "k2", Family: "f", Model: "m"},
		"vendor": {Provider: "b", Key: "k", Family: "f", Model: "m"},
	}
	for _, c := range []struct {
		kind   ai.Kind
		scope  ai.Scope
		closed string
	}{
		{ai.RateLimited, ai.ScopeModel, "same"},
		{ai.RateLimited, ai.ScopeFamily, "model same"},
		{ai.Overloaded, ai.ScopeFamily, "key model same"},
		{ai.Credential, ai.ScopeKey, "family model same"},
		{ai.RateLimited, ai.ScopeProvider, "family key model same"},
	} {
		tr := traffic.New(exact(), nil, nil)
		pass(t, tr, &ai.Fault{Kind: c.kind, Scope: c.scope, Wait: time.Minute})
		var closed []string
		for name, at := range others {
			if r, _ := tr.Look(traffic.Claim{Lane: at}); !r.Open() {
				closed = append(closed, name)
			}
		}
		slices.Sort(closed)
		if got := fmt.Sprint(closed); got != "["+c.closed+"]" {
			t.Errorf("%s of a %s closes %s, want [%s]", c.kind, c.scope, got, c.closed)
		}
	}
}

func TestABreakerOpensForLongerEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := traffic.New(exact(), nil, nil)
		for range 5 {
			pass(t, tr, failure(ai.Transient))
		}
		for _, want := range []time.Duration{1, 2, 2} {
			if r := refused(t, tr, claim("w")); r.Wait != want*time.Second || r.Kind != ai.LocalLimit {
				t.Fatalf("refused for %v, want %d s", r.Wait, want)
			}
			pause(want * time.Second)
			pass(t, tr, failure(ai.Transient)) // the probe
		}
	})
}

func TestTwoProbesOneAfterTheOtherCloseABreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := traffic.New(exact(), nil, nil)
		for range 5 {
			pass(t, tr, failure(ai.Network))
		}
		pause(time.Second)
		probe, _ := tr.TryAdmit(claim("w"))
		if r := refused(t, tr, claim("w")); !r.Guessed {
			t.Errorf("beside the probe: %+v, want a guess", r)
		}
		probe.Done(traffic.Outcome{Took: time.Second})
		pass(t, tr, nil)
		var admitted []*traffic.Permit // slow start: two at once
		for range 3 {
			if p, _ := tr.TryAdmit(claim("w")); p != nil {
				admitted = append(admitted, p)
			}
		}
		if len(admitted) != 2 {
			t.Errorf("%d calls at once after the second success, want 2", len(admitted))
		}
		admitted[0].Done(traffic.Outcome{Took: time.Second})
		if s := tr.State()[0]; s.Status != traffic.HalfOpen || s.InFlight != 1 {
			t.Errorf("State() = %+v, want half open with one call", s)
		}
	})
}

func TestAProbeWithoutAVerdictIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, end := range map[string]func(*traffic.Permit){
			"released":  func(p *traffic.Permit) { p.Release() },
			"cancelled": func(p *traffic.Permit) { p.Done(traffic.Outcome{Fault: failure(ai.Cancelled)}) },
			"refused":   func(p *traffic.Permit) { p.Done(traffic.Outcome{Fault: failure(ai.CallerFault)}) },
		} {
			tr := traffic.New(exact(), nil, nil)
			for range 5 {
				pass(t, tr, failure(ai.Transient))
			}
			pause(time.Second)
			p, _ := tr.TryAdmit(claim("w"))
			end(p)
			end(p) // once is enough
			if again, r := tr.TryAdmit(claim("w")); again == nil {
				t.Errorf("%s: the next probe is refused: %+v", name, r)
			}
		}
	})
}

func TestARateOfHalfOpensABreakerAndRefusalsDoNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := traffic.New(exact(), nil, nil)
		for range 4 {
			pass(t, tr, nil)
			pass(t, tr, failure(ai.Overloaded))
			pass(t, tr, failure(ai.CallerFault))
		}
		if r, _ := tr.Look(claim("w")); !r.Open() {
			t.Errorf("closed after 4 of 8: %+v", r)
		}
		pass(t, tr, nil)
		pass(t, tr, failure(ai.Overloaded))
		if r := refused(t, tr, claim("w")); r.Wait != time.Second {
			t.Errorf("after 5 of 10: %+v, want closed for 1 s", r)
		}
	})
}

func TestThreeFamiliesThatFailAreTheirProvidersFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := traffic.New(exact(), nil, nil)
		for _, family := range []string{"f1", "f2", "f3"} {
			p, _ := tr.TryAdmit(traffic.Claim{Lane: traffic.Lane{Provider: "a", Family: family}})
			p.Done(traffic.Outcome{Fault: &ai.Fault{Kind: ai.Network, Scope: ai.ScopeProvider}})
		}
		if r, _ := tr.Look(traffic.Claim{Lane: traffic.Lane{Provider: "a", Family: "f4"}}); r.Open() {
			t.Error("a fourth family of the provider is still asked")
		}
	})
}

func TestOneWorkspaceTakesHalfAndBackgroundLeavesAThird(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := exact()
		p.Concurrent = 10
		tr := traffic.New(p, nil, nil)
		take := func(c traffic.Claim) (n int) {
			for {
				if p, _ := tr.TryAdmit(c); p == nil {
					return n
				}
				n++
			}
		}
		person := claim("person")
		person.Interactive = true
		if n := take(claim("greedy")); n != 5 {
			t.Errorf("one workspace takes %d of 10, want 5", n)
		}
		if n := take(claim("other")); n != 2 {
			t.Errorf("another takes %d, want what is left of background's 7", n)
		}
		if n := take(person); n != 3 {
			t.Errorf("people take %d, want the reserve of 3", n)
		}
	})
}

func TestWhoHoldsLessIsServedFirstAndPeopleBeforeAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := exact()
		p.Concurrent, p.Reserve, p.Share = 3, 0, 1
		tr := traffic.New(p, nil, nil)
		var held []*traffic.Permit
		for range 3 {
			permit, _ := tr.TryAdmit(claim("greedy"))
			held = append(held, permit)
		}
		var mu sync.Mutex
		var served []string
		var all sync.WaitGroup
		person := claim("person")
		person.Interactive = true
		for _, c := range []traffic.Claim{claim("greedy"), claim("modest"), person} {
			all.Go(func() {
				permit, _, err := tr.Wait(t.Context(), c)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				served = append(served, c.Workspace)
				held = append(held, permit)
			})
			synctest.Wait()
		}
		for i := range 3 {
			held[i].Done(traffic.Outcome{Took: time.Second})
			synctest.Wait()
		}
		all.Wait()
		if got := fmt.Sprint(served); got != "[person modest greedy]" {
			t.Errorf("served %s, want the person, then who holds less", got)
		}
	})
}

func TestAWaitThatEndsTooLateFailsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr, start := traffic.New(exact(), nil, nil), time.Now()
		pass(t, tr, full(10*time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, _, err := tr.Wait(ctx, claim("w")); !errors.Is(err, traffic.ErrLate) || time.Since(start) != 0 {
			t.Errorf("Wait() = %v after %v, want ErrLate at once", err, time.Since(start))
		}
	})
}

// shelf keeps closures for two replicas.
type shelf struct {
	mu   sync.Mutex
	list map[traffic.Lane]traffic.Closure
}

func (s *shelf) Load(context.Context) ([]traffic.Closure, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []traffic.Closure
	for _, c := range s.list {
		out = append(out, c)
	}
	return out, nil
}

func (s *shelf) Save(_ context.Context, c traffic.Closure) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Until.IsZero() {
		delete(s.list, c.Lane)
		return nil
	}
	s.list[c.Lane] = c
	return nil
}

func TestReplicasShareLongClosuresAndTheirEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{list: map[traffic.Lane]traffic.Closure{}}
		one, two := traffic.New(exact(), s, nil), traffic.New(exact(), s, nil)
		pass(t, one, full(time.Hour))
		if err := two.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r := refused(t, two, claim("w")); r.Wait != 15*time.Minute || r.Kind != ai.RateLimited {
			t.Errorf("the other replica says %+v, want closed until its probe", r)
		}
		pause(15 * time.Minute)
		probe, _ := one.TryAdmit(claim("w"))
		refused(t, one, claim("w"))
		probe.Done(traffic.Outcome{Took: time.Second}) // topped up early
		if err := two.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r, _ := two.Look(claim("w")); !r.Open() || len(s.list) != 0 {
			t.Errorf("after the probe: %+v with %d closures, want open with none", r, len(s.list))
		}
	})
}

func TestAShortWaitIsNotShared(t *testing.T) {
	t.Parallel()
	s := &shelf{list: map[traffic.Lane]traffic.Closure{}}
	pass(t, traffic.New(exact(), s, nil), full(5*time.Minute))
	if len(s.list) != 0 {
		t.Errorf("%d closures, want none", len(s.list))
	}
}

func TestTheRetryBudgetIsEarnedAndHasAFloor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := exact()
		p.RetryCap = 2
		tr := traffic.New(p, nil, nil)
		spend := func() (n int) {
			for tr.TryRetry("a") {
				n++
			}
			return n
		}
		if n := spend(); n != 2+3 {
			t.Errorf("%d repetitions, want the cap of 2 and the floor of 3", n)
		}
		pass(t, tr, nil)
		pass(t, tr, nil)
		if n := spend(); n != 1 {
			t.Errorf("%d repetitions after two answers, want 1", n)
		}
		pause(time.Minute)
		if n := spend(); n != 3 {
			t.Errorf("%d repetitions in the next minute, want 3", n)
		}
	})
}

func TestSlowAndUnfitLanesAreKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := traffic.New(exact(), nil, nil)
		for range 30 {
			pass(t, tr, nil)
		}
		for range 30 {
			p, _ := tr.TryAdmit(claim("w"))
			p.Done(traffic.Outcome{Took: 9 * time.Second})
		}
		if _, s := tr.Look(claim("w")); !s.Slow || s.Unfit {
			t.Errorf("Look() = %+v after answers that took nine times as long, want slow", s)
		}
		for range 50 {
			p, _ := tr.TryAdmit(claim("w"))
			p.Done(traffic.Outcome{Unfit: true, Took: time.Second})
		}
		if _, s := tr.Look(claim("w")); !s.Unfit {
			t.Errorf("Look() = %+v after 50 answers of no use, want unfit", s)
		}
		pause(11 * time.Minute)
		if _, s := tr.Look(claim("w")); s.Unfit || s.Slow {
			t.Errorf("Look() = %+v later, want another chance", s)
		}
	})
}

// pause lets virtual time pass.
func pause(d time.Duration) { <-time.After(d) }

func TestALongQueueDrainsInOrderAndWithoutHaste(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr, start := traffic.New(exact(), nil, nil), time.Now()
		pass(t, tr, full(time.Minute))
		var all sync.WaitGroup
		for i := range 2000 {
			c := claim(fmt.Sprint(i % 7))
			all.Go(func() {
				p, _, err := tr.Wait(t.Context(), c)
				if err != nil {
					t.Error(err)
					return
				}
				pause(time.Second)
				p.Done(traffic.Outcome{Took: time.Second})
			})
		}
		all.Wait()
		if took := time.Since(start); took > 80*time.Second || tr.State()[0].Calls != 2001 {
			t.Errorf("%d calls took %v, want 2001 within 20 s of the reopening", tr.State()[0].Calls, took)
		}
	})
}

func TestAFloodOfOneWorkspaceLeavesTheOthersTheirPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := exact()
		p.Concurrent = 20
		tr := traffic.New(p, nil, nil)
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		flood := func() {
			for ctx.Err() == nil {
				if p, _, err := tr.Wait(ctx, claim("flood")); err == nil {
					pause(time.Second)
					p.Done(traffic.Outcome{Took: time.Second})
				}
			}
		}
		for range 500 {
			all.Go(flood)
		}
		var worst time.Duration
		for range 100 {
			began := time.Now()
			p, _, err := tr.Wait(t.Context(), claim("quiet"))
			if err != nil {
				t.Fatal(err)
			}
			worst = max(worst, time.Since(began))
			pause(100 * time.Millisecond)
			p.Done(traffic.Outcome{Took: 100 * time.Millisecond})
		}
		stop()
		all.Wait()
		if worst != 0 {
			t.Errorf("the quiet workspace waited %v beside a flood, want nothing", worst)
		}
	})
}

func TestAPacedProviderKeepsSomeOfItsCallsForPeople(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := traffic.New(exact(), nil, nil)
		for range 100 { // ten a second
			p, _ := tr.TryAdmit(claim("w"))
			p.Done(traffic.Outcome{Took: time.Second})
			time.Sleep(100 * time.Millisecond)
		}
		pass(t, tr, full(time.Second))
		time.Sleep(3 * time.Second)
		jobs := 0
		for ; ; jobs++ {
			if p, _ := tr.TryAdmit(claim("w")); p == nil {
				break
			}
		}
		people := 0
		for ; ; people++ {
			if p, _ := tr.TryAdmit(person()); p == nil {
				break
			}
		}
		if jobs == 0 || people == 0 || people >= jobs {
			t.Errorf("at once %d jobs and then %d people are let in, want some of both and more jobs", jobs, people)
		}
	})
}
