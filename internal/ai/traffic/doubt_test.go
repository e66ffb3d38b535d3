package traffic_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/traffic"
)

func TestLateCallsRaiseDoubtBeforeTheyEndAndATrialEndsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := traffic.New(exact(), nil, nil)
		for range 20 {
			p, _ := tr.TryAdmit(claim("w"))
			p.Done(traffic.Outcome{Took: time.Second})
		}
		var out []*traffic.Permit
		for range 3 {
			p, _ := tr.TryAdmit(claim("w"))
			out = append(out, p)
		}
		time.Sleep(3 * time.Second)
		if _, s := tr.Look(claim("w")); s.Slow {
			t.Error("calls that are out for 3 s are in doubt, want that after 4 s")
		}
		time.Sleep(2 * time.Second)
		if _, s := tr.Look(claim("w")); !s.Slow {
			t.Error("three calls are out five times as long as usual, want doubt")
		}
		for _, p := range out {
			p.Release()
		}
		time.Sleep(6 * time.Second)
		person := claim("w")
		person.Interactive = true
		if _, s := tr.Look(person); !s.Slow {
			t.Error("a person is the trial, want a job")
		}
		for range 2 {
			if _, s := tr.Look(claim("w")); s.Slow {
				t.Fatal("nobody may try, want a job every 5 s")
			}
			p, _ := tr.TryAdmit(claim("w"))
			if _, s := tr.Look(claim("w")); !s.Slow {
				t.Error("two try at once, want one")
			}
			p.Done(traffic.Outcome{Took: time.Second})
		}
		if _, s := tr.Look(person); s.Slow {
			t.Error("doubt after two answers in time, want none")
		}
	})
}

func TestAQuarterOfFailuresRaisesDoubtWhileTheBreakerLetsCallsThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := traffic.New(exact(), nil, nil)
		for n := range 12 {
			p, _ := tr.TryAdmit(claim("w"))
			o := traffic.Outcome{Took: time.Second}
			if n%4 == 0 {
				o.Fault = &ai.Fault{Kind: ai.Overloaded, Scope: ai.ScopeFamily, RetrySame: true, Err: errors.New("no room")}
			}
			p.Done(o)
		}
		if r, s := tr.Look(claim("w")); !s.Slow || !r.Open() {
			t.Errorf("Look() = %+v, %+v after 3 failures of 12, want open and in doubt", r, s)
		}
	})
}

// Who is slow for minutes would pass for who always was, if each slow answer
// were learned from: all of a busy hour would then wait for it.
func TestWhoIsSlowForMinutesStaysInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := traffic.New(exact(), nil, nil)
		for range 60 {
			p, _ := tr.TryAdmit(claim("w"))
			p.Done(traffic.Outcome{Took: time.Second})
		}
		time.Sleep(time.Minute)
		for range 240 {
			for range 10 {
				p, _ := tr.TryAdmit(claim("w"))
				p.Done(traffic.Outcome{Took: 8 * time.Second})
			}
			time.Sleep(time.Second)
			if _, s := tr.Look(person()); !s.Slow {
				t.Fatal("answers that take eight times as long as usual are taken for usual, want doubt for four minutes")
			}
		}
	})
}

func TestWhatIsUsualIsLearnedAnewInHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := traffic.New(exact(), nil, nil)
		for range 60 {
			p, _ := tr.TryAdmit(claim("w"))
			p.Done(traffic.Outcome{Took: time.Second})
		}
		for range 2 * 3600 / 5 {
			p, _ := tr.TryAdmit(claim("w"))
			p.Done(traffic.Outcome{Took: 6 * time.Second})
			time.Sleep(5 * time.Second)
		}
		if _, s := tr.Look(person()); s.Slow {
			t.Error("a model that has taken 6 s for two hours is in doubt, want that this is usual now")
		}
	})
}
