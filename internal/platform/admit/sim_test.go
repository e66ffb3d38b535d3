package admit_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/platform/admit"
)

// machine is a server of two cores: work takes them in turns and waits for
// something else between, and the more is in hand, the more time is lost.
type machine struct {
	cores chan struct{}
	mu    sync.Mutex
	busy  int
	slow  float64 // factor of everything, 1 unless something is wrong
}

func newMachine() *machine { return &machine{cores: make(chan struct{}, 2), slow: 1} }

func (m *machine) work(factor float64) {
	m.mu.Lock()
	m.busy++
	m.mu.Unlock()
	for range 4 {
		m.mu.Lock()
		lost := 1 + 0.01*float64(max(0, m.busy-8))
		d := time.Duration(factor * m.slow * lost * float64(time.Millisecond))
		m.mu.Unlock()
		m.cores <- struct{}{}
		time.Sleep(d)
		<-m.cores
		time.Sleep(time.Millisecond / 2)
	}
	m.mu.Lock()
	m.busy--
	m.mu.Unlock()
}

// outcome is what became of the calls of one class.
type outcome struct {
	done, refused int
	took          []time.Duration
}

func (o outcome) p95() time.Duration {
	if len(o.took) == 0 {
		return 0
	}
	slices.Sort(o.took)
	return o.took[len(o.took)*95/100]
}

type result [7]outcome

func (r *result) all() outcome {
	var sum outcome
	for _, o := range r {
		sum.done += o.done
		sum.refused += o.refused
		sum.took = append(sum.took, o.took...)
	}
	return sum
}

// share is a class with how much of the calls are of it.
type share struct {
	class admit.Class
	part  float64
}

var mix = []share{{admit.Vital, 0.02}, {admit.Entry, 0.01}, {admit.Interactive, 0.1}, {admit.Browsing, 0.83}, {admit.Background, 0.04}}

func pick(r *rand.Rand, of []share) admit.Class {
	x := r.Float64()
	for _, s := range of {
		if x -= s.part; x < 0 {
			return s.class
		}
	}
	return of[len(of)-1].class
}

// sizes says how much work each class is, compared with reading.
var sizes = map[admit.Class]float64{admit.Vital: 0.3, admit.Entry: 1, admit.Interactive: 1.5, admit.Browsing: 1, admit.Background: 3}

// offer sends calls at a rate, whatever becomes of them, and counts those that
// come after the first part.
func offer(t *testing.T, l *admit.Limiter, m *machine, rate float64, first, then time.Duration) *result {
	t.Helper()
	var (
		r     = rand.New(rand.NewPCG(1, uint64(rate)))
		out   result
		mu    sync.Mutex
		wg    sync.WaitGroup
		begin = time.Now()
	)
	for time.Since(begin) < first+then {
		time.Sleep(time.Duration(r.ExpFloat64() / rate * float64(time.Second)))
		c, factor, counts := pick(r, mix), 0.5+r.Float64(), time.Since(begin) > first
		wg.Go(func() {
			came := time.Now()
			work, err := l.Admit(t.Context(), c, c.String())
			if err == nil {
				m.work(factor * sizes[c])
				work.Done()
			}
			mu.Lock()
			defer mu.Unlock()
			o := &out[c]
			switch {
			case !counts:
			case err != nil:
				o.refused++
			default:
				o.done++
				o.took = append(o.took, time.Since(came))
			}
		})
	}
	wg.Wait()
	return &out
}

