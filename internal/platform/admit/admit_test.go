package admit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/platform/admit"
	"rapport/internal/platform/problem"
)

// fill takes every place that class can have.
func fill(t *testing.T, l *admit.Limiter, c admit.Class, n int) []*admit.Work {
	t.Helper()
	var all []*admit.Work
	for range n {
		work, err := l.Admit(t.Context(), c, "x")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, work)
	}
	return all
}

func of(l *admit.Limiter, c admit.Class) admit.State {
	return l.Snapshot().Classes[c-1]
}

func TestWhatMattersMoreGoesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := admit.New(admit.Options{Connections: 2, Most: 1})
		held := fill(t, l, admit.Interactive, 1)
		order := make(chan admit.Class, 3)
		for _, c := range []admit.Class{admit.Background, admit.Browsing, admit.Interactive} {
			go func() {
				work, err := l.Admit(t.Context(), c, "x")
				if err != nil {
					t.Error(err)
					return
				}
				order <- c
				work.Done()
			}()
			synctest.Wait()
		}
		held[0].Done()
		for _, want := range []admit.Class{admit.Interactive, admit.Browsing, admit.Background} {
			if got := <-order; got != want {
				t.Errorf("%v came in, want %v", got, want)
			}
		}
	})
}

func TestVitalCallsHavePlacesOfTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := admit.New(admit.Options{Connections: 4, Most: 4})
		fill(t, l, admit.Interactive, 4)
		for _, c := range []admit.Class{admit.Vital, admit.Entry} {
			start := time.Now()
			work, err := l.Admit(t.Context(), c, "x")
			if err != nil || time.Since(start) > 0 {
				t.Errorf("%v: waited %v, %v; want to be let in at once", c, time.Since(start), err)
				continue
			}
			work.Done()
		}
	})
}

// A flood of sign-ins must not lock the operators out.
func TestStrangersTakeNoPlaceOfOperators(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := admit.New(admit.Options{})
		ctx, stop := context.WithCancel(t.Context())
		fill(t, l, admit.Entry, 6)
		for range 1000 {
			go func() { _, _ = l.Admit(ctx, admit.Entry, "login") }()
		}
		synctest.Wait()
		if s := of(l, admit.Entry); s.Waiting != 500 || s.Refused != 500 {
			t.Errorf("%d strangers wait and %d were refused, want 500 and 500", s.Waiting, s.Refused)
		}
		start := time.Now()
		if _, err := l.Admit(t.Context(), admit.Vital, "x"); err != nil || time.Since(start) > 0 {
			t.Errorf("an operator waited %v, %v", time.Since(start), err)
		}
		stop()
	})
}

func TestARefusalSaysWhenToComeAgainAndNotToAllTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := admit.New(admit.Options{Connections: 1, Most: 1})
		fill(t, l, admit.Interactive, 1)
		waits := map[time.Duration]bool{}
		for range 20 {
			start := time.Now()
			_, err := l.Admit(t.Context(), admit.Browsing, "x")
			p, ok := errors.AsType[*problem.Error](err)
			if !ok || p.Kind != problem.Unavailable || p.Code != "overloaded" || p.RetryAfter < time.Second {
				t.Fatalf("Admit() = %v, want the problem overloaded with a time", err)
			}
			if waited := time.Since(start); waited > time.Second {
				t.Errorf("the refusal came after %v, want a second at most", waited)
			}
			waits[p.RetryAfter] = true
		}
		if len(waits) < 5 {
			t.Errorf("20 refusals name %d times to come again, want them spread", len(waits))
		}
	})
}

func TestWhoLeavesTheLineTakesNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := admit.New(admit.Options{Connections: 1, Most: 1})
		held := fill(t, l, admit.Interactive, 1)
		ctx, leave := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := l.Admit(ctx, admit.Interactive, "x")
			ended <- err
		}()
		synctest.Wait()
		leave()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Admit() = %v, want the caller's own end", err)
		}
		held[0].Done()
		held[0].Done() // once more does nothing
		if s := l.Snapshot(); s.Taken != 0 || s.Waiting != 0 || of(l, admit.Interactive).Abandoned != 1 {
			t.Errorf("%+v, want nobody inside and one who left", s)
		}
		fill(t, l, admit.Interactive, 1)
	})
}

func TestBulkTakesHalfThePlacesAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := admit.New(admit.Options{Connections: 8, Most: 8})
		ctx, stop := context.WithCancel(t.Context())
		for range 20 {
			go func() { _, _ = l.Admit(ctx, admit.Background, "export") }()
		}
		synctest.Wait()
		if s := of(l, admit.Background); s.Inside != 4 || s.Waiting != 16 {
			t.Errorf("%d exports are inside and %d wait, want 4 and 16", s.Inside, s.Waiting)
		}
		start := time.Now()
		if _, err := l.Admit(t.Context(), admit.Browsing, "x"); err != nil || time.Since(start) > 0 {
			t.Errorf("a read waited %v, %v", time.Since(start), err)
		}
		stop()
	})
}

// Who holds a transaction and waited for a place would keep others from theirs.
func TestWhoHoldsATransactionIsLetIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := admit.New(admit.Options{Connections: 2, Most: 1, Held: func(context.Context) bool { return true }})
		fill(t, l, admit.Interactive, 1)
		start := time.Now()
		if _, err := l.Admit(t.Context(), admit.Inside, "x"); err != nil || time.Since(start) > 0 {
			t.Errorf("waited %v, %v; want to be let in at once", time.Since(start), err)
		}
	})
}
