package traffic_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/traffic"
)

// known returns traffic that knows that answers take a second.
func known() *traffic.Traffic {
	tr := traffic.New(exact(), nil, nil)
	for range 20 {
		p, _ := tr.TryAdmit(claim("w"))
		p.Done(traffic.Outcome{Took: time.Second})
	}
	return tr
}

// person is a claim of somebody who waits.
func person() traffic.Claim {
	c := claim("w")
	c.Interactive = true
	return c
}

// down lets calls fail after they took so long, until the breaker opens.
func down(t *testing.T, tr *traffic.Traffic, took time.Duration) {
	t.Helper()
	for n := 0; ; n++ {
		p, _ := tr.TryAdmit(claim("w"))
		if p == nil {
			return
		}
		if n == 10 {
			t.Fatal("ten failures in a row do not open the breaker")
		}
		p.Done(traffic.Outcome{Fault: failure(ai.Transient), Took: took})
	}
}

func TestWhoIsDownIsTriedAsSoonAsTheBreakerAllowsNotWhenDoubtDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := known()
		down(t, tr, 2*time.Second)
		time.Sleep(time.Second)
		if r, s := tr.Look(claim("w")); !r.Open() || s.Slow {
			t.Errorf("Look() = %+v, %+v for a job a second after the breaker opened, want that it tries", r, s)
		}
	})
}

func TestAPersonTriesWhoIsDownWhereThatCostsNoTime(t *testing.T) {
	t.Parallel()
	for took, avoided := range map[time.Duration]bool{100 * time.Millisecond: false, 2 * time.Second: true} {
		synctest.Test(t, func(t *testing.T) {
			tr, person := known(), claim("w")
			person.Interactive = true
			down(t, tr, took)
			time.Sleep(time.Second)
			if r, s := tr.Look(person); !r.Open() || s.Slow != avoided {
				t.Errorf("Look() = %+v, %+v for a person after failures of %v; want others asked first: %v", r, s, took, avoided)
			}
		})
	}
}

func TestTwoAnswersOfWhoWasDownEndAllDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := known()
		down(t, tr, 2*time.Second)
		time.Sleep(time.Second)
		for range 2 {
			p, r := tr.TryAdmit(claim("w"))
			if p == nil {
				t.Fatalf("TryAdmit() = %+v, want a probe", r)
			}
			p.Done(traffic.Outcome{Took: 2500 * time.Millisecond}) // twice as long as usual
		}
		person := claim("w")
		person.Interactive = true
		if r, s := tr.Look(person); !r.Open() || s.Slow {
			t.Errorf("Look() = %+v, %+v, want open and in no doubt", r, s)
		}
	})
}

func TestWhoHasNoTimeLeftDoesNotFindOutWhetherAProviderIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := known()
		down(t, tr, time.Second)
		first := make(chan string, 2)
		wait := func(name string, limit time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			if p, _, err := tr.Wait(ctx, claim("w")); err == nil {
				first <- name
				p.Done(traffic.Outcome{Took: time.Second})
			}
		}
		go wait("hurried", 3*time.Second) // was here before
		synctest.Wait()
		go wait("patient", time.Minute)
		if got := <-first; got != "patient" {
			t.Errorf("the first probe is the %s caller's, want the patient one's", got)
		}
		time.Sleep(time.Minute)
	})
}

func TestACallersShortDeadlineIsNoFailureOfTheProviders(t *testing.T) {
	t.Parallel()
	for took, open := range map[time.Duration]bool{2 * time.Second: true, 5 * time.Second: false} {
		synctest.Test(t, func(t *testing.T) {
			tr := known()
			for range 5 {
				p, _ := tr.TryAdmit(claim("w"))
				p.Done(traffic.Outcome{Fault: failure(ai.DeadlinePast), Took: took})
			}
			if r, _ := tr.Look(claim("w")); r.Open() != open {
				t.Errorf("Look() = %+v after five deadlines of %v; want open: %v", r, took, open)
			}
		})
	}
}

func TestWhoIsDownSaysWhetherATrialTakesTime(t *testing.T) {
	t.Parallel()
	for took, quick := range map[time.Duration]bool{100 * time.Millisecond: true, 2 * time.Second: false} {
		synctest.Test(t, func(t *testing.T) {
			tr := known()
			if _, s := tr.Look(claim("w")); s.Down {
				t.Error("who answers is down, want not")
			}
			down(t, tr, took)
			if _, s := tr.Look(claim("w")); s.Down != quick {
				t.Errorf("after failures of %v Down = %v, want %v", took, s.Down, quick)
			}
		})
	}
}