// The bar of overload: three times what the server can do.
func TestThreeTimesTooMuchIsServedAsFastAsItCanBe(t *testing.T) {
	t.Parallel()
	const first, then = 10 * time.Second, 20 * time.Second
	var unloaded, peak, over *result
	capacity := 2000 / (4 * 1.11) // calls a second: two cores, by the mean size of the mix
	synctest.Test(t, func(t *testing.T) {
		unloaded = offer(t, admit.New(admit.Options{}), newMachine(), capacity*0.2, first, then)
	})
	synctest.Test(t, func(t *testing.T) {
		peak = offer(t, admit.New(admit.Options{}), newMachine(), capacity*0.95, first, then)
	})
	synctest.Test(t, func(t *testing.T) {
		l := admit.New(admit.Options{})
		offer(t, l, newMachine(), capacity*0.2, first, 0)
		over = offer(t, l, newMachine(), capacity*3, first, then)
		t.Logf("%+v", l.Snapshot())
	})
	u, p, o := unloaded.all(), peak.all(), over.all()
	alike := unloaded.mixedAs(over).p95()
	t.Logf("unloaded: %d done, p95 %v, of the calls that were let in %v; peak: %d done; over: %d done, %d refused, p95 %v", u.done, u.p95(), alike, p.done, o.done, o.refused, o.p95())
	for c := admit.Vital; c <= admit.Background; c++ {
		t.Logf("%v: %d of %d done, p95 %v, unloaded %v", c, over[c].done, over[c].done+over[c].refused, over[c].p95(), unloaded[c].p95())
	}
	if u.refused > 0 || p.refused > 0 {
		t.Errorf("%d and %d calls were refused below capacity, want 0", u.refused, p.refused)
	}
	if float64(o.done) < 0.9*float64(p.done) {
		t.Errorf("at three times the load %d calls were done, want 90 %% of %d", o.done, p.done)
	}
	if got := o.p95(); got > 2*alike {
		t.Errorf("those let in took %v (95 %%), want at most twice the %v that the same calls take unloaded", got, alike)
	}
	if n := over[admit.Vital].refused; n > 0 {
		t.Errorf("%d vital calls were refused, want 0", n)
	}
	if w, r, b := over[admit.Interactive].kept(), over[admit.Browsing].kept(), over[admit.Entry].kept(); w < 0.95 || r > w || b < 1 {
		t.Errorf("of writes %.2f, of reads %.2f and of sign-ins %.2f were done; want nearly all, fewer and all", w, r, b)
	}
}

// mixedAs has as many calls of each class as other, as they went here.
func (r *result) mixedAs(other *result) outcome {
	var sum outcome
	for c := range r {
		for i := range other[c].done {
			sum.took = append(sum.took, r[c].took[i%len(r[c].took)])
		}
	}
	return sum
}

func (o outcome) kept() float64 { return float64(o.done) / float64(o.done+o.refused) }

// crowd keeps clients asking, each again as soon as it is answered, until until
// says so; it returns what came of each second.
func crowd(l *admit.Limiter, m *machine, clients, seconds int) (done, refused []int) {
	done, refused = make([]int, seconds+1), make([]int, seconds+1)
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := time.Now()
	for range clients {
		wg.Go(func() {
			for time.Since(begin) < time.Duration(seconds)*time.Second {
				work, err := l.Admit(context.Background(), admit.Browsing, "list")
				if err == nil {
					m.work(1)
					work.Done()
				} else {
					time.Sleep(20 * time.Millisecond) // as fast as they can
				}
				mu.Lock()
				counts := done
				if err != nil {
					counts = refused
				}
				counts[min(seconds, int(time.Since(begin)/time.Second))]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return done, refused
}

func sum(n []int) (all int) {
	for _, v := range n {
		all += v
	}
	return all
}

func TestACrowdThatWaitsItsTurnIsNoOverload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		m.slow = 0.05
		done, refused := crowd(admit.New(admit.Options{}), m, 1000, 3)
		if sum(refused) > 0 || sum(done) < 3000 {
			t.Errorf("of 1,000 clients at once %d calls were done and %d refused, want none refused", sum(done), sum(refused))
		}
	})
}

// Clients that come back at once keep an overload going that has no other cause.
func TestAnOverloadEndsWithItsCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		m.slow = 0.2
		l := admit.New(admit.Options{})
		time.AfterFunc(2*time.Second, func() { m.be(20) })
		time.AfterFunc(6*time.Second, func() { m.be(0.2) })
		_, refused := crowd(l, m, 250, 45)
		if sum(refused[2:8]) == 0 {
			t.Fatal("nobody was refused while the machine stood still")
		}
		if late := sum(refused[35:]); late > 0 {
			t.Errorf("%d calls were refused half a minute after the machine was well: %v", late, refused)
		}
	})
}

func (m *machine) be(slow float64) {
	m.mu.Lock()
	m.slow = slow
	m.mu.Unlock()
}

// What was quiet yesterday is not what is quiet today: a slower database alone
// is no reason to let few in.
func TestALimitFollowsWhatIsUsual(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, l := newMachine(), admit.New(admit.Options{})
		offer(t, l, m, 100, 5*time.Second, 0)
		m.be(10)
		offer(t, l, m, 100, 25*time.Second, 0)
		done := offer(t, l, m, 100, 0, 20*time.Second).all().done
		if possible := 20 * 2000 / (4 * 10 * 1.11); float64(done) < 0.85*possible {
			t.Errorf("%d calls were done by a machine that can do %.0f", done, possible)
		}
		m.be(1)
		offer(t, l, m, 100, 5*time.Second, 0)
		if got := offer(t, l, m, 100, 0, 5*time.Second).all(); got.refused > 0 {
			t.Errorf("%d of %d calls were refused by a machine that is well again", got.refused, got.refused+got.done)
		}
	})
}
